"""A whole number chosen by eye: how many clusters k-means makes, or HDBSCAN's smallest size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from fairdesk.clustering.choosing.faces import FacesToCluster
from fairdesk.clustering.choosing.numbers import PCA, Method, Numbers
from fairdesk.clustering.choosing.outcome import Outcome
from fairdesk.clustering.choosing.radius import best
from fairdesk.clustering.results import not_as_asked
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.clustering.best_line import best_line
from fairdesk.gui.tabs.clustering.outcome_curves import curve_pens, draw_counts, draw_quality, line_pen
from fairdesk.gui.tabs.clustering.outcome_table import OutcomeTable
from fairdesk.gui.widgets.plot_export import new_plot, retheme
from fairdesk.gui.widgets.plot_gestures import PlotGestures
from fairdesk.gui.widgets.top_legend import TopLegend
from fairdesk.words import mark, tr

_NAMES: dict[Method, str] = {"kmeans": mark("number of clusters"), "hdbscan": mark("smallest cluster")}


class NumbersPage(QWidget):
    """Shows what some numbers come to, one after the other as they are computed."""

    def __init__(self, session: Session, found: FacesToCluster, method: Method, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._found, self.method = session, found, method
        self.numbers: Numbers | None = None
        self.outcomes: list[Outcome] = []
        self._started = self._chosen = False
        name = tr(_NAMES[method])
        self.counts = new_plot("", name, tr("number (log; lowest: 0)"))
        self.counts.setLogMode(x=True, y=True)
        self.quality = new_plot("", name, "")
        self.quality.setLogMode(x=True)
        self._plots = (self.counts, self.quality)
        self._legends = [TopLegend(plot) for plot in self._plots]
        self._gestures = [PlotGestures(plot, plot.getPlotItem().autoRange) for plot in self._plots]
        for gestures in self._gestures:
            gestures.clicked.connect(lambda x, _y: self.choose(10**x))
        self.lines = [pg.InfiniteLine(0, angle=90) for _ in self._plots]
        self.value = QComboBox()
        self.value.setAccessibleName(name)
        self.told = QLabel(wordWrap=True)
        self.told.setProperty("role", "muted")
        self.table = OutcomeTable()
        grid = QGridLayout()
        grid.addWidget(self.counts, 0, 0)
        grid.addWidget(self.quality, 1, 0)
        grid.addWidget(self.table, 0, 1, 2, 1)
        for at in (0, 1):
            grid.setColumnStretch(at, 3 - at)
            grid.setRowStretch(at, 1)
        row = QHBoxLayout()
        row.addWidget(QLabel(name[0].upper() + name[1:]))
        row.addWidget(self.value)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addLayout(grid, 1)
        layout.addWidget(self.told)
        layout.addLayout(row)
        self.value.activated.connect(self._by_hand)
        self.value.currentIndexChanged.connect(self._show)
        session.theme.changed.connect(self._draw)

    def start(self) -> None:
        """Begin to compute, where that was not done yet."""
        if not self._started:
            self._started = True
            self.told.setText(tr("Computing …"))
            self._session.background.read(
                self,
                lambda: Numbers(self._found.vectors, self._found.known, self.method, self._found.following),
                self._ready,
                self._failed,
            )

    def _ready(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self._next()

    def _failed(self, error: BaseException) -> None:
        self.told.setText(str(error))

    def _next(self) -> None:
        numbers = self.numbers
        assert numbers is not None
        left = numbers.values()[len(self.outcomes) :]
        if left:
            self.told.setText(tr("Computing {value} …", value=left[0]))
            self._session.background.read(self, lambda: numbers.outcome(left[0]), self._arrived, self._failed)
            return
        top = best(self.outcomes)
        self.told.setText("" if top is None else best_line(top, self._found.known))

    def _arrived(self, found: Outcome) -> None:
        self.outcomes.append(found)
        self.value.addItem(f"{found.value:g}", int(found.value))
        self._draw()
        top = best(self.outcomes)
        if top is not None and not self._chosen:
            self.value.setCurrentIndex(self.outcomes.index(top))
        self._next()

    def choose(self, number: float) -> None:
        """Choose the nearest of the numbers computed."""
        if self.outcomes:
            away = [abs(np.log(one.value) - np.log(max(number, 1e-9))) for one in self.outcomes]
            self._by_hand()
            self.value.setCurrentIndex(int(np.argmin(away)))

    def _by_hand(self) -> None:
        self._chosen = True

    @property
    def parameters(self) -> dict[str, Any] | None:
        """What the clustering form is given; None where nothing was computed yet."""
        number = self.value.currentData()
        if number is None:
            return None
        if self.method == "kmeans":
            return {"method": "kmeans", "n_clusters": number, "pca": PCA}
        return {"method": "hdbscan", "min_samples": number}

    def _show(self) -> None:
        at = self.value.currentIndex()
        if self.numbers is None or not 0 <= at < len(self.outcomes):
            return
        silhouettes = self.numbers.silhouettes
        self.table.show_outcome(self.outcomes[at], None if silhouettes is None else len(silhouettes.rows))
        found = self.outcomes[at]
        if self.method == "kmeans" and found.clusters != found.value:
            before = found.clusters if found.before is None else found.before
            why = not_as_asked(int(found.value), before, found.clusters)
            self.table.counts.setText(f"{self.table.counts.text()}  ·  {why}")
        for line in self.lines:
            line.setValue(float(np.log10(found.value)))

    def _draw(self) -> None:
        theme = self._session.theme
        for plot in self._plots:
            plot.clear()
            retheme(plot, theme)
        pens = curve_pens(theme)
        self._legends[0].show_entries(draw_counts(self.counts, self.outcomes, pens), theme.tokens["text"])
        self._legends[1].show_entries(draw_quality(self.quality, self.outcomes, pens), theme.tokens["text"])
        for plot, line in zip(self._plots, self.lines, strict=True):
            line.setPen(line_pen(theme.tokens["accent"], 2))
            plot.addItem(line)
