"""Labels of many images: a name that people of other groups have is told before it becomes another person."""

import pytest
from PySide6.QtWidgets import QWidget

from fairdesk.gui.dialogs.label_dialog import LabelDialog
from fairdesk.project.images import labelled_images


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
