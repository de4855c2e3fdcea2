"""The tables of an evaluation, a page each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QTableWidget, QTableWidgetItem, QTabWidget, QVBoxLayout, QWidget

from fairdesk.gui.theme import Theme
from fairdesk.metrics.pair_query import PairQuery
from fairdesk.metrics.result_tables import INTERVAL, Cell, Table
from fairdesk.words import tr


class ResultTables(QTabWidget):
    """Shows tables; `pairs_asked` when a number that has comparisons behind it is double-clicked."""

    pairs_asked = Signal(object)  # PairQuery

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUsesScrollButtons(True)
        self.pages: dict[str, QTableWidget] = {}
        self._notes: dict[str, QLabel] = {}
        self._homes: dict[str, QWidget] = {}
        self._cells: dict[str, list[list[Cell]]] = {}
        self._theme: Theme | None = None

    def use_theme(self, theme: Theme) -> None:
        """Take the colour of weak numbers from a theme."""
        self._theme = theme

    def show_tables(self, tables: Sequence[Table], order: Sequence[str]) -> None:
        """Show these tables in an order; pages that are not among them are hidden."""
        named = {table.name: table for table in tables}
        for name in [*order, *(name for name in named if name not in order)]:
            if name in named and name not in self.pages:
                self._make(named[name])
        for name in self.pages:
            self.setTabVisible(self.indexOf(self._homes[name]), name in named)
        for table in tables:
            self.fill(table, widths=True)

    def _make(self, table: Table) -> None:
        page, grid, note = QWidget(), QTableWidget(), QLabel()
        grid.setAccessibleName(table.title)
        grid.verticalHeader().hide()
        grid.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        grid.setHorizontalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
        note.setProperty("role", "muted")
        note.setWordWrap(True)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(6, 6, 6, 4)
        layout.addWidget(grid)
        layout.addWidget(note)
        grid.cellDoubleClicked.connect(lambda y, x, name=table.name: self._on_cell(name, y, x))
        self.pages[table.name], self._notes[table.name], self._homes[table.name] = grid, note, page
        self.addTab(page, table.title)

    def fill(self, table: Table, *, widths: bool) -> None:
        """Fill one table; without `widths` its columns stay as wide as they are."""
        grid = self.pages[table.name]
        self._cells[table.name] = table.rows
        if grid.columnCount() != len(table.columns) or widths:
            grid.setColumnCount(len(table.columns))
            for x, column in enumerate(table.columns):
                head = QTableWidgetItem(column.title)
                head.setToolTip(column.tip)
                grid.setHorizontalHeaderItem(x, head)
        grid.setRowCount(len(table.rows))
        for y, row in enumerate(table.rows):
            for x, cell in enumerate(row):
                grid.setItem(y, x, self._item(cell, left=table.columns[x].text))
        self._notes[table.name].setText(table.note)
        if widths:
            grid.resizeColumnsToContents()

    def _item(self, cell: Cell, *, left: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(cell.text)
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | side)
        font = item.font()
        font.setBold(cell.strong)
        font.setUnderline(cell.pairs is not None)
        item.setFont(font)
        tip = cell.tip
        if cell.pairs is not None:
            tip = "\n".join(part for part in (tip, tr("Double-click shows the pairs")) if part)
        item.setToolTip(tip)
        if cell.weak and self._theme is not None:
            item.setForeground(QColor(self._theme.tokens["warn"]))
        return item

    def _on_cell(self, name: str, row: int, column: int) -> None:
        query = self.query_at(name, row, column)
        if query is not None:
            self.pairs_asked.emit(query)

    def query_at(self, name: str, row: int, column: int) -> PairQuery | None:
        """Return the pairs behind a cell."""
        rows = self._cells.get(name, [])
        return rows[row][column].pairs if row < len(rows) and column < len(rows[row]) else None

    def hold_intervals(self) -> None:
        """Say in each interval's cell that it is being worked out."""
        for grid in self.pages.values():
            for x in range(grid.columnCount()):
                head = grid.horizontalHeaderItem(x)
                if head is not None and head.text().startswith(INTERVAL):
                    for y in range(grid.rowCount()):
                        if (item := grid.item(y, x)) is not None and item.text():
                            item.setText("…")
                            item.setToolTip(tr("The interval is being worked out"))
