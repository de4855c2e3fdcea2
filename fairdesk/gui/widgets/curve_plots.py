"""ROC, DET, FMR/FNMR and score plots: one colour and symbol a group, the common threshold as a line to drag."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget
from scipy.special import ndtri

from fairdesk.figures.drawn_rates import det_ends, roc_ends, said_in_words, without_place
from fairdesk.figures.error_curve import Curve
from fairdesk.figures.style import ALL_DARK, ALL_LIGHT, GENUINE, IMPOSTOR, group_style
from fairdesk.figures.threshold_beyond import all_or_none
from fairdesk.figures.whole_set import WHOLE
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.plot_export import new_plot, retheme
from fairdesk.gui.widgets.plot_gestures import PlotGestures
from fairdesk.gui.widgets.plot_keys import PlotKeys, Walk
from fairdesk.gui.widgets.plot_scroll import PlotScroll
from fairdesk.gui.widgets.rate_axis import RateAxis
from fairdesk.gui.widgets.shown_rates import Bins, Shown
from fairdesk.gui.widgets.threshold_note import ThresholdNote
from fairdesk.gui.widgets.top_legend import TopLegend, group_pen
from fairdesk.metrics.pairs_behind.pair_query import PairQuery
from fairdesk.words import tr, tr_n

Array = npt.NDArray[np.float64]
_READ_OUT = 8  # groups whose shares are read out at the pointer
_NEAR = 0.01  # of the plot's width and height, squared


_SPOKEN = {
    "roc": lambda: tr("ROC"), "det": lambda: tr("DET"), "rates": lambda: tr("FMR and FNMR"), "scores": lambda: tr("Scores"),
}  # fmt: skip


def probit(rates: Array) -> Array:
    """Inverse normal distribution; 0 and 1 have none and become NaN."""
    return np.where((rates > 0) & (rates < 1), ndtri(rates), np.nan)


class RatePlot(QWidget):
    """One plot of error rates. A readout follows the pointer; the legend above hides and shows curves."""

    threshold_moved = Signal(float)  # while the line is dragged
    threshold_settled = Signal(float)  # when it is let go
    pairs_asked = Signal(object)  # PairQuery
    saved = Signal(str)

    def __init__(self, theme: Theme, kind: str) -> None:
        super().__init__()
        titles = {
            "roc": ("", tr("FAR (= FMR)"), tr("TAR (= 1 − FNMR)")),
            "det": ("", tr("FMR"), tr("FNMR")),
            "rates": ("", tr("threshold (similarity)"), tr("rate")),
            "scores": ("", tr("score (similarity)"), tr("density")),
        }
        axes: dict[str, Any] = {
            "roc": {"bottom": RateAxis("bottom", "log"), "left": RateAxis("left")},
            "det": {"bottom": RateAxis("bottom", "probit"), "left": RateAxis("left", "probit")},
            "rates": {"left": RateAxis("left")},
        }
        self.kind = kind
        self._theme = theme
        self._shown = Shown()
        self.hidden: set[str] = set()
        self._drawn: list[tuple[Curve, Array, Array, bool]] = []  # in the plot's values; whether it is the FNMR
        self._rings: dict[str, Any] = {}
        self.plot = new_plot(*titles[kind], self.reset, axes=axes.get(kind))
        self.plot.drawing = self._drawing
        self.legend = TopLegend(self.plot)
        self.legend.item.sigSampleClicked.connect(self._on_legend)
        self._legend_names: list[str] = []
        self.gestures = PlotGestures(self.plot, self.reset)
        self.gestures.entries = self._entries
        self.gestures.clicked.connect(self._on_click)
        self.gestures.saved.connect(self.saved)
        self.plot.setAccessibleName(_SPOKEN[kind]())
        self.keys = PlotKeys(self.plot, theme, self.walks)
        self.keys.asked.connect(self.pairs_asked)
        self.line = pg.InfiniteLine(0, angle=90, movable=True)
        self.line.setZValue(20)
        self.line.setCursor(Qt.CursorShape.SizeHorCursor)
        self.line.sigPositionChanged.connect(lambda: self._on_line(self.threshold_moved))
        self.line.sigPositionChangeFinished.connect(lambda: self._on_line(self.threshold_settled))
        self._placing = False
        self.note = ThresholdNote(self.plot.getPlotItem().vb)
        self.readout = self.keys.readout  # one for the pointer and the keyboard: the newer says what it is at
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.scroller = PlotScroll(self.plot, lambda: QSize(0, self.legend.height_for_all()))
        layout.addWidget(self.scroller)
        self.plot.scene().sigMouseMoved.connect(self._on_move)
        theme.changed.connect(self.redraw)

    def show_curves(self, shown: Shown) -> None:
        """Draw other curves."""
        if self.kind in ("rates", "scores"):
            name = tr("threshold (distance)") if shown.distance else tr("threshold (similarity)")
            if self.kind == "scores":
                name = tr("score (distance)") if shown.distance else tr("score (similarity)")
            if self.kind == "rates":
                name = tr("{axis}; FMR solid, FNMR dashed", axis=name)
            elif shown.group_bins:
                name = tr("{axis}; genuine solid, impostor dashed", axis=name)
            self.plot.setLabel("bottom", name)
        self._shown = shown
        self.redraw()
        self.scroller.fit()

    def move_threshold(self, threshold: float | None, common: dict[str, tuple[float, float]]) -> None:
        """Move the line and the rings on the curves; nothing else is drawn anew. A plot that is not zoomed keeps them in view."""
        self._shown = replace(self._shown, threshold=threshold, common=common)
        self._place_line()
        self._place_rings()
        view = self.plot.getPlotItem().vb
        if self.kind in ("roc", "det") and self.plot.zoom_reset.isHidden():
            (low, high), ends = (
                view.viewRange()[1],
                (roc_ends if self.kind == "roc" else det_ends)(self._shown.seen(self.hidden))[1],
            )
            view.setYRange(min(low, ends[0]), max(high, ends[1]), padding=0)

    def _drawing(self) -> Any:
        """Return the plot as the report draws it, with what is hidden left out and as far as it is zoomed."""
        from fairdesk.gui.widgets.rate_drawing import rate_figure

        figure = rate_figure(self.kind, self._shown, self.hidden)
        if self.plot.zoom_reset.isVisibleTo(self.plot):
            x, y = self.plot.getPlotItem().vb.viewRange()
            figure.axes[0].set(xlim=[10**end for end in x] if self.kind == "roc" else x, ylim=y)
        return figure

    def _colour(self, name: str) -> tuple[str, str | None]:
        if name not in self._shown.groups:
            return (ALL_DARK if self._theme.dark else ALL_LIGHT), None
        colour, symbol, _ = group_style(list(self._shown.groups).index(name))
        return colour, symbol

    def _pen(self, name: str, *, dashed: bool = False) -> Any:
        """Return a group's pen. Where dashes tell FNMR or impostors, its symbol tells the groups of one colour apart."""
        if self.kind in ("rates", "scores") or name not in self._shown.groups:
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            return pg.mkPen(self._colour(name)[0], width=1.3, style=style)
        return group_pen(list(self._shown.groups).index(name))

    def redraw(self) -> None:
        """Draw everything again in the theme's colours."""
        retheme(self.plot, self._theme)
        self.plot.clear()
        self._drawn, self._rings = [], {}
        if self.kind == "scores":
            self._scores()
        else:
            for curve in self._shown.curves:
                if curve.name not in self.hidden:
                    {"roc": self._roc, "det": self._det, "rates": self._rates}[self.kind](curve)
        if self.kind == "det":
            self.plot.setLabel(
                "bottom", escape(". ".join(filter(None, [tr("FMR"), without_place(self._shown.seen(self.hidden))])))
            )
        self._show_legend()
        self.line.setPen(pg.mkPen(self._theme.tokens["accent"], width=2, style=Qt.PenStyle.DashLine))
        self.line.setHoverPen(pg.mkPen(self._theme.tokens["accent"], width=4))
        self.plot.addItem(self.line, ignoreBounds=True)
        self.readout.hide()
        self._place_line()
        self._place_rings()
        self.reset()
        self.keys.shown_again()

    def reset(self) -> None:
        """Show all of what is drawn, in a range that shows the curves."""
        self.plot.zoom_reset.hide()
        if self.kind == "scores" or not self._drawn:
            self.plot.enableAutoRange()
            return
        view = self.plot.getPlotItem().vb
        if self.kind == "rates":
            xs = np.concatenate([x[np.isfinite(x)] for _, x, _, _ in self._drawn])
            if not len(xs):  # all scores are infinite
                xs = np.zeros(1)
            view.setRange(xRange=(float(xs.min()), float(xs.max())), yRange=(0, 1), padding=0.02)
        elif self.kind == "roc":
            far, tar = roc_ends(self._shown.seen(self.hidden))
            view.setRange(xRange=tuple(np.log10(far).tolist()), yRange=tar, padding=0.02)
        else:
            fmr, fnmr = det_ends(self._shown.seen(self.hidden))
            if self.line.isVisible():  # of all comparisons, whose curve may be hidden
                fmr = (min(fmr[0], self.line.value()), max(fmr[1], self.line.value()))
            view.setRange(xRange=fmr, yRange=fnmr, padding=0.02)

    def _line(self, curve: Curve, x: Array, y: Array, *, fnmr: bool = False) -> None:
        self.plot.plot(x, y, pen=self._pen(curve.name, dashed=fnmr), connect="finite")
        colour, symbol = self._colour(curve.name)
        if symbol is not None:
            good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
            if len(good):
                some = good[np.linspace(0, len(good) - 1, 9).astype(int)]
                self.plot.plot(
                    x[some], y[some], pen=None, symbol=symbol, symbolSize=7, symbolBrush=colour, symbolPen=None
                )  # fmt: skip
        self._drawn.append((curve, x, y, fnmr))

    def _place(self, fmr: float, fnmr: float) -> tuple[float, float]:
        """Return where a pair of rates lies in the ROC or DET plot; NaN where it lies nowhere."""
        if self.kind == "roc":
            return (float(np.log10(fmr)) if fmr > 0 else np.nan), 1 - fnmr
        return tuple(probit(np.array([fmr, fnmr])).tolist())  # type: ignore[return-value]

    def _ring_place(self, curve: Curve, common: tuple[float, float]) -> tuple[float, float]:
        """Return where the common threshold stands on a curve: a rate of no error at its bound; TAR has a place for it."""
        if self.kind == "det":
            return self._place(*curve.on_probit(*common))
        return self._place(curve.seen(*common)[0], common[1])

    def _bounds(self, curve: Curve) -> None:
        """Mark where no error was seen: an open triangle at 3 / comparisons."""
        colour, _ = self._colour(curve.name)
        for (fmr, fnmr), symbol in zip(curve.bounds, ("t3", "t"), strict=True):
            if self.kind == "roc":
                fnmr = curve.zero_fmr
            x, y = self._place(fmr, fnmr)
            if np.isfinite([x, y]).all() and not (self.kind == "roc" and symbol == "t"):
                self.plot.plot(
                    [x], [y], pen=None, symbol=symbol, symbolSize=10, symbolBrush=None, symbolPen=pg.mkPen(colour, width=1.5)
                )  # fmt: skip
                self._drawn.append((curve, np.array([x]), np.array([y]), False))

    def _roc(self, curve: Curve) -> None:
        with np.errstate(divide="ignore"):
            x = np.where(curve.fmr > 0, np.log10(np.maximum(curve.fmr, 1e-300)), np.nan)
        self._line(curve, x, 1 - curve.fnmr)
        self._bounds(curve)

    def _det(self, curve: Curve) -> None:
        self._line(curve, probit(curve.fmr), probit(curve.fnmr))
        self._bounds(curve)

    def _rates(self, curve: Curve) -> None:
        where = np.where(np.isfinite(curve.threshold), curve.threshold, np.nan)
        self._line(curve, where, curve.fmr)
        self._line(curve, where, curve.fnmr, fnmr=True)

    def _scores(self) -> None:
        if self._shown.group_bins:
            for name, (edges, genuine, impostor) in self._shown_bins().items():
                for heights, dashed in ((impostor, True), (genuine, False)):
                    self.plot.plot(edges, heights, stepMode="center", pen=self._pen(name, dashed=dashed))
                    self._mark((edges[:-1] + edges[1:]) / 2, heights, name)
        elif self._shown.bins is not None:
            edges, genuine, impostor = self._shown.bins
            for heights, colour, name in ((impostor, IMPOSTOR, "impostor"), (genuine, GENUINE, "genuine")):
                if name not in self.hidden:
                    fill = pg.mkColor(colour)
                    fill.setAlpha(110)
                    self.plot.plot(
                        edges, heights, stepMode="center", fillLevel=0, brush=fill, pen=pg.mkPen(colour, width=1)
                    )  # fmt: skip

    def _mark(self, x: Array, y: Array, name: str) -> None:
        """Put a group's symbol on the top of a distribution and half-way down its sides."""
        colour, symbol = self._colour(name)
        if symbol is None or not len(y) or not y.any():
            return
        high = np.flatnonzero(y >= y.max() / 2)
        some = np.unique([high[0], int(np.argmax(y)), high[-1]])
        self.plot.plot(x[some], y[some], pen=None, symbol=symbol, symbolSize=7, symbolBrush=colour, symbolPen=None)

    def _shown_bins(self) -> dict[str, Bins]:
        """Return the distributions that are shown: of each group, or of all ("")."""
        if self._shown.group_bins:
            return {name: bins for name, bins in self._shown.group_bins.items() if name not in self.hidden}
        return {} if self._shown.bins is None else {"": self._shown.bins}

    def _names(self) -> list[tuple[str, str, Any]]:
        """Return key, text and pen of what can be hidden."""
        if self.kind != "scores":
            return [(curve.name, curve.shown, self._pen(curve.name)) for curve in self._shown.curves]
        if self._shown.group_bins:
            return [(name, name, self._pen(name)) for name in self._shown.group_bins]
        return [
            ("genuine", tr("genuine"), pg.mkPen(GENUINE, width=3)),
            ("impostor", tr("impostor"), pg.mkPen(IMPOSTOR, width=3)),
        ]

    def _show_legend(self) -> None:
        muted = self._theme.tokens["muted"]
        entries = []
        self._legend_names = []
        for key, text, pen in self._names():
            off = key in self.hidden
            shown, drawn = tr("{name} (hidden)", name=text) if off else text, pg.mkPen(muted) if off else pen
            entries.append((shown, drawn, self._colour(key)[1]))
            self._legend_names.append(key)
        self.legend.show_entries(entries, self._theme.tokens["text"])

    def _on_legend(self, clicked: Any) -> None:
        place = self.legend.entry_of(clicked)
        if place is not None:
            self.hide_curve(self._legend_names[place], hide=self._legend_names[place] not in self.hidden)

    def hide_curve(self, name: str, *, hide: bool) -> None:
        """Hide one curve, or show it again."""
        self.hidden = self.hidden | {name} if hide else self.hidden - {name}
        self.redraw()

    def _entries(self) -> list[tuple[str, bool, Any]]:
        return [
            (text, key not in self.hidden, lambda on, key=key: self.hide_curve(key, hide=not on))
            for key, text, _ in self._names()
        ]

    def _whole(self) -> Curve | None:
        return next((curve for curve in self._shown.curves if curve.whole), None)

    def _place_line(self) -> None:
        """Put the line where the common threshold is: in ROC and DET at the FMR of all comparisons."""
        threshold, place = self._shown.threshold, None
        if threshold is not None and np.isfinite(threshold):
            if self.kind in ("rates", "scores"):
                place = threshold
            elif WHOLE in self._shown.common and all_or_none(self._shown.common[WHOLE]) is None:
                curve, common = self._whole(), self._shown.common[WHOLE]
                x = self._ring_place(curve, common)[0] if curve is not None else self._place(*common)[0]
                place = x if np.isfinite(x) else None
        self.line.setVisible(place is not None)
        if place is not None:
            self._placing = True
            self.line.setValue(place)
            self._placing = False
        whole = self._shown.common.get(WHOLE)
        right = None if self.kind in ("roc", "det") or whole is None else (whole[0] == 0) != self._shown.distance
        self.note.say(threshold, whole, right=right, kind=self.kind, theme=self._theme)

    def _on_line(self, told: Any) -> None:
        if self._placing:
            return
        value = float(self.line.value())
        if self.kind in ("roc", "det"):
            curve = self._whole()
            if curve is None:
                return
            with np.errstate(divide="ignore"):
                places = np.log10(curve.fmr) if self.kind == "roc" else probit(curve.fmr)
            usable = np.flatnonzero(np.isfinite(places) & np.isfinite(curve.threshold))
            if not len(usable):
                return
            value = float(curve.threshold[usable[np.argmin(np.abs(places[usable] - value))]])
        told.emit(value)

    def _place_rings(self) -> None:
        """Mark the common threshold on each curve."""
        if self.kind not in ("roc", "det"):
            return
        seen = self._shown.seen(self.hidden)
        said = said_in_words(seen)
        for curve in self._shown.curves:
            point = None if said or curve.name in self.hidden else self._shown.common.get(curve.name)
            x, y = (np.nan, np.nan) if point is None else self._ring_place(curve, point)
            good = bool(np.isfinite([x, y]).all())
            ring = self._rings.get(curve.name)
            if ring is None:
                pen = pg.mkPen(self._colour(curve.name)[0], width=2)
                ring = self._rings[curve.name] = pg.ScatterPlotItem(symbol="o", size=13, brush=None, pen=pen)
                self.plot.addItem(ring, ignoreBounds=True)
            ring.setData([x] if good else [], [y] if good else [])

    def _nearest(self, x: float, y: float) -> tuple[Curve, int, bool] | None:
        """Return the curve, its point and whether it is its FNMR, near a place of the plot."""
        (x0, x1), (y0, y1) = self.plot.getPlotItem().vb.viewRange()
        best: tuple[float, tuple[Curve, int, bool]] | None = None
        for curve, xs, ys, fnmr in self._drawn:
            if len(xs) != len(curve.threshold):
                continue
            far = ((xs - x) / (x1 - x0)) ** 2 + ((ys - y) / (y1 - y0)) ** 2
            if np.isfinite(far).any():
                place = int(np.nanargmin(far))
                if best is None or far[place] < best[0]:
                    best = float(far[place]), (curve, place, fnmr)
        return best[1] if best is not None and best[0] < _NEAR else None

    def read_out(self, x: float, y: float) -> str:
        """Return what lies at a place of the plot."""
        if self.kind == "scores":
            return "\n".join([tr("score {score:.4g}", score=x), *self._shares(x)])
        found = self._nearest(x, y)
        if found is None:
            return ""
        return self._said(*found[:2])

    def _said(self, curve: Curve, place: int) -> str:
        return tr(
            "{curve}: threshold {threshold:.4g}, FMR {fmr:.3g} %, FNMR {fnmr:.3g} %",
            curve=curve.shown,
            threshold=curve.threshold[place],
            fmr=100 * curve.fmr[place],
            fnmr=100 * curve.fnmr[place],
        )

    def _shares(self, score: float) -> list[str]:
        """Say what share of all comparisons, and of each group's that is shown, a threshold at a score would accept."""
        curves = [curve for curve in self._shown.curves if curve.name not in self.hidden]
        lines = []
        for curve in curves[: _READ_OUT + 1]:
            fmr, fnmr = curve.rates_at(score)
            lines.append(
                tr(
                    "{curve}: {genuine:.3g} % of genuine, {impostor:.3g} % of impostor scores at or below",
                    curve=curve.shown, genuine=100 - 100 * fnmr, impostor=100 * fmr,
                )
                if curve.distance
                else tr(
                    "{curve}: {genuine:.3g} % of genuine, {impostor:.3g} % of impostor scores at or above",
                    curve=curve.shown, genuine=100 - 100 * fnmr, impostor=100 * fmr,
                )
            )  # fmt: skip
        left = len(curves) - len(lines)
        return [*lines, tr_n("{n:,} more", "{n:,} more", left)] if left else lines

    def _on_move(self, position: Any) -> None:
        view = self.plot.getPlotItem().vb
        if not view.sceneBoundingRect().contains(position):
            self.keys.pointer_left()
            return
        pointer = view.mapSceneToView(position)
        text = self.read_out(pointer.x(), pointer.y())
        if text:
            self.readout.show_at(text, pointer.x(), pointer.y(), border="border")
        else:
            self.keys.pointer_left()

    def query_at(self, x: float, y: float) -> PairQuery | None:
        """Return the pairs behind a place of the plot: those whose scores are nearest to its threshold."""
        if self.kind == "scores":
            return self._scores_at(x, y)
        found = self._nearest(x, y)
        if found is None:
            return None
        return self._query(*found)

    def _query(self, curve: Curve, place: int, fnmr: bool) -> PairQuery:
        group = curve.name if curve.name in self._shown.groups else ""
        threshold = float(curve.threshold[place])
        near = threshold if np.isfinite(threshold) else None
        return PairQuery("genuine" if fnmr else "impostor", group, group, near)

    def _scores_at(self, x: float, y: float) -> PairQuery | None:
        """Return the comparisons of the distribution that runs nearest above or below a place, with scores near it."""
        best: tuple[float, PairQuery] | None = None
        for name, (edges, genuine, impostor) in self._shown_bins().items():
            place = int(np.clip(np.searchsorted(edges, x, "right") - 1, 0, len(genuine) - 1))
            for kind, heights in (("genuine", genuine), ("impostor", impostor)):
                far = abs(float(heights[place]) - y)
                if kind not in self.hidden and (best is None or far < best[0]):
                    best = far, PairQuery(kind, name, name, x)
        return None if best is None else best[1]

    def walks(self) -> list[Walk]:
        """Return the curves, or the distributions, for the keyboard."""
        if self.kind != "scores":
            return [self._of_curve(*one) for one in self._drawn if len(one[1]) == len(one[0].threshold)]
        out = []
        for name, (edges, genuine, impostor) in self._shown_bins().items():
            for kind, heights in (("genuine", genuine), ("impostor", impostor)):
                if kind not in self.hidden:
                    out.append(self._along(PairQuery(kind, name, name), (edges[:-1] + edges[1:]) / 2, heights))
        return out

    def _of_curve(self, curve: Curve, x: Array, y: Array, fnmr: bool) -> Walk:
        def said(place: int) -> str:
            which = [self._query(curve, place, fnmr).title()] if self.kind == "rates" else []
            return "\n".join([*which, self._said(curve, place)])

        return Walk(x, y, said, lambda place: self._query(curve, place, fnmr))

    def _along(self, query: PairQuery, x: Array, heights: Array) -> Walk:
        def said(place: int) -> str:
            return f"{query.title()}\n{self.read_out(float(x[place]), float(heights[place]))}"

        return Walk(x, heights, said, lambda place: replace(query, near=float(x[place])))

    def _on_click(self, x: float, y: float) -> None:
        query = self.query_at(x, y)
        if query is not None:
            self.pairs_asked.emit(query)
