"""Notices that come and go at the window's foot; errors stay until they are read."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from fairdesk.gui.session import Notice

SHOWN_MS = 6000


class Toasts(QObject):
    """Shows one notice at a time, the newest."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._frame: QFrame | None = None
        self.history: list[Notice] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        host.installEventFilter(self)

    def show(self, notice: Notice) -> None:
        """Show a notice."""
        self.dismiss()
        self.history.append(notice)
        frame = QFrame(self._host)
        frame.setObjectName("toast")
        layout = QHBoxLayout(frame)
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
                self.dismiss()
                run()

            button.clicked.connect(pressed)
            layout.addWidget(button)
        close = QPushButton("✕")
        close.setAccessibleName("Dismiss")
        close.setFixedWidth(30)
        close.clicked.connect(self.dismiss)
        layout.addWidget(close)
        self._frame = frame
        frame.adjustSize()
        self._place()
        frame.show()
        frame.raise_()
        if notice.kind != "error":
            self._timer.start(SHOWN_MS)

    def dismiss(self) -> None:
        """Take the notice away."""
        self._timer.stop()
        if self._frame is not None:
            self._frame.hide()
            self._frame.deleteLater()
            self._frame = None

    def _place(self) -> None:
        if self._frame is not None:
            x = (self._host.width() - self._frame.width()) // 2
            self._frame.move(max(8, x), self._host.height() - self._frame.height() - 40)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
