"""Given against predicted labels: a table of counts, each row's cells shaded by their share."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
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

from fairdesk.figures.whole_set import whole_name
from fairdesk.gui import async_glue
from fairdesk.gui.theme import Theme
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.words import tr, tr_n

Confusion = dict[str, dict[str, dict[str, int]]]  # kind, given, predicted: faces


class MatrixDialog(QDialog):
    """One confusion matrix for each kind of prediction."""

    def __init__(self, confusion: Confusion, without_face: int, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Confusion matrix"))
        self._confusion, self._theme = confusion, theme
        self.kind = QComboBox()
        self.kind.addItems([kind for kind, rows in confusion.items() if rows])
        self.table = QTableWidget()
        self.table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        note = QLabel(
            tr(
                "Rows: groups as labelled by folders, tables or people. Columns: groups as predicted by the model. Cells: faces, "
                "and their share of the row. A prediction is never used as a label."
            )
            + (
                " "
                + tr_n(
                    "{n:,} image without a face has no prediction.",
                    "{n:,} images without a face have no prediction.",
                    without_face,
                )
                if without_face
                else ""
            )
        )
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        save, close = QPushButton(tr("Save as CSV…")), QPushButton(tr("Close"))
        save.clicked.connect(lambda: async_glue.start(self._save()))
        close.clicked.connect(self.accept)
        top, buttons = QHBoxLayout(), QHBoxLayout()
        top.addWidget(QLabel(tr("Predicted")))
        top.addWidget(self.kind)
        top.addStretch()
        buttons.addStretch()
        buttons.addWidget(save)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.table)
        layout.addWidget(note)
        layout.addLayout(buttons)
        self.kind.currentTextChanged.connect(lambda _kind: self._show())
        self.resize(760, 380)
        self._show()

    def _rows(self) -> tuple[list[str], list[tuple[str, list[int]]]]:
        found = self._confusion.get(self.kind.currentText(), {})
        columns = sorted({value for row in found.values() for value in row})
        return columns, [(given, [row.get(value, 0) for value in columns]) for given, row in found.items()]

    def _show(self) -> None:
        columns, rows = self._rows()
        self.table.clear()
        self.table.setColumnCount(len(columns) + 1)
        self.table.setRowCount(len(rows))
        self.table.setHorizontalHeaderLabels([*columns, whole_name(columns)])
        self.table.setVerticalHeaderLabels([given for given, _ in rows])
        accent = QColor(self._theme.tokens["accent"])
        for y, (_, counts) in enumerate(rows):
            total = sum(counts)
            for x, count in enumerate([*counts, total]):
                share = count / total if total else 0.0
                cell = QTableWidgetItem(f"{count:,}" + (f"   {100 * share:.0f} %" if x < len(counts) and count else ""))
                cell.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                if x < len(counts):
                    accent.setAlphaF(0.5 * share)
                    cell.setBackground(accent)
                self.table.setItem(y, x, cell)

    async def _save(self) -> None:
        path = await async_glue.choose_file(self, tr("Save the table"), tr("CSV (*.csv)"), save="csv")
        if path:
            columns, rows = self._rows()
            buffer = io.StringIO(newline="")
            writer = csv.writer(buffer, lineterminator="\n")
            writer.writerows(safe_rows([["given", *columns], *([given, *counts] for given, counts in rows)]))
            write_text(Path(path), buffer.getvalue())
