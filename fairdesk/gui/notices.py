"""Notices at the window's foot: news come and go, errors stay until they are closed, and all can be read again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QHeaderView, QLabel, QPushButton, QWidget

from fairdesk.gui.dialogs.table_dialog import TableDialog
from fairdesk.gui.session import Notice
from fairdesk.words import tr

SHOWN_MS = 6000
MOST_ERRORS = 3  # at once; the others wait until one is closed
_KEPT = 500


class _Toast(QFrame):
    """One notice, with its button and one to close it."""

    def __init__(self, host: QWidget, notice: Notice, close: Callable[[], None]) -> None:
        super().__init__(host)
        self.notice = notice
        self.setObjectName("toast")
        self.setProperty("kind", notice.kind)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        label = QLabel(notice.text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setMaximumWidth(620)
        label.setMinimumWidth(min(620, label.fontMetrics().horizontalAdvance(notice.text) + 8))
        layout.addWidget(label)
        if notice.action and notice.run is not None:
            button = QPushButton(notice.action)
            run = notice.run

            def pressed() -> None:
                close()
                run()

            button.clicked.connect(pressed)
            layout.addWidget(button)
        shut = QPushButton("✕")
        shut.setAccessibleName(tr("Dismiss"))
        shut.setFixedWidth(30)
        shut.clicked.connect(lambda: close())  # a click says whether it is checked
        layout.addWidget(shut)
        self.adjustSize()


class Toasts(QObject):
    """The newest of the news above the errors that nobody has closed yet."""

    changed = Signal()  # a notice came, or an error was closed

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._info: _Toast | None = None
        self._errors: list[_Toast] = []
        self._waiting: deque[Notice] = deque()
        self.history: list[Notice] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        host.installEventFilter(self)

    @property
    def unread(self) -> int:
        """How many errors nobody has closed."""
        return len(self._errors) + len(self._waiting)

    def show(self, notice: Notice) -> None:
        """Show a notice. News replace news; an error is added to the errors, unless it stands there already."""
        self.history = [*self.history[1 - _KEPT :], notice]
        if notice.kind != "error":
            self.dismiss()
            self._info = self._raise(notice, self.dismiss)
            self._timer.start(SHOWN_MS)
        elif notice.text not in {one.text for one in (*(toast.notice for toast in self._errors), *self._waiting)}:
            self._waiting.append(notice)
            self._fill()
        self._place()
        self.changed.emit()

    def _raise(self, notice: Notice, close: Callable[[], None]) -> _Toast:
        toast = _Toast(self._host, notice, close)
        toast.show()
        toast.raise_()
        return toast

    def _fill(self) -> None:
        while self._waiting and len(self._errors) < MOST_ERRORS:
            notice = self._waiting.popleft()
            self._errors.append(self._raise(notice, lambda notice=notice: self.close_error(notice)))  # type: ignore[misc]

    def dismiss(self) -> None:
        """Take the news away."""
        self._timer.stop()
        if self._info is not None:
            _drop(self._info)
            self._info = None

    def close_error(self, notice: Notice) -> None:
        """Take an error away: it was read."""
        for toast in [toast for toast in self._errors if toast.notice is notice]:
            self._errors.remove(toast)
            _drop(toast)
        self._fill()
        self._place()
        self.changed.emit()

    def _place(self) -> None:
        """Errors stand at the foot, where news that come and go do not move them."""
        y = self._host.height() - 40
        for toast in [*self._errors, *([self._info] if self._info is not None else [])]:
            y -= toast.height()
            toast.move(max(8, (self._host.width() - toast.width()) // 2), y)
            y -= 6

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)


def _drop(toast: _Toast) -> None:
    toast.hide()
    toast.deleteLater()


def past_notices(history: list[Notice], parent: QWidget) -> TableDialog:
    """Return a dialog with all notices of this session, the newest first."""
    rows = [
        (time.strftime("%H:%M:%S", time.localtime(one.time)), tr("Error") if one.kind == "error" else "", one.text)
        for one in reversed(history)
    ]
    dialog = TableDialog(tr("Past notices"), (tr("When"), "", tr("Notice")), rows, parent)
    header = dialog.table.horizontalHeader()
    for column in (0, 1):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    dialog.table.setWordWrap(True)
    dialog.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return dialog
