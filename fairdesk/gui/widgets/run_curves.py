"""Curves of runs and logs: losses above, what was evaluated below, on the same axis; read out under the pointer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fairdesk.figures.style import group_style
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.plots import new_plot, retheme
from fairdesk.runs.logs import smooth

Array = npt.NDArray[np.float64]
_NEAR = 0.003  # how near the pointer has to be, as a share of the plot, squared


@dataclass(frozen=True)
class Line:
    """One series to draw: places on the chosen axis, values, and whether it was evaluated (else it is a loss)."""

    path: Path
    name: str
    label: str
    x: Array
    values: list[float]
    evaluated: bool


class RunCurves(QWidget):
    """Two plots one above the other; the lower is there only when something evaluated is shown."""

    hovered = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.losses, self.rates = new_plot("", "step", "value"), new_plot("", "step", "evaluated")
        self._drawn: dict[pg.PlotWidget, list[tuple[Line, Array]]] = {self.losses: [], self.rates: []}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for plot in (self.losses, self.rates):
            plot.addLegend(offset=(-10, 10))
            layout.addWidget(plot)
            plot.scene().sigMouseMoved.connect(lambda place, plot=plot: self._on_move(plot, place))
        self.rates.setXLink(self.losses)

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
            plot.getPlotItem().legend.setLabelTextColor(self._theme.tokens["text"])
            plot.setLogMode(x=False, y=logarithmic)
            plot.setLabel("bottom", axis)
            self._drawn[plot] = []
        self.rates.setVisible(any(line.evaluated for line in lines))
        self.losses.setVisible(not lines or any(not line.evaluated for line in lines))
        for number, line in enumerate(lines):
            plot = self.rates if line.evaluated else self.losses
            colour, _, _ = group_style(number)
            if weight:
                faint = pg.mkColor(colour)
                faint.setAlpha(70)
                self._curve(plot, line.x, line.values, pg.mkPen(faint, width=1), None)
            shown = smooth(line.values, weight) if weight else line.values
            self._curve(plot, line.x, shown, pg.mkPen(colour, width=1), line.label)
            self._drawn[plot].append((line, np.array(shown)))
        pen = pg.mkPen(self._theme.tokens["muted"], style=pg.QtCore.Qt.PenStyle.DotLine)
        for name, place in marks:
            for plot in (self.losses, self.rates):
                mark = pg.InfiniteLine(place, angle=90, pen=pen)
                mark.setToolTip(name)
                plot.addItem(mark, ignoreBounds=True)

    @staticmethod
    def _curve(plot: pg.PlotWidget, x: Array, values: list[float], pen: object, name: str | None) -> None:
        curve = plot.plot(x, np.array(values), pen=pen, name=name, connect="finite")
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
                    raw = f" (raw {line.values[row]:.4g})" if line.values[row] != values[row] else ""
                    best = (far, f"{line.label}: {values[row]:.4g}{raw} at {line.x[row]:g}")
        self.hovered.emit(best[1] if best is not None and best[0] < _NEAR else "")
