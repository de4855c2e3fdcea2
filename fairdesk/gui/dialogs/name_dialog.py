"""Asks for a name, and where there are groups for the group."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QWidget

from fairdesk.clustering.naming import Known
from fairdesk.gui.widgets.name_completer import NameCompleter, plain
from fairdesk.gui.widgets.person_fields import PersonFields
from fairdesk.project.group_changes import Tie
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
        people: Known | None = None,
        usual: str | None = None,
        keeps_group: bool = False,
        tied: Tie | None = None,
    ) -> None:
        """`known` are names and groups; `people` (with the group that is usual) lets it say whom a name means; `keeps_group`: nobody of another group is meant unless it is chosen."""
        super().__init__(parent)
        self.setWindowTitle(tr("Name"))
        self.fields = PersonFields()
        self.name, self.group = self.fields.name, self.fields.group
        self.group_value = self.fields.group_value
        self.fields.know(people or {}, known[1])
        if people is None:
            NameCompleter(self.name, plain(known[0]))
        line = self.group.lineEdit()
        if line is not None:
            line.setPlaceholderText(tr("the most frequent of its faces"))
        self.fields.ask(
            value, "", usual, tells=people is not None, keeps_group=keeps_group, tied=tied.groups if tied else ()
        )
        layout = QFormLayout(self)
        title = QLabel(question)
        title.setWordWrap(True)
        layout.addRow(title)
        layout.addRow(tr("Name"), self.name)
        if with_group:
            layout.addRow(tr("Group"), self.group)
        if people is not None:
            layout.addRow(self.fields.note)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addRow(buttons)
        ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(bool(value.strip()))
        self.name.textChanged.connect(lambda text: ok.setEnabled(bool(text.strip())))
        self.setMinimumWidth(380)
        self.name.textChanged.connect(lambda _text: self._grow())
        self.group.currentTextChanged.connect(lambda _text: self._grow())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._grow()

    def _grow(self) -> None:
        """Have room for all that the line below the name says by now."""
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            wanted = layout.totalHeightForWidth(self.width())
            if wanted > self.height():
                self.resize(self.width(), wanted)
