"""Originals that were replaced after the import: what reads them says so, and nothing is said of others."""

import json
import os
import shutil

import pytest

from fairdesk.cli import run
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.faces.detection import find_faces
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from tests.conftest import plain_images


@pytest.fixture
def originals(tmp_path):
    plain_images(tmp_path / "in", 2, 2, 3, side=20)
    return sorted((tmp_path / "in").rglob("*.png"))


@pytest.fixture
def project(tmp_path, originals):
    made = Project.create(tmp_path / "p.fairdesk")
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(made))
    yield made
    made.close()


def replace(old, new):
    shutil.copyfile(new, old)


def keep_times(old, new):
    """Replace a file by one of the same length, with the old time: only what a program cannot set tells."""
    before = old.stat()
    data = bytearray(old.read_bytes())
    data[-1] ^= 1
    old.write_bytes(data)
    os.utime(old, ns=(before.st_atime_ns, before.st_mtime_ns))


def rename(old, new):
    aside = old.with_suffix(".aside")
    shutil.copyfile(new, aside)
    aside.replace(old)


@pytest.mark.parametrize(
    "how", [replace, rename, pytest.param(keep_times, marks=pytest.mark.skipif(os.name != "posix", reason="ctime"))]
)
def test_encode_tells_which_originals_were_replaced(project, originals, how):
    how(originals[0], originals[7])
    context = QuietContext(project)
    result = encode_faces(EncodeParams(detector="whole"), context)
    assert result.changed == [str(originals[0])]
    told = [text for text in context.messages if "another file than the one that was imported" in text]
    assert (
        len(told) == 1
        and str(originals[0]) in told[0]
        and f"fairdesk import PROJECT {originals[0].parents[2]}" in told[0]
    )
    assert "1 original has changed" in result.text() and str(originals[0]) in result.text()
    assert "1 original has changed" in result.caution()


def test_faces_that_were_found_before_are_compared_too(project, originals):
    find_faces(DetectParams(detector="whole"), QuietContext(project))
    replace(originals[3], originals[8])
    assert encode_faces(EncodeParams(detector="whole"), QuietContext(project)).changed == [str(originals[3])]


def test_same_contents_with_other_times_are_no_change(project, originals):
    for original in originals:
        os.utime(original)
    aside = originals[0].with_suffix(".aside")
    shutil.copyfile(originals[0], aside)
    aside.replace(originals[0])
    context = QuietContext(project)
    result = encode_faces(EncodeParams(detector="whole"), context)
    assert result.changed == [] and "changed" not in result.text() and result.caution() is None
    assert not any("another file" in text for text in context.messages)


def test_a_missing_file_is_not_a_changed_one(project, originals):
    originals[0].unlink()
    originals[1].unlink()
    originals[1].mkdir()
    result = find_faces(DetectParams(detector="whole"), QuietContext(project))
    assert result.changed == [] and {one.path for one in result.unreadable} == {str(originals[0]), str(originals[1])}


def test_without_kept_facts_the_files_are_read(project, originals, tmp_path):
    project.close()
    (tmp_path / "p.fairdesk" / "facts.sqlite").unlink()
    replace(originals[2], originals[9])
    again = Project.open(tmp_path / "p.fairdesk")
    assert find_faces(DetectParams(detector="whole"), QuietContext(again)).changed == [str(originals[2])]
    again.close()


def test_members_of_an_archive(tmp_path, originals):
    archive = shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in")
    project = Project.create(tmp_path / "z.fairdesk")
    import_images(ImportParams(folder=archive), QuietContext(project))
    replace(originals[4], originals[10])
    shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in")
    changed = find_faces(DetectParams(detector="whole"), QuietContext(project)).changed
    assert len(changed) == 1 and changed[0].endswith(str(originals[4].relative_to(tmp_path / "in")))
    project.close()


def test_the_verbs_say_it(project, originals, tmp_path, capsys):
    project.close()
    replace(originals[0], originals[7])
    assert run(["detect", str(tmp_path / "p.fairdesk"), "--detector", "whole", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["changed"] == [str(originals[0])]
    assert "another file than the one that was imported" in said.err
