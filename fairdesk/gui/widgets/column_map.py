"""Which column of a table is what: a choice for each field, and the first rows to see it by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fairdesk.dataset.label_table import GUESSES, guess_labels
from fairdesk.dataset.tables import Table
from fairdesk.metrics.pair_lists.columns import FIELDS as PAIR_FIELDS
from fairdesk.metrics.pair_lists.tables import columns_of
from fairdesk.metrics.scores.score_columns import FIELDS as SCORE_FIELDS
from fairdesk.metrics.scores.score_columns import guess_score_columns
from fairdesk.words import mark, tr

NONE = mark("(none)")
FIELDS = {
    "path": mark("Image"), "identity": mark("Identity"), "group": mark("Group"), "gender": mark("Gender"), "age": mark("Age"),
    "tags": mark("Tags"), "path1": mark("First image"), "path2": mark("Second image"), "label": mark("Genuine or impostor"),
    "fold": mark("Fold"), "subject1": mark("First subject"), "subject2": mark("Second subject"),
    "group1": mark("First group"), "group2": mark("Second group"), "score": mark("Score"),
    "gender1": mark("First gender"), "gender2": mark("Second gender"), "age1": mark("First age"), "age2": mark("Second age"),
}  # fmt: skip
"""What a table can say, as it is called here."""
_KINDS: dict[str, tuple[Iterable[str], Callable[[Table], dict[str, str]]]] = {
    "labels": (GUESSES, guess_labels),
    "pairs": (PAIR_FIELDS, columns_of),
    "scores": (SCORE_FIELDS, guess_score_columns),
}
SHOWN = 4  # rows
_ACROSS = 2  # choices in a row
_LEAST, _MOST = 60, 260  # pixels of a column


class ColumnMap(QWidget):
    """A combo box for each field; `changed` fires with every choice."""

    changed = Signal()

    def __init__(self, what: Literal["labels", "pairs", "scores"], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        fields, self._guess = _KINDS[what]
        self.boxes: dict[str, QComboBox] = {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        for place, field in enumerate(fields):
            box = QComboBox()
            box.setAccessibleName(tr(FIELDS[field]))
            box.currentTextChanged.connect(lambda _text: self.changed.emit())
            self.boxes[field] = box
            title = QLabel(tr(FIELDS[field]))
            title.setBuddy(box)
            row, column = divmod(place, _ACROSS)
            grid.addWidget(title, row, 2 * column)
            grid.addWidget(box, row, 2 * column + 1)
        for column in range(_ACROSS):
            grid.setColumnStretch(2 * column + 1, 1)
        self.rows = QTableWidget()
        self.rows.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.rows.setAccessibleName(tr("First rows of the table"))
        self.rows.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.rows.verticalHeader().hide()
        self.rows.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.rows.setFixedHeight(140)
        self.rows.setWordWrap(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel(tr("Which column is what:")))
        layout.addLayout(grid)
        layout.addWidget(self.rows)

    def show_table(self, table: Table, given: Mapping[str, str] | None = None) -> None:
        """Offer a table's columns: as given, else guessed by their names."""
        chosen = self._guess(table) | dict(given or {})
        for field, box in self.boxes.items():
            box.blockSignals(True)
            box.clear()
            box.addItems([tr(NONE), *table.header])
            if field in chosen:
                box.setCurrentText(chosen[field])
            box.blockSignals(False)
        self.rows.setColumnCount(len(table.header))
        self.rows.setHorizontalHeaderLabels(table.header)
        self.rows.setRowCount(min(SHOWN, len(table.rows)))
        for y, row in enumerate(table.rows[:SHOWN]):
            for x, cell in enumerate(row):
                self.rows.setItem(y, x, QTableWidgetItem(cell))
        self.rows.resizeColumnsToContents()
        for x, title in enumerate(table.header):
            self.rows.setColumnWidth(x, min(max(self.rows.columnWidth(x), _LEAST), _MOST))
            if (head := self.rows.horizontalHeaderItem(x)) is not None:
                head.setToolTip(title)
        self.changed.emit()

    def words(self) -> list[str]:
        """Return the choices as FIELD=COLUMN."""
        return [f"{field}={box.currentText()}" for field, box in self.boxes.items() if box.currentIndex() > 0]
