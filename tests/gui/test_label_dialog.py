"""Labels of many images: a name that people of other groups have is told before it becomes another person."""

import pytest
import shiboken6
from PySide6.QtWidgets import QMessageBox, QWidget

from fairdesk.gui.dialogs.label_dialog import LabelDialog
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.project.images import labelled_images
from tests.gui.conftest import answer


@pytest.fixture
def dialog(qtbot, filled):
    parent = QWidget()
    qtbot.addWidget(parent)
    found = LabelDialog(3, {}, "identity", parent, filled)
    found.show()
    yield found
    parent.close()


def test_a_name_of_another_group_is_told(dialog, filled):
    one = labelled_images(filled)[0]
    dialog.boxes["identity"].setCurrentText("nobody yet")
    assert not dialog.namesake.isVisible()
    dialog.boxes["identity"].setCurrentText(one.identity)
    assert dialog.namesake.isVisible() and f"There is a {one.identity} in: {one.group}" in dialog.namesake.text()
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


@pytest.mark.parametrize("letters", [str.upper, str.title])
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
    dialog.boxes["group"].setCurrentText(one.group)
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
    hand.settle()
    identity, _ = now(filled, one.id)
    assert identity == {"known": other.identity, "new": other.identity.upper()}.get(said, one.identity)
