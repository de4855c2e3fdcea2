"""What is missing or is no photograph is left out of an export, counted and told; the rest is written."""

import json
import os

import pytest

from fairdesk.cli.main import run
from fairdesk.clustering.files.identity_folders import write_identity_folders
from fairdesk.clustering.params import FoldersParams
from fairdesk.dataset import collection
from fairdesk.dataset.collection import read_folder
from fairdesk.dataset.folder_copies import flatten_folder
from fairdesk.dataset.folder_split import split_folder
from fairdesk.dataset.image_export import export_images
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import DivideParams, ImportParams
from fairdesk.dataset.prepare_params import ExportParams, FlattenParams, SplitParams
from fairdesk.dataset.project_sets import divide_project
from fairdesk.errors import JobFailed
from fairdesk.jobs.context import QuietContext
from fairdesk.project.sets import all_sets
from tests.conftest import plain_images

LAYOUTS = [("identity", False), ("identity", True), ("imagefolder", True), ("flat", False), ("rec", False)]


@pytest.fixture
def filled(project, tmp_path):
    """Six images of three people."""
    plain_images(tmp_path / "in", 1, 2, 3, 40)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    return project, sorted(path for path in (tmp_path / "in").rglob("*") if path.is_file())


def _folder(path):
    path.mkdir()


MADE = {
    "a folder": _folder,
    "a device or a pipe, no file": os.mkfifo,
    "a link that leads in a circle": lambda path: path.symlink_to(path),
}


def export(project, out, layout="identity", copied=False, **more):
    return export_images(ExportParams(out=out, layout=layout, copy_files=copied, **more), QuietContext(project))


def _written(out):
    return [path for path in out.rglob("*") if not path.is_dir() or path.is_symlink()]


@pytest.mark.parametrize(("layout", "copied"), LAYOUTS)
def test_missing_originals_are_left_out_of_an_export_and_told(filled, tmp_path, layout, copied):
    project, files = filled
    files[0].unlink(), files[-1].unlink()
    size = {"size": "16x16"} if layout == "rec" else {}
    would = export(project, tmp_path / "none", layout, copied, dry_run=True, **size)
    result = export(project, tmp_path / "out", layout, copied, **size)
    assert would.images == result.images == 4 and "4 images" in would.summary and "4 images" in result.summary
    assert sorted((one.path, one.why) for one in result.unreadable) == [
        (str(path), "the file is missing") for path in (files[0], files[-1])
    ]
    assert "2 originals are missing (Find moved originals: fairdesk relink PROJECT" in result.text()
    assert "2 originals are missing" in result.caution()
    if layout == "rec":
        listed = json.loads((tmp_path / "out" / "train.rec.manifest.json").read_text())["files"]
        assert result.written == len(listed) == 4
    else:
        written = _written(tmp_path / "out")
        assert len(written) == 4 and all(path.exists() for path in written)
        assert len(json.loads((tmp_path / "out.manifest.json").read_text())["files"]) == 4


@pytest.mark.parametrize("why", MADE)
@pytest.mark.parametrize(("layout", "copied"), LAYOUTS)
def test_one_unusual_original_does_not_stop_an_export(filled, tmp_path, layout, copied, why):
    project, files = filled
    files[2].unlink()
    MADE[why](files[2])
    size = {"size": "16x16"} if layout == "rec" else {}
    result = export(project, tmp_path / "out", layout, copied, **size)
    assert result.images == 5 and [(one.path, one.why) for one in result.unreadable] == [(str(files[2]), why)]
    assert f"{files[2]}: {why}" in result.text()


@pytest.mark.parametrize("why", MADE)
@pytest.mark.parametrize("copied", [False, True])
def test_one_unusual_original_does_not_stop_folders_of_identities(filled, tmp_path, copied, why):
    project, files = filled
    files[1].unlink()
    files[2].unlink()
    MADE[why](files[2])
    params = FoldersParams(by="identity", out=tmp_path / "out", copy_files=copied)
    result = write_identity_folders(params, QuietContext(project))
    assert (result.images, result.missing) == (4, [str(files[1])])
    assert [(one.path, one.why) for one in result.unreadable] == [(str(files[2]), why)]
    assert len(_written(tmp_path / "out")) == 4 and why in result.text()


@pytest.mark.parametrize(("layout", "copied"), LAYOUTS)
def test_where_nothing_can_be_written_it_is_a_failure_that_says_why(filled, tmp_path, layout, copied):
    project, files = filled
    for path in files:
        path.unlink()
    with pytest.raises(JobFailed, match=r"nothing was written(.|\n)*6 originals are missing(.|\n)*relink PROJECT"):
        export(project, tmp_path / "out", layout, copied, **({"size": "16x16"} if layout == "rec" else {}))
    assert not (tmp_path / "out").exists()


def test_a_table_has_rows_of_what_is_missing_and_counts_them(filled, tmp_path):
    project, files = filled
    files[0].unlink(), files[-1].unlink()
    result = export(project, tmp_path / "t.csv", "manifest")
    assert result.rows == 6 and (tmp_path / "t.csv").read_text().count(".png") == 6
    assert [one.path for one in result.unreadable] == [str(files[0]), str(files[-1])]
    assert "2 rows of the table are of files that cannot be opened now." in result.text()
    assert "2 originals are missing" in result.text() and "2 originals are missing" in result.caution()
    files[1].unlink(), files[2].unlink(), files[3].unlink(), files[4].unlink()
    assert export(project, tmp_path / "again.csv", "manifest").rows == 6  # all are missing: a table lists them


def test_identity_folders_of_what_is_all_missing_are_a_failure_as_an_export_is(filled, tmp_path, capsys):
    project, files = filled
    for path in files:
        path.unlink()
    asked = [str(project.folder), "--out", str(tmp_path / "out")]
    for verb in (["identity-folders", *asked, "--by", "identity"], ["export", *asked, "--layout", "identity"]):
        assert run(verb) == 1
        assert "fairdesk relink" in capsys.readouterr().err


def test_sets_that_nobody_could_compare_are_not_made(filled, tmp_path):
    project, files = filled
    params = DivideParams(into=["a", "b"], shares=[0.5, 0.5])
    files[0].unlink()
    result = divide_project(params, QuietContext(project))
    assert "1 image could not be compared" in result.text() and "1 original is missing" in result.text()
    assert [one.about for one in result.caution_parts()] == ["missing originals", ""]
    for path in files[1:]:
        path.unlink()
    params = params.model_copy(update={"into": ["c", "d"]})
    with pytest.raises(JobFailed, match=r"None of the 6 images.*relink PROJECT.*--leaks skip"):
        divide_project(params, QuietContext(project))
    assert [one.name for one in all_sets(project)] == ["a", "b"]
    divide_project(params.model_copy(update={"leaks": "skip"}), QuietContext(project))
    assert [one.name for one in all_sets(project)] == ["a", "b", "c", "d"]


def test_a_rec_of_pictures_that_are_damaged_counts_what_was_written(filled, tmp_path):
    project, files = filled
    files[0].write_bytes(b"no picture")
    result = export(project, tmp_path / "out", "rec", size="16x16")
    assert (result.images, result.written, len(result.unreadable)) == (5, 5, 1) and "5 images" in result.text()
    for path in files:
        path.write_bytes(b"no picture")
    with pytest.raises(JobFailed, match="nothing was written"):
        export(project, tmp_path / "again", "rec", size="16x16")


@pytest.mark.parametrize("why", MADE)
def test_what_becomes_unusual_after_it_was_listed_does_not_stop_flatten_and_split(filled, tmp_path, monkeypatch, why):
    _, files = filled

    def read_then_spoil(folder, layout="auto"):
        found = read_folder(folder, layout)
        files[2].unlink()
        MADE[why](files[2])
        return found

    for module in ("folder_copies", "folder_split"):
        monkeypatch.setattr(f"fairdesk.dataset.{module}.read_folder", read_then_spoil)
    flat = flatten_folder(FlattenParams(folder=tmp_path / "in", out=tmp_path / "flat"), QuietContext())
    assert flat.images == len(_written(tmp_path / "flat")) == 5 and flat.left_out[-1].why == why
    if files[2].is_dir():
        files[2].rmdir()
    else:
        files[2].unlink()
    files[2].write_bytes(files[0].read_bytes())
    outs = [tmp_path / "a", tmp_path / "b"]
    params = SplitParams(folder=tmp_path / "in", out=outs, by="image", shares=[0.5, 0.5], leaks="skip")
    split = split_folder(params, QuietContext())
    assert sum(row.images for row in split.sets) == sum(len(_written(out)) for out in outs) == 5
    assert split.left_out[-1].why == why and collection.read_folder is read_folder
