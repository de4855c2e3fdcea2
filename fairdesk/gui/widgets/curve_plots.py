"""ROC, DET, FMR/FNMR and score plots, one colour and symbol a group, with a readout under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fairdesk.figures.error_curve import Curve
from fairdesk.figures.style import ALL_DARK, ALL_LIGHT, GENUINE, IMPOSTOR, group_style
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.plot_export import new_plot, retheme
from fairdesk.gui.widgets.top_legend import TopLegend
from fairdesk.words import tr

Array = npt.NDArray[np.float64]
_PROBIT = NormalDist().inv_cdf
_TICKS = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.4)


def probit(rates: Array) -> Array:
    """Inverse normal distribution; 0 and 1 have none and become NaN."""
    return np.array([_PROBIT(r) if 0 < r < 1 else np.nan for r in rates])


class RatePlot(QWidget):
    """One plot of error rates; `hovered` tells what lies under the pointer."""

    hovered = Signal(str)

    def __init__(self, theme: Theme, kind: str) -> None:
        super().__init__()
        titles = {
            "roc": (tr("ROC"), tr("FAR (= FMR)"), tr("TAR (= 1 − FNMR)")), "det": (tr("DET"), tr("FMR"), tr("FNMR")),
            "rates": (tr("FMR (solid) and FNMR (dashed)"), tr("threshold (similarity)"), tr("rate")),
            "scores": (tr("Scores of all pairs"), tr("score (similarity)"), tr("density")),
        }  # fmt: skip
        self.kind = kind
        self._theme = theme
        self._curves: Sequence[Curve] = ()
        self._drawn: list[tuple[Curve, Array, Array]] = []
        self._groups: list[str] = []
        self._bins: Any = None
        self._threshold: float | None = None
        self.plot = new_plot(*titles[kind], self.redraw)
        self.legend = TopLegend(self.plot)
        self._entries: list[tuple[str, Any]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.plot.scene().sigMouseMoved.connect(self._on_move)
        theme.changed.connect(self.redraw)
        if kind == "roc":
            self.plot.setLogMode(x=True, y=False)
        elif kind == "det":
            ticks = [[(_PROBIT(t), f"{100 * t:g} %") for t in _TICKS]]
            for side in ("bottom", "left"):
                self.plot.getPlotItem().getAxis(side).setTicks(ticks)

    def show_curves(
        self, curves: Sequence[Curve], groups: list[str], bins: Any, threshold: float | None, *, distance: bool = False
    ) -> None:
        """Draw other curves; `distance` says what their thresholds are."""
        if self.kind in ("rates", "scores"):
            names = {
                "rates": (tr("threshold (similarity)"), tr("threshold (distance)")),
                "scores": (tr("score (similarity)"), tr("score (distance)")),
            }
            self.plot.setLabel("bottom", names[self.kind][distance])
        self._curves, self._groups, self._bins, self._threshold = curves, groups, bins, threshold
        self.redraw()

    def _pen(self, name: str, *, dashed: bool = False) -> tuple[Any, str, str | None]:
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        if name == "all":
            colour = ALL_DARK if self._theme.dark else ALL_LIGHT
            return pg.mkPen(colour, width=1, style=style), colour, None
        colour, symbol, _ = group_style(self._groups.index(name))
        return pg.mkPen(colour, width=1, style=style), colour, symbol

    def redraw(self) -> None:
        """Draw everything again in the theme's colours."""
        retheme(self.plot, self._theme)
        self.plot.clear()
        self._drawn, self._entries = [], []
        {"roc": self._roc, "det": self._det, "rates": self._rates, "scores": self._scores}[self.kind]()
        self.legend.show_entries(self._entries, self._theme.tokens["text"])
        self.plot.enableAutoRange()
        if self.kind == "det":
            low = min(
                [
                    _PROBIT(0.001),
                    *(float(np.nanmin(a)) for _, x, y in self._drawn for a in (x, y) if np.isfinite(a).any()),
                ]
            )
            self.plot.setRange(xRange=(low, _PROBIT(0.5)), yRange=(low, _PROBIT(0.5)), padding=0.02)

    def _line(self, curve: Curve, x: Array, y: Array) -> None:
        pen, colour, symbol = self._pen(curve.name)
        self.plot.plot(x, y, pen=pen, connect="finite")
        self._entries.append((curve.name, pen))
        if symbol is not None:
            good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
            if len(good):
                some = good[np.linspace(0, len(good) - 1, 9).astype(int)]
                self.plot.plot(
                    x[some], y[some], pen=None, symbol=symbol, symbolSize=7, symbolBrush=colour, symbolPen=None
                )
        self._drawn.append((curve, x, y))

    def _mark(self, curve: Curve, x: float, y: float) -> None:
        _, colour, symbol = self._pen(curve.name)
        if np.isfinite(x) and np.isfinite(y):
            self.plot.plot(
                [x],
                [y],
                pen=None,
                symbol=symbol or "o",
                symbolSize=11,
                symbolBrush=None,
                symbolPen=pg.mkPen(colour, width=2),
            )

    def _roc(self) -> None:
        for curve in self._curves:
            keep = curve.fmr > 0
            self._line(curve, np.where(keep, curve.fmr, np.nan), 1 - curve.fnmr)
            self._mark(curve, curve.eer, 1 - curve.eer) if curve.eer > 0 else None

    def _det(self) -> None:
        for curve in self._curves:
            self._line(curve, probit(curve.fmr), probit(curve.fnmr))
            if 0 < curve.eer < 1:
                self._mark(curve, _PROBIT(curve.eer), _PROBIT(curve.eer))

    def _rates(self) -> None:
        for curve in self._curves:
            where = np.where(np.isfinite(curve.threshold), curve.threshold, np.nan)
            self._line(curve, where, curve.fmr)
            pen, _, _ = self._pen(curve.name, dashed=True)
            self.plot.plot(where, curve.fnmr, pen=pen, connect="finite")
            self._mark(curve, curve.eer_threshold, curve.eer)
            if curve.name == "all" and np.isfinite(curve.eer_threshold):
                text = pg.TextItem(tr("EER {eer:.2%}", eer=curve.eer), color=self._theme.tokens["text"], anchor=(0, 1))
                text.setPos(curve.eer_threshold, curve.eer)
                self.plot.addItem(text)
        if self._threshold is not None and np.isfinite(self._threshold):
            pen = pg.mkPen(self._theme.tokens["muted"], style=Qt.PenStyle.DotLine)
            self.plot.addItem(pg.InfiniteLine(self._threshold, angle=90, pen=pen))

    def _scores(self) -> None:
        if self._bins is None:
            return
        edges, genuine, impostor = self._bins
        for heights, colour, name in ((impostor, IMPOSTOR, tr("impostor")), (genuine, GENUINE, tr("genuine"))):
            fill = pg.mkColor(colour)
            fill.setAlpha(110)
            pen = pg.mkPen(colour, width=1)
            self.plot.plot(edges, heights, stepMode="center", fillLevel=0, brush=fill, pen=pen)
            self._entries.append((name, pen))

    def _on_move(self, position: Any) -> None:
        if not self._drawn or not self.plot.sceneBoundingRect().contains(position):
            return
        view = self.plot.getPlotItem().vb
        pointer = view.mapSceneToView(position)
        (x0, x1), (y0, y1) = view.viewRange()
        best: tuple[float, str] | None = None
        for curve, x, y in self._drawn:
            shown = np.log10(x, where=x > 0, out=np.full_like(x, np.nan)) if self.kind == "roc" else x
            far = ((shown - pointer.x()) / (x1 - x0)) ** 2 + ((y - pointer.y()) / (y1 - y0)) ** 2
            if np.isfinite(far).any():
                place = int(np.nanargmin(far))
                if best is None or far[place] < best[0]:
                    text = tr(
                        ("{curve}: threshold {threshold:.4g}, FMR {fmr:.3g} %, FNMR {fnmr:.3g} %"),
                        curve=curve.name,
                        threshold=curve.threshold[place],
                        fmr=100 * curve.fmr[place],
                        fnmr=100 * curve.fnmr[place],
                    )
                    best = (float(far[place]), text)
        self.hovered.emit(best[1] if best is not None and best[0] < 0.01 else "")
