"""The cells of the Metrics tab's tables."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem

from fairdesk.gui.tabs.metrics.presenter import INTERVAL
from fairdesk.words import tr


def hold_intervals(table: QTableWidget) -> None:
    """Say in each interval's cell that it is being worked out."""
    for x in range(table.columnCount()):
        header = table.horizontalHeaderItem(x)
        if header is not None and header.text() == INTERVAL:
            for y in range(table.rowCount()):
                if (item := table.item(y, x)) is not None:
                    item.setText("…")
                    item.setToolTip(tr("The interval is being worked out"))


def set_header(table: QTableWidget, header: Sequence[str]) -> None:
    """Name the columns of a table that is only read."""
    table.setColumnCount(len(header))
    table.setHorizontalHeaderLabels([tr(text) for text in header])
    table.verticalHeader().hide()
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)


def fill(table: QTableWidget, rows: Sequence[Sequence[str]], left: int = 1) -> None:
    """Fill a table; the first `left` columns are texts, the others numbers."""
    table.setRowCount(len(rows))
    for y, texts in enumerate(rows):
        for x, text in enumerate(texts):
            table.setItem(y, x, cell(text, left=x < left))
    table.resizeColumnsToContents()


def items_of(table: QTableWidget, row: int) -> list[QTableWidgetItem]:
    """Return the cells of a row."""
    found = [table.item(row, column) for column in range(table.columnCount())]
    return [item for item in found if item is not None]


def cell(text: str, *, left: bool) -> QTableWidgetItem:
    """Return a cell; numbers stand on the right."""
    item = QTableWidgetItem(text)
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
    item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | side)
    return item
