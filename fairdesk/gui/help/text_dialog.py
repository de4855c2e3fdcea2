"""Plain text to read and copy: the log, the versions and the licence."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from fairdesk.words import tr


class TextDialog(QDialog):
    """A text under a line that says what it is; `folder` adds a button that shows where it lies."""

    def __init__(self, title: str, about: str, text: str, parent: QWidget, *, folder: Path | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        heading = QLabel(about)
        heading.setWordWrap(True)
        heading.setProperty("role", "muted")
        self.text = QPlainTextEdit(text, readOnly=True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        copy, close = QPushButton(tr("Copy")), QPushButton(tr("Close"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(copy)
        if folder is not None:
            show = QPushButton(tr("Show the folder"))
            show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
            foot.addWidget(show)
        foot.addStretch()
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(self.text)
        layout.addLayout(foot)
        self.resize(820, 560)

    def show_end(self) -> None:
        """Scroll to the last line."""
        self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())
