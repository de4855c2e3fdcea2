"""Training curves with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from fairdesk.figures.style import group_style


def curves_figure(
    series: Mapping[str, Sequence[tuple[float, float]]], smoothed: Mapping[str, Sequence[float]], axis: str, title: str
) -> Figure:
    """Draw each series; where it is smoothed, the raw curve stays visible behind."""
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, points) in enumerate(series.items()):
        colour, _, _ = group_style(number)
        steps = [step for step, _ in points]
        raw = [value for _, value in points]
        if name in smoothed:
            axes.plot(steps, raw, color=colour, linewidth=0.8, alpha=0.3)
            axes.plot(steps, list(smoothed[name]), color=colour, linewidth=1.4, label=name)
        else:
            axes.plot(steps, raw, color=colour, linewidth=1.0, label=name, marker="o" if len(raw) == 1 else None)
    axes.set(xlabel=axis, ylabel="value", title=title)
    axes.grid(visible=True, alpha=0.25)
    axes.legend(fontsize=8)
    return figure
