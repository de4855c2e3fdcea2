"""A threshold that was dragged, typed or chosen is an edit: Ctrl+Z takes it back, Ctrl+Y takes it again."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from fairdesk.gui.app import make_window
from fairdesk.project.images import hide_images
from tests.metrics.test_identification import made


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
def test_a_rule_is_an_edit_that_is_taken_back_where_it_was_made(shown, window, hand, qtbot, tmp_path, rule):
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
    assert undo.isEnabled() and undo.text().endswith("(scores.npz)")  # the newest step, wherever it was made
    assert where(shown)[0] == rule  # a rule goes along
    undo.trigger()
    settled(shown, hand, qtbot)
    assert shown.scores.name == "scores.npz" and where(shown) == first
    shown.show_scores(other)
    settled(shown, hand, qtbot)
    assert where(shown) == first and not undo.isEnabled()


def search(shown, hand, qtbot, tmp_path):
    np.savez(tmp_path / "search.npz", **made(groups=("A", "B")))
    shown.open_file(tmp_path / "search.npz")
    qtbot.waitUntil(lambda: shown.search.path is not None, timeout=20_000)
    hand.settle()


def again(shown, path, hand, qtbot):
    shown.open_file(path)
    hand.settle()
    qtbot.waitUntil(lambda: shown.shown is not None and shown.shown.path == path and not shown._drawing, timeout=30_000)


def test_a_search_takes_no_threshold_away_and_what_is_newest_is_undone(shown, window, hand, qtbot, filled, tmp_path):
    """While a search is shown Ctrl+Z takes back what was done last, and says what that is: a threshold, then an edit."""
    path, first = shown.scores, where(shown)
    filled.close()
    hand.open(filled.folder)
    again(shown, path, hand, qtbot)
    window.session.edit(lambda p: hide_images(p, [1]))
    hand.settle()
    drag(shown, 2.0)
    settled(shown, hand, qtbot)
    search(shown, hand, qtbot, tmp_path)
    assert shown.pages.currentWidget() is shown.search
    undo, redo = (window.book.actions[f"edit.{name}"] for name in ("undo", "redo"))
    window._refresh_actions()
    assert "threshold 2 (scores.npz)" in undo.text()
    again(shown, path, hand, qtbot)
    assert where(shown) == ("threshold", 2.0) and shown.shown.result.groups.threshold == 2.0
    window._refresh_actions()
    assert "threshold 2" in undo.text() and "scores.npz" not in undo.text()
    search(shown, hand, qtbot, tmp_path)
    undo.trigger()
    settled(shown, hand, qtbot)
    assert shown.search.path is None and shown.scores == path and where(shown) == first
    assert shown.shown.result.groups.threshold != 2.0 and "threshold 2" in redo.text()
    search(shown, hand, qtbot, tmp_path)
    window._refresh_actions()
    assert "Hide 1 image" in undo.text()  # the project's edit is what is left
    redo.trigger()
    settled(shown, hand, qtbot)
    assert shown.scores == path and where(shown) == ("threshold", 2.0)
    search(shown, hand, qtbot, tmp_path)
    window.session.edit(lambda p: hide_images(p, [2, 3]))
    hand.settle()
    window._refresh_actions()
    assert "Hide 2 images" in undo.text()  # the edit is newer
    undo.trigger()
    hand.settle()
    hand.go("metrics")  # an undone edit shows the tab that it was made in
    window._refresh_actions()
    assert "threshold 2 (scores.npz)" in undo.text()


def test_a_rule_goes_along_and_a_line_stays_with_its_file(shown, hand, qtbot, tmp_path):
    """What was chosen or typed last holds for every file; a line dragged since is its file's own, and found there."""
    one, two = shown.scores, tmp_path / "two.npz"
    two.write_bytes(one.read_bytes())

    def on(path, *, drag_to=None, rule=None, number=None, source=None):
        again(shown, path, hand, qtbot)
        if rule is not None:
            shown.at.setCurrentIndex(shown.at.findData(rule))
        if number is not None:
            type_(shown, qtbot, number)
        if source is not None:
            shown.source.setCurrentIndex(shown.source.findData(source))
        if drag_to is not None:
            drag(shown, drag_to)
        settled(shown, hand, qtbot)
        return where(shown)

    start = where(shown)
    assert on(one, drag_to=2.0) == ("threshold", 2.0)
    assert on(two) == start  # the rule, not the line
    assert on(two, drag_to=3.0) == ("threshold", 3.0)
    assert on(one) == ("threshold", 2.0) and shown.shown.result.groups.threshold == 2.0
    assert on(two) == ("threshold", 3.0)
    assert on(two, rule="fmr=1e-2") == ("fmr=1e-2", None)
    assert on(one) == ("fmr=1e-2", None)  # chosen after the line was dragged
    assert on(one, rule="threshold")[0] == "threshold"  # the number that the rule gave is this file's
    assert on(two) == ("fmr=1e-2", None)
    assert on(one, number="1.5") == ("threshold", 1.5)
    assert on(two) == ("threshold", 1.5)  # typed
    again(shown, one, hand, qtbot)
    group = next(d for d in (shown.source.itemData(r) for r in range(shown.source.count())) if d.startswith("group:"))
    on(one, rule="fmr=1e-2", source=group)
    assert on(two) == ("fmr=1e-2", None) and shown.source.currentData() == "all"
    assert on(one) == ("fmr=1e-2", None) and shown.source.currentData() == group
    assert shown.shown.params.threshold_from == group
    for _ in range(50):
        if shown.steps.undo_text() is None:
            break
        shown.steps.undo()
        settled(shown, hand, qtbot)
    assert where(shown) == start and shown.scores == one
    again(shown, two, hand, qtbot)
    assert where(shown) == start and not shown.steps._taken.dragged


def test_lines_that_a_later_rule_put_away_come_back_with_undo(shown, hand, qtbot, tmp_path):
    one, two = shown.scores, tmp_path / "two.npz"
    two.write_bytes(one.read_bytes())
    drag(shown, 2.0)
    settled(shown, hand, qtbot)
    again(shown, two, hand, qtbot)
    shown.at.setCurrentIndex(shown.at.findData("eer"))
    settled(shown, hand, qtbot)
    shown.steps.undo()
    settled(shown, hand, qtbot)
    again(shown, one, hand, qtbot)
    assert where(shown) == ("threshold", 2.0)


def test_whose_pairs_set_the_threshold_is_a_step_too(shown, window, hand, qtbot):
    """The rule and its pairs are one state: each way of choosing is a step, and steps are taken back in turn."""
    sources = [shown.source.itemData(row) for row in range(shown.source.count())]
    group = next(one for one in sources if str(one).startswith("group:"))
    shown.at.setCurrentIndex(shown.at.findData("fmr=1e-2"))
    settled(shown, hand, qtbot)
    before = shown.shown.result.groups.threshold
    shown.source.setCurrentIndex(sources.index(group))
    settled(shown, hand, qtbot)
    after = shown.shown.result.groups.threshold
    assert after != before
    window._refresh_actions()
    undo, redo = (window.book.actions[f"edit.{name}"] for name in ("undo", "redo"))
    assert undo.isEnabled() and "threshold from " + shown.source.currentText() in undo.text()
    undo.trigger()
    settled(shown, hand, qtbot)
    assert shown.source.currentData() == sources[0] and shown.at.currentData() == "fmr=1e-2"
    assert shown.shown.result.groups.threshold == before and "threshold from" in redo.text()
    undo.trigger()
    settled(shown, hand, qtbot)
    assert shown.at.currentData() != "fmr=1e-2"
    redo.trigger()
    redo.trigger()
    settled(shown, hand, qtbot)
    assert shown.source.currentData() == group and shown.shown.result.groups.threshold == after


def test_a_threshold_after_an_edit_that_was_made_again_is_the_newest(shown, window, hand, qtbot, monkeypatch):
    """An edit of the project that is undone and redone is older than a threshold dragged after it."""
    from types import SimpleNamespace

    edits = SimpleNamespace(done=[3], undone=[])
    journal = SimpleNamespace(
        next_undo=lambda: SimpleNamespace(id=edits.done[-1], text="Hide") if edits.done else None,
        next_redo=lambda: SimpleNamespace(id=edits.undone[-1], text="Hide") if edits.undone else None,
    )
    drag(shown, 2.0)
    settled(shown, hand, qtbot)
    steps = shown.steps
    monkeypatch.setattr(steps, "_newest_edit", lambda: journal.next_undo().id if edits.done else 0)
    steps._done[-1] = steps._done[-1]._replace(edit=3)
    edits.done.append(4)
    assert steps.undo_text() is None  # the edit is newer
    edits.undone.append(edits.done.pop())
    assert steps.undo_text() == "threshold 2"
    edits.done.append(edits.undone.pop())
    assert steps.undo_text() is None
    drag(shown, 3.0)
    settled(shown, hand, qtbot)
    assert steps.undo_text() == "threshold 3"
    steps.undo()
    settled(shown, hand, qtbot)
    assert steps.undo_text() is None and steps.redo_text() == "threshold 3"


def test_whose_pairs_set_a_given_threshold_is_not_asked(shown, hand, qtbot):
    assert shown.source.isEnabled()
    shown.at.setCurrentIndex(shown.at.findData("threshold"))
    type_(shown, qtbot, "0.4")
    settled(shown, hand, qtbot)
    assert not shown.source.isEnabled() and "no pairs" in shown.source.toolTip()
    shown.at.setCurrentIndex(shown.at.findData("eer"))
    settled(shown, hand, qtbot)
    assert shown.source.isEnabled() and shown.source.toolTip() == ""


def test_the_rule_outlives_the_window_and_a_number_does_not(shown, window, hand, qtbot, qapp):
    shown.at.setCurrentIndex(shown.at.findData("fmr=1e-2"))
    settled(shown, hand, qtbot)
    drag(shown, 0.4)
    settled(shown, hand, qtbot)
    later = make_window(qapp)
    qtbot.addWidget(later)
    assert later.metrics.at.currentData() == "fmr=1e-2" and not later.metrics.value.isVisibleTo(later.metrics)
    later.shut_down(keep_jobs=False)
    hand.do("edit.undo")
    settled(shown, hand, qtbot)
    hand.do("edit.undo")
    settled(shown, hand, qtbot)
    assert shown.at.currentData() == "fmr=1e-3"
    last = make_window(qapp)
    qtbot.addWidget(last)
    assert last.metrics.at.currentData() == "fmr=1e-3"
    last.shut_down(keep_jobs=False)
