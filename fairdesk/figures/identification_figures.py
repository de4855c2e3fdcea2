"""Match characteristics of one-to-many search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from fairdesk.figures.lettering import entry
from fairdesk.figures.style import ALL_LIGHT, group_line, group_style
from fairdesk.figures.verification_figures import dress, percent_axis
from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.words import tr

RANKS = 50  # ranks that are drawn


def draw_matches(
    axes: Axes, curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], groups: Sequence[str] | None = None
) -> None:
    """Draw name -> (pessimistic, optimistic) rates at rank 1, 2, ...; where the two differ, both are drawn.

    The whole set's name is `WHOLE`; a group's colour follows from its place among `groups` (those without a curve too).
    """
    groups = [name for name in curves if name != WHOLE] if groups is None else groups
    for name, (worst, best) in curves.items():
        colour, _, marker = (ALL_LIGHT, "", None) if name == WHOLE else group_style(groups.index(name))
        shown = whole_name(groups) if name == WHOLE else entry(name)
        ranks = range(1, min(len(worst), RANKS) + 1)
        line = "-" if name == WHOLE else group_line(groups.index(name))
        look: dict[str, Any] = {"marker": marker, "markevery": 0.12, "markersize": 4.5, "linestyle": line}
        axes.plot(ranks, worst[:RANKS], color=colour, label=shown, **look)
        if list(worst[:RANKS]) != list(best[:RANKS]):
            axes.plot(ranks, best[:RANKS], color=colour, linestyle=":", linewidth=1)
    axes.set(
        xlabel=tr("rank; dotted: equal scores counted in favour"), ylabel=tr("mated probes found"), ylim=(None, 1.005)
    )
    percent_axis(axes.yaxis)
    dress(axes, tr("Cumulative match characteristic"))
