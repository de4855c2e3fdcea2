"""Training curves with matplotlib."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fairdesk.figures.axis_names import axis_name
from fairdesk.figures.style import group_style


def curves_figure(
    series: Mapping[str, Sequence[tuple[float, float]]],
    smoothed: Mapping[str, Sequence[float]],
    axis: str,
    title: str,
    evaluated: Collection[str] = (),
) -> Figure:
    """Draw each series; where it is smoothed, the raw curve stays visible behind.

    What was evaluated (accuracies, FID) has a plot of its own below the losses, over the same steps, as in the window.
    """
    rows = [[name for name in series if (name in evaluated) == wanted] for wanted in (False, True)]
    kept = [names for names in rows if names] or [[]]
    figure = Figure(figsize=(8, 4.6 if len(kept) == 1 else 7.2), layout="constrained")
    plots = figure.subplots(len(kept), sharex=True, squeeze=False)[:, 0]
    for plot, names in zip(plots, kept, strict=True):
        _draw(plot, {name: series[name] for name in names}, smoothed)
        plot.set_ylabel(axis_name(names))
    plots[0].set_title(title)
    plots[-1].set_xlabel(axis)
    return figure


def _draw(
    axes: Axes, series: Mapping[str, Sequence[tuple[float, float]]], smoothed: Mapping[str, Sequence[float]]
) -> None:
    for number, (name, points) in enumerate(series.items()):
        colour, _, _ = group_style(number)
        steps = [step for step, _ in points]
        raw = [value for _, value in points]
        if name in smoothed:
            axes.plot(steps, raw, color=colour, linewidth=0.8, alpha=0.3)
            axes.plot(steps, list(smoothed[name]), color=colour, linewidth=1.4, label=name)
        else:
            axes.plot(steps, raw, color=colour, linewidth=1.0, label=name, marker="o" if len(raw) == 1 else None)
    axes.grid(visible=True, alpha=0.25)
    axes.legend(
        fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0)
    )  # beside the curves, never on the newest points
