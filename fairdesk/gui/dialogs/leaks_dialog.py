"""What two sets share, or synthetic faces and the nearest real ones, as pairs of pictures."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
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

from fairdesk.dataset.overlap_results import SharedResult
from fairdesk.generation.results import AssessResult
from fairdesk.gui import async_glue
from fairdesk.gui.pictures import read_image
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.jobs.results import Record
from fairdesk.words import tr

SIDE = 96
SHOWN = 200  # pairs drawn; the result file has all


class LeaksDialog(QDialog):
    """A row for each pair: the two pictures, and what they have in common."""

    def __init__(self, result: Record, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Image pairs"))
        pairs = _pairs(result)
        self.table = QTableWidget(min(len(pairs), SHOWN), 3)
        self.table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        sides = (
            (tr("Synthetic"), tr("Nearest real")) if isinstance(result, AssessResult) else (tr("First"), tr("Other"))
        )
        self.table.setHorizontalHeaderLabels([*sides, tr("What")])
        self.table.setIconSize(QSize(SIDE, SIDE))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(SIDE + 8)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for y, (a, b, what) in enumerate(pairs[:SHOWN]):
            for x, path in enumerate((a, b)):
                item = QTableWidgetItem(_icon(path), path.rsplit("/", 1)[-1])
                item.setToolTip(path)
                self.table.setItem(y, x, item)
            self.table.setItem(y, 2, QTableWidgetItem(what))
        shared = result.identities if isinstance(result, SharedResult) else []
        names = [f"{one.group + '/' if one.group else ''}{one.identity}" for one in shared]
        text = str(getattr(result, "summary", ""))
        if names:
            text += "\n" + tr(
                "Identities in both sets: {names}", names=", ".join(names[:12]) + (" …" if len(names) > 12 else "")
            )
        if len(pairs) > SHOWN:
            text += "\n" + tr("The first {shown} of {count:,} pairs are shown.", shown=SHOWN, count=len(pairs))
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._pairs = pairs
        save, close = QPushButton(tr("Save table…")), QPushButton(tr("Close"))
        save.setVisible(bool(pairs))
        save.clicked.connect(lambda: async_glue.start(self._save()))
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(save)
        buttons.addStretch()
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(label)
        layout.addWidget(self.table)
        layout.addLayout(buttons)
        self.table.setVisible(bool(pairs))
        self.resize(820, 560 if pairs else 160)

    async def _save(self) -> None:
        path = await async_glue.choose_file(self, tr("Save the pairs"), tr("CSV (*.csv)"), save="csv")
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Write all pairs as a table, also those that are not drawn."""
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerows(safe_rows([("one", "other", "what"), *self._pairs]))
        write_text(path, buffer.getvalue())


def _pairs(result: Record) -> list[tuple[str, str, str]]:
    """Return (path, other path, what they have in common) of each pair that a result holds."""
    if isinstance(result, AssessResult):
        words = {True: tr("the same image"), False: tr("nearest real image")}
        return [
            (p.a, p.b, tr("{what}, embeddings {distance:.3f} apart", what=words[p.is_copy], distance=p.distance))
            for p in result.nearest
        ]
    if not isinstance(result, SharedResult):
        return []
    pairs = [(p.a, p.b, tr("the same file")) for p in result.files]
    pairs += [(p.a, p.b, tr("near-duplicate ({bits} of 64 bits differ)", bits=p.bits)) for p in result.near]
    return pairs + [(p.a, p.b, tr("embeddings {distance:.3f} apart", distance=p.distance)) for p in result.vectors]


def _icon(path: str) -> QIcon:
    return QIcon(QPixmap.fromImage(read_image(path, SIDE)[0]))
