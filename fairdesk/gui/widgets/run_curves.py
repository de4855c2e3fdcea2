"""Curves of runs and logs: losses above, what was evaluated below, on the same axis; read out under the pointer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fairdesk.figures.axis_names import axis_name
from fairdesk.figures.style import group_style
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.plot_export import new_plot, retheme
from fairdesk.gui.widgets.top_legend import TopLegend
from fairdesk.runs.training_logs import smooth
from fairdesk.words import tr

Array = npt.NDArray[np.float64]
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_NEAR = 0.003  # how near the pointer has to be, as a share of the plot, squared


@dataclass(frozen=True)
class Line:
    """One series to draw: places on the chosen axis, values, and whether it was evaluated (else it is a loss)."""

    source: str  # the run or log
    name: str
    label: str
    x: Array
    values: list[float]
    evaluated: bool


def _pens(lines: list[Line]) -> tuple[list[Any], list[tuple[str, Any]]]:
    """Return each line's pen, and the legend.

    With several series of several sources the colour tells the series and the dashes the source; else the colour
    tells them apart.
    """
    sources = list(dict.fromkeys(line.source for line in lines))
    names = list(dict.fromkeys(line.name for line in lines))
    if len(sources) == 1 or len(names) == 1:
        by_name = len(sources) == 1
        pens = {
            key: pg.mkPen(group_style(number)[0], width=1) for number, key in enumerate(names if by_name else sources)
        }
        return [pens[line.name if by_name else line.source] for line in lines], list(pens.items())
    colours = {name: group_style(number)[0] for number, name in enumerate(names)}
    dashes = {source: _DASHES[number % len(_DASHES)] for number, source in enumerate(sources)}
    legend = [(name, pg.mkPen(colour, width=1)) for name, colour in colours.items()]
    legend += [(source, pg.mkPen("#888888", width=1, style=dash)) for source, dash in dashes.items()]
    return [pg.mkPen(colours[line.name], width=1, style=dashes[line.source]) for line in lines], legend


def _told(line: Line, value: float, row: int) -> str:
    """Say one point of a curve; the raw one too where it was smoothed."""
    raw, x = line.values[row], line.x[row]
    if raw != value:
        return tr("{curve}: {value:.4g} (raw {raw:.4g}) at {x:g}", curve=line.label, value=value, raw=raw, x=x)
    return tr("{curve}: {value:.4g} at {x:g}", curve=line.label, value=value, x=x)


class RunCurves(QWidget):
    """Two plots one above the other; the lower is there only when something evaluated is shown."""

    hovered = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.losses, self.rates = (new_plot("", tr("step"), "", self.show_all) for _ in range(2))
        self._drawn: dict[pg.PlotWidget, list[tuple[Line, Array]]] = {self.losses: [], self.rates: []}
        self._legends: dict[pg.PlotWidget, TopLegend] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for plot in (self.losses, self.rates):
            self._legends[plot] = TopLegend(plot)
            layout.addWidget(plot, 1)
            plot.scene().sigMouseMoved.connect(lambda place, plot=plot: self._on_move(plot, place))
        self.rates.setXLink(self.losses)

    def show_all(self) -> None:
        """Show all points again: both plots have one axis of steps."""
        for plot in (self.losses, self.rates):
            plot.getPlotItem().enableAutoRange()

    def draw(
        self, lines: list[Line], axis: str, *, weight: float, logarithmic: bool, marks: list[tuple[str, float]]
    ) -> None:
        """Draw lines anew.

        Parameters
        ----------
        axis
            What the horizontal axis shows ("step", "epoch", "hours").
        weight
            Of the debiased moving average; with one, the raw curve stays visible behind.
        marks
            Checkpoints: a name, and a place on the axis.
        """
        for plot in (self.losses, self.rates):
            retheme(plot, self._theme)
            plot.clear()
            plot.setLogMode(x=False, y=logarithmic)
            plot.setLabel("bottom", axis)
            self._drawn[plot] = []
        self.rates.setVisible(any(line.evaluated for line in lines))
        self.losses.setVisible(not lines or any(not line.evaluated for line in lines))
        for plot, here in (
            (self.losses, [line for line in lines if not line.evaluated]),
            (self.rates, [line for line in lines if line.evaluated]),
        ):
            pens, legend = _pens(here)
            for line, pen in zip(here, pens, strict=True):
                if weight:
                    faint = pg.mkColor(pen.color())
                    faint.setAlpha(70)
                    self._curve(plot, line.x, line.values, pg.mkPen(faint, width=1))
                shown = smooth(line.values, weight) if weight else line.values
                self._curve(plot, line.x, shown, pen)
                self._drawn[plot].append((line, np.array(shown)))
            self._legends[plot].show_entries(legend, self._theme.tokens["text"])
            plot.setLabel("left", escape(axis_name(line.name for line in here)))  # it takes HTML
        pen = pg.mkPen(self._theme.tokens["muted"], style=Qt.PenStyle.DotLine)
        for name, place in marks:
            for plot in (self.losses, self.rates):
                mark = pg.InfiniteLine(place, angle=90, pen=pen)
                mark.setToolTip(name)
                plot.addItem(mark, ignoreBounds=True)

    @staticmethod
    def _curve(plot: pg.PlotWidget, x: Array, values: list[float], pen: Any) -> None:
        alone = {
            "symbol": "o",
            "symbolSize": 6,
            "symbolPen": None,
            "symbolBrush": pen.color(),
        }  # no line shows one point
        curve = plot.plot(x, np.array(values), pen=pen, connect="finite", **(alone if len(values) == 1 else {}))
        curve.setDownsampling(auto=True, method="peak")
        curve.setClipToView(True)

    def _on_move(self, plot: pg.PlotWidget, place: Any) -> None:
        """Tell the point nearest to the pointer."""
        view = plot.getPlotItem().vb
        if not plot.sceneBoundingRect().contains(place):
            return
        pointer = view.mapSceneToView(place)
        (x0, x1), (y0, y1) = view.viewRange()
        best: tuple[float, str] | None = None
        logarithmic = plot.getPlotItem().getAxis("left").logMode
        for line, values in self._drawn[plot]:
            near = int(np.searchsorted(line.x, pointer.x()))
            for row in (near - 1, near):
                if not 0 <= row < len(values) or not math.isfinite(values[row]) or (logarithmic and values[row] <= 0):
                    continue
                height = math.log10(values[row]) if logarithmic else float(values[row])
                far = ((line.x[row] - pointer.x()) / (x1 - x0)) ** 2 + ((height - pointer.y()) / (y1 - y0)) ** 2
                if best is None or far < best[0]:
                    best = (far, _told(line, float(values[row]), row))
        self.hovered.emit(best[1] if best is not None and best[0] < _NEAR else "")
