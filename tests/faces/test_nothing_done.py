"""All originals unreadable: a failure of every verb that reads them, in the same words for each kind."""

import os
import shlex

import pytest
from PIL import Image

from fairdesk.cli.main import run
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.faces.detection import find_faces
from fairdesk.faces.params import DetectParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import hide_images
from tests.conftest import plain_images


def gone(path):
    path.unlink()


def moved(path):
    if path.parent.exists():
        path.parent.rename(path.parent.with_name(path.parent.name + " elsewhere"))


def emptied(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[:60])


def a_folder(path):
    path.unlink()
    path.mkdir()


def a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def a_circle(path):
    path.unlink()
    path.symlink_to(path.name)


def replaced(path):
    Image.new("RGB", (70, 80), (9, 99, 9)).save(path)


GOOD_COPY = "Damaged originals: put good copies in their place, or hide or purge them."
KINDS = [
    (gone, "the file is missing", "fairdesk relink"), (moved, "the file is missing", "fairdesk relink"),
    (emptied, "the file is empty", GOOD_COPY), (cut, "truncated or damaged", GOOD_COPY),
    (a_folder, "cannot be read: a folder", GOOD_COPY), (a_pipe, "cannot be read: a device or a pipe, no file", GOOD_COPY),
    (a_circle, "a link that leads in a circle", GOOD_COPY),
    (replaced, "another file than the original: its contents differ", "fairdesk import"),
]  # fmt: skip


@pytest.fixture
def known(project, tmp_path):
    """A project whose faces are found and neither measured nor encoded; returns it and its files."""
    files = sorted(plain_images(tmp_path / "my photographs", 1, 2, 2, 40).rglob("*.png"))
    import_images(ImportParams(folder=tmp_path / "my photographs"), QuietContext(project))
    find_faces(DetectParams(detector="whole"), QuietContext(project))
    return project, files


@pytest.mark.parametrize(("damage", "why", "remedy"), KINDS)
def test_every_verb_fails_in_the_same_words_for_each_kind(known, damage, why, remedy, capsys):
    project, files = known
    for path in files:
        damage(path)
    said = {}
    for name, verb in {
        "encode": ["encode", "--detector", "whole"], "quality": ["quality"],
        "detect": ["detect", "--detector", "hog"], "encode anew": ["encode", "--detector", "hog"],
    }.items():  # fmt: skip
        capsys.readouterr()
        assert run([verb[0], str(project.folder), *verb[1:]]) == 1, name
        said[name] = capsys.readouterr().err.splitlines()[-1]
    (text,) = set(said.values())  # one wording
    assert text.startswith(f"None of the 4 images that were left to do could be read: 4 ({why}") and remedy in text
    assert f", for example {files[0]}." in text and ".." not in text.replace(str(files[0]), "")
    if remedy == "fairdesk import":
        command = shlex.split(text.partition("Originals that are other files now: ")[2].partition(", or put")[0])
        assert command == ["fairdesk", "import", str(project.folder), str(files[0].parent.parent.parent)]
    assert text.count(": fairdesk ") == (remedy != GOOD_COPY)


def test_damaged_ones_beside_results_of_others_are_told_and_are_no_failure(known, capsys):
    """As a project in use has a few of them for good: the same verb, each time."""
    project, files = known
    for path in files[:2]:
        emptied(path)
    for verb in (["encode", "--detector", "whole"], ["quality"]):
        for _ in range(2):
            assert run([verb[0], str(project.folder), *verb[1:]]) == 0
            out = capsys.readouterr().out
            assert (
                f"2 could not be read (put good copies in their place, or hide or purge the images):\n  {files[0]}: the file is empty"
                in out
            )


def test_hidden_ones_alone_are_no_failure(known):
    project, files = known
    for path in files:
        emptied(path)
    hide_images(project, [1, 2, 3, 4])
    assert run(["encode", str(project.folder), "--detector", "whole"]) == 0
    assert run(["quality", str(project.folder)]) == 0


@pytest.fixture
def unsearched(project, tmp_path):
    """A project whose originals all went before anything was looked for; returns it and where they were."""
    files = sorted(plain_images(tmp_path / "my photographs", 1, 2, 2, 40).rglob("*.png"))
    import_images(ImportParams(folder=tmp_path / "my photographs"), QuietContext(project))
    for path in files:
        path.unlink()
    return project, files


NONE_READ = "None of the 4 images that were left to do could be read: 4 (the file is missing)"


def test_quality_after_a_search_that_read_nothing_has_failed_too(unsearched, capsys):
    project, _ = unsearched
    assert run(["detect", str(project.folder), "--detector", "whole"]) == 1
    capsys.readouterr()
    assert run(["quality", str(project.folder), "--detector", "whole"]) == 1
    said = capsys.readouterr().err
    assert NONE_READ in said and "fairdesk relink" in said


@pytest.mark.parametrize("known_before", [False, True])
def test_predicting_labels_of_nothing_that_can_be_read_has_failed(project, tmp_path, monkeypatch, capsys, known_before):
    from fairdesk.faces import deepface_models

    monkeypatch.setattr(deepface_models, "prepare", lambda *_, **__: None)
    monkeypatch.setattr(deepface_models, "analyse", lambda *_: pytest.fail("nothing can be read"))
    files = sorted(plain_images(tmp_path / "my photographs", 1, 2, 2, 40).rglob("*.png"))
    import_images(ImportParams(folder=tmp_path / "my photographs"), QuietContext(project))
    if known_before:
        find_faces(DetectParams(detector="whole"), QuietContext(project))
    for path in files:
        path.unlink()
    assert run(["label", str(project.folder), "--backend", "deepface", "--detector", "whole"]) == 1
    said = capsys.readouterr().err
    assert NONE_READ in said and "fairdesk relink" in said


def test_scores_of_originals_that_are_missing_say_so(unsearched, tmp_path, capsys):
    project, files = unsearched
    (tmp_path / "list.csv").write_text(f"path1,path2,label\n{files[0]},{files[1]},1\n{files[0]},{files[2]},0\n")
    for _ in range(2):
        capsys.readouterr()
        assert run(["score", str(project.folder), "--pairs", str(tmp_path / "list.csv"), "--encoder", "dlib"]) == 1
        said = capsys.readouterr().err
        assert NONE_READ in said and "fairdesk relink" in said and "Encode first" not in said


def test_looking_in_a_wrong_folder_for_moved_originals_has_failed(unsearched, tmp_path, capsys):
    project, files = unsearched
    home = tmp_path / "my photographs"
    (tmp_path / "wrong").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "wrong" / "000.png")
    assert run(["relink", str(project.folder), str(home), str(tmp_path / "wrong")]) == 1
    said = capsys.readouterr().err
    assert f"none of the 4 originals that are missing from {home} is under {tmp_path / 'wrong'}" in said
    assert files[0].relative_to(home).as_posix() in said
