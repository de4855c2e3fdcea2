"""Plots of the window as the report draws its own: on white, of one lettering, sharp at any size."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape
from typing import Any

import numpy as np
import pyqtgraph as pg
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from fairdesk.figures.lettering import entry, lettering
from fairdesk.figures.verification_figures import percent
from fairdesk.gui.widgets.name_axis import NameAxis
from fairdesk.gui.widgets.number_axis import NumberAxis
from fairdesk.gui.widgets.rate_axis import RateAxis

_DASHES: dict[Any, Any] = {
    Qt.PenStyle.SolidLine: "-", Qt.PenStyle.DashLine: "--", Qt.PenStyle.DotLine: ":", Qt.PenStyle.DashDotLine: "-.",
}  # fmt: skip
_MARKERS = {"o": "o", "s": "s", "t": "v", "t1": "^", "t2": ">", "t3": "<", "d": "D", "+": "P", "x": "X", "p": "p",
            "h": "h", "star": "*"}  # fmt: skip
_KNOWN = (pg.PlotDataItem, pg.BarGraphItem, pg.InfiniteLine, pg.TextItem)
_AXES = (pg.AxisItem, NumberAxis, RateAxis, NameAxis)
_PALE = 150  # of 255: lighter letters and lines are those of the dark theme
_LEGEND = 24  # names
_DECADES = 1.2  # of a logarithmic axis; with fewer, the ticks between are numbered too
_WIDE = 7.2  # inches


def plain_figure(plots: Sequence[pg.PlotWidget]) -> Figure | None:
    """Return plots, one below the other, as a figure; None where one holds what is no line, bar or text."""
    if not all(_can_be_drawn(plot) for plot in plots):
        return None
    names = [name for plot in plots for name, _ in _legend(plot)]
    with lettering([*names, *(plot.getPlotItem().titleLabel.text for plot in plots)]):
        shape = sum(plot.height() for plot in plots) / max(plot.width() for plot in plots)
        figure = Figure(figsize=(_WIDE, _WIDE * shape), layout="constrained")
        for axes, plot in zip(figure.subplots(len(plots), squeeze=False)[:, 0], plots, strict=True):
            _draw(axes, plot)
        figure.draw_without_rendering()  # laid out while the fonts are chosen
        figure.set_layout_engine("none")
    return figure


def _items(plot: pg.PlotWidget) -> list[Any]:
    return [item for item in plot.getPlotItem().items if item.isVisible()]


def _can_be_drawn(plot: pg.PlotWidget) -> bool:
    axes = [plot.getPlotItem().getAxis(side) for side in ("bottom", "left")]
    bent = any(isinstance(axis, RateAxis) and not axis.linear for axis in axes)
    return (
        not bent
        and all(type(axis) in _AXES for axis in axes)
        and all(isinstance(item, _KNOWN) for item in _items(plot))
    )


def _colour(of: QPen | QColor) -> tuple[str, float]:
    """Return a colour and how opaque it is; what is pale and grey, for the dark theme, is dark here."""
    colour = of.color() if isinstance(of, QPen) else of
    if colour.saturation() < 40 and colour.lightness() > _PALE:
        colour = QColor.fromHsl(max(colour.hslHue(), 0), colour.hslSaturation(), 90, colour.alpha())
    return to_hex((colour.redF(), colour.greenF(), colour.blueF())), colour.alphaF()


def _legend(plot: pg.PlotWidget) -> list[tuple[str, QPen]]:
    return list(getattr(plot, "legend_entries", ()))


def _draw(axes: Axes, plot: pg.PlotWidget) -> None:
    item = plot.getPlotItem()
    logarithmic = item.getAxis("left").logMode
    if logarithmic:
        axes.set_yscale("log")
        low, high = item.vb.viewRange()[1]
        plain = FuncFormatter(lambda value, _place: f"{value:g}")  # 10^2 would be a formula, which names may not be
        axes.yaxis.set_major_formatter(plain)
        axes.yaxis.set_minor_formatter(plain if high - low < _DECADES else NullFormatter())
    for one in _items(plot):
        if isinstance(one, pg.PlotDataItem):
            _line(axes, one)
        elif isinstance(one, pg.BarGraphItem):
            _bars(axes, one)
        elif isinstance(one, pg.InfiniteLine):
            colour, alpha = _colour(one.pen)
            place, style = one.value(), _DASHES.get(one.pen.style(), "-")
            if one.angle % 180:
                axes.axvline(place, color=colour, alpha=alpha, linestyle=style, linewidth=1)
            else:
                axes.axhline(
                    10**place if logarithmic else place, color=colour, alpha=alpha, linestyle=style, linewidth=1
                )
        else:
            x, y = one.pos().x(), one.pos().y()
            axes.text(
                x, 10**y if logarithmic else y, one.toPlainText(), fontsize=7, color=_colour(one.color)[0],
                ha="left" if one.anchor.x() < 0.3 else "right" if one.anchor.x() > 0.7 else "center",
                va="top" if one.anchor.y() < 0.3 else "bottom" if one.anchor.y() > 0.7 else "center",
            )  # fmt: skip
    (x0, x1), (y0, y1) = item.vb.viewRange()
    axes.set(xlim=(x0, x1), ylim=(10**y0, 10**y1) if logarithmic else (y0, y1))
    if item.titleLabel.isVisible() and item.titleLabel.text:
        axes.set_title(item.titleLabel.text, fontsize=10)
    for side, axis in (("bottom", axes.xaxis), ("left", axes.yaxis)):
        shown = item.getAxis(side)
        axis.set_label_text(unescape(shown.labelText or ""))
        if isinstance(shown, RateAxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _place: percent(value)))
        named = dict(enumerate(shown.names)) if isinstance(shown, NameAxis) else dict((shown._tickLevels or [[]])[0])
        if named:
            upright = side == "bottom" and sum(len(text) for text in named.values()) > 80
            axis.set_ticks(list(named), [entry(text) for text in named.values()], rotation=90 if upright else 0)
    axes.grid(visible=True, alpha=0.25)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, which="both")
    _show_legend(axes, plot)


def _line(axes: Axes, item: pg.PlotDataItem) -> None:
    x, y = item.getOriginalDataset()
    if x is None or y is None or not len(x):
        return
    opts = item.opts
    pen = None if opts["pen"] is None else pg.mkPen(opts["pen"])
    if opts["stepMode"] == "center":
        colour, alpha = _colour(pen or pg.mkPen("k"))
        axes.stairs(y, x, color=colour, alpha=alpha, fill=opts["fillLevel"] is not None, linewidth=1.2)
        return
    look: dict[str, Any] = {"linestyle": "none"}
    if pen is not None and pen.style() != Qt.PenStyle.NoPen:
        colour, alpha = _colour(pen)
        look = {
            "color": colour, "alpha": alpha, "linestyle": _DASHES.get(pen.style(), "-"),
            "linewidth": 1.1 * max(pen.widthF(), 1.0),
        }  # fmt: skip
    if opts["symbol"] is not None:
        brush = pg.mkBrush(opts["symbolBrush"])
        colour, _ = _colour(brush.color())
        look |= {
            "marker": _MARKERS.get(opts["symbol"], "o"), "markersize": 0.7 * opts["symbolSize"],
            "markerfacecolor": "none" if brush.style() == Qt.BrushStyle.NoBrush else colour, "markeredgecolor": colour,
        }  # fmt: skip
    axes.plot(np.asarray(x, dtype=float), np.asarray(y, dtype=float), **look)


def _bars(axes: Axes, item: pg.BarGraphItem) -> None:
    opts = item.opts
    if opts.get("x0") is not None:
        axes.bar(opts["x0"], opts["height"], np.subtract(opts["x1"], opts["x0"]) if opts.get("x1") is not None else opts["width"],
                 align="edge", color=_colour(pg.mkBrush(opts["brush"]).color())[0])  # fmt: skip
        return
    colour, alpha = _colour(pg.mkBrush(opts["brush"]).color())
    bottom = opts["y0"] if opts.get("y0") is not None else 0
    hatch = None if pg.mkBrush(opts["brush"]).style() == Qt.BrushStyle.SolidPattern else "////"
    axes.bar(opts["x"], opts["height"], opts["width"], bottom, color=colour, alpha=alpha, hatch=hatch)


def _show_legend(axes: Axes, plot: pg.PlotWidget) -> None:
    entries = _legend(plot)[:_LEGEND]
    if not entries:
        return
    handles = []
    for name, pen in entries:
        colour, alpha = _colour(pen)
        handles.append(
            Line2D(
                [],
                [],
                color=colour,
                alpha=alpha,
                linestyle=_DASHES.get(pen.style(), "-"),
                linewidth=2,
                label=entry(name),
            )
        )
    axes.legend(
        handles=handles, fontsize=7, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False,
        ncols=max(1, min(4, len(entries), int(100 / (max(len(name) for name, _ in entries) + 6)))),
    )  # fmt: skip
