"""Match characteristics of one-to-many search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from fairdesk.figures.style import ALL_LIGHT, group_line, group_style
from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.words import tr

RANKS = 50  # ranks that are drawn


def match_figure(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], title: str, groups: Sequence[str] | None = None
) -> Figure:
    """Draw name -> (pessimistic, optimistic) rates at rank 1, 2, ...; where the two differ, both are drawn.

    The whole set's name is `WHOLE`; a group's colour follows from its place among `groups` (those without a curve too).
    """
    groups = [name for name in curves if name != WHOLE] if groups is None else groups
    figure = Figure(figsize=(5.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    for name, (worst, best) in curves.items():
        colour, _, marker = (ALL_LIGHT, "", None) if name == WHOLE else group_style(groups.index(name))
        shown = whole_name(groups) if name == WHOLE else name
        ranks = range(1, min(len(worst), RANKS) + 1)
        line = "-" if name == WHOLE else group_line(groups.index(name))
        axes.plot(
            ranks,
            worst[:RANKS],
            color=colour,
            marker=marker,
            markevery=0.12,
            markersize=4.5,
            linestyle=line,
            label=shown,
        )
        if list(worst[:RANKS]) != list(best[:RANKS]):
            axes.plot(ranks, best[:RANKS], color=colour, linestyle=":", linewidth=1)
    axes.set(xlabel=tr("rank"), ylabel=tr("share of mated probes found"), ylim=(None, 1.005))
    axes.set_title(title, fontsize=11)
    axes.grid(visible=True, alpha=0.25)
    axes.legend(fontsize=8, loc="lower right")
    return figure
