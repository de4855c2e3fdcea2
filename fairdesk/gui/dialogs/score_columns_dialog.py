"""Which columns of a score table are what: the score, what is genuine, subjects and groups."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from fairdesk.dataset.tables import Table
from fairdesk.gui.widgets.column_map import ColumnMap
from fairdesk.metrics.scores.score_columns import enough
from fairdesk.words import tr


class ScoreColumnsDialog(QDialog):
    """A choice for each field beside the first rows; it can be accepted when scores and labels are known."""

    def __init__(self, table: Table, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Columns of {file}", file=table.path.name))
        text = QLabel(
            tr("Choose the column of the scores, and what says which are genuine: a label, or the two subjects.")
        )
        text.setWordWrap(True)
        self.map = ColumnMap("scores")
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(self.map)
        layout.addWidget(self._buttons)
        self.map.changed.connect(self._check)
        self.map.show_table(table)
        self.resize(720, 480)

    def columns(self) -> str:
        """Return the choice as FIELD=COLUMN,..."""
        return ",".join(self.map.words())

    def _check(self) -> None:
        chosen = dict(word.split("=", 1) for word in self.map.words())
        self._buttons.button(QDialogButtonBox.StandardButton.Open).setEnabled(enough(chosen))
