"""Asks for a name, and where there are groups for the group."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QWidget

from fairdesk.words import tr


class NameDialog(QDialog):
    """`name` and `group` after it was accepted."""

    def __init__(
        self,
        question: str,
        known: tuple[list[str], list[str]],
        parent: QWidget,
        *,
        value: str = "",
        with_group: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Name"))
        self.name = QLineEdit(value)
        completer = QCompleter(known[0], self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.name.setCompleter(completer)
        self.group = QComboBox()
        self.group.setEditable(True)
        self.group.addItems(["", *known[1]])
        line = self.group.lineEdit()
        if line is not None:
            line.setPlaceholderText(tr("the most frequent of its faces"))
        layout = QFormLayout(self)
        title = QLabel(question)
        title.setWordWrap(True)
        layout.addRow(title)
        layout.addRow(tr("Name"), self.name)
        if with_group:
            layout.addRow(tr("Group"), self.group)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addRow(buttons)
        ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(bool(value.strip()))
        self.name.textChanged.connect(lambda text: ok.setEnabled(bool(text.strip())))
        self.setMinimumWidth(380)
