"""`divide` and `duplicates` compare the same pictures: those that were imported, whatever lies in their place now."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fairdesk.dataset.duplicates import find_duplicates
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import DivideParams, DuplicatesParams, ImportParams
from fairdesk.dataset.project_sets import divide_project
from fairdesk.errors import RequestError
from fairdesk.images.inspection import content_sha256
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import HideReason, hide_images
from tests.conftest import plain_images

INTO = DivideParams(into=["a", "b"], shares=[0.5, 0.5], by="image", leaks="refuse")


def _imported(project, folder):
    import_images(ImportParams(folder=folder), QuietContext(project))
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def four(project, tmp_path):
    plain_images(tmp_path / "in", 1, 2, 2, 40)
    return project, _imported(project, tmp_path / "in")


def _all_made_one(files):
    for path in files[1:]:
        shutil.copyfile(files[0], path)


def test_files_made_equal_after_the_import_leak_and_importing_them_again_leads_on(four):
    project, files = four
    _all_made_one(files)
    assert find_duplicates(DuplicatesParams(), QuietContext(project)).clean
    with pytest.raises(RequestError, match=r"(?s)These sets would leak.*have changed since.*import them again first"):
        divide_project(INTO, QuietContext(project))
    made = divide_project(INTO.model_copy(update={"leaks": "allow"}), QuietContext(project))
    assert made.changed == [str(path) for path in files[1:]] and len(made.leaks.files) == 4
    assert "3 originals have changed since they were imported (Import again" in made.text()
    assert "3 originals have changed" in made.caution() and made.unreadable == []
    import_images(ImportParams(folder=files[0].parents[2]), QuietContext(project))
    assert find_duplicates(DuplicatesParams(hide=True), QuietContext(project)).hidden == 3
    assert divide_project(INTO, QuietContext(project)).leaks.clean


def test_files_made_different_after_the_import_leak_and_the_remedy_mends_it(project, tmp_path):
    plain_images(tmp_path / "in", 1, 1, 4, 40)
    first, *others = sorted((tmp_path / "in").rglob("*.png"))
    saved = [path.read_bytes() for path in others]
    _all_made_one([first, *others])
    _imported(project, tmp_path / "in")
    for path, data in zip(others, saved, strict=True):
        path.write_bytes(data)
    with pytest.raises(
        RequestError, match=r"(?s)These sets would leak\. In both sets: 4 files.*duplicates PROJECT --hide"
    ):
        divide_project(INTO, QuietContext(project))
    assert find_duplicates(DuplicatesParams(hide=True), QuietContext(project)).hidden == 3
    assert divide_project(INTO, QuietContext(project)).leaks.clean


@pytest.mark.parametrize("what", ["all", "facts", "facts and thumbnails"])
def test_what_is_kept_less_is_said(four, what):
    project, files = four
    if what != "all":
        project.facts.forget(files, [content_sha256(path) for path in files])
    if what == "facts and thumbnails":
        project.thumbnails.erase(range(1, 5), [], [])
    rng = np.random.default_rng(9)
    for path in files[1:]:
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(path)
    made = divide_project(INTO, QuietContext(project))
    assert made.leaks.clean and made.changed == [str(path) for path in files[1:]]
    left = files[1:] if what == "facts and thumbnails" else []
    assert [Path(one.path) for one in made.unreadable] == left
    assert ("3 images could not be compared" in made.text()) == bool(left)


def test_a_hidden_image_that_changed_is_not_named(four):
    project, files = four
    shutil.copyfile(files[0], files[1])
    hide_images(project, [2], HideReason.CHOSEN)
    assert divide_project(INTO, QuietContext(project)).changed == []
