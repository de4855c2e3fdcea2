"""The tables of an evaluation, a page each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.elided_label import ElidedLabel
from fairdesk.gui.widgets.table_copy import Entry
from fairdesk.gui.widgets.table_view import TableView
from fairdesk.metrics.pairs_behind.pair_query import PairQuery
from fairdesk.metrics.report.option_words import named_controls
from fairdesk.metrics.report.tables import Table, reworded
from fairdesk.words import tr

_ROWS, _FRAME, _LINES = 160, 24, 6  # pixels of rows that come before a note, and of frames; lines of a note


class ResultTables(QTabWidget):
    """Shows tables; `pairs_asked` when a number that has comparisons behind it is double-clicked, or Return is pressed on it."""

    pairs_asked = Signal(object)  # PairQuery
    list_asked = Signal()  # a row of what is left out was double-clicked
    nothing_behind = Signal()  # another cell was double-clicked
    save_asked = Signal()  # of the table that is seen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUsesScrollButtons(True)
        self.pages: dict[str, TableView] = {}
        self._notes: dict[str, ElidedLabel] = {}
        self.homes: dict[str, QWidget] = {}
        self._theme: Theme | None = None

    def use_theme(self, theme: Theme) -> None:
        """Take the colour of weak numbers from a theme."""
        self._theme = theme

    def show_tables(self, tables: Sequence[Table], order: Sequence[str]) -> None:
        """Show these tables in an order; pages that are not among them are hidden."""
        named = {table.name: table for table in tables}
        for name in [*order, *(name for name in named if name not in order)]:
            if name in named and name not in self.pages:
                before = (
                    [one for one in order[: order.index(name)] if one in self.pages] if name in order else self.pages
                )
                self._make(named[name], len(before))
        for name in self.pages:
            self.setTabVisible(self.indexOf(self.homes[name]), name in named)
        for table in tables:
            self.fill(table, widths=True)

    def _make(self, table: Table, place: int) -> None:
        page, grid, note = QWidget(), TableView(self._theme), ElidedLabel()
        note.setProperty("role", "muted")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(6, 6, 6, 4)
        layout.addWidget(grid)
        layout.addWidget(note)
        grid.cellActivated.connect(lambda y, x, name=table.name: self._on_cell(name, y, x))
        grid.copying.first = partial(self._entries, table.name)
        grid.copying.last = lambda: [(tr("Save table…"), self.save_asked.emit)]
        self.pages[table.name], self._notes[table.name], self.homes[table.name] = grid, note, page
        self.insertTab(place, page, table.title)

    def fill(self, table: Table, *, widths: bool) -> None:
        """Fill one table, in words of the window; without `widths` its columns stay as wide as they are."""
        table = reworded(table, named_controls)
        self.pages[table.name].show_table(table, widths=widths)
        self._notes[table.name].setText(table.note)
        self._fit_note(table.name)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Leave the rows their place: a note gets the lines that are left, one at least; its tooltip has all of it."""
        super().resizeEvent(event)
        for name in self._notes:
            self._fit_note(name)

    def _fit_note(self, name: str) -> None:
        note, grid = self._notes[name], self.pages[name]
        rows = grid.rowCount() * grid.verticalHeader().defaultSectionSize() + grid.horizontalHeader().height()
        around = self.tabBar().height() + grid.horizontalScrollBar().sizeHint().height() + _FRAME
        left = (self.height() - around - min(rows, _ROWS)) // note.fontMetrics().lineSpacing()
        note.setVisible(bool(note.text()))
        note.set_lines(max(1, min(left, note.lines_wanted(), _LINES)))

    def _on_cell(self, name: str, row: int, column: int) -> None:
        query = self.query_at(name, row, column)
        if query is not None:
            self.pairs_asked.emit(query)
        elif name == "left_out":
            self.list_asked.emit()
        else:
            self.nothing_behind.emit()

    def _entries(self, name: str, row: int, column: int) -> list[Entry]:
        """Return what the menu of the right button offers of a cell, before copying."""
        query = self.query_at(name, row, column)
        if query is not None:
            return [(tr("Show the pairs"), lambda: self.pairs_asked.emit(query))]
        return [(tr("List each of them"), self.list_asked.emit)] if name == "left_out" else []

    def query_at(self, name: str, row: int, column: int) -> PairQuery | None:
        """Return the pairs behind a cell."""
        shown = self.pages[name].shown if name in self.pages else None
        rows = [] if shown is None else shown.rows
        return rows[row][column].pairs if row < len(rows) and column < len(rows[row]) else None

    def current(self) -> Table | None:
        """Return the table that is seen."""
        return next((page.shown for name, page in self.pages.items() if self.homes[name] is self.currentWidget()), None)

    def hold_intervals(self) -> None:
        """Say in each interval's cell that it is being worked out."""
        for grid in self.pages.values():
            grid.hold_intervals()
