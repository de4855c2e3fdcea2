"""Labels of many images: a name that people of other groups have is told before it becomes another person."""

import contextlib

import pytest
from PySide6.QtWidgets import QWidget

from fairdesk.gui.dialogs.label_dialog import LabelDialog
from fairdesk.project.images import labelled_images


@pytest.fixture
def dialog(qtbot, filled):
    parent = QWidget()
    qtbot.addWidget(parent)
    found = LabelDialog([1, 2, 3], {}, "identity", parent, filled)
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
    assert f"There is a {one.identity} already" in text
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
