"""An archive that was cut after its import: said once with the count and its own remedy, and all is well once it is restored."""

import shutil
import tarfile
import zipfile

import pytest

from fairdesk.cli.main import run
from fairdesk.dataset.image_export import export_images
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.prepare_params import ExportParams
from fairdesk.images.folder_layouts import read_tree
from fairdesk.images.recordio import RecordWriter
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import labelled_images
from fairdesk.project.originals import missing_originals, unreadable
from tests.conftest import plain_images


def packed(folder, kind, place):
    """Pack a folder of pictures; returns the archive."""
    if kind == "rec":
        export_images(ExportParams(folder=folder, out=place / "rec", layout="rec"), QuietContext())
        return place / "rec" / "train.rec"
    out = place / f"faces.{kind}"
    files = sorted(folder.rglob("*.png"))
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            for path in files:
                archive.write(path, path.relative_to(folder))
    else:
        with tarfile.open(out, "w:gz" if kind == "tar.gz" else "w") as archive:
            for path in files:
                archive.add(path, path.relative_to(folder))
    return out


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "rec"])
def test_a_cut_archive_is_said_once_with_its_remedy(project, tmp_path, kind, capsys):
    archive = packed(plain_images(tmp_path / "in", 1, 4, 6, 40), kind, tmp_path)
    import_images(ImportParams(folder=archive), QuietContext(project))
    shutil.copyfile(archive, tmp_path / "whole")
    cut(archive)
    capsys.readouterr()
    code = run(["encode", str(project.folder), "--detector", "whole"])
    told = capsys.readouterr()
    assert ".." not in told.err + told.out and code == (kind != "rec")
    if kind == "rec":  # what lies before the cut is read
        (line,) = [one for one in told.out.splitlines() if "its archive" in one]
        assert (
            f"images of {archive} could not be read: its archive is cut off before it. Put a good copy of the archive"
            in line
        )
    else:
        last = told.err.splitlines()[-1]
        assert last.startswith(
            "None of the 24 images that were left to do could be read: 24 (its archive is damaged), for"
        )
        assert last.endswith(
            f"Put a good copy of the archive in its place, then: fairdesk import {project.folder} {archive}."
        )
        assert "good copies" not in last
    again = run(["import", str(project.folder), str(archive)])
    said = capsys.readouterr().out
    if kind == "rec":
        assert again == 0 and "of the project are not in the archive as it is now" in said
        assert said.count("its archive is cut off") == 1 and "moved" not in said and unreadable(project)
    shutil.copyfile(tmp_path / "whole", archive)
    assert run(["import", str(project.folder), str(archive)]) == 0
    assert "not" not in capsys.readouterr().out
    assert unreadable(project) == [] and len(missing_originals(project)) == 0
    assert run(["encode", str(project.folder), "--detector", "whole"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("24 embeddings") and "could not be read" not in out


def test_what_was_imported_of_a_cut_record_file_is_whole_once_it_is_restored(project, tmp_path):
    archive = packed(plain_images(tmp_path / "in", 1, 4, 6, 40), "rec", tmp_path)
    shutil.copyfile(archive, tmp_path / "whole")
    cut(archive)
    first = import_images(ImportParams(folder=archive), QuietContext(project))
    assert 0 < first.images < 24 and len(unreadable(project)) >= 24 - first.images
    shutil.copyfile(tmp_path / "whole", archive)
    second = import_images(ImportParams(folder=archive), QuietContext(project))
    assert (second.images, second.damaged, second.gone) == (24, 0, 0) and unreadable(project) == []


@pytest.mark.parametrize("kept", [0.5, 0.9, "people", "last"])
def test_records_of_people_are_no_images_that_could_not_be_read(project, tmp_path, kept, capsys):
    """24 images of 4 people: their records and the head stand behind the images, 40 bytes each."""
    archive = packed(plain_images(tmp_path / "in", 1, 4, 6, 40), "rec", tmp_path)
    whole = archive.read_bytes()
    size = {"people": len(whole) - 120, "last": len(whole) - 20}.get(kept) or int(len(whole) * kept)
    places = [int(line.split()[1]) for line in archive.with_suffix(".idx").read_text().splitlines()]
    ends = [*places[1:], len(whole)][:24]
    archive.write_bytes(whole[:size])
    result = import_images(ImportParams(folder=archive), QuietContext(project))
    there = sum(end <= size for end in ends)
    assert (result.images, len(result.unreadable)) == (there, 24 - there)


@pytest.fixture
def records(tmp_path):
    """A `.rec` of 2 identities of 3 pictures, in a folder with its `property`, and where its records begin, by key."""
    archive = packed(plain_images(tmp_path / "in", 1, 2, 3, 40), "rec", tmp_path)
    lines = archive.with_suffix(".idx").read_text().splitlines()
    return archive, {int(key): int(place) for key, place in (line.split() for line in lines)}


def bring(project, archive, size):
    with archive.open("r+b") as file:
        file.truncate(size)
    return import_images(ImportParams(folder=archive), QuietContext(project))


def test_a_cut_archive_that_was_never_imported_lacks_nothing_of_the_project(project, records):
    archive, places = records
    result = bring(project, archive, places[4] + 100)
    said = result.text()
    assert result.images == 3 and "of the project" not in said
    assert f"3 images of {archive} could not be read: its archive is cut off before it" in said
    assert f"1 of the 2 identities of {archive} has no image that can be read." in said


@pytest.mark.parametrize(
    ("key", "into", "lacking"), [(0, 5, 0), (0, 33, 0), (8, 5, 0), (8, 35, 0), (7, 5, 0), (6, 2, 1)]
)
def test_without_an_index_a_cut_archive_has_no_pictures_of_people_s_records(project, records, key, into, lacking):
    archive, places = records
    archive.with_suffix(".idx").unlink()
    result = bring(project, archive, places[key] + into)
    assert (result.images, result.identities, result.unreadable) == (6 - lacking, 2, [])
    assert any("ends before its record 0" in note and "it is cut off" in note for note in result.notes) == (
        (key, into) != (0, 33)
    )


@pytest.mark.parametrize(("key", "into"), [(7, 5), (8, 0), (8, 5), (0, 0), (0, 20)])
def test_an_index_fits_a_file_that_is_cut_between_its_records(project, records, key, into):
    archive, places = records
    result = bring(project, archive, places[key] + into)
    assert (result.images, result.identities, result.notes) == (6, 2, [])


@pytest.mark.parametrize("part", [0.9, 0.5, 0.3, 0.2])
@pytest.mark.parametrize("indexed", [True, False])
def test_what_can_be_read_of_a_cut_rec_keeps_its_identities(project, tmp_path, part, indexed):
    plain_images(tmp_path / "in", 1, 4, 6, 40)
    archive = packed(tmp_path / "in", "rec", tmp_path)
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * part)])
    if not indexed:
        archive.with_suffix(".idx").unlink()
    result = import_images(ImportParams(folder=archive), QuietContext(project))
    read = labelled_images(project)
    assert result.layout == "identity" and 24 * part - 2 <= result.images == len(read) <= 24 * part + 1
    assert [one.identity for one in read] == [str(number // 6) for number in range(len(read))]  # six images a person
    assert result.identities == len({one.identity for one in read})


def test_a_rec_of_which_nothing_has_a_label_is_flat(tmp_path):
    with RecordWriter(tmp_path / "a.rec") as out:
        for key in range(1, 4):
            out.write(key, float("nan"), b"x")
    assert read_tree(tmp_path / "a.rec").layout == "flat"
