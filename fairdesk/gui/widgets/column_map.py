"""Which column of a table is what: a choice for each field, and the first rows to see it by."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fairdesk.dataset.label_table import GUESSES
from fairdesk.dataset.tables import Table
from fairdesk.words import mark, tr

NONE = mark("(none)")
FIELDS = (  # the names of what a table can say
    mark("path"), mark("identity"), mark("group"), mark("gender"), mark("age"), mark("tags"),
)  # fmt: skip
SHOWN = 4  # rows


class ColumnMap(QWidget):
    """A combo box for each field; `changed` fires with every choice."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: dict[str, QComboBox] = {}
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        for field in GUESSES:
            box = QComboBox()
            box.setAccessibleName(tr("Column of {field}", field=tr(field)))
            box.currentTextChanged.connect(lambda _text: self.changed.emit())
            self.boxes[field] = box
            form.addRow(tr("Column of {field}", field=tr(field)), box)
        self.rows = QTableWidget()
        self.rows.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.rows.verticalHeader().hide()
        self.rows.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.rows.setFixedHeight(140)
        self.rows.setWordWrap(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.rows)

    def show_table(self, table: Table) -> None:
        """Offer a table's columns, guessed by their names."""
        taken: set[str] = set()
        for field, box in self.boxes.items():
            box.blockSignals(True)
            box.clear()
            box.addItems([tr(NONE), *table.header])
            guess = next(
                (
                    name
                    for word in GUESSES[field]
                    for name in table.header
                    if name.lower() == word and name not in taken
                ),
                None,
            )
            if guess is not None:
                box.setCurrentText(guess)
                taken.add(guess)
            box.blockSignals(False)
        self.rows.setColumnCount(len(table.header))
        self.rows.setHorizontalHeaderLabels(table.header)
        self.rows.setRowCount(min(SHOWN, len(table.rows)))
        for y, row in enumerate(table.rows[:SHOWN]):
            for x, cell in enumerate(row):
                self.rows.setItem(y, x, QTableWidgetItem(cell))
        self.changed.emit()

    def words(self) -> list[str]:
        """Return the choices as FIELD=COLUMN."""
        return [f"{field}={box.currentText()}" for field, box in self.boxes.items() if box.currentIndex() > 0]
