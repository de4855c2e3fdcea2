"""Giving names to clusters: Enter does what was said, groups that are nearly alike are asked about, a title is replaced by typing."""

import json

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from fairdesk.cli import run
from fairdesk.clustering.naming import foresee, name_cluster
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.errors import RequestError
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.project.faces import names_of_faces, set_identity
from fairdesk.project.identities import NamedImages, alike_question, namesake_question
from tests.gui.test_cluster_list import listed, press, tab

__all__ = ["tab"]


@pytest.fixture
def named(tab, hand, filled):
    """Return a function that types a name and a group for a cluster; Ann is of North, Bea of South."""
    first, second, third = clusters(filled, 1)[:3]
    set_identity(filled, faces_of(filled, first.id), "Ann", "North")
    set_identity(filled, faces_of(filled, second.id), "Bea", "South")
    tab.session.look()
    hand.settle()

    def type_name(name, group):
        tab.clusters.select_cluster(third.id)
        hand.settle()
        hand.do("clustering.identity")
        hand.settle()
        dialog = hand.dialog(NameDialog)
        dialog.name.setText(name)
        dialog.group.setCurrentText(group)
        said = dialog.fields.note.text()
        dialog.accept()
        hand.settle()
        return said

    type_name.called = lambda: {names_of_faces(filled, "whole")[face] for face in faces_of(filled, third.id)}
    return type_name


def test_enter_makes_the_new_person_that_the_line_says(named, hand, filled, tab):
    set_identity(filled, faces_of(filled, clusters(filled, 1)[2].id), "Cleo", "West")
    tab.session.look()
    hand.settle()
    before = named.called()
    assert named("Ann", "West").startswith("A new person in West.")
    box = hand.dialog(QMessageBox)
    assert box.defaultButton().text() == "A new person"
    press(hand, "This is Ann (North)")
    box = hand.dialog(QMessageBox)  # it joins images, and changes the group of these
    assert "Join the 5 images of Ann in North?" in box.text() and "from" in box.text()
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    press(hand, "Cancel")
    assert named.called() == before


@pytest.mark.parametrize("typed", ["ann", "ANN", "A nn"])
def test_a_name_of_the_same_group_that_differs_in_case_alone_is_said_and_offered_first(named, hand, filled, tab, typed):
    second, third = clusters(filled, 1)[1:3]
    set_identity(filled, faces_of(filled, second.id), typed, "South")  # of this very name, elsewhere
    set_identity(filled, faces_of(filled, third.id), "Cleo", "North")
    tab.session.look()
    hand.settle()
    said = named(typed, "North")
    assert said.startswith("A new person in North. Ann in North differs in case, accents or blanks alone")
    assert f"A person named {typed} exists in: South" in said
    box = hand.dialog(QMessageBox)
    offered = [button.text() for button in box.buttons() if button.text() != "Cancel"]
    assert offered == ["This is Ann (North)", f"This is {typed} (South)", "A new person"]
    assert box.defaultButton().text() == offered[0] and box.focusWidget() is box.defaultButton()
    assert box.text().startswith("Ann in North has 5 images.")
    press(hand, "This is Ann (North)")
    assert named.called() == {("Ann", "North")}


@pytest.mark.parametrize("typed", ["ann", "\u00c1nn", "An n"])
def test_one_of_another_group_that_differs_in_case_alone_is_said_but_not_what_enter_means(named, hand, typed):
    said = named(typed, "South")
    assert said == (
        "A new person in South. In another group somebody's name differs in case, accents or blanks alone: "
        "Ann, North (5). You will be asked who is meant."
    )
    assert hand.dialog(QMessageBox).defaultButton().text() == "A new person"
    press(hand, "Cancel")


def test_a_join_that_changes_no_group_is_done_by_enter(named, hand, filled, tab):
    third = clusters(filled, 1)[2]
    set_identity(filled, faces_of(filled, third.id), "Cleo", "North")
    tab.session.look()
    hand.settle()
    named("Ann", "North")
    box = hand.dialog(QMessageBox)
    assert box.defaultButton().text() == "Join"
    press(hand, "Join")
    assert named.called() == {("Ann", "North")}


def agree(hand):
    """Answer what is asked before a group changes."""
    if any(isinstance(one, QMessageBox) and one.isVisible() for one in QApplication.topLevelWidgets()):
        press(hand, "Name them")


@pytest.mark.parametrize("typed", ["south", "SOUTH", "So uth", "\uff33outh"])
def test_a_group_that_is_nearly_one_that_is_there_is_asked_about(named, hand, typed):
    named("Cleo", typed)
    told = press(hand, "This is the group South")
    assert "differs in case, accents or blanks alone from a group that is there: South." in told
    agree(hand)
    assert named.called() == {("Cleo", "South")}


def test_a_new_group_stays_one_where_that_is_said(named, hand):
    named("Cleo", "south")
    press(hand, "A new group")
    agree(hand)
    assert named.called() == {("Cleo", "south")}


def test_blanks_around_a_group_are_no_difference(named, hand):
    named("Cleo", " South ")
    agree(hand)
    assert named.called() == {("Cleo", "South")}


def test_faces_of_another_person_are_asked_about_before_they_get_the_name(named, hand, filled, tab, capsys):
    third = clusters(filled, 1)[2]
    faces, group = faces_of(filled, third.id), "g0"
    set_identity(filled, faces[2:], "Bo", group)
    set_identity(filled, faces[:2], "Ada", group)
    tab.session.look()
    hand.settle()
    before = named.called()
    named("Bo", group)
    told = press(hand, "Cancel")
    assert told == (
        "2 of these 5 faces are of Ada; they would become Bo's. "
        "To leave them as they are, cancel, and first take them out of the cluster."
    )
    assert named.called() == before == {("Bo", group), ("Ada", group)}
    hand.dialog(NameDialog).reject()
    hand.settle()
    named("Bo", group)
    press(hand, "Name them")
    assert named.called() == {("Bo", group)}
    hand.do("edit.undo")
    hand.settle()
    assert named.called() == before
    asked = foresee(filled, third.id, "Bo", group)
    assert asked.renamed == {"Ada": 2}
    set_identity(filled, faces[2:3], "Ada", group)
    with pytest.raises(RequestError, match="changed since you were asked"):
        name_cluster(filled, asked)
    words = ["name", str(filled.folder), "--cluster", str(third.label), "--identity", "Bo", "--group", group]
    assert run([*words, "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["renamed"] == {"Ada": 3} and "3 faces were of Ada before." in said.err
    assert foresee(filled, third.id, "Bo", group).renamed == {}
    assert run(words) == 0 and "Ada" not in capsys.readouterr().out


def test_a_cluster_of_one_person_alone_gets_another_name_unasked_and_many_others_are_counted(named, hand, filled):
    third = clusters(filled, 1)[2]
    faces = faces_of(filled, third.id)
    set_identity(filled, faces, "Ada", "g0")
    assert foresee(filled, third.id, "Bo", "g0").question() is None  # that name is filled in
    for face, name in zip(faces, ("Al", "Bea", "Cy", "Di", "Ed"), strict=True):
        set_identity(filled, [face], name, "g0")
    told = foresee(filled, third.id, "Ed", "g0").question(joins=False)
    assert "1 of these 5 faces is of Al; it would become Ed's." in told and "1 more is of others." in told


def test_the_title_is_selected_so_that_typing_replaces_it(tab, hand):
    tab.clusters.select_rows([1])
    hand.settle()
    hand.do("clustering.rename")
    hand.settle()
    dialog = hand.dialog(NameDialog)
    assert dialog.name.selectedText() == dialog.name.text() != ""
    dialog.reject()
    hand.settle()


def test_what_undo_brings_back_stands_where_it_was(tab, hand):
    before = listed(tab)
    for rows in ([1, 5], [0, 3, 4]):
        tab.clusters.select_rows(rows)
        hand.settle()
        hand.do("clustering.merge")
        hand.settle()
    assert len(listed(tab)) == len(before) - 3
    for _ in range(2):
        hand.do("edit.undo")
        hand.settle()
    assert listed(tab) == before
    hand.do("edit.redo")
    hand.settle()
    hand.do("edit.undo")
    hand.settle()
    assert listed(tab) == before


def test_people_that_are_not_offered_are_counted():
    def people(count):
        return [NamedImages("Ann", f"g{n}", 2) for n in range(count)]

    assert "more" not in namesake_question("Ann", people(3))
    assert "There is 1 more: set the group to mean that one." in namesake_question("Ann", people(4))
    assert "There are 2 more: set the group" in alike_question("ann", people(5))
