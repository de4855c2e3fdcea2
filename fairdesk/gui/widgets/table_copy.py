"""Copying out of a table: Ctrl+C, and a menu on the right button that can offer more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QTableWidget

from fairdesk.images.table_cells import safe_rows
from fairdesk.words import tr

Entry = tuple[str, Callable[[], object]]
WHOLE_TITLE = Qt.ItemDataRole.UserRole
"""Of the item above a column: its title where what is shown of it is cut."""


class TableCopy(QObject):
    """Copies the cells that are selected, or the whole table with its header, tab by tab and line by line."""

    def __init__(self, table: QTableWidget) -> None:
        super().__init__(table)
        self._table = table
        self.first: Callable[[int, int], list[Entry]] = lambda _row, _column: []
        """What the menu offers first, of the cell under the pointer."""
        self.last: Callable[[], list[Entry]] = list
        """What it offers last."""
        self.whole: Callable[[], Iterable[Sequence[str]]] = self._rows
        """All rows without the header, where that is more than the table shows."""
        self.cell: Callable[[int, int], str] = self._text
        """What is copied of a cell."""
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show)
        keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), table)
        keys.setContext(Qt.ShortcutContext.WidgetShortcut)
        keys.activated.connect(self.copy)

    def copy(self) -> None:
        """Copy what is selected."""
        places = {(index.row(), index.column()) for index in self._table.selectedIndexes()}
        columns = sorted({column for _, column in places if not self._table.isColumnHidden(column)})
        rows = sorted({row for row, _ in places})
        _to_clipboard([self.cell(row, one) if (row, one) in places else "" for one in columns] for row in rows)

    def copy_all(self) -> None:
        """Copy everything, with the header."""
        heads = (self._table.horizontalHeaderItem(x) for x in range(self._table.columnCount()))
        titles = ["" if head is None else str(head.data(WHOLE_TITLE) or head.text()) for head in heads]
        _to_clipboard([titles, *self.whole()])

    def menu(self, place: QPoint) -> QMenu:
        """Return the menu of a place of the table."""
        menu = QMenu(self._table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        index = self._table.indexAt(place)
        first = self.first(index.row(), index.column()) if index.isValid() else []
        for text, run in first:
            menu.addAction(text, run)
        if first:
            menu.addSeparator()
        copied = menu.addAction(tr("Copy"), self.copy)
        copied.setEnabled(bool(self._table.selectedIndexes()))
        menu.addAction(tr("Copy the table"), self.copy_all)
        for text, run in self.last():
            menu.addAction(text, run)
        return menu

    def _show(self, place: QPoint) -> None:
        index = self._table.indexAt(place)
        if index.isValid() and not self._table.selectionModel().isSelected(index):
            self._table.setCurrentCell(index.row(), index.column())
        self.menu(place).popup(self._table.viewport().mapToGlobal(place))

    def _text(self, row: int, column: int) -> str:
        item = self._table.item(row, column)
        return "" if item is None else item.text()

    def _rows(self) -> list[list[str]]:
        return [[self._text(row, x) for x in range(self._table.columnCount())] for row in range(self._table.rowCount())]


def _to_clipboard(rows: Iterable[Iterable[str]]) -> None:
    lines = ("\t".join(" ".join(cell.split()) for cell in row) for row in safe_rows(rows))
    QGuiApplication.clipboard().setText("\n".join(lines))
