"""A table to read, copy and save."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui import async_glue
from fairdesk.gui.widgets.table_copy import TableCopy
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.words import tr, tr_n

MOST = 2000  # rows that are shown
FEW = 4  # columns, which share the width
NARROW = 60  # pixels of a column of more, at least


class TableDialog(QDialog):
    """Shows rows, the first of very many, and saves all of them as CSV.

    `opened` tells the row that was double-clicked, or on which Return was pressed. `heads` stand above the columns where
    that is not the header of the CSV, and `short` returns what is shown of a cell (column, value) where that is less.
    """

    opened = Signal(int)

    def __init__(
        self, title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]], parent: QWidget,
        heads: Sequence[str] = (), short: Callable[[int, str], str] = lambda _column, value: value,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowTitle(title)
        self._header, self._rows, self._short = header, rows, short
        self.open_text = ""
        """What the menu calls opening a row, where rows can be opened."""
        self.table = QTableWidget(0, len(header))
        self.table.setHorizontalHeaderLabels(list(heads or header))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.copying = TableCopy(self.table)
        self.copying.whole = lambda: self._rows
        self.copying.cell = lambda row, column: self._rows[row][column]
        self.copying.first = self._entries
        self.copying.last = lambda: [(tr("Save as CSV…"), lambda: async_glue.start(self._save()))]
        self.table.activated.connect(lambda index: self.opened.emit(index.row()))
        self.note, self._count = QLabel(), QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self.note.hide()
        save, close = QPushButton(tr("Save as CSV…")), QPushButton(tr("Close"))
        for button in (save, close):
            button.setAutoDefault(False)  # Return is the table's
        save.clicked.connect(lambda: async_glue.start(self._save()))
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self._count)
        buttons.addStretch()
        buttons.addWidget(save)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table)
        layout.addWidget(self.note)
        layout.addLayout(buttons)
        self.show_rows(rows)
        wide = 760
        if len(header) <= FEW:
            self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        else:
            self.table.setWordWrap(False)
            self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
            frame = layout.contentsMargins().left() + layout.contentsMargins().right() + 24
            wide = max(wide, min(sum(self._wanted()) + frame, parent.window().width()))
        self.resize(wide, 460)

    def show_rows(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Show other rows; the place in the list stays."""
        kept, at = self.table.currentRow(), self.table.verticalScrollBar().value()
        self._rows, shown = rows, rows[:MOST]
        self.table.setRowCount(len(shown))
        for y, row in enumerate(shown):
            for x, value in enumerate(row):
                item = QTableWidgetItem(self._short(x, value))
                item.setToolTip(value)
                self.table.setItem(y, x, item)
        count = tr_n("{n:,} row", "{n:,} rows", len(rows))
        if len(shown) < len(rows):
            count += ". " + tr("The first {n:,} are shown; all are saved.", n=len(shown))
        self._count.setText(count)
        if 0 <= kept < len(shown):
            self.table.setCurrentCell(kept, max(self.table.currentColumn(), 0))
        self.table.verticalScrollBar().setValue(at)
        QTimer.singleShot(0, self, self._fit)

    def say(self, text: str) -> None:
        """Say something below the table."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _entries(self, row: int, _column: int) -> list[tuple[str, Callable[[], object]]]:
        return [(self.open_text, lambda: self.opened.emit(row))] if self.open_text else []

    def _wanted(self) -> list[int]:
        """Return how wide each column is with all that it says."""
        heads = self.table.horizontalHeader()
        return [
            0 if self.table.isColumnHidden(x) else max(self.table.sizeHintForColumn(x), heads.sectionSizeHint(x)) + 2
            for x in range(self.table.columnCount())
        ]

    def _fit(self) -> None:
        """Give each column what it wants; where that is more than there is, the widest have to do with less."""
        if self.table.columnCount() <= FEW:
            return
        wanted, room = self._wanted(), self.table.viewport().width()
        low, high = NARROW, max([NARROW, *wanted])
        while low < high:  # the largest width of the widest with which all are seen
            middle = (low + high + 1) // 2
            low, high = (middle, high) if sum(min(one, middle) for one in wanted) <= room else (low, middle - 1)
        heads = self.table.horizontalHeader()
        heads.blockSignals(True)
        for place, one in enumerate(wanted):
            if one:
                heads.resizeSection(place, min(one, low))
        heads.blockSignals(False)
        self.table.updateGeometries()
        self.table.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    async def _save(self) -> None:
        path = await async_glue.choose_file(self, tr("Save the table"), tr("CSV (*.csv)"), save="csv")
        if path:
            buffer = io.StringIO(newline="")
            writer = csv.writer(buffer, lineterminator="\n")
            writer.writerow(self._header)
            writer.writerows(safe_rows(self._rows))
            write_text(Path(path), buffer.getvalue())
