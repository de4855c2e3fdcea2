"""After an undo or a redo those are selected that a person selected, or all that the step was about: never a part of them."""

import json

import pytest

from fairdesk.project import Project
from fairdesk.project.faces import set_identity
from fairdesk.project.labels import Edit, edit_labels
from tests.conftest import add_faces

MANY = 620


@pytest.fixture
def study(tmp_path):
    """Images with a face each; the originals are not there."""
    made = Project.create(tmp_path / "many.fairdesk")
    with made.db.transaction() as connection:
        connection.execute("INSERT INTO root VALUES (1, ?, NULL)", (str(tmp_path),))
        connection.executemany(
            "INSERT INTO image (root_id, path, size, mtime_ns, sha256, width, height) VALUES (1, ?, 1, 1, ?, 9, 9)",
            [(f"{n}.jpg", f"{n:064x}") for n in range(MANY)],
        )
    yield made
    made.close()


@pytest.fixture
def grid(window, hand, study):
    study.close()
    hand.open(study.folder)
    hand.settle()
    return window.dataset.grid


def _edit(grid, hand, count):
    project = hand.window.session.project
    edit_labels(project, list(range(1, count + 1)), Edit(gender="female"))
    hand.settle()


@pytest.mark.parametrize("count", [500, 501, MANY])
def test_an_undo_of_many_leaves_the_selection_as_it_was(grid, hand, count):
    _edit(grid, hand, count)
    grid.select_ids([7, 9])
    for step in ("edit.undo", "edit.redo"):
        hand.do(step)
        hand.settle()
        assert grid.selected_ids() == [7, 9]


def test_an_undo_of_few_selects_all_of_them(grid, hand):
    _edit(grid, hand, 499)
    grid.select_ids([600])
    hand.do("edit.undo")
    hand.settle()
    assert grid.selected_ids() == list(range(1, 500))


def test_a_list_that_was_cut_by_an_earlier_version_selects_nothing(grid, hand):
    _edit(grid, hand, MANY)
    cut = json.dumps({"tab": "dataset", "images": list(range(1, 501))})
    with hand.window.session.project.db.transaction() as connection:
        connection.execute("UPDATE journal_step SET target = ?", (cut,))
    grid.select_ids([7])
    hand.do("edit.undo")
    hand.settle()
    assert grid.selected_ids() == [7]


def test_names_of_many_faces_too(study):
    add_faces(study)
    set_identity(study, list(range(1, MANY + 1)), "ann")
    assert "faces" not in study.journal.next_undo().target
    set_identity(study, [1, 2], "bea")
    assert study.journal.next_undo().target["faces"] == [1, 2]
