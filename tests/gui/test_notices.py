"""Notices at the window's foot: they never make it wider, and all of their text can be read."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QPushButton

from fairdesk.gui.notice import Notice
from fairdesk.gui.notices import _Toast
from fairdesk.gui.widgets.elided_label import ElidedLabel

LONG = "/home/someone/" + "a_folder_whose_name_has_no_blanks_" * 9 + "/x.png"


def _shown(window):
    return [one for one in window.findChildren(_Toast) if one.isVisible()]


@pytest.mark.parametrize("kind", ["error", "info"])
@pytest.mark.parametrize("text", [f"An original is missing: {LONG}. It is kept.", f"First line\n{LONG}", LONG])
def test_no_notice_widens_the_window_and_all_of_it_can_be_read(window, qtbot, kind, text):
    window.resize(1024, 700)
    window.show()
    narrow = window.minimumSizeHint().width()
    window.session.told.emit(Notice(text, kind, "A button…", lambda: None))
    (toast,) = _shown(window)
    qtbot.waitUntil(lambda: toast._label.lines_wanted() > 1)
    assert window.width() == 1024 and window.minimumSizeHint().width() == narrow
    assert toast.width() <= 1024 and toast._label.width() <= toast.width()
    label = toast._label
    if not toast._more.isHidden():
        toast._more.click()
        assert window.width() == 1024 and window.minimumSizeHint().width() == narrow
    qtbot.waitUntil(lambda: label.height() >= label.lines_wanted() * label.fontMetrics().lineSpacing())
    assert label.text() == text and window.width() == 1024


def test_news_are_as_wide_as_their_text(window, qtbot):
    window.resize(1024, 700)
    window.show()
    window.session.told.emit(Notice("News of something", action="Undo", run=lambda: None))
    (toast,) = _shown(window)
    advance = toast._label.fontMetrics().horizontalAdvance("News of something")
    assert toast._label.lines_wanted() == 1 and advance <= toast._label.width() < advance + 20
    undo = next(one for one in toast.findChildren(QPushButton) if one.text() == "Undo")
    assert undo.geometry().left() > toast._label.geometry().right()


def test_what_is_cut_ends_with_dots_and_opens_by_a_click(window, hand, qtbot):
    window.resize(1024, 700)
    window.show()
    window.session.told.emit(Notice("one two three " * 80, "error", "A button…", lambda: None))
    window.session.told.emit(Notice("short", "error"))
    hand.settle()
    first, second = _shown(window)
    wanted = first._label.lines_wanted()
    assert wanted > 2 and not first._more.isHidden() and second._more.isHidden()
    low = first.height()
    first._label.grab()
    assert first._label.toolTip() == first._label.text() and second._label.toolTip() == ""
    qtbot.mouseClick(first._label, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: first.height() > low)
    first._label.grab()
    assert first._more.isHidden() and first._label.toolTip() == ""
    assert first._label.height() >= first._label.lines_wanted() * first._label.fontMetrics().lineSpacing()
    assert window.width() == 1024


def test_lines_are_counted_as_they_are_drawn(qtbot):
    label = ElidedLabel(breaks=True)
    qtbot.addWidget(label)
    width = label.fontMetrics().horizontalAdvance("x" * 10) + 2
    for text, lines in (("", 1), ("x" * 10, 1), ("x" * 95, 10), ("a\nb\nc", 3), ("x\n" + "x" * 15, 3)):
        label.setText(text)
        label.resize(width, 20)
        assert label.lines_wanted() == lines, text
    joined = ElidedLabel()
    qtbot.addWidget(joined)
    joined.setText("a\nb\nc")
    joined.resize(width, 20)
    assert joined.lines_wanted() == 1


def test_notices_go_with_their_project_and_stay_in_the_list(window, hand, project_at):
    """News and errors, those that wait too; a project that cannot be opened takes nothing away."""
    first, other = project_at("first"), project_at("other")
    hand.open(first)
    for number in range(5):
        window.session.told.emit(Notice(f"of the first {number}", "error", "Undo", lambda: None))
    window.session.told.emit(Notice("Kept", action="Undo", run=lambda: None))
    assert window.toasts.unread == 5 and len(_shown(window)) == 4
    window.session.open(first / "no such project")
    assert window.toasts.unread == 6
    hand.open(other)
    assert window.toasts.unread == 0 and _shown(window) == [] and window.bell.text() == "Notices"
    assert [one.text for one in window.toasts.history][:2] == ["of the first 0", "of the first 1"]
    window.session.told.emit(Notice("of the other", "error"))
    assert window.toasts.unread == 1


def test_news_make_way_for_a_button_that_comes_later(window, hand, qtbot):
    """Another page is shown, or a button can be used now: no notice lies on it."""
    window.resize(1024, 700)
    window.show()
    window.session.told.emit(Notice("Kept", action="Undo", run=lambda: None))
    (toast,) = _shown(window)
    before = toast.geometry()
    button = QPushButton("Back", window.centralWidget())
    button.setGeometry(QRect(button.parentWidget().mapFrom(window, before.topLeft()), before.size()))
    button.show()
    qtbot.waitUntil(lambda: toast.geometry() != before)
    assert toast.isVisible() and not toast.geometry().intersects(
        QRect(button.mapTo(window, QPoint(0, 0)), button.size())
    )


def test_news_of_a_topic_go_when_it_is_no_longer_so(window, qtbot):
    window.show()
    window.session.told.emit(Notice("Undo takes it back", topic="one"))
    window.session.no_longer.emit("another", None)
    assert len(_shown(window)) == 1
    window.session.no_longer.emit("one", None)
    assert _shown(window) == []
