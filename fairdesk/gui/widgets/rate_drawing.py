"""A plot of error rates of the window as the report draws it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fairdesk.figures import verification_figures as plots
from fairdesk.figures.lettering import lettering
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.widgets.shown_rates import Shown


def rate_figure(kind: str, shown: Shown, hidden: Collection[str]) -> Figure:
    """Return "roc", "det", "rates" or "scores" as a figure, without what is hidden; groups keep their colours."""
    curves = shown.seen(hidden)
    bins = {name: one for name, one in shown.group_bins.items() if name not in hidden}

    def draw(axes: Axes) -> None:
        if kind == "roc":
            plots.draw_roc(axes, curves)
        elif kind == "det":
            plots.draw_det(axes, curves)
        elif kind == "rates":
            plots.draw_rates(axes, curves, shown.threshold)
        elif bins:
            plots.draw_group_scores(
                axes, bins, distance=shown.distance, threshold=shown.threshold, groups=list(shown.group_bins)
            )
        elif shown.bins is not None:
            title = tr("Scores of all pairs")
            plots.draw_scores(axes, shown.bins, title, distance=shown.distance, threshold=shown.threshold)

    with lettering([*shown.groups, *shown.group_bins]):
        return plots.framed(draw)
