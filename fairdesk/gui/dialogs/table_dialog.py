"""A table to read, copy and save."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import (
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
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.words import tr, tr_n

MOST = 2000  # rows that are shown
FEW = 4  # columns, which share the width
WIDEST = 280  # pixels of one of more columns, until it is drawn wider


class TableDialog(QDialog):
    """Shows rows, the first of very many, and saves all of them as CSV."""

    def __init__(self, title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._header, self._rows = header, rows
        shown = rows[:MOST]
        self.table = QTableWidget(len(shown), len(header))
        self.table.setHorizontalHeaderLabels(list(header))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        for y, row in enumerate(shown):
            for x, value in enumerate(row):
                item = QTableWidgetItem(value)
                item.setToolTip(value)
                self.table.setItem(y, x, item)
        heads = self.table.horizontalHeader()
        if len(header) <= FEW:
            heads.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        else:  # as wide as they are, to a limit
            self.table.resizeColumnsToContents()
            for place in range(len(header)):
                heads.resizeSection(place, min(heads.sectionSize(place), WIDEST))
        save, close = QPushButton(tr("Save as CSV…")), QPushButton(tr("Close"))
        save.clicked.connect(lambda: async_glue.start(self._save()))
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        count = tr_n("{n:,} row", "{n:,} rows", len(rows))
        if len(shown) < len(rows):
            count += ". " + tr("The first {n:,} are shown; all are saved.", n=len(shown))
        buttons.addWidget(QLabel(count))
        buttons.addStretch()
        buttons.addWidget(save)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table)
        layout.addLayout(buttons)
        self.resize(760, 460)

    async def _save(self) -> None:
        path = await async_glue.choose_file(self, tr("Save the table"), tr("CSV (*.csv)"), save="csv")
        if path:
            buffer = io.StringIO(newline="")
            writer = csv.writer(buffer, lineterminator="\n")
            writer.writerow(self._header)
            writer.writerows(safe_rows(self._rows))
            write_text(Path(path), buffer.getvalue())
