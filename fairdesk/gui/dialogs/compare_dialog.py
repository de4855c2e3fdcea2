"""Runs side by side: the error rates of every group as bars, what differs, and what each switch did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from fairdesk.figures.style import group_style
from fairdesk.gui import async_glue
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.plot_export import new_plot, retheme, save_plot
from fairdesk.gui.widgets.top_legend import TopLegend
from fairdesk.images.written_files import write_text
from fairdesk.runs.run_comparison import by_group, effects, table, table_csv, unpaired
from fairdesk.runs.run_records import Run
from fairdesk.words import tr


def _filled(header: list[str], rows: list[list[str]]) -> QTableWidget:
    shown = QTableWidget(len(rows), len(header))
    shown.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
    shown.setHorizontalHeaderLabels(header)
    shown.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    shown.verticalHeader().hide()
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            shown.setItem(y, x, QTableWidgetItem(value))
    shown.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    shown.horizontalHeader().setStretchLastSection(True)
    return shown


class CompareDialog(QDialog):
    """Compares runs; the first is what the others are measured against."""

    def __init__(self, runs: list[Run], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Compare {count} runs", count=len(runs)))
        self._runs = runs
        self.pages = QTabWidget()
        self.plot: pg.PlotWidget | None = None
        if by_group(runs):
            self.plot = self._bars(theme)
            self.pages.addTab(self.plot, tr("Error rates by group"))
        self.table = _filled(*table(runs))
        self.pages.addTab(self.table, tr("Parameters and figures"))
        self.effects = _filled(
            [tr("Parameter"), tr("Figure"), tr("Seeds"), tr("Difference"), tr("95 % interval"), tr("Effect")],
            self._effect_rows(),
        )
        self.pages.addTab(self.effects, tr("Effect of each parameter"))
        about = QLabel(self._about())
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        save, picture, close = QPushButton(tr("Save table…")), QPushButton(tr("Save plot…")), QPushButton(tr("Close"))
        save.clicked.connect(lambda: async_glue.start(self._save()))
        picture.clicked.connect(lambda: async_glue.start(self._save_plot()))
        picture.setEnabled(self.plot is not None)
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch()
        for button in (picture, save, close):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages)
        layout.addWidget(about)
        layout.addLayout(buttons)
        self.resize(880, 540)

    def _effect_rows(self) -> list[list[str]]:
        return [
            [e.switch, e.figure, ", ".join(map(str, e.seeds)), tr("{mean:+.2f} points", mean=100 * e.mean),
             "" if e.half is None else f"± {100 * e.half:.2f}", e.told] for e in effects(self._runs)
        ]  # fmt: skip

    def _about(self) -> str:
        text = tr(
            (
                "Compared with {run}, over runs with the same seed. A difference counts as an effect only where its 95 % interval "
                "(Student's t over seeds) excludes zero; train each kind with at least three seeds."
            ),
            run=self._runs[0].name,
        )
        left = unpaired(self._runs)
        if left:
            text += " " + tr(
                "Left out, as no run like the first has their seed: {runs}.", runs=", ".join(run.name for run in left)
            )
        return text

    def _bars(self, theme: Theme) -> pg.PlotWidget:
        rates = by_group(self._runs)
        groups = list(dict.fromkeys(group for row in rates.values() for group in row))
        plot = new_plot(tr("EER by group, on held-out identities"), "", tr("EER (%)"))
        retheme(plot, theme)
        legend = TopLegend(plot)
        entries: list[tuple[str, Any]] = []
        width = 0.8 / len(rates)
        for number, (name, row) in enumerate(rates.items()):
            colour, _, _ = group_style(number)
            here = [place for place, group in enumerate(groups) if group in row]
            x = np.array(here, dtype=float) + (number - (len(rates) - 1) / 2) * width
            bars = pg.BarGraphItem(
                x=x, height=[100 * row[groups[p]] for p in here], width=width, brush=colour, pen=None
            )
            plot.addItem(bars)
            entries.append((name, pg.mkPen(colour, width=6)))
        legend.show_entries(entries, theme.tokens["text"])
        plot.getPlotItem().getAxis("bottom").setTicks([list(enumerate(groups))])
        highest = max(value for row in rates.values() for value in row.values())
        plot.setYRange(0, max(1.0, 100 * highest) * 1.05, padding=0)
        return plot

    async def _save(self) -> None:
        path = await async_glue.choose_file(self, tr("Save the table"), tr("CSV (*.csv)"), save="csv")
        if path:
            write_text(Path(path), table_csv(self._runs))

    async def _save_plot(self) -> None:
        if self.plot is not None:
            await save_plot(self, self.plot)
