"""ROC, DET, error rates, score and group plots with matplotlib, as PNG, SVG or PDF."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from scipy.special import ndtr, ndtri  # the normal quantile; scipy.stats would take a second to import

from fairdesk.figures.drawn_rates import det_ends, probit_ticks, ring, roc_ends, said_in_words, without_place
from fairdesk.figures.error_curve import Curve
from fairdesk.figures.lettering import entry, fit_title, short
from fairdesk.figures.rate_shares import rate_shares
from fairdesk.figures.style import ALL_LIGHT, GENUINE, IMPOSTOR, group_line, group_style
from fairdesk.figures.threshold_beyond import all_or_none
from fairdesk.words import mark, tr

Array = npt.NDArray[np.float64]
Bins = tuple[Array, Array, Array]

_READABLE = 4.0  # the smallest size of letters in cells


def percent(value: float) -> str:
    """Show a rate on an axis."""
    return f"{100 * value:.6g} %"


def framed(draw: Callable[[Axes], None], groups: int = 0) -> Figure:
    """Return a figure of its own for one plot: larger where it has a place for each of many groups, or a long legend."""
    more = max(0, groups - 6)
    wide, high = 5.6 + 0.55 * more, 4.4 + 0.3 * more
    figure = Figure(figsize=(wide, high), layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    names = axes.get_legend_handles_labels()[1]
    if axes.get_legend() is not None:
        rows = -(-len(names) // _columns_that_fit(axes, names))
        figure.set_size_inches(wide, high + 0.15 * max(0, rows - 3))
    fit_title(axes, 10)
    figure.draw_without_rendering()  # laid out once for all forms that it is written in
    figure.set_layout_engine("none")
    return figure


def dress(axes: Axes, title: str, *, legend: bool = True) -> None:
    """Give a plot its title, grid and legend."""
    axes.set_title(title, fontsize=10)
    axes.grid(visible=True, alpha=0.25)
    axes.tick_params(labelsize=8)
    names = axes.get_legend_handles_labels()[1]
    if legend and names:  # below the plot, where it covers no point
        columns = _columns_that_fit(axes, names)
        axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=columns, frameon=False)


def _columns_that_fit(axes: Axes, names: Sequence[str]) -> int:
    """Return in how many columns, 4 at most, a legend of letters of 7 points is no wider than the plot."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    wide = axes.get_window_extent().width * 72 / figure.dpi
    return max(1, min(4, len(names), int(wide / (max(map(len, names)) * 4.4 + 30))))


def percent_axis(axis: Any) -> None:
    """Show the rates of an axis in percent."""
    axis.set_major_formatter(FuncFormatter(lambda value, _place: percent(value)))


def _colour(curve: Curve, number: int) -> str:
    return ALL_LIGHT if curve.whole else group_style(number)[0]


def _line(axes: Axes, x: Array, y: Array, curve: Curve, number: int) -> None:
    """Draw one curve; groups are told apart by markers too, not by colour alone."""
    if curve.whole:
        axes.plot(x, y, label=entry(curve.shown), color=ALL_LIGHT, linewidth=1.6)
    else:
        colour, _, marker = group_style(number)
        axes.plot(
            x, y, label=entry(curve.name), color=colour, marker=marker, markevery=0.12, markersize=4, linewidth=1.2,
            linestyle=group_line(number),
        )  # fmt: skip


def _numbered(curves: Sequence[Curve]) -> list[tuple[int, Curve]]:
    groups = [curve.name for curve in curves if not curve.whole]
    own = [curve.number if curve.number is not None or curve.whole else groups.index(curve.name) for curve in curves]
    return [(number or 0, curve) for number, curve in zip(own, curves, strict=True)]


def _ring(axes: Axes, curve: Curve, number: int, x: float, y: float) -> None:
    """Mark the common threshold on a curve."""
    if np.isfinite([x, y]).all():
        axes.plot([x], [y], marker="o", markersize=8, markerfacecolor="none", color=_colour(curve, number))


def _say_at_edge(axes: Axes, text: str, height: float, *, right: bool) -> None:
    axes.text(
        0.98 if right else 0.02, height, f"{text} ▸" if right else f"◂ {text}", ha="right" if right else "left",
        va="center", fontsize="small", transform=axes.transAxes, zorder=5,
        bbox={"facecolor": "white", "edgecolor": "#888888", "boxstyle": "round,pad=0.3"},
    )  # fmt: skip


def _say_beyond(axes: Axes, curves: Sequence[Curve], *, none: float, every: float) -> None:
    """Say at the edge that a threshold beyond all scores lies at what is accepted there; at such a height of the axes."""
    whole = next((curve.common for curve in curves if curve.whole), None)
    said = all_or_none(whole)
    if said is not None and whole is not None:
        right = whole[0] == 1
        _say_at_edge(axes, tr("At the threshold: {said}", said=said), every if right else none, right=right)


def _threshold_line(axes: Axes, threshold: float | None) -> None:
    """Draw the common threshold; one so far off that the curves would shrink to a line is named at its edge instead."""
    if threshold is None or not np.isfinite(threshold):
        return
    low, high = axes.get_xlim()
    half = (high - low) / 2
    if low - half <= threshold <= high + half:
        axes.axvline(threshold, color="#888888", linewidth=1, linestyle=":")
    else:
        _say_at_edge(axes, tr("Threshold {threshold}", threshold=f"{threshold:.4g}"), 0.5, right=threshold > high)


def draw_roc(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw TAR against FAR, FAR on a logarithmic axis, the common threshold as a ring."""
    said = said_in_words(curves)
    for number, curve in _numbered(curves):
        keep = curve.fmr >= 1 / max(curve.ni, 1)
        _line(axes, curve.fmr[keep], 1 - curve.fnmr[keep], curve, number)
        bound = curve.seen(0.0, 1.0)[0]
        axes.plot([bound], [1 - curve.zero_fmr], marker="<", markerfacecolor="none", color=_colour(curve, number))
        at = ring(curve)
        if at is not None and not said:
            _ring(axes, curve, number, at[0], 1 - at[1])
    far, tar = roc_ends(curves)
    axes.set(xscale="log", xlabel=tr("FAR (= FMR)"), ylabel=tr("TAR (= 1 - FNMR)"), xlim=far, ylim=tar)
    for axis in (axes.xaxis, axes.yaxis):  # they go a little beyond 100 %, where nothing is
        axis.set_major_formatter(
            FuncFormatter(lambda value, _place: percent(value) if -1e-9 < value < 1 + 1e-9 else "")
        )
    _say_beyond(axes, curves, none=0.94, every=0.06)
    dress(axes, tr("ROC"))


def draw_det(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw FNMR against FMR on probit axes; where no error was seen, a triangle stands at 3 / comparisons."""
    said = said_in_words(curves)
    for number, curve in _numbered(curves):
        keep = (curve.fmr > 0) & (curve.fmr < 1) & (curve.fnmr > 0) & (curve.fnmr < 1)
        _line(axes, ndtri(curve.fmr[keep]), ndtri(curve.fnmr[keep]), curve, number)
        for at, marker in zip(ndtri(curve.bounds), ("<", "v"), strict=True):
            if np.isfinite(at).all():
                axes.plot(*at[:, None], marker=marker, markerfacecolor="none", color=_colour(curve, number))
        if curve.common is not None and not said:
            _ring(axes, curve, number, *map(float, ndtri(curve.on_probit(*curve.common))))
    for side, (low, high) in zip(("x", "y"), det_ends(curves), strict=True):
        ticks = probit_ticks(low, high)
        named = [percent(float(f"{ndtr(tick):.8g}")) for tick in ticks]
        axes.set(**{f"{side}lim": (low, high), f"{side}ticks": ticks, f"{side}ticklabels": named})
    axes.set(xlabel="\n".join([tr("FMR"), *filter(None, [without_place(curves)])]), ylabel=tr("FNMR"))
    _say_beyond(axes, curves, none=0.06, every=0.94)
    dress(axes, tr("DET (triangles: no error seen, drawn at 3 / comparisons)"))


def draw_rates(axes: Axes, curves: Sequence[Curve], threshold: float | None = None) -> None:
    """Draw FMR (solid) and FNMR (dashed) against threshold, each EER marked, and the common threshold."""
    for number, curve in _numbered(curves):
        colour, width = _colour(curve, number), 1.6 if curve.whole else 1.2
        finite = np.isfinite(curve.threshold)
        where = curve.threshold[finite]
        look: dict[str, Any] = {"color": colour, "linewidth": width}
        if not curve.whole:
            look |= {"marker": group_style(number)[2], "markevery": 0.12, "markersize": 4}
        axes.plot(where, curve.fmr[finite], label=entry(curve.shown), **look)
        axes.plot(where, curve.fnmr[finite], linestyle="--", **look)
        if np.isfinite(curve.eer_threshold):
            axes.plot([curve.eer_threshold], [curve.eer], marker="o", color=colour, markersize=5)
    _threshold_line(axes, threshold)
    distance = any(curve.distance for curve in curves)
    axes.set(
        xlabel=tr("threshold (distance)") if distance else tr("threshold (similarity)"), ylabel=tr("rate"), ylim=(0, 1)
    )
    percent_axis(axes.yaxis)
    dress(axes, tr("FMR (solid) and FNMR (dashed) against threshold"))


def draw_scores(axes: Axes, bins: Bins, title: str, *, distance: bool = False, threshold: float | None = None) -> None:
    """Draw densities of genuine and impostor scores."""
    edges, genuine, impostor = bins
    for heights, colour, hatch, name in (
        (genuine, GENUINE, "//", tr("genuine")),
        (impostor, IMPOSTOR, "", tr("impostor")),
    ):
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.45, hatch=hatch, label=name)
    _threshold_line(axes, threshold)
    axes.set(xlabel=tr("score (distance)") if distance else tr("score (similarity)"), ylabel=tr("density"))
    dress(axes, title)


def draw_group_scores(
    axes: Axes,
    bins: Mapping[str, Bins],
    *,
    distance: bool = False,
    threshold: float | None = None,
    groups: Sequence[str] = (),
) -> None:
    """Draw the densities of groups on shared axes: genuine solid, impostor dashed; `groups` are all, in their order."""
    order = list(groups or bins)
    for name, (edges, genuine, impostor) in bins.items():
        colour, _, marker = group_style(order.index(name))
        axes.stairs(genuine, edges, color=colour)
        axes.stairs(impostor, edges, color=colour, linestyle="--")
        for heights in (genuine, impostor):
            if heights.any():
                top = int(np.argmax(heights))
                axes.plot((edges[top] + edges[top + 1]) / 2, heights[top], color=colour, marker=marker, markersize=4)
        axes.plot([], [], color=colour, marker=marker, markersize=4, label=entry(name))
    _threshold_line(axes, threshold)
    axes.set(xlabel=tr("score (distance)") if distance else tr("score (similarity)"), ylabel=tr("density"))
    dress(axes, tr("Scores by group: genuine solid, impostor dashed"))


def draw_bars(axes: Axes, rates: Mapping[str, tuple[float | None, tuple[float, float] | None]], name: str) -> None:
    """Draw one rate of every group as bars with intervals."""
    for number, (rate, interval) in enumerate(rates.values()):
        if rate is None:
            axes.text(number, 0, tr("undefined"), ha="center", va="bottom", fontsize=7, rotation=90)
            continue
        spread = None if interval is None else [[max(0.0, rate - interval[0])], [max(0.0, interval[1] - rate)]]
        axes.bar(number, rate, color=group_style(number)[0], yerr=spread, capsize=4, ecolor="#444444")
    _names_below(axes, list(rates))
    axes.set(ylabel=name, ylim=(0, None))
    percent_axis(axes.yaxis)
    dress(axes, tr("{rate} by group, with 95 % intervals", rate=name), legend=False)


def draw_heat_map(axes: Axes, names: Sequence[str], rates: Array, counts: Sequence[Sequence[str]]) -> None:
    """Draw the FMR between every two groups, its logarithm as colour; NaN where there are no pairs, and empty."""
    share = rate_shares(rates)
    axes.imshow(np.ma.masked_invalid(share), cmap="cividis", vmin=0, vmax=1, aspect="auto")
    _names_below(axes, names)
    axes.set_yticks(range(len(names)), [short(name) for name in names], fontsize=8)
    dress(axes, tr("FMR between groups (colour: its logarithm)"), legend=False)
    axes.grid(visible=False)
    cells = {(y, x): percent(float(f"{rates[y, x]:.3g}")) for y, x in zip(*np.nonzero(~np.isnan(rates)), strict=True)}
    if not cells:
        return
    full = {at: f"{text}\n{counts[at[0]][at[1]]}" for at, text in cells.items()}
    size = _size_in_cells(axes, len(names), full.values())
    if size < _READABLE:
        full, size = cells, _size_in_cells(axes, len(names), cells.values())
    if size < _READABLE:
        return  # the table has the numbers
    for (y, x), text in full.items():
        colour = "black" if share[y, x] > 0.5 else "white"
        axes.text(x, y, text, ha="center", va="center", fontsize=size, color=colour)


def _size_in_cells(axes: Axes, count: int, texts: Iterable[str]) -> float:
    """Return the size of letters, 7 at most, at which each of the texts lies within one of count x count cells."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # lays the figure out
    box = axes.get_window_extent()
    lines = [text.split("\n") for text in texts]
    wide, high = (side / count * 72 / figure.dpi for side in (box.width, box.height))
    longest = max(len(line) for text in lines for line in text)
    return min(7.0, wide / (longest * 0.62), high / (1.3 * max(map(len, lines))))


def _names_below(axes: Axes, names: Sequence[str]) -> None:
    """Name what lies at 0, 1, 2 and so on: slanted where names would touch, upright where they would still."""
    turn = 0 if len(names) <= 4 else 30 if len(names) <= 10 else 90
    axes.set_xticks(range(len(names)), [short(name) for name in names], fontsize=8, rotation=turn)
    if turn:
        for label in axes.get_xticklabels():
            label.set(ha="right", va="center" if turn == 90 else "top", rotation_mode="anchor")


def roc(curves: Sequence[Curve]) -> Figure:
    """Return the ROC as a figure."""
    return framed(lambda axes: draw_roc(axes, curves))


def det(curves: Sequence[Curve]) -> Figure:
    """Return the DET plot as a figure."""
    return framed(lambda axes: draw_det(axes, curves))


def rates(curves: Sequence[Curve], threshold: float | None = None) -> Figure:
    """Return error rates against threshold as a figure."""
    return framed(lambda axes: draw_rates(axes, curves, threshold))


def score_histogram(
    edges: Array, genuine: Array, impostor: Array, title: str = mark("Scores"), *, distance: bool = False
) -> Figure:
    """Return the densities of scores as a figure."""
    return framed(lambda axes: draw_scores(axes, (edges, genuine, impostor), title, distance=distance))


def picture(figure: Figure, form: str, dpi: float = 130, *, texts: bool = False) -> bytes:
    """Return a figure as PNG, SVG or PDF; the same figure gives the same bytes. With `texts` an SVG's letters stay letters."""
    buffer = io.BytesIO()
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {"Software": None})
    letters: Any = "none" if texts else "path"
    with rc_context({"svg.hashsalt": "fairdesk", "pdf.fonttype": 42, "svg.fonttype": letters}):  # else names are random
        figure.savefig(buffer, format=form, dpi=dpi, metadata=metadata)
    return buffer.getvalue()
