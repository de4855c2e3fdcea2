"""A name and its group as they are typed: whom they mean is said, namesakes are told apart, one Enter gives a name."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMessageBox

from fairdesk.clustering.naming import meant
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.store import clusters, faces_of, versions
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.widgets.name_completer import NameCompleter, plain
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import names_of_faces, set_identity
from fairdesk.project.identities import images_of_name, label_ids
from fairdesk.project.label_snapshot import LabelSnapshot
from tests.gui.conftest import answer

KNOWN = {"Ann": {"African": 10, "Asian": 3}, "Bea": {"Asian": 1}, "Cleo": {None: 2}}


@pytest.mark.parametrize(
    ("name", "group", "usual", "begin", "inside"),
    [
        (
            "Bea",
            None,
            "African",
            "A new person in African. A person named Bea exists in: Asian (1)",
            "",
        ),  # the one group that has the name
        ("Bea", None, None, "Bea in Asian, who has 1 image.", ""),
        ("Cleo", None, "Asian", "A new person in Asian. A person named Cleo exists in: no group (2)", ""),
        ("Ann", None, "Asian", "Ann in Asian, who has 3 images. There are others", "African (10)"),
        ("Ann", None, "White", "A new person in White. A person named Ann exists in", "African (10), Asian (3)"),
        ("Ann", "African", "Asian", "Ann in African, who has 10 images.", "Asian (3)"),
        ("Ann", "", "Asian", "A new person in no group.", "African (10), Asian (3)"),
        ("Bea", "African", "African", "A new person in African.", "Asian (1)"),
        ("Dora", None, "Asian", "A new person in Asian.", ""),
        ("Dora", None, None, "A new person in no group.", ""),
    ],
)
def test_whom_a_name_means(name, group, usual, begin, inside):
    said = meant(name, group, KNOWN, usual)
    assert said.startswith(begin) and inside in said


def test_people_by_name_go_by_their_own_group_not_by_that_of_their_images(filled):
    faces = filled.db.numbers("SELECT f.id AS n FROM face f ORDER BY f.id").tolist()
    with filled.journal.step("group") as connection:
        label_ids(connection, None, "Monk 05")
        connection.execute("UPDATE image SET group_id = (SELECT id FROM grp WHERE name = 'Monk 05')")
    set_identity(filled, faces[:3], "Ann")
    set_identity(filled, faces[5:7], "Ann", "North")
    known = LabelSnapshot.read(filled).by_name()
    assert known["Ann"] == {None: 3, "North": 2}
    assert images_of_name(filled, "Ann") == {None: 3, "North": 2}
    assert meant("Ann", "Monk 05", known, None).startswith(
        "A new person in Monk 05. A person named Ann exists in: North (2), no group (3)"
    )
    assert meant("Ann", "", known, "Monk 05").startswith("Ann in no group, who has 3 images.")


@pytest.fixture
def dialog(qtbot, qapp):
    made = NameDialog("Who?", (list(KNOWN), ["African", "Asian"]), None, people=KNOWN, usual="White")
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.name.setFocus()
    qtbot.waitUntil(made.name.hasFocus)
    return made


@pytest.mark.parametrize("typed", ["ann", "Ann", "Cleo"])
def test_the_dialog_has_room_for_all_that_is_said(dialog, qtbot, typed):
    """A long line below the name is not cut: as it is typed, and where it is there from the start."""
    again = NameDialog("Who?", (list(KNOWN), ["African"]), None, value=typed, people=KNOWN, usual="White")
    qtbot.addWidget(again)
    again.show()
    qtbot.waitExposed(again)
    dialog.name.setText(typed)
    qtbot.wait(20)
    for note in (dialog.fields.note, again.fields.note):
        assert note.height() >= note.heightForWidth(note.width()) >= 2 * note.fontMetrics().height()


def popup(qtbot):
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    return QApplication.activePopupWidget()


@pytest.mark.parametrize("typed", ["Bea", "be", "An", "Nobody"])
def test_one_enter_gives_what_is_typed(dialog, qtbot, typed):
    qtbot.keyClicks(dialog.name, typed)
    to = popup(qtbot) if typed != "Nobody" else dialog.name
    qtbot.keyClick(to, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert dialog.result() == QDialog.DialogCode.Accepted and dialog.name.text() == typed
    assert dialog.group_value() is None


@pytest.mark.parametrize(("downs", "group"), [(1, "African"), (2, "Asian")])
def test_a_namesake_that_is_chosen_brings_its_group(dialog, qtbot, downs, group):
    qtbot.keyClicks(dialog.name, "ann")
    found = popup(qtbot)
    shown = [found.model().index(row, 0).data() for row in range(found.model().rowCount())]
    assert shown == ["Ann  ·  African", "Ann  ·  Asian"]
    for _ in range(downs):
        qtbot.keyClick(found, Qt.Key.Key_Down)
    qtbot.keyClick(found, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert (dialog.name.text(), dialog.group_value()) == ("Ann", group)


def test_a_click_in_the_list_fills_both_and_waits(dialog, qtbot):
    qtbot.keyClicks(dialog.name, "ann")
    found = popup(qtbot)
    at = found.visualRect(found.model().index(1, 0)).center()
    qtbot.mouseClick(found.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: dialog.name.text() == "Ann")
    assert dialog.isVisible() and dialog.group_value() == "Asian"
    assert dialog.fields.note.text().startswith("Ann in Asian, who has 3 images.")


def test_no_group_is_a_choice_unless_a_group_is_called_so(dialog):
    dialog.group.setCurrentText("no group")
    assert dialog.group_value() == ""
    dialog.fields.know(KNOWN, ["no group"])
    dialog.group.setCurrentText("no group")
    assert dialog.group_value() == "no group"


def test_a_plain_field_takes_one_enter_too(qtbot, qapp):
    line = QLineEdit()
    qtbot.addWidget(line)
    NameCompleter(line, plain(["Zoe", "Zora"]))
    line.show()
    qtbot.waitExposed(line)
    line.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    entered = []
    line.returnPressed.connect(lambda: entered.append(line.text()))
    qtbot.keyClicks(line, "Zo")
    qtbot.keyClick(popup(qtbot), Qt.Key.Key_Return)
    assert entered == ["Zo"]


@pytest.fixture
def asked(window, hand, filled, qtbot):
    """A review that asks who a cluster is; two Anns are known, none of the cluster's group."""
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    hand.open(filled.folder)
    hand.go("clustering")
    hand.do("clustering.review")
    hand.settle()
    pane = window.clustering.review
    for _ in range(40):
        if pane.current is None or pane.current.kind is Kind.NAME:
            break
        qtbot.keyClick(pane, Qt.Key.Key_S)
        hand.settle()
    every = [one for one in clusters(filled, versions(filled)[0].id) if one.id not in pane.current.clusters]
    for one, group in zip(every, ("Here", "There"), strict=False):
        set_identity(filled, faces_of(filled, one.id), "Ann", group)
    window.session.look()
    hand.settle()
    qtbot.waitUntil(lambda: pane.current is not None and pane.current.kind is Kind.NAME)
    window.clustering.refresh()
    hand.settle()
    return pane


def buttons():
    """Return what the questions that are open offer."""
    every = QApplication.topLevelWidgets()
    return [b.text() for w in every if isinstance(w, QMessageBox) and w.isVisible() for b in w.buttons()]


def called(project, faces):
    names = names_of_faces(project, "whole")
    return {names[face] for face in faces}


@pytest.mark.parametrize("group", ["Here", "There", "New"])
def test_the_group_of_a_name_is_set_in_the_review(asked, hand, filled, qtbot, group):
    faces = list(asked.current.first)
    qtbot.keyClick(asked, Qt.Key.Key_Return)
    asked.name.setText("Ann")
    assert "A person named Ann exists in: Here (5), There (5)" in asked.naming.fields.note.text()
    asked.naming.group.setCurrentText(group)
    told = asked.naming.fields.note.text()
    assert told.startswith("A new person in New." if group == "New" else f"Ann in {group}, who has 5 images.")
    for _ in range(2):  # twice in a row is once
        qtbot.keyClick(asked.naming.group.lineEdit(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(buttons()))
    assert buttons().count("Cancel") == 1
    answer(qtbot, "A new person" if group == "New" else "Join")
    hand.settle()
    if group == "New":  # that it changes the group is asked
        qtbot.waitUntil(lambda: "Name them" in buttons())
        answer(qtbot, "Name them")
        hand.settle()
    assert called(filled, faces) == {("Ann", group)}


def test_a_namesake_of_other_groups_is_asked_about_where_no_group_was_chosen(asked, hand, filled, qtbot):
    faces = list(asked.current.first)
    usual = asked.current.usual
    asked.name.setText("Ann")
    qtbot.keyClick(asked.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(isinstance(w, QMessageBox) and w.isVisible() for w in QApplication.topLevelWidgets()))
    box = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible())
    assert box.defaultButton().text() == "A new person"  # as the line below the name says
    assert "Ann in Here has 5 images." in box.text() and "Is it the same person?" in box.text()
    next(b for b in box.buttons() if b.text() == "A new person").click()
    hand.settle()
    assert called(filled, faces) == {("Ann", usual)}


def test_suggested_namesakes_are_told_by_their_groups(asked, hand, qtbot):
    one = replace(asked.current, names=("Ann", "Ann"), groups=("Here", None))
    asked._show(one)
    assert [button.text() for button in asked.names[:2]] == ["1  Ann  ·  Here", "2  Ann"]
    assert one.person(0) == ("Ann", "Here") and one.person(1) == ("Ann", "")


@pytest.mark.parametrize("typed", ["african", "ASIAN", "afr", "Asián"])
def test_a_group_stays_as_it_is_typed_by_enter_and_by_tab(dialog, qtbot, typed):
    """A box of Qt puts the group that differs in case alone in place of what was typed, and says nothing."""
    qtbot.keyClicks(dialog.name, "Nobody")
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Return):
        line = dialog.group.lineEdit()
        line.setFocus()
        line.clear()
        for letter in typed:  # QTest has keys for ASCII alone
            qtbot.keyClick(line, letter) if letter.isascii() else line.insert(letter)
        to = QApplication.activePopupWidget() or line
        qtbot.keyClick(to, key)
        if key == Qt.Key.Key_Tab:
            dialog.name.setFocus()
            assert dialog.fields.note.text() == f"A new person in {typed}."
        assert dialog.group_value() == typed
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert dialog.result() == QDialog.DialogCode.Accepted


def test_a_group_is_chosen_in_its_list_by_one_enter(dialog, qtbot):
    qtbot.keyClicks(dialog.name, "Nobody")
    line = dialog.group.lineEdit()
    line.setFocus()
    qtbot.keyClicks(line, "afr")
    found = popup(qtbot)
    qtbot.keyClick(found, Qt.Key.Key_Down)
    qtbot.keyClick(found, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert dialog.group_value() == "African"
