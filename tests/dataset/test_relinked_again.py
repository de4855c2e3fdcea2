"""What is asked for a second time: said plainly, and nothing is lost."""

import csv

import pytest

from fairdesk.cli.main import run
from fairdesk.dataset.image_import import import_images, scan_folder
from fairdesk.dataset.moved_originals import find_moved_originals
from fairdesk.dataset.params import ImportParams, RelinkParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.originals import missing_originals, unreadable
from tests.conftest import plain_images


@pytest.fixture
def moved(project, tmp_path):
    plain_images(tmp_path / "old", 1, 2, 2)
    import_images(ImportParams(folder=tmp_path / "old"), QuietContext(project))
    (tmp_path / "old").rename(tmp_path / "new")
    return project


def test_finding_moved_originals_again_finds_nothing_to_do(moved, tmp_path, capsys):
    ask = ["relink", str(moved.folder), str(tmp_path / "old"), str(tmp_path / "new")]
    assert run(ask) == 0 and "4 images found again, 0 still missing." in capsys.readouterr().out
    for _ in range(2):
        assert run(ask) == 0
        said = capsys.readouterr().out
        assert (
            said
            == f"Nothing to do: no image of the project lies under {tmp_path / 'old'}, and 4 lie under {tmp_path / 'new'} already.\n"
        )
    assert run(["relink", str(moved.folder), str(tmp_path / "new"), str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out == "Nothing to do: all of these images lie where they were.\n"
    assert len(moved.journal.history()) == 2  # what does nothing is no step
    next((tmp_path / "new").rglob("*.png")).unlink()
    again = find_moved_originals(RelinkParams(old=tmp_path / "old", new=tmp_path / "new"), QuietContext(moved))
    assert (again.relinked, again.missing, again.in_place) == (
        0,
        1,
        3,
    ) and "1 original was not found there" in again.text()
    (tmp_path / "elsewhere").mkdir()
    assert run(["relink", str(moved.folder), str(tmp_path / "nowhere"), str(tmp_path / "elsewhere")]) == 2


def test_a_part_that_lies_there_already_is_in_place(moved, tmp_path):
    find_moved_originals(RelinkParams(old=tmp_path / "old", new=tmp_path / "new"), QuietContext(moved))
    (tmp_path / "new" / "g0" / "id00" / "000.png").rename(tmp_path / "new" / "000.png")
    result = find_moved_originals(RelinkParams(old=tmp_path / "new", new=tmp_path / "new"), QuietContext(moved))
    assert (result.relinked, result.missing, result.in_place) == (1, 0, 3) and len(missing_originals(moved)) == 0


def test_a_table_that_is_imported_again_tells_missing_originals_from_bad_files(project, tmp_path, capsys):
    files = sorted(plain_images(tmp_path / "in", 1, 2, 3).rglob("*.png"))
    with (tmp_path / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "identity"], *([str(path), path.parent.name] for path in files)])
        csv.writer(file).writerow([str(tmp_path / "in" / "never.png"), "x"])
    first = import_images(ImportParams(folder=tmp_path / "list.csv"), QuietContext(project))
    assert first.gone == 0 and [one.why for one in first.unreadable] == ["the file is missing"]
    assert "Not there, and so not imported:\n  " in first.text() and "Not readable" not in first.text()
    files[0].unlink()
    files[1].unlink()
    files[1].symlink_to(tmp_path / "nothing")
    files[2].write_bytes(b"")
    ask = ImportParams(folder=tmp_path / "list.csv")
    for result in (scan_folder(ask, QuietContext(project)), import_images(ask, QuietContext(project))):
        assert (result.images, result.gone, result.damaged, result.new) == (3, 2, 1, 0)
        assert sorted(result.gone_paths) == [str(files[0]), str(files[1])]
        assert {one.path.rpartition("/")[2] for one in result.unreadable} == {files[2].name, "never.png"}
        assert (
            f"2 images of the project are not in the folder any more (Find moved originals: fairdesk relink PROJECT {files[0].parent} NEW-FOLDER)"
            in result.text()
        )
    assert [path.rpartition("/")[2] for path, _ in unreadable(project)] == ["never.png"]
