"""Curves of what a parameter comes to, each with its entry for the legend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication

from fairdesk.clustering.choosing.outcome import Outcome
from fairdesk.figures.style import group_style
from fairdesk.gui.theme import Theme
from fairdesk.words import tr

Entries = list[tuple[str, Any]]


def curve_pens(theme: Theme) -> list[Any]:
    """Return the pens of three curves, which differ in colour and in dashes."""
    colours = [theme.tokens[name] for name in ("accent", "text", "warn")]
    dashes = [Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine]
    return [line_pen(colour, 2, style) for colour, style in zip(colours, dashes, strict=True)]


def line_pen(colour: str | QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> Any:
    """Return a pen as wide on a screen of any scale: pyqtgraph counts the screen's own dots."""
    screen = QGuiApplication.primaryScreen()
    return pg.mkPen(colour, width=width * (screen.devicePixelRatio() if screen is not None else 1), style=style)


def draw_counts(plot: pg.PlotWidget, outcomes: list[Outcome], pens: list[Any]) -> Entries:
    """Draw how many clusters each value makes, how many faces are in none, and how large the largest is."""
    x = [one.value for one in outcomes]
    counts = {
        tr("clusters"): [one.clusters for one in outcomes],
        tr("unclustered"): [one.unclustered for one in outcomes],
        tr("largest cluster"): [one.largest for one in outcomes],
    }
    for values, pen in zip(counts.values(), pens, strict=True):
        plot.plot(x, np.maximum(values, 0.5) if values else [], pen=pen)
    return list(zip(counts, pens, strict=True))


def draw_quality(plot: pg.PlotWidget, outcomes: list[Outcome], pens: list[Any]) -> Entries:
    """Draw how good each value is: BCubed figures over all and by group, or silhouettes where nobody is known."""
    x = [one.value for one in outcomes]
    entries: Entries = []

    def draw(text: str, values: list[float], pen: Any) -> None:
        if np.isfinite(values).any():
            plot.plot(x, values, pen=pen, connect="finite")
            entries.append((text, pen))

    known = [one.quality for one in outcomes if one.quality is not None]
    if not known:
        plot.setLabel("left", tr("silhouette"))
        draw(tr("silhouette"), [np.nan if one.silhouette is None else one.silhouette for one in outcomes], pens[0])
        return entries
    plot.setLabel("left", tr("BCubed"))
    draw(tr("F1"), [one.bcubed_f1 for one in known], pens[0])
    draw(tr("precision"), [one.bcubed_precision for one in known], pens[1])
    draw(tr("recall"), [one.bcubed_recall for one in known], pens[2])
    for number, group in enumerate(sorted({name for one in outcomes for name in one.groups})):
        values = [one.groups[group].bcubed_f1 if group in one.groups else np.nan for one in outcomes]
        draw(tr("F1 of {group}", group=group), values, line_pen(group_style(number)[0], 1))
    return entries
