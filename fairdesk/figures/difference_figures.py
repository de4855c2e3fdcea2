"""Differences between two models with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from fairdesk.figures.lettering import short
from fairdesk.figures.verification_figures import dress
from fairdesk.jobs.wording import points
from fairdesk.words import tr

SURE, UNSURE = "#0b5394", "#8a8a8a"


class DrawnDifference(NamedTuple):
    """A difference of rates, as fractions, with its interval where there is one."""

    name: str
    value: float
    interval: tuple[float, float] | None


def draw_differences(axes: Axes, rows: Sequence[DrawnDifference]) -> None:
    """Draw each difference as a point with its interval, the first at the top; blue and filled where zero is left out."""
    for place, row in enumerate(rows):
        sure = row.interval is not None and not row.interval[0] <= 0 <= row.interval[1]
        colour = SURE if sure else UNSURE
        if row.interval is not None:
            axes.plot(row.interval, [place, place], color=colour, linewidth=1.4, solid_capstyle="butt")
        axes.plot(
            [row.value], [place], marker="o", markersize=4.5, color=colour, markerfacecolor=colour if sure else "none"
        )
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [short(row.name) for row in rows])
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel=tr("second less first"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: points(value, sign=True).replace("-", "\u2212")))
    dress(axes, tr("Differences of rates, with 95 % intervals (filled: zero is outside)"), legend=False)
    axes.tick_params(labelsize=7)
