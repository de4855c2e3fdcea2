"""ROC, DET, FMR/FNMR and score plots with matplotlib, as PNG or SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

from fairdesk.figures.error_curve import Curve
from fairdesk.figures.style import ALL_LIGHT, GENUINE, IMPOSTOR, group_style
from fairdesk.words import mark, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[np.float64]

TICKS = (0.0001, 0.001, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8)


def _figure(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=11)
    axes.grid(visible=True, alpha=0.25)
    return figure, axes


def _line(axes: Axes, x: Array, y: Array, name: str, number: int) -> None:
    """Draw one curve; groups are told apart by markers too, not by colour alone."""
    if name == "all":
        axes.plot(x, y, label=name, color=ALL_LIGHT, linewidth=1.8)
    else:
        colour, _, marker = group_style(number)
        axes.plot(x, y, label=name, color=colour, marker=marker, markevery=0.12, markersize=4.5, linewidth=1.3)


def _numbered(curves: Sequence[Curve]) -> list[tuple[int, Curve]]:
    groups = [curve.name for curve in curves if curve.name != "all"]
    return [(groups.index(curve.name) if curve.name != "all" else 0, curve) for curve in curves]


def roc(curves: Sequence[Curve]) -> Figure:
    """TAR against FAR, FAR on a logarithmic axis."""
    figure, axes = _figure(tr("ROC"))
    for number, curve in _numbered(curves):
        floor = 1 / max(curve.ni, 1)
        keep = curve.fmr >= floor
        _line(axes, curve.fmr[keep], 1 - curve.fnmr[keep], curve.name, number)
    axes.set(xscale="log", xlabel=tr("FAR (= FMR)"), ylabel=tr("TAR (= 1 - FNMR)"), ylim=(None, 1.005))
    axes.legend(fontsize=8)
    return figure


def det(curves: Sequence[Curve]) -> Figure:
    """FNMR against FMR on probit axes; rates of 0 and 1 have no probit and lie outside."""
    figure, axes = _figure(tr("DET"))
    shown = [1e-4, 0.5]
    for number, curve in _numbered(curves):
        keep = (curve.fmr > 0) & (curve.fmr < 1) & (curve.fnmr > 0) & (curve.fnmr < 1)
        if keep.any():
            shown += [float(curve.fmr[keep].min()), float(curve.fnmr[keep].min())]
            _line(axes, norm.ppf(curve.fmr[keep]), norm.ppf(curve.fnmr[keep]), curve.name, number)
    places = norm.ppf(TICKS)
    texts = [f"{tick:.3g}" for tick in TICKS]
    axes.set_xticks(places, texts, fontsize=8)
    axes.set_yticks(places, texts, fontsize=8)
    low = float(norm.ppf(max(min(shown), 1e-6)))
    axes.set(xlabel=tr("FMR"), ylabel=tr("FNMR"), xlim=(low, norm.ppf(0.6)), ylim=(low, norm.ppf(0.6)))
    if axes.lines:
        axes.legend(fontsize=8)
    return figure


def rates(curves: Sequence[Curve], threshold: float | None = None) -> Figure:
    """FMR (solid) and FNMR (dashed) against threshold, each EER marked, and the common threshold."""
    figure, axes = _figure(tr("FMR (solid) and FNMR (dashed) against threshold"))
    for number, curve in _numbered(curves):
        colour, width = (ALL_LIGHT, 1.8) if curve.name == "all" else (group_style(number)[0], 1.3)
        finite = np.isfinite(curve.threshold)
        where = curve.threshold[finite]
        axes.plot(where, curve.fmr[finite], label=curve.name, color=colour, linewidth=width)
        axes.plot(where, curve.fnmr[finite], linestyle="--", color=colour, linewidth=width)
        at, eer = curve.eer_threshold, curve.eer
        if np.isfinite(at):
            axes.plot([at], [eer], marker="o", color=colour, markersize=6)
            axes.annotate(
                tr("EER {eer:.2%}", eer=eer), (at, eer), xytext=(4, 4), textcoords="offset points", fontsize=7
            )
    if threshold is not None and np.isfinite(threshold):
        axes.axvline(threshold, color="#888888", linewidth=1, linestyle=":")
    distance = any(curve.distance for curve in curves)
    axes.set(
        xlabel=tr("threshold (distance)") if distance else tr("threshold (similarity)"), ylabel=tr("rate"), ylim=(0, 1)
    )
    axes.legend(fontsize=8)
    return figure


def score_histogram(
    edges: Array, genuine: Array, impostor: Array, title: str = mark("Scores"), *, distance: bool = False
) -> Figure:
    """Densities of genuine and impostor scores."""
    figure, axes = _figure(title)
    for heights, colour, hatch, name in (
        (genuine, GENUINE, "//", tr("genuine")),
        (impostor, IMPOSTOR, "", tr("impostor")),
    ):
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.45, hatch=hatch, label=name)
    axes.set(xlabel=tr("score (distance)") if distance else tr("score (similarity)"), ylabel=tr("density"))
    axes.legend(fontsize=8)
    return figure


def picture(figure: Figure, form: str) -> bytes:
    """Return a figure as PNG, SVG or PDF; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {"Software": None})
    with rc_context({"svg.hashsalt": "fairdesk"}):  # else names within the drawing are random
        figure.savefig(buffer, format=form, dpi=130, metadata=metadata)
    return buffer.getvalue()
