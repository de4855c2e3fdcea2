"""Tags and a note about one run."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from fairdesk.runs.run_records import Run
from fairdesk.words import tr


class NotesDialog(QDialog):
    """Edits what a person wants to remember about a run."""

    def __init__(self, run: Run, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Notes on {run}", run=run.name))
        self.tags_edit = QLineEdit(", ".join(run.tags))
        self.tags_edit.setPlaceholderText(tr("baseline, paper"))
        self.note_edit = QPlainTextEdit(run.note)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QFormLayout(self)
        layout.addRow(tr("&Tags"), self.tags_edit)
        layout.addRow(tr("&Note"), self.note_edit)
        layout.addRow(buttons)
        self.resize(440, 260)

    def tags(self) -> tuple[str, ...]:
        """The tags, without blanks around them."""
        return tuple(tag for part in self.tags_edit.text().split(",") if (tag := part.strip()))
