"""Originals that differ from what was imported and are no pictures: every job counts them once, as damaged, with what mends that."""

import itertools
import os
import shlex
import shutil

import pytest

from fairdesk.cli import run
from fairdesk.dataset.image_import import import_images, scan_folder
from fairdesk.dataset.params import ImportParams, QualityParams, VectorsParams
from fairdesk.dataset.quality_measurement import measure_quality
from fairdesk.dataset.vector_export import export_vectors
from fairdesk.errors import JobFailed
from fairdesk.faces.changed_originals import changed_now
from fairdesk.faces.detection import find_faces
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.params import ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.project import Project
from fairdesk.project.image_queries import overview
from fairdesk.project.images import hide_images
from fairdesk.project.originals import unreadable
from tests.conftest import plain_images


@pytest.fixture
def originals(tmp_path):
    plain_images(tmp_path / "my photographs", 2, 2, 3, side=20)
    return sorted((tmp_path / "my photographs").rglob("*.png"))


@pytest.fixture
def project(tmp_path, originals):
    made = Project.create(tmp_path / "p.fairdesk")
    import_images(ImportParams(folder=tmp_path / "my photographs"), QuietContext(made))
    encode_faces(EncodeParams(detector="whole"), QuietContext(made))
    yield made
    made.close()


def cut(path):
    path.write_bytes(path.read_bytes()[:60])


def folder(path):
    path.unlink()
    path.mkdir()


def circle(path):
    path.unlink()
    path.symlink_to(path)


def pipe(path):
    path.unlink()
    os.mkfifo(path)


KINDS = [cut, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"<html>404</html>"), folder]
KINDS += [circle, pipe] if hasattr(os, "mkfifo") else []


def detected(project, context, tmp_path):
    return find_faces(DetectParams(detector="whole"), context)


def encoded(project, context, tmp_path):
    return encode_faces(EncodeParams(detector="whole"), context)


def written(project, context, tmp_path):
    return export_vectors(VectorsParams(out=tmp_path / "v.npz"), context)


def scored(project, context, tmp_path):
    rows = project.db.rows("SELECT path FROM image ORDER BY id")
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("path1,path2,label\n" + "".join(f"{a},{b},1\n" for (a,), (b,) in itertools.pairwise(rows)))
    return score_pairs(ScoreParams(pairs=pairs, encoder="dlib", out=tmp_path / "s.npz"), context)


def measured(project, context, tmp_path):
    return measure_quality(QualityParams(), context)


@pytest.mark.parametrize("job", [detected, encoded, written, scored, measured])
def test_each_job_counts_a_damaged_one_once_and_never_as_changed(project, originals, tmp_path, job):
    """As many kinds of damage as there are, and one file that is another picture; what was computed before is still there."""
    for damage, path in zip(KINDS, originals, strict=False):
        damage(path)
    shutil.copyfile(originals[11], originals[10])
    gone = originals[9]
    gone.unlink()
    context = QuietContext(project)
    result = job(project, context, tmp_path)
    assert result.changed == [str(originals[10])]
    assert sorted(one.path for one in result.damaged) == sorted(map(str, originals[: len(KINDS)]))
    told = [text for text in context.messages if "cannot be read any more" in text]
    assert len(told) == 1 and told[0].startswith(f"{len(KINDS)} originals ") and "hide or purge the images" in told[0]
    for said in (result.text(), result.caution()):
        assert "1 original has changed since it was imported" in said
        assert f"{len(KINDS)} could not be read (put good copies" in said or (
            f"{len(KINDS)} images could not be read" in said and "hide or purge the images." in said
        )
    assert not [one for one in result.damaged if one.path == str(gone)]
    (again,) = [text for text in context.messages if "Import its folder again" in text]
    assert shlex.split(again.partition("fairdesk import PROJECT ")[2])[0] == str(tmp_path / "my photographs")


def test_hidden_and_purged_ones_are_told_no_more_and_a_good_copy_mends(project, originals):
    data = originals[0].read_bytes()
    cut(originals[0])
    cut(originals[1])
    now = changed_now(project)
    assert (now.images, now.damaged, now.damaged_paths) == ((), (1, 2), tuple(map(str, originals[:2])))
    hide_images(project, [2])
    assert changed_now(project).damaged == (1,)
    assert encoded(project, QuietContext(project), None).damaged[0].path == str(originals[0])
    originals[0].write_bytes(data)
    assert changed_now(project) == type(now)() and encoded(project, QuietContext(project), None).damaged == []


def test_importing_again_leaves_damaged_images_out_of_the_files_that_were_not_imported(project, originals, tmp_path):
    (originals[0].with_name("never.png")).write_bytes(b"no picture")
    cut(originals[0])
    result = import_images(ImportParams(folder=tmp_path / "my photographs"), QuietContext(project))
    assert {one.path.rpartition("/")[2] for one in result.unreadable} == {"000.png", "never.png"}
    assert [path.rpartition(os.sep)[2] for path, _ in unreadable(project)] == ["never.png"]
    assert overview(project)["unreadable"] == 1


def test_a_command_that_is_suggested_can_be_typed_where_names_have_spaces(project, originals, tmp_path, capsys):
    home = tmp_path / "my photographs"
    home.rename(tmp_path / "elsewhere")
    with pytest.raises(JobFailed) as told:
        find_faces(DetectParams(detector="hog"), QuietContext(project))
    assert shlex.split(str(told.value).partition("fairdesk relink PROJECT ")[2])[0] == str(home)
    assert run(["open", str(tmp_path / "no such project")]) != 0
    assert shlex.split(capsys.readouterr().err.partition("fairdesk new ")[2])[0] == str(tmp_path / "no such project")


def test_importing_again_says_what_became_of_the_others(project, originals, tmp_path):
    """Twelve images: two damaged, three gone, one replaced; a new one comes, and a file that is none."""
    asked = ImportParams(folder=tmp_path / "my photographs")
    for path in originals[:2]:
        cut(path)
    for path in originals[2:5]:
        path.unlink()
    shutil.copyfile(originals[6], originals[5])
    shutil.copyfile(originals[7], originals[7].with_name("new.png"))
    originals[7].with_name("none.png").write_bytes(b"no picture")
    seen = scan_folder(asked, QuietContext(project))
    done = import_images(asked, QuietContext(project))
    for result in (seen, done):
        counted = result.images, result.new, result.renewed, result.damaged, result.gone, len(result.unreadable)
        assert counted == (8, 1, 1, 2, 3, 3)
        assert "2 images of the project cannot be read now" in result.text()
        assert "3 images of the project are not in the folder any more" in result.text()
    table = tmp_path / "some.csv"
    table.write_text(f"path,identity\n{originals[8]},a\n{originals[9]},b\n")
    assert import_images(ImportParams(folder=table), QuietContext(project)).gone == 0
