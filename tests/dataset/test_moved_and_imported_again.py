"""A moved folder that is imported again doubles a project: that is said, with the way out. What is missing is named where it was."""

import shutil

import pytest

from fairdesk.dataset.duplicates import find_duplicates
from fairdesk.dataset.image_import import import_images, scan_folder
from fairdesk.dataset.moved_originals import find_moved_originals, to_be_found
from fairdesk.dataset.params import DuplicatesParams, ImportParams, RelinkParams
from fairdesk.errors import JobFailed
from fairdesk.faces.originals_told import folder_of_all
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import image_paths
from fairdesk.project.originals import missing_originals
from tests.conftest import plain_images
from tests.dataset.test_cut_archives import packed


def bring(project, folder, *, preview=False):
    return (scan_folder if preview else import_images)(ImportParams(folder=folder), QuietContext(project))


@pytest.fixture
def moved(project, tmp_path):
    plain_images(tmp_path / "old", 1, 2, 3, 20)
    bring(project, tmp_path / "old")
    shutil.move(tmp_path / "old", tmp_path / "new")
    return project, tmp_path / "old", tmp_path / "new"


def test_a_moved_folder_is_told_before_and_after_and_can_be_mended(moved):
    project, old, new = moved
    before = bring(project, new, preview=True)
    command = f"fairdesk relink PROJECT {old / 'g0'} {new}"
    assert (
        before.doubled == 6
        and f"An import would double them. Instead, Find moved originals: {command}" in before.text()
    )
    after = bring(project, new)
    assert (after.new, after.doubled) == (6, 6) and after.caution() == after.doubled_text
    assert "6 new images have the content of others whose originals are missing" in after.text()
    assert f"Undo the import, then Find moved originals: {command}" in after.text()
    project.journal.undo()
    assert find_moved_originals(RelinkParams(old=old, new=new), QuietContext(project)).relinked == 6
    assert bring(project, new).doubled == 0


@pytest.mark.parametrize("kind", ["zip", "tar", "rec"])
def test_a_moved_archive_is_found_by_the_folder_it_lies_in_now(project, tmp_path, kind):
    archive = packed(plain_images(tmp_path / "in", 1, 2, 3, 20), kind, tmp_path)
    (tmp_path / "first").mkdir()
    shutil.move(archive, tmp_path / "first")
    bring(project, tmp_path / "first" / archive.name)
    before = sorted(image_paths(project, range(1, 7)).values())
    shutil.move(tmp_path / "first", tmp_path / "second")
    folder = folder_of_all(before)
    assert folder.startswith(str(tmp_path / "first" / archive.name))  # what is told where they are missing
    params = RelinkParams(old=folder, new=tmp_path / "second")
    assert "of the name and size of 6" in to_be_found(project, params)
    result = find_moved_originals(params, QuietContext(project))
    assert (result.relinked, result.missing) == (6, 0)
    after = image_paths(project, range(1, 7)).values()
    assert sorted(after) == [path.replace("/first/", "/second/") for path in before]
    assert len(missing_originals(project)) == 0
    again = bring(project, tmp_path / "second" / archive.name)  # they are the archive's, not the folder's
    assert (again.new, again.images, again.gone) == (0, 6, 0)
    project.journal.undo()
    assert len(missing_originals(project)) == 6


def test_an_archive_of_another_name_is_given_itself(project, tmp_path):
    archive = packed(plain_images(tmp_path / "in", 1, 2, 3, 20), "zip", tmp_path)
    bring(project, archive)
    (tmp_path / "second").mkdir()
    shutil.move(archive, tmp_path / "second" / "other.zip")
    with pytest.raises(
        JobFailed, match=r"Or give the archive that holds them now, whatever it is called \(faces.zip\)"
    ):
        find_moved_originals(RelinkParams(old=tmp_path, new=tmp_path / "second"), QuietContext(project))
    params = RelinkParams(old=archive, new=tmp_path / "second" / "other.zip")
    assert find_moved_originals(params, QuietContext(project)).relinked == 6


def test_a_part_that_was_moved_is_counted_alone(moved, tmp_path):
    project, _, new = moved
    plain_images(tmp_path / "other", 1, 1, 2, 33)
    shutil.copy(new / "g0" / "id00" / "000.png", tmp_path / "other" / "g0" / "id00" / "9.png")
    for preview in (True, False):
        found = bring(project, tmp_path / "other", preview=preview)
        assert (found.new, found.doubled) == (3, 1)
        assert "1 new image has the content of one whose original is missing" in found.text()


def test_copies_of_what_is_there_are_none(project, tmp_path):
    plain_images(tmp_path / "old", 1, 2, 3, 20)
    bring(project, tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "copy")
    for preview in (True, False):
        found = bring(project, tmp_path / "copy", preview=preview)
        assert (found.new, found.doubled, found.caution()) == (6, 0, None)


def test_two_copies_in_one_new_folder_are_both_counted(moved, tmp_path):
    project, _, new = moved
    shutil.copy(new / "g0" / "id00" / "000.png", new / "g0" / "id00" / "copy.png")
    assert bring(project, new, preview=True).doubled == bring(project, new).doubled == 7


@pytest.mark.parametrize("preview", [False, True])
def test_the_folder_that_holds_what_is_missing_is_named_and_not_that_of_a_link(project, tmp_path, preview):
    plain_images(tmp_path / "in", 1, 3, 3, 20)
    home = tmp_path / "in" / "g0"
    linked = home / "id02" / "000.png"
    bring(project, tmp_path / "in")
    shutil.rmtree(home / "id00")
    linked.unlink()
    linked.symlink_to(tmp_path / "nowhere.png")
    result = bring(project, tmp_path / "in", preview=preview)
    assert result.gone == len(result.gone_paths) == 4
    assert f"relink PROJECT {home} NEW-FOLDER" in result.text()  # the one that holds all of them
    linked.unlink()
    plain_images(tmp_path / "again", 1, 3, 3, 20)
    shutil.copy(tmp_path / "again" / "g0" / "id02" / "000.png", linked)
    result = bring(project, tmp_path / "in", preview=preview)
    assert result.gone == 3 and f"relink PROJECT {home / 'id00'} NEW-FOLDER" in result.text()


def test_looking_for_duplicates_names_the_folder_of_what_is_missing(project, tmp_path):
    plain_images(tmp_path / "my in", 1, 2, 3, 20)
    bring(project, tmp_path / "my in")
    home = tmp_path / "my in" / "g0" / "id01"
    for name in ("000.png", "002.png"):
        (home / name).unlink()
    context = QuietContext(project)
    find_duplicates(DuplicatesParams(), context)
    (said,) = [one for one in context.messages if "missing" in one]
    assert said.startswith("2 originals are missing") and f"fairdesk relink PROJECT '{home}' NEW-FOLDER" in said
