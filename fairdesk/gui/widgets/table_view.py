"""One table of results: numbers on the right, weak ones in another colour, sure ones bold."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem

from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.name_shortening import shortened
from fairdesk.gui.widgets.table_copy import WHOLE_TITLE, TableCopy
from fairdesk.metrics.report.tables import INTERVAL, Cell, Table
from fairdesk.words import tr

_AROUND = 9  # pixels of a row around its letters
_MOST_NAME = 140  # pixels of a name above a column


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
        tip = cell.tip
        if cell.pairs is not None:
            tip = "\n".join(part for part in (tip, tr("Double-click shows the pairs")) if part)
        item.setToolTip(tip)
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
