"""Error rates of every group, runs beside each other, with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from fairdesk.figures.style import group_style
from fairdesk.words import tr


def groups_figure(rates: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw run -> group -> EER as bars: groups along the axis, one colour a run."""
    groups = list(dict.fromkeys(group for row in rates.values() for group in row))
    figure = Figure(figsize=(max(6.0, 1.2 * len(groups) + 0.25 * len(groups) * len(rates)), 4.4), layout="constrained")
    axes = figure.add_subplot()
    width = 0.8 / len(rates)
    for number, (name, row) in enumerate(rates.items()):
        colour, _, _ = group_style(number)
        places = np.arange(len(groups)) + (number - (len(rates) - 1) / 2) * width
        heights = [100 * row.get(group, np.nan) for group in groups]
        axes.bar(places, heights, width, color=colour, label=name)
    axes.set_xticks(np.arange(len(groups)), groups)
    axes.set(ylabel=tr("EER (%)"), title=tr("EER by group on held-out identities"))
    axes.grid(visible=True, axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
