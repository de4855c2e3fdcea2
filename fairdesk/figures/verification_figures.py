"""ROC, DET, FMR/FNMR and score plots with matplotlib, as PNG or SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

from fairdesk.figures.style import ALL_LIGHT, GENUINE, IMPOSTOR, group_style

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[np.float64]
Series = tuple[str, Array, Array, Array, float, float, int, int]  # Curve's fields, in order

TICKS = (0.0001, 0.001, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8)


def _figure(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=11)
    axes.grid(visible=True, alpha=0.25)
    return figure, axes


def _style(name: str, number: int) -> dict[str, object]:
    if name == "all":
        return {"color": ALL_LIGHT, "linewidth": 1.8}
    colour, _, marker = group_style(number)
    return {"color": colour, "marker": marker, "markevery": 0.12, "markersize": 4.5, "linewidth": 1.3}


def _numbered(curves: Sequence[Series]) -> list[tuple[int, Series]]:
    groups = [curve[0] for curve in curves if curve[0] != "all"]
    return [(groups.index(curve[0]) if curve[0] != "all" else 0, curve) for curve in curves]


def roc(curves: Sequence[Series]) -> Figure:
    """TAR against FAR, FAR on a logarithmic axis."""
    figure, axes = _figure("ROC")
    for number, curve in _numbered(curves):
        floor = 1 / max(curve[7], 1)
        keep = curve[2] >= floor
        axes.plot(curve[2][keep], 1 - curve[3][keep], label=curve[0], **_style(curve[0], number))  # type: ignore[arg-type]
    axes.set(xscale="log", xlabel="FAR (= FMR)", ylabel="TAR (= 1 - FNMR)", ylim=(None, 1.005))
    axes.legend(fontsize=8)
    return figure


def det(curves: Sequence[Series]) -> Figure:
    """FNMR against FMR on probit axes; rates of 0 and 1 have no probit and lie outside."""
    figure, axes = _figure("DET")
    shown = [1e-4, 0.5]
    for number, curve in _numbered(curves):
        keep = (curve[2] > 0) & (curve[2] < 1) & (curve[3] > 0) & (curve[3] < 1)
        if keep.any():
            shown += [float(curve[2][keep].min()), float(curve[3][keep].min())]
            axes.plot(norm.ppf(curve[2][keep]), norm.ppf(curve[3][keep]), label=curve[0], **_style(curve[0], number))  # type: ignore[arg-type]
    places = norm.ppf(TICKS)
    texts = [f"{tick:.3g}" for tick in TICKS]
    axes.set_xticks(places, texts, fontsize=8)
    axes.set_yticks(places, texts, fontsize=8)
    low = float(norm.ppf(max(min(shown), 1e-6)))
    axes.set(xlabel="FMR", ylabel="FNMR", xlim=(low, norm.ppf(0.6)), ylim=(low, norm.ppf(0.6)))
    if axes.lines:
        axes.legend(fontsize=8)
    return figure


def rates(curves: Sequence[Series], threshold: float | None = None) -> Figure:
    """FMR (solid) and FNMR (dashed) against threshold, each EER marked, and the common threshold."""
    figure, axes = _figure("FMR (solid) and FNMR (dashed) against threshold")
    for number, (name, where, fmr, fnmr, eer, at, *_) in _numbered(curves):
        style = _style(name, number) | {"marker": None, "markevery": None}
        finite = np.isfinite(where)
        axes.plot(where[finite], fmr[finite], label=name, **style)  # type: ignore[arg-type]
        axes.plot(where[finite], fnmr[finite], linestyle="--", **style)  # type: ignore[arg-type]
        if np.isfinite(at):
            axes.plot([at], [eer], marker="o", color=str(style["color"]), markersize=6)
            axes.annotate(f"EER {eer:.2%}", (at, eer), xytext=(4, 4), textcoords="offset points", fontsize=7)
    if threshold is not None and np.isfinite(threshold):
        axes.axvline(threshold, color="#888888", linewidth=1, linestyle=":")
    axes.set(xlabel="threshold (similarity)", ylabel="rate", ylim=(0, 1))
    axes.legend(fontsize=8)
    return figure


def score_histogram(edges: Array, genuine: Array, impostor: Array, title: str = "Scores") -> Figure:
    """Densities of genuine and impostor scores."""
    figure, axes = _figure(title)
    for heights, colour, hatch, name in ((genuine, GENUINE, "//", "genuine"), (impostor, IMPOSTOR, "", "impostor")):
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.45, hatch=hatch, label=name)
    axes.set(xlabel="score (similarity)", ylabel="density")
    axes.legend(fontsize=8)
    return figure


def picture(figure: Figure, form: str) -> bytes:
    """Return a figure as PNG or SVG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=130, metadata={"Date": None} if form == "svg" else {"Software": None})
    return buffer.getvalue()
