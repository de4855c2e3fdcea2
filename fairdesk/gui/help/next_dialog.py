"""What to do next, in a dialog: the steps, the one that is next, and a button that does it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from fairdesk.gui.help.next_step import Step, next_step
from fairdesk.words import tr


class NextDialog(QDialog):
    """The way through a project."""

    wanted = Signal(str)  # the id of the action to do

    def __init__(self, steps: list[Step], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("What to do next"))
        self.next = next_step(steps)
        self.do_button = QPushButton(self.next.title)
        self.do_button.setProperty("primary", True)
        self.do_button.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        for step in steps:
            layout.addWidget(self._row(step))
        layout.addStretch()
        close = QPushButton(tr("Close"))
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(close)
        layout.addLayout(foot)
        close.clicked.connect(self.reject)
        self.do_button.clicked.connect(self._do)
        self.setMinimumWidth(560)

    def _row(self, step: Step) -> QWidget:
        row = QFrame()
        mark = QLabel("✓" if step.done else "→" if step is self.next else "")
        mark.setProperty("role", "good" if step.done else "heading")
        mark.setFixedWidth(18)
        title, told = QLabel(step.title), QLabel(step.told)
        title.setProperty("role", "heading" if step is self.next else "")
        told.setProperty("role", "muted")
        told.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(title)
        words.addWidget(told)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(mark)
        layout.addLayout(words, 1)
        if step is self.next:
            row.setProperty("role", "card")
            layout.addWidget(self.do_button)
        return row

    def _do(self) -> None:
        self.accept()
        self.wanted.emit(self.next.action)
