"""The clusterings of a project in the window: compared, noted, gone back to."""

import json

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QInputDialog

from fairdesk.cli import run
from fairdesk.clustering import store
from fairdesk.clustering.files.cluster_files import load_clusters, read_clusters, write_clusters
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, LoadClustersParams
from fairdesk.clustering.store import clusters, faces_of, revert_to, versions
from fairdesk.errors import RequestError
from fairdesk.gui.dialogs.clustering_comparison import ComparisonDialog
from fairdesk.gui.dialogs.clusterings_dialog import ClusteringsDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import set_identity


@pytest.fixture
def two(filled):
    for _ in range(2):
        cluster(ClusterParams(eps=0.8), QuietContext(filled))
    first, second, third = clusters(filled, 2)[:3]
    store.merge_clusters(filled, first.id, [second.id])
    store.split_faces(filled, 2, faces_of(filled, third.id)[:2])
    return filled


def grouped(project, version):
    return sorted((one.label, one.title, tuple(faces_of(project, one.id))) for one in clusters(project, version))


def test_notes_and_going_back(two):
    store.note_version(two, 1, "  before I corrected anything ")
    assert [one.note for one in versions(two)] == ["", "before I corrected anything"]
    assert [one.clusters for one in versions(two)] == [8, 8]
    new = revert_to(two, 1)
    assert new == 3 and store.newest_version(two) == 3 and grouped(two, 3) == grouped(two, 1)
    assert versions(two)[0].name.startswith("3: dbscan") and versions(two)[0].name.endswith("(as 1)")
    store.merge_clusters(two, *[one.id for one in clusters(two, 3)[:1]], [clusters(two, 3)[1].id])
    assert grouped(two, 1) != grouped(two, 3)  # a copy
    two.journal.undo()
    two.journal.undo()
    assert len(versions(two)) == 2
    two.journal.undo()
    assert versions(two)[1].note == ""
    for wrong in (2, 9):
        with pytest.raises(RequestError, match=r"newest already|no clustering 9"):
            revert_to(two, wrong)


def test_the_number_in_a_name_is_that_of_the_clustering(two, window, hand, tmp_path):
    """After an undo too; in old projects, whose names hold a number of their own, what is shown is the same."""
    two.journal.undo()
    two.journal.undo()
    two.journal.undo()  # clustering 2 is gone
    made = cluster(ClusterParams(eps=0.8), QuietContext(two)).version
    assert made == 3
    write_clusters(two, made, tmp_path / "mine.json")
    read = load_clusters(LoadClustersParams(file=tmp_path / "mine.json"), QuietContext(two)).version
    copied = revert_to(two, 1)
    names = {one.id: one.name for one in versions(two)}
    assert set(names) == {1, made, read, copied} and all(name.startswith(f"{n}: ") for n, name in names.items())
    assert names[read] == f"{read}: mine" and names[copied] == f"{copied}: {names[1][3:]} (as 1)"
    assert dict(two.db.rows("SELECT id, name FROM clustering")) == names
    two.journal.undo()
    two.journal.redo()
    assert {one.id: one.name for one in versions(two)} == names
    with two.journal.step("as an old version of the program named them") as connection:
        connection.execute("UPDATE clustering SET name = '2: dbscan 0.8, 3' WHERE id = ?", (made,))
        connection.execute("UPDATE clustering SET name = 'mine' WHERE id = ?", (read,))
    hand.open(two.folder)
    hand.go("clustering")
    box = window.clustering.version
    shown = {box.itemData(row): box.itemText(row) for row in range(box.count())}
    assert shown[made].startswith(f"{made}: dbscan 0.8, 3 ·") and shown[read].startswith(f"{read}: mine ·")


def test_the_verb_lists_notes_reverts_and_writes(two, tmp_path, capsys):
    folder = str(two.folder)
    assert run(["clusterings", folder, "--version", "1", "--note", "first try", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["clusterings"]
    assert [one["note"] for one in told] == ["", "first try"] and told[1]["bcubed_f1"] == 1.0
    assert run(["clusterings", folder, "--version", "1", "--revert"]) == 0
    assert "first try" in capsys.readouterr().out.splitlines()[0]
    assert run(["clusterings", folder, "--out", str(tmp_path / "c.json"), "--version", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] == 40
    assert sorted(map(len, read_clusters(tmp_path / "c.json").values())) == [2, 3, 5, 5, 5, 5, 5, 10]
    for wrong in (["--revert"], ["--out", "x.txt"], ["--version", "9", "--note", "x"], ["--note", "x", "--revert"]):
        assert run(["clusterings", folder, *wrong]) == 2


def test_comparing_in_the_window(window, hand, two, qtbot):
    hand.open(two.folder)
    hand.go("clustering")
    hand.do("clustering.clusterings")
    hand.settle()
    dialog = hand.dialog(ClusteringsDialog)
    assert [dialog.table.item(row, 0).text() for row in range(2)] == ["2", "1"] and not dialog.compare.isEnabled()
    corrected, untouched = (dialog.table.item(row, 4).text() for row in range(2))
    assert untouched == "1.000 (40 faces of 8 people)"
    assert corrected.endswith(" (40 faces of 8 people)") and 0.5 < float(corrected.split()[0]) < 1  # as it is now
    dialog.table.selectAll()
    assert dialog.compare.isEnabled() and not dialog.revert.isEnabled()
    dialog.compare.click()
    hand.settle()
    shown = hand.dialog(ComparisonDialog)
    assert (
        "40 faces are in both" in shown.told.text()
        and "7 faces moved" in shown.told.text()
        and "BCubed F1" in shown.told.text()
    )
    rows = [tuple(shown.table.item(row, x).text() for x in range(3)) for row in range(shown.table.rowCount())]
    assert sorted(int(row[2]) for row in rows) == [2, 5]
    first = clusters(two, 2)[0]
    assert {row[1] for row in rows} >= {first.title}
    flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    five = next(row for row in range(2) if rows[row][2] == "5")
    shown.table.selectionModel().select(shown.table.model().index(five, 0), flags)
    hand.settle()
    assert len(shown.grid.grid_model.ids) == 5 and set(shown.grid.grid_model.ids.tolist()) <= set(
        faces_of(two, first.id)
    )
    shown.table.setFocus()
    qtbot.keyClick(shown.table, Qt.Key.Key_Tab)
    assert not shown.table.hasFocus()  # the keyboard gets out of the table
    shown.only_moved.setChecked(False)
    hand.settle()
    assert shown.table.rowCount() == 9
    shown.second.setCurrentIndex(shown.second.findData(1))
    shown.second.activated.emit(0)
    hand.settle()
    assert "0 faces moved" in shown.told.text()
    shown.reject()
    dialog.table.selectRow(1)
    dialog.note.click()
    hand.settle()
    asked = hand.dialog(QInputDialog)
    asked.setTextValue("kept by hand")
    asked.accept()
    hand.settle()
    assert dialog.table.item(1, 6).text() == "kept by hand" and [one.id for one in dialog.chosen()] == [1]
    dialog.revert.click()
    hand.settle()
    assert dialog.table.rowCount() == 3 and window.clustering.view.version.id == 3
    dialog.table.clearSelection()
    dialog.table.selectRow(2)
    dialog.show_it.click()
    hand.settle()
    assert window.clustering.view.version.id == 1


def test_going_back_tells_which_verdicts_do_not_hold(two, window, hand):
    """Two corrections of clustering 2 say two things that clustering 1 does not hold to: a merge, and what was split off."""
    hand.open(two.folder)
    hand.go("clustering")
    hand.do("clustering.clusterings")
    hand.settle()
    dialog = hand.dialog(ClusteringsDialog)
    told = []
    window.session.told.connect(told.append)
    dialog.table.selectRow(1)
    dialog.revert.click()
    hand.settle()
    text = told[-1].text
    assert text.startswith("Clustering 3 is 1: dbscan") and "as it is now. 2 of 3 verdicts do not hold in it" in text
    dialog.table.selectRow(1)
    assert [one.id for one in dialog.chosen()] == [2]
    dialog.revert.click()
    hand.settle()
    assert told[-1].text.startswith("Clustering 4 is 2: dbscan") and "hold" not in told[-1].text


def test_few_known_faces_are_told_beside_the_figure(two, window, hand, capsys):
    """A perfect F1 of five faces says nothing of the other thirty-five: four are named, one was split off with one of these."""
    every = [row[0] for row in two.db.rows("SELECT id FROM face ORDER BY id")]
    named = [faces_of(two, one.id)[0] for one in clusters(two, 1)[:4]]
    set_identity(two, [face for face in every if face not in named], None)
    assert run(["clusterings", str(two.folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["clusterings"]
    assert [(one["known_faces"], one["known_people"]) for one in told if one["id"] == 1] == [(5, 4)]
    hand.open(two.folder)
    hand.go("clustering")
    hand.do("clustering.clusterings")
    hand.settle()
    cell = hand.dialog(ClusteringsDialog).table.item(1, 4)
    assert cell.text() == "1.000 (5 faces of 4 people)"
    assert "5 faces of 4 people, of 40 in all" in cell.toolTip()
