"""Text of labels and tooltips is text: Qt by itself takes a name that looks like HTML for HTML, and would show what it asks for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel, QProxyStyle, QWidget


class PlainStyle(QProxyStyle):
    """Fusion, with every label that does not ask for rich text showing plain text."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def polish(self, what: QWidget | QPalette | QApplication) -> None:  # type: ignore[override]
        """Prepare a widget before it is first shown."""
        if isinstance(what, QLabel) and what.textFormat() == Qt.TextFormat.AutoText:
            what.setTextFormat(Qt.TextFormat.PlainText)
        super().polish(what)  # type: ignore[arg-type]
