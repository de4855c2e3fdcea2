"""Labels of many images: a name that people of other groups have is told before it becomes another person."""

import contextlib

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from fairdesk.gui.dialogs.label_dialog import LabelDialog
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.project.faces import largest_faces, set_identity
from fairdesk.project.images import labelled_images
from tests.gui.conftest import answer


@pytest.fixture
def dialog(qtbot, filled):
    parent = QWidget()
    qtbot.addWidget(parent)
    found = LabelDialog([1, 2, 3], {}, "identity", parent, filled)
    found.show()
    yield found
    parent.close()


def test_a_name_of_another_group_is_told(dialog, filled):
    one, _ = other_person(filled)
    dialog.boxes["identity"].setCurrentText("nobody yet")
    assert not dialog.namesake.isVisible()
    dialog.boxes["identity"].setCurrentText(one.identity)
    assert (
        dialog.namesake.isVisible()
        and f"A person named {one.identity} exists in: {one.group}" in dialog.namesake.text()
    )
    assert "set the group too" in dialog.namesake.text()
    dialog.boxes["group"].setCurrentText(one.group)
    assert not dialog.namesake.isVisible()
    dialog.boxes["group"].setCurrentText("elsewhere")
    assert "In elsewhere it is another person of that name" in dialog.namesake.text()
    dialog.removals["group"].setChecked(True)
    assert "In no group it is another person" in dialog.namesake.text()
    dialog.removals["identity"].setChecked(True)
    assert not dialog.namesake.isVisible()
    dialog.grab()


@pytest.fixture
def labelling(window, hand, filled):
    """The dialog for one image of a person of whom there are others; returns it, the image and a name of another person."""
    one, other = labelled_images(filled)[0], labelled_images(filled)[-1]
    hand.open(filled.folder)
    hand.go("dataset")
    window.dataset.grid.select_ids([one.id])
    hand.do("dataset.edit_labels")
    return hand.dialog(LabelDialog), one, other


def now(project, image):
    found = next(one for one in labelled_images(project) if one.id == image)
    return found.identity, found.group


@pytest.mark.parametrize("letters", [str.upper, str.title, " ".join])
def test_a_name_that_differs_in_case_alone_is_asked_about(labelling, hand, qtbot, filled, letters):
    dialog, one, other = labelling
    dialog.boxes["identity"].setCurrentText(letters(other.identity))
    typed = dialog.boxes["identity"].currentText()
    dialog.accept()
    question = hand.dialog(QMessageBox).text()
    assert f"{other.identity} in {other.group} has" in question and f"“{typed}” differs in case" in question
    answer(qtbot, "Cancel")
    hand.settle()
    assert dialog.isVisible() and dialog.boxes["identity"].currentText() == typed  # nothing is lost
    assert now(filled, one.id) == (one.identity, one.group)
    dialog.accept()
    answer(qtbot, f"This is {other.identity} ({other.group})")
    hand.settle()
    assert now(filled, one.id) == (other.identity, other.group)


def test_a_new_person_may_be_called_nearly_the_same(labelling, hand, qtbot, filled):
    dialog, one, other = labelling
    dialog.boxes["identity"].setCurrentText(other.identity.upper())
    dialog.accept()
    answer(qtbot, "A new person")
    hand.settle()
    assert now(filled, one.id)[0] == other.identity.upper() and not shiboken6.isValid(dialog)


@pytest.mark.parametrize("letters", [str.upper, " ".join])
@pytest.mark.parametrize("said", ["known", "new", "Cancel"])
def test_a_group_that_differs_in_case_or_blanks_alone_is_asked_about(labelling, hand, qtbot, filled, letters, said):
    dialog, one, other = labelling
    typed = letters(other.group)
    dialog.boxes["group"].setCurrentText(typed)
    dialog.accept()
    question = hand.dialog(QMessageBox).text()
    assert f"“{typed}” differs in case, accents or blanks alone" in question and other.group in question
    answer(qtbot, {"known": f"This is the group {other.group}", "new": "A new group"}.get(said, said))
    hand.settle()
    assert now(filled, one.id)[1] == {"known": other.group, "new": typed, "Cancel": one.group}[said]
    if said == "Cancel":
        assert dialog.isVisible() and dialog.boxes["group"].currentText() == typed


def test_the_hint_about_another_group_is_not_for_the_person_s_own(qtbot, filled):
    """Images that are all in groups with a person of that name become no other person."""
    people = labelled_images(filled)
    one, other = people[0], people[-1]
    assert one.group != other.group
    parent = QWidget()
    qtbot.addWidget(parent)
    for images, hint in (([one.id], False), ([one.id, other.id], True), ([other.id], True)):
        dialog = LabelDialog(images, {}, "identity", parent, filled)
        dialog.show()
        dialog.boxes["identity"].setCurrentText(one.identity)
        assert dialog.namesake.isVisible() == hint
    parent.close()


@pytest.mark.parametrize("way", ["known", "new", "renamed", "group alone"])
def test_other_names_are_not_asked_about(labelling, window, hand, qtbot, filled, way):
    dialog, one, other = labelling
    name = {"known": other.identity, "new": "Zoe", "renamed": one.identity.upper(), "group alone": ""}[way]
    if way == "renamed":  # all images of the person get the name in other letters
        dialog.reject()
        hand.settle()
        window.dataset.grid.select_ids([each.id for each in labelled_images(filled) if each.identity == one.identity])
        hand.do("dataset.edit_labels")
        dialog = hand.dialog(LabelDialog)
    dialog.boxes["identity"].setCurrentText(name)
    dialog.boxes["group"].setCurrentText((other if way == "known" else one).group)
    dialog.accept()
    hand.settle()
    assert not shiboken6.isValid(dialog) and now(filled, one.id)[0] == (name or one.identity)


@pytest.mark.parametrize("said", ["known", "new", "Cancel"])
def test_naming_selected_images_asks_the_same(window, hand, qtbot, filled, said):
    one, other = labelled_images(filled)[0], labelled_images(filled)[-1]
    hand.open(filled.folder)
    hand.go("dataset")
    window.dataset.grid.select_ids([one.id])
    hand.do("dataset.name")
    dialog = hand.dialog(NameDialog)
    dialog.name.setText(other.identity.upper())
    dialog.accept()
    answer(qtbot, {"known": f"This is {other.identity} ({other.group})", "new": "A new person"}.get(said, said))
    if said == "known":  # whose group is another
        answer(qtbot, "Name them")
    hand.settle()
    identity, _ = now(filled, one.id)
    assert identity == {"known": other.identity, "new": other.identity.upper()}.get(said, one.identity)


def other_person(filled):
    """Return a person of another group than the images that are labelled, and how many images it has."""
    people = {one.id: one for one in labelled_images(filled)}
    here = {people[image].group for image in (1, 2, 3)}
    taken = {one.identity for one in people.values() if one.group in here}
    one = next(one for one in people.values() if one.group not in here and one.identity not in taken)
    return one, sum((other.identity, other.group) == (one.identity, one.group) for other in people.values())


@pytest.fixture
def asked(dialog, monkeypatch, qtbot):
    """Answers the question by what is put in, and keeps what was asked."""
    kept = {"answer": None, "questions": []}

    async def ask(parent, title, text, buttons, detail="", **_):
        kept["questions"].append((text, buttons))
        return None if kept["answer"] is None else buttons[kept["answer"]]

    monkeypatch.setattr("fairdesk.gui.dialogs.label_dialog.async_glue.ask", ask)
    monkeypatch.setattr("fairdesk.gui.dialogs.label_dialog.async_glue.start", _at_once)
    return kept


def _at_once(flow):
    with contextlib.suppress(StopIteration):
        flow.send(None)


def test_it_is_asked_whether_a_namesake_is_meant(dialog, filled, asked):
    one, images = other_person(filled)
    dialog.boxes["identity"].setCurrentText(one.identity)
    dialog.accept()
    ((text, buttons),) = asked["questions"]
    assert f"A person named {one.identity} exists already" in text
    assert buttons == ["Another person of that name", f"Join the {images:,} images of {one.identity} ({one.group})"]
    assert dialog.isVisible()  # the question was dismissed: what was typed is still there
    asked["answer"] = 1
    dialog.accept()
    assert not dialog.isVisible() and (dialog.edit().identity, dialog.edit().group) == (one.identity, one.group)


def test_the_first_answer_keeps_them_apart(dialog, filled, asked):
    one, _ = other_person(filled)
    dialog.boxes["identity"].setCurrentText(one.identity)
    asked["answer"] = 0
    dialog.accept()
    assert not dialog.isVisible() and dialog.edit().group is None


def test_nothing_is_asked_where_the_name_is_new_or_of_their_own_group(dialog, filled, asked):
    own = next(one for one in labelled_images(filled) if one.id == 1)
    dialog.boxes["identity"].setCurrentText(own.identity)
    dialog.accept()
    assert not asked["questions"] and not dialog.isVisible()
    dialog.show()
    dialog.boxes["identity"].setCurrentText("nobody yet")
    dialog.accept()
    one, _ = other_person(filled)
    dialog.show()
    dialog.boxes["identity"].setCurrentText(one.identity)
    dialog.boxes["group"].setCurrentText(one.group)
    dialog.accept()
    assert not asked["questions"]


def typed_by_keys(qtbot, line, text):
    line.setFocus()
    line.clear()
    for letter in text:  # QTest has keys for ASCII alone
        qtbot.keyClick(line, letter) if letter.isascii() else line.insert(letter)
    qtbot.keyClick(QApplication.activePopupWidget() or line, Qt.Key.Key_Return)


@pytest.mark.parametrize("letters", [str.upper, " ".join, lambda name: name.replace("d", "d\u0301")])
@pytest.mark.parametrize("verb", ["edit_labels", "name"])
def test_nearly_one_of_the_same_group_is_offered_first_and_one_enter_takes_that_one(
    window, hand, qtbot, filled, verb, letters
):
    """Though another group has a person of this very name: the box's default is done by the one Enter that follows."""
    one = labelled_images(filled)[0]
    other = next(each for each in labelled_images(filled) if each.group == one.group and each.identity != one.identity)
    far = next(each for each in labelled_images(filled) if each.group != one.group)
    typed = letters(other.identity)
    assert typed != other.identity
    set_identity(filled, largest_faces(filled, "whole", [far.id]), typed, far.group)
    hand.open(filled.folder)
    hand.go("dataset")
    window.dataset.grid.select_ids([one.id])
    hand.do(f"dataset.{verb}")
    dialog = hand.dialog(LabelDialog if verb == "edit_labels" else NameDialog)
    dialog.activateWindow()
    typed_by_keys(qtbot, dialog.boxes["identity"].lineEdit() if verb == "edit_labels" else dialog.name, typed)
    box = hand.dialog(QMessageBox)
    offered = [button.text() for button in box.buttons() if button.text() != "Cancel"]
    assert offered == [f"This is {other.identity} ({other.group})", f"This is {typed} ({far.group})", "A new person"]
    assert box.defaultButton().text() == offered[0]
    qtbot.keyClick(box, Qt.Key.Key_Return)
    hand.settle()
    assert now(filled, one.id) == (other.identity, other.group)


@pytest.mark.parametrize("typed", [str.lower, str.upper, lambda group: group.replace("g", "g\u0301")])
def test_a_group_typed_by_keys_is_asked_about(labelling, hand, qtbot, filled, typed):
    dialog, one, other = labelling
    text = typed(other.group) if typed(other.group) != other.group else other.group.title()
    dialog.activateWindow()
    typed_by_keys(qtbot, dialog.boxes["group"].lineEdit(), text)
    question = hand.dialog(QMessageBox).text()
    assert f"“{text}” differs in case, accents or blanks alone" in question and other.group in question
    answer(qtbot, "Cancel")
    hand.settle()
    assert now(filled, one.id)[1] == one.group


def test_without_a_group_images_that_are_named_stay_in_theirs(window, hand, qtbot, filled):
    one = labelled_images(filled)[0]
    hand.open(filled.folder)
    hand.go("dataset")
    window.dataset.grid.select_ids([one.id])
    hand.do("dataset.name")
    dialog = hand.dialog(NameDialog)
    dialog.name.setText("Zoe")
    dialog.accept()
    hand.settle()
    assert now(filled, one.id) == ("Zoe", one.group)


@pytest.mark.parametrize("default", [True, False])
def test_a_namesake_of_another_group_is_asked_about_where_images_are_named(window, hand, qtbot, filled, default):
    one = labelled_images(filled)[0]
    taken = {each.identity for each in labelled_images(filled) if each.group == one.group}
    other = next(each for each in labelled_images(filled) if each.group != one.group and each.identity not in taken)
    hand.open(filled.folder)
    hand.go("dataset")
    window.dataset.grid.select_ids([one.id])
    hand.do("dataset.name")
    dialog = hand.dialog(NameDialog)
    dialog.name.setText(other.identity)
    note = dialog.fields.note
    assert note.isVisible() and note.text().startswith(f"A new person in {one.group}.") and other.group in note.text()
    dialog.group.setCurrentText(other.group)
    assert note.text().startswith(f"{other.identity} in {other.group}, who has ")
    dialog.group.setCurrentText("")
    dialog.accept()
    box = hand.dialog(QMessageBox)
    assert f"A person named {other.identity} exists already" in box.text()
    assert box.defaultButton().text() == "A new person"
    answer(qtbot, "A new person" if default else f"This is {other.identity} ({other.group})")
    if not default:  # the image's group becomes another
        answer(qtbot, "Name them")
    hand.settle()
    assert now(filled, one.id) == (other.identity, one.group if default else other.group)
