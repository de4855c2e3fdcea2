"""The radius of DBSCAN, chosen by eye: the k-distance plot, counts and quality against it, and a slider."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QHBoxLayout, QLabel, QSlider, QSpinBox, QVBoxLayout, QWidget

from fairdesk.clustering.choosing.outcome import Outcome
from fairdesk.clustering.choosing.radius import Radius, best, knee, round_step
from fairdesk.clustering.measured_in import between_faces
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.clustering.best_line import best_line
from fairdesk.gui.tabs.clustering.outcome_curves import curve_pens, draw_counts, draw_quality, line_pen
from fairdesk.gui.tabs.clustering.outcome_table import OutcomeTable
from fairdesk.gui.widgets.latest_answer import LatestAnswer
from fairdesk.gui.widgets.plot_export import new_plot, retheme
from fairdesk.gui.widgets.plot_gestures import PlotGestures
from fairdesk.gui.widgets.top_legend import TopLegend
from fairdesk.words import tr

POINTS = 600  # of the k-distance plot
STEPS = 400  # of the slider, about
At = tuple[float, int]


class RadiusPage(QWidget):
    """Shows what every radius comes to."""

    def __init__(self, session: Session, radius: Radius, metric: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._radius = session, radius
        self._unit = between_faces(metric)  # what epsilon is measured in
        self._moving = False
        self.step = round_step(radius.most / STEPS)
        self._outcomes: list[Outcome] = []
        self.best: Outcome | None = None
        self.distances = new_plot("", tr("faces, in order"), tr("distance"))
        self.counts = new_plot("", tr("epsilon"), tr("number (log; lowest: 0)"))
        self.counts.setLogMode(y=True)
        self.quality = new_plot("", tr("epsilon"), "")
        self._plots = (self.distances, self.counts, self.quality)
        self._legends = [TopLegend(plot) for plot in (self.counts, self.quality)]
        self.level = pg.InfiniteLine(0, angle=0, movable=True)
        self.lines = [pg.InfiniteLine(0, angle=90, movable=True) for _ in range(2)]
        for line in (self.level, *self.lines):
            line.setZValue(20)
            line.sigPositionChanged.connect(lambda moved: self.set_eps(float(moved.value())))
        self._gestures = [PlotGestures(plot, plot.getPlotItem().autoRange) for plot in self._plots]
        for gestures in self._gestures[1:]:
            gestures.clicked.connect(lambda x, _y: self.set_eps(x))
        self._gestures[0].clicked.connect(lambda _x, y: self.set_eps(y))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(1, int(np.floor(radius.most / self.step)))
        self.slider.setAccessibleName(tr("Epsilon"))
        self.eps = QDoubleSpinBox()
        self.eps.setDecimals(max(1, -int(np.floor(np.log10(self.step)))))
        self.eps.setSingleStep(self.step)
        self.eps.setRange(self.step, self.slider.maximum() * self.step)
        for widget in (self.slider, self.eps):
            widget.setToolTip(self._unit)
        self.samples = QSpinBox()
        self.samples.setRange(1, radius.most_samples)
        self.samples.setValue(2)
        self.told = QLabel(wordWrap=True)
        self.told.setProperty("role", "muted")
        self.table = OutcomeTable()
        self._place()
        self._at = LatestAnswer[At, Outcome](session.background, lambda at: radius.outcome(*at), self._show, self)
        self._curves = LatestAnswer[int, list[Outcome]](session.background, self._compute, self._draw, self)
        self.slider.valueChanged.connect(lambda place: self.set_eps(place * self.step))
        self.eps.valueChanged.connect(self.set_eps)
        self.samples.valueChanged.connect(self._again)
        session.theme.changed.connect(self._colour)
        self.set_eps(min(radius.begin, radius.most) * 0.8)
        self._again()

    def _place(self) -> None:
        grid = QGridLayout()
        grid.addWidget(self.distances, 0, 0)
        grid.addWidget(self.counts, 0, 1)
        grid.addWidget(self.quality, 1, 0)
        grid.addWidget(self.table, 1, 1)
        for at in (0, 1):
            grid.setColumnStretch(at, 1)
            grid.setRowStretch(at, 5 + at)
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("Epsilon")))
        row.addWidget(self.slider, 1)
        row.addWidget(self.eps)
        row.addSpacing(12)
        row.addWidget(QLabel(tr("Minimum samples")))
        row.addWidget(self.samples)
        layout = QVBoxLayout(self)
        layout.addLayout(grid, 1)
        layout.addWidget(self.told)
        layout.addLayout(row)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the clustering form is given."""
        return {"method": "dbscan", "eps": self.value, "min_samples": self.samples.value()}

    @property
    def value(self) -> float:
        """The radius chosen."""
        return float(f"{self.slider.value() * self.step:.12g}")

    def set_eps(self, eps: float) -> None:
        """Choose a radius: slider, number, lines and figures follow."""
        if self._moving:
            return
        self._moving = True
        self.slider.setValue(round(eps / self.step))
        self.eps.setValue(self.value)
        for line in (self.level, *self.lines):
            line.setValue(self.value)
        self._moving = False
        self._at.ask((self.value, self.samples.value()))

    def _again(self) -> None:
        """Another `min_samples`: everything is drawn anew."""
        self._curves.ask(self.samples.value())
        self._at.ask((self.value, self.samples.value()))

    def _compute(self, min_samples: int) -> list[Outcome]:
        return [self._radius.outcome(eps, min_samples) for eps in self._radius.values()]

    def _show(self, found: Outcome) -> None:
        silhouettes = self._radius.silhouettes
        self.table.show_outcome(found, None if silhouettes is None else len(silhouettes.rows))

    def _draw(self, outcomes: list[Outcome]) -> None:
        first = not self._outcomes
        self._outcomes = outcomes
        self.best = best(outcomes)
        self._colour()
        bend = knee(self._radius.distances(self.samples.value()))
        parts = [] if bend is None else [tr("Knee of the k-distance plot at {knee:.3f}.", knee=bend)]
        parts.insert(0, tr("Epsilon and the distances: {what}.", what=self._unit))
        parts.append(tr("Other people's faces begin at about {begin:.3f}.", begin=self._radius.begin))
        if self.best is not None:
            parts.append(best_line(self.best, self._radius.judging))
        self.told.setText(" ".join(parts))
        if first and self.best is not None:
            self.set_eps(self.best.value)

    def _colour(self) -> None:
        """Draw the curves in the theme's colours."""
        theme = self._session.theme
        place = max(1, self.samples.value() - 1)
        self.distances.setTitle(tr("k-distance, neighbour {k}", k=place))
        for plot in self._plots:
            plot.clear()
            retheme(plot, theme)
        pens = curve_pens(theme)
        self._draw_distances(pens[0], theme.tokens["muted"])
        self._legends[0].show_entries(draw_counts(self.counts, self._outcomes, pens), theme.tokens["text"])
        self._legends[1].show_entries(draw_quality(self.quality, self._outcomes, pens), theme.tokens["text"])
        accent = line_pen(theme.tokens["accent"], 2)
        for plot, line in zip(self._plots, (self.level, *self.lines), strict=True):
            line.setPen(accent)
            line.setHoverPen(line_pen(theme.tokens["accent"], 4))
            plot.addItem(line)

    def _draw_distances(self, pen: Any, muted: str) -> None:
        away = self._radius.distances(self.samples.value())
        places = np.unique(np.linspace(0, len(away) - 1, POINTS).astype(int))
        self.distances.plot(places + 1, away[places], pen=pen)
        bend = knee(away)
        if bend is not None:
            at = int(np.searchsorted(away, bend)) + 1
            self.distances.plot(
                [at],
                [bend],
                pen=None,
                symbol="o",
                symbolSize=10,
                symbolBrush=None,
                symbolPen=line_pen(pen.color(), 2),
            )
            label = pg.TextItem(tr("knee {knee:.3f}", knee=bend), color=muted, anchor=(1, 1))
            label.setPos(at, bend)
            self.distances.addItem(label)
