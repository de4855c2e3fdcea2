"""What a parameter comes to, in words and figures: counts, sizes, and quality over all and by group."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from fairdesk.clustering.agreement import Figures
from fairdesk.clustering.choosing.outcome import SIZES, Outcome
from fairdesk.words import mark, tr, tr_n

FIGURES = {
    "pairwise_precision": mark("Pairwise precision"),
    "pairwise_recall": mark("Pairwise recall"),
    "pairwise_f1": mark("Pairwise F1"),
    "bcubed_precision": mark("BCubed precision"),
    "bcubed_recall": mark("BCubed recall"),
    "bcubed_f1": mark("BCubed F1"),
    "nmi": mark("NMI"),
    "ari": mark("ARI"),
}


def counts_line(found: Outcome) -> str:
    """Say how many clusters there are, how many faces are in none, and how large the largest is."""
    return "  ·  ".join(
        [
            tr_n("{n:,} cluster", "{n:,} clusters", found.clusters),
            tr("{n:,} unclustered", n=found.unclustered),
            tr_n("largest {n:,} face", "largest {n:,} faces", found.largest),
        ]
    )


def sizes_line(found: Outcome) -> str:
    """Say how many clusters there are of which size."""
    parts = []
    for (least, most), count in zip(SIZES, found.sizes, strict=True):
        if count:
            span = f"{least}" if least == most else tr("{n}+", n=least) if most is None else f"{least}–{most}"
            parts.append(f"{span}: {count:,}")
    return tr("Clusters by size: {sizes}", sizes=",  ".join(parts)) if parts else tr("No clusters")


class OutcomeTable(QWidget):
    """The figures beside a plot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts, self.sizes, self.silhouette = QLabel(), QLabel(), QLabel()
        font = self.counts.font()
        font.setBold(True)
        self.counts.setFont(font)
        for label in (self.counts, self.sizes, self.silhouette):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = QTableWidget(len(FIGURES), 0)
        self.table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.table.setVerticalHeaderLabels([tr(text) for text in FIGURES.values()])
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setDefaultSectionSize(20)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setMinimumSectionSize(58)
        self.table.setAccessibleName(tr("Quality against known identities"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 0, 0, 0)
        for widget in (self.counts, self.sizes, self.silhouette):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)
        layout.addStretch(0)

    def show_outcome(self, found: Outcome, sample: int | None) -> None:
        """Show what a value comes to; `sample`: of how many faces the silhouette is."""
        self.counts.setText(counts_line(found))
        self.sizes.setText(sizes_line(found))
        self.silhouette.setVisible(sample is not None)
        self.table.setVisible(found.quality is not None)
        if sample is not None:
            value = tr("undefined") if found.silhouette is None else f"{found.silhouette:.3f}"
            self.silhouette.setText(
                tr(
                    "Silhouette {value}: the mean over a random sample of {n:,} faces. Nobody is known by two faces; with "
                    "identities or confirmed faces there would be precision and recall here.",
                    value=value,
                    n=sample,
                )
            )
        if found.quality is not None:
            columns: list[tuple[str, Figures]] = [(tr("All"), found.quality), *found.groups.items()]
            self.table.setColumnCount(len(columns))
            self.table.setHorizontalHeaderLabels([name for name, _ in columns])
            for x, (_, figures) in enumerate(columns):
                for y, name in enumerate(FIGURES):
                    value = getattr(figures, name)
                    item = QTableWidgetItem("–" if math.isnan(value) else f"{value:.3f}")
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.table.setItem(y, x, item)
            self.table.resizeColumnsToContents()
