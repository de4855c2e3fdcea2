"""One table of results: numbers on the right, weak ones in another colour, sure ones bold."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem

from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.name_shortening import shortened
from fairdesk.gui.widgets.table_copy import WHOLE_TITLE, TableCopy
from fairdesk.metrics.report.tables import INTERVAL, Cell, Table
from fairdesk.words import tr

_AROUND = 9  # pixels of a row around its letters
_MOST_NAME = 140  # pixels of a name above a column
_WIDTHS = (190, 240, 300)  # pixels of a column of names, where a table has no room for whole ones
_EDGES = 14  # pixels of a cell beside its text


class TableView(QTableWidget):
    """Shows a table; it is only read."""

    def __init__(self, theme: Theme | None = None) -> None:
        super().__init__()
        self._theme = theme
        self.shown: Table | None = None
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _AROUND)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.copying = TableCopy(self)
        self.setHorizontalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)  # else the end of a first line is cut
        self._set: dict[int, int] = {}  # of columns of names: the width that was set here, and nobody changed

    def show_table(self, table: Table, *, widths: bool = True) -> None:
        """Fill it; without `widths` its columns stay as wide as they are."""
        self.shown = table
        self.setAccessibleName(table.title)
        if self.columnCount() != len(table.columns) or widths:
            self.setColumnCount(len(table.columns))
            for x, column in enumerate(table.columns):
                head = QTableWidgetItem(column.title)
                head.setToolTip(column.tip)
                head.setData(WHOLE_TITLE, column.title)
                self.setHorizontalHeaderItem(x, head)
            self._cut_names(table)
        self.setRowCount(len(table.rows))
        for y, row in enumerate(table.rows):
            for x, cell in enumerate(row):
                self.setItem(y, x, self._item(cell, left=table.columns[x].text))
        if widths:
            self.resizeColumnsToContents()
            self._set = {x: self.columnWidth(x) for x, column in enumerate(table.columns) if column.text}
        self._fit_names()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit_names()

    def _fit_names(self) -> None:
        """Cut long names in their middle where the table is wider than its place, so that numbers are seen beside them.

        Different names stay different; a cut one is whole in its tip. A column whose width a person set stays.
        """
        if self.shown is None:
            return
        self._set = {x: width for x, width in self._set.items() if self.columnWidth(x) == width}
        whole = {x: max(self.sizeHintForColumn(x), self.horizontalHeader().sectionSizeHint(x)) for x in self._set}
        others = sum(self.columnWidth(x) for x in range(self.columnCount()) if x not in whole)
        for x, width in whole.items():
            fits = others + sum(whole.values()) <= self.viewport().width()
            self.setColumnWidth(x, width if fits else self._least_width(x, width))
            self._set[x] = self.columnWidth(x)
        for x in whole:
            for y, row in enumerate(self.shown.rows):
                if (item := self.item(y, x)) is not None:
                    item.setToolTip(self._tip(row[x], cut=self._cut(item, self.columnWidth(x)) != item.text()))

    def _least_width(self, x: int, whole: int) -> int:
        """Return the least width at which different names of a column are seen to be different."""
        items = [item for y in range(self.rowCount()) if (item := self.item(y, x)) is not None]
        for width in _WIDTHS:
            if len({self._cut(item, width) for item in items}) == len({item.text() for item in items}):
                return min(width, whole)
        return whole

    @staticmethod
    def _cut(item: QTableWidgetItem, width: int) -> str:
        return QFontMetrics(item.font()).elidedText(item.text(), Qt.TextElideMode.ElideMiddle, width - _EDGES)

    @staticmethod
    def _tip(cell: Cell, *, cut: bool = False) -> str:
        """Return what the tip of a cell says: the whole text where it is cut, the cell's own tip, and what a double click does."""
        behind = tr("Double-click shows the pairs") if cell.pairs is not None else ""
        return "\n".join(part for part in (cell.text if cut else "", cell.tip, behind) if part)

    def _cut_names(self, table: Table) -> None:
        """Cut long names above columns, so that the columns behind them are seen; different names stay different."""
        header = self.horizontalHeader()
        header.ensurePolished()  # its letters are those of the style
        metrics, named = header.fontMetrics(), [x for x, column in enumerate(table.columns) if column.named]
        titles = [table.columns[x].title for x in named]
        shown = shortened(titles, lambda name: metrics.elidedText(name, Qt.TextElideMode.ElideRight, _MOST_NAME))
        for x, title, text in zip(named, titles, shown, strict=True):
            head = self.horizontalHeaderItem(x)
            if head is not None and text != title:
                head.setText(text)
                head.setToolTip(title)

    def _item(self, cell: Cell, *, left: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(cell.text)
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | side)
        font = item.font()
        font.setBold(cell.strong)
        font.setUnderline(cell.pairs is not None)
        item.setFont(font)
        item.setToolTip(self._tip(cell))
        if cell.weak and self._theme is not None:
            item.setForeground(QColor(self._theme.tokens["warn"]))
        return item

    def hold_intervals(self) -> None:
        """Say in each interval's cell that it is being worked out."""
        for x in range(self.columnCount()):
            head = self.horizontalHeaderItem(x)
            if head is not None and head.text().startswith(INTERVAL):
                for y in range(self.rowCount()):
                    if (item := self.item(y, x)) is not None and item.text():
                        item.setText("…")
                        item.setToolTip(tr("The interval is being worked out"))
