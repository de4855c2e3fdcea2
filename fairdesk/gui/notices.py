"""Notices at the window's foot: news come and go, errors stay until they are closed, and all can be read again.

None covers a control: errors stand below the tabs, which give them room; news lie over what is there for a few seconds,
where no button, field or text is.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui.dialogs.table_dialog import TableDialog
from fairdesk.gui.session import Notice
from fairdesk.gui.widgets.elided_label import ElidedLabel
from fairdesk.words import tr

SHOWN_MS, LOOK_MS = 6000, 250
MOST_ERRORS = 3  # at once; the others wait until one is closed
_LINES = 4  # of text, of all errors together; at least one each
_KEPT = 500
_GAP, _STEP = 6, 12  # pixels: between notices, and between the places that are tried
_CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSlider, QAbstractSpinBox, QProgressBar, QLabel)


class _Toast(QFrame):
    """One notice, with its button and one to close it."""

    def __init__(self, host: QWidget, notice: Notice, close: Callable[[], None]) -> None:
        super().__init__(host)
        self.notice = notice
        self.setObjectName("toast")
        self.setProperty("kind", notice.kind)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        label = ElidedLabel(breaks=True)
        label.setText(notice.text)
        copy = QAction(tr("Copy"), label)
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(notice.text))
        label.addAction(copy)
        label.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._label, self._lines = label, 0
        self._more = QPushButton("▾")
        self._more.hide()
        if notice.kind == "error":  # as wide as the window, which no word of it makes wider
            layout.addWidget(label, 1)
            self._more.setAccessibleName(tr("Show all of it"))
            self._more.setToolTip(tr("Show all of it"))
            self._more.setFixedWidth(30)
            self._more.clicked.connect(lambda: self.fold(0))
            layout.addWidget(self._more)
        else:
            layout.addWidget(label)
            label.ensurePolished()  # the theme's font
            wide = max(map(label.fontMetrics().horizontalAdvance, notice.text.split("\n"))) + 8
            label.setFixedWidth(min(620, wide))
            label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            label.resize(label.minimumWidth(), label.height())
            label.set_lines(label.lines_wanted())
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

    def fold(self, lines: int) -> None:
        """Show so many lines of its text, with a button for the others; 0: all."""
        self._lines = lines
        self._see_whether_cut()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Offer the rest of a text that its lines do not hold."""
        super().resizeEvent(event)
        self._see_whether_cut()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show all of a text that is cut, where it is clicked."""
        if event.button() == Qt.MouseButton.LeftButton and not self._more.isHidden():
            self.fold(0)
        super().mousePressEvent(event)

    def _see_whether_cut(self) -> None:
        if self.notice.kind != "error":
            return
        layout = self.layout()
        assert layout is not None
        layout.activate()
        wanted = self._label.lines_wanted()
        cut = 0 < self._lines < wanted
        if cut and self._more.isHidden():
            self._more.show()
            layout.activate()  # it takes room from the text
            wanted = self._label.lines_wanted()
        elif not cut:
            self._more.hide()
        self._label.set_lines(min(self._lines or wanted, wanted))


class Toasts(QObject):
    """The newest of the news, and the errors that nobody has closed yet."""

    changed = Signal()  # a notice came, or an error was closed

    def __init__(self, host: QWidget, foot: QVBoxLayout) -> None:
        """Show news over a window, and errors at the end of a layout of it."""
        super().__init__(host)
        self._host, self._foot = host, foot
        foot.setStretch(0, 1)
        self._info: _Toast | None = None
        self._errors: list[_Toast] = []
        self._waiting: deque[Notice] = deque()
        self.history: list[Notice] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self._looks = QTimer(self, interval=LOOK_MS)
        self._looks.timeout.connect(self._make_way)
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
            self._info = self._raise(notice)
            self._timer.start(SHOWN_MS)
            self._looks.start()
        elif notice.topic and self.replace(notice.topic, notice):
            return
        elif notice.text not in {one.text for one in (*(toast.notice for toast in self._errors), *self._waiting)}:
            self._waiting.append(notice)
            self._fill()
        self._place()
        self.changed.emit()

    def replace(self, topic: str, notice: Notice | None) -> bool:
        """Take what is said of a topic away, and show another in its place, if any; tells whether there was an error of it."""
        if topic and self._info is not None and self._info.notice.topic == topic:
            self.dismiss()
        old = next(
            (one for one in (*(toast.notice for toast in self._errors), *self._waiting) if one.topic == topic), None
        )
        if old is None:
            return False
        if notice is not None:
            self.history = [*self.history[1 - _KEPT :], notice]
            self._waiting.appendleft(notice)
        if old in self._waiting:
            self._waiting.remove(old)
        self.close_error(old)
        return True

    def _raise(self, notice: Notice) -> _Toast:
        toast = _Toast(self._host, notice, self.dismiss)
        toast.show()
        toast.adjustSize()  # its buttons have the theme's measures now
        toast.raise_()
        return toast

    def _fill(self) -> None:
        while self._waiting and len(self._errors) < MOST_ERRORS:
            notice = self._waiting.popleft()
            toast = _Toast(self._host, notice, lambda notice=notice: self.close_error(notice))  # type: ignore[misc]
            toast.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
            self._foot.addWidget(toast)
            toast.show()
            self._errors.append(toast)
        for toast in self._errors:  # several leave as much of what is worked on in sight as one does
            toast.fold(_LINES // len(self._errors))

    def dismiss(self) -> None:
        """Take the news away."""
        self._timer.stop()
        self._looks.stop()
        if self._info is not None:
            _drop(self._info)
            self._info = None

    @Slot()
    def clear(self) -> None:
        """Take all away: they are of a project that was closed. The list of past notices keeps them."""
        self.dismiss()
        self._waiting.clear()
        for toast in self._errors:
            _drop(toast)
        self._errors.clear()
        self._place()
        self.changed.emit()

    def close_error(self, notice: Notice) -> None:
        """Take an error away: it was read."""
        for toast in [toast for toast in self._errors if toast.notice is notice]:
            self._errors.remove(toast)
            _drop(toast)
        self._fill()
        self._place()
        self.changed.emit()

    def _place(self) -> None:
        """Put the news where they cover no control: as far down as can be, in the middle if possible."""
        toast = self._info
        if toast is None:
            return
        self._foot.activate()
        taken = self._taken(toast)
        lowest = min((_within(self._host, one).top() for one in self._errors), default=self._host.height() - 40)
        across = self._host.width() - toast.width()
        found = QPoint(max(8, across // 2), lowest - toast.height() - _GAP)
        for y in range(found.y(), self._host.height() // 3, -_STEP):
            for x in (found.x(), max(8, across - 8), 8):
                area = QRect(QPoint(x, y), toast.size())
                if not any(area.intersects(one) for one in taken):
                    toast.move(x, y)
                    return
        toast.move(found)

    def _taken(self, toast: _Toast) -> list[QRect]:
        """Return where controls are."""
        return [
            _within(self._host, one)
            for one in self._host.findChildren(QWidget)
            if isinstance(one, _CONTROLS) and one.isVisible() and one.parentWidget() is not toast and _says(one)
        ]

    @Slot()
    def _make_way(self) -> None:
        """Go elsewhere where a control has come to be: another page is shown, or a button can be used now."""
        toast = self._info
        if toast is not None and any(toast.geometry().intersects(one) for one in self._taken(toast)):
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)


def _within(host: QWidget, one: QWidget) -> QRect:
    return QRect(one.mapTo(host, QPoint(0, 0)), one.size())


def _says(one: QWidget) -> bool:
    """Whether a control can be used, or says something."""
    return bool(one.text()) if isinstance(one, QLabel) else one.isEnabled()


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
