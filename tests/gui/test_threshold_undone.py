"""A threshold that was dragged, typed or chosen is an edit: Ctrl+Z takes it back, Ctrl+Y takes it again."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication


def settled(shown, hand, qtbot):
    hand.settle()
    qtbot.waitUntil(lambda: not shown._drawing, timeout=30_000)


def where(shown):
    return shown.at.currentData(), shown.value.value() if shown.at.currentData() == "threshold" else None


def drag(shown, to):
    line = shown.figures.curves["rates"].line
    for value in (to - 0.3, to - 0.1, to):  # on the way, and there
        line.setValue(value)
    line.sigPositionChangeFinished.emit(line)


def type_(shown, qtbot, text):
    shown.value.setFocus()
    shown.value.selectAll()
    qtbot.keyClicks(shown.value, text)
    qtbot.keyClick(shown.value, Qt.Key.Key_Return)


def test_a_drag_and_a_number_are_taken_back_and_made_again(shown, window, hand, qtbot):
    first = where(shown)
    before = shown.shown.result.groups.threshold
    drag(shown, 2.0)
    settled(shown, hand, qtbot)
    type_(shown, qtbot, "1.25")
    settled(shown, hand, qtbot)
    assert where(shown) == ("threshold", 1.25)
    undo, redo = (window.book.actions[f"edit.{name}"] for name in ("undo", "redo"))
    window._refresh_actions()
    assert undo.isEnabled() and "threshold 1.25" in undo.text() and not redo.isEnabled()
    undo.trigger()
    settled(shown, hand, qtbot)
    assert where(shown) == ("threshold", 2.0) and shown.shown.result.groups.threshold == 2.0
    assert undo.isEnabled() and "threshold 2" in undo.text() and "threshold 1.25" in redo.text()
    undo.trigger()
    settled(shown, hand, qtbot)
    assert where(shown) == first and shown.shown.result.groups.threshold == before
    assert not undo.isEnabled() and redo.isEnabled()
    redo.trigger()
    redo.trigger()
    settled(shown, hand, qtbot)
    assert where(shown) == ("threshold", 1.25) and shown.shown.result.groups.threshold == 1.25
    assert undo.isEnabled() and not redo.isEnabled()
    undo.trigger()
    drag(shown, 3.0)  # another way from here: the number that was taken back is gone
    settled(shown, hand, qtbot)
    assert where(shown) == ("threshold", 3.0) and not redo.isEnabled()


def test_the_keys_work_from_the_field_too(shown, window, hand, qtbot):
    window.activateWindow()
    first = where(shown)
    drag(shown, 2.0)
    settled(shown, hand, qtbot)
    type_(shown, qtbot, "1.5")
    settled(shown, hand, qtbot)
    shown.value.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is shown.value, timeout=3000)
    for expected in (("threshold", 2.0), first):
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        settled(shown, hand, qtbot)
        assert where(shown) == expected
    qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    settled(shown, hand, qtbot)
    assert where(shown) == ("threshold", 2.0)


@pytest.mark.parametrize("rule", ["eer", "fmr=1e-2"])
def test_a_rule_is_an_edit_and_other_scores_begin_anew(shown, window, hand, qtbot, tmp_path, rule):
    first = where(shown)
    shown.at.setCurrentIndex(shown.at.findData(rule))
    settled(shown, hand, qtbot)
    window._refresh_actions()
    undo = window.book.actions["edit.undo"]
    assert undo.isEnabled()
    undo.trigger()
    settled(shown, hand, qtbot)
    assert where(shown) == first
    shown.at.setCurrentIndex(shown.at.findData(rule))
    settled(shown, hand, qtbot)
    other = tmp_path / "other.npz"
    other.write_bytes(shown.scores.read_bytes())
    shown.show_scores(other)
    settled(shown, hand, qtbot)
    window._refresh_actions()
    assert not undo.isEnabled()
