"""Curves of at most a few hundred points each, whatever the number of scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.figures.error_curve import Curve
from fairdesk.metrics.rates.error_rates import Scores, at_threshold, equal_error_rate, threshold_at_fmr

Array = npt.NDArray[np.float64]


def error_curve(
    name: str, scores: Scores, points: int = 600, *, distance: bool = False, common: tuple[float, float] | None = None
) -> Curve | None:
    """Choose points evenly in rank, denser in both tails (evenly in log FMR and log FNMR); None if a kind is missing.

    Every threshold is an observed score, so every point is exact. With `distance` the scores are negated distances,
    and the curve's thresholds are distances again.
    """
    if scores.missing():
        return None
    ranks = []
    for size in (scores.ng, scores.ni):
        tail = np.unique(np.geomspace(1, size, points // 4).astype(np.int64)) - 1
        body = np.linspace(0, size - 1, points // 4).astype(np.int64)
        ranks.append((tail, body))
    chosen = np.concatenate(
        [
            scores.genuine[ranks[0][0]], scores.genuine[ranks[0][1]],
            scores.impostor[scores.ni - 1 - ranks[1][0]], scores.impostor[ranks[1][1]],
        ]
    )  # fmt: skip
    threshold = np.unique(chosen.astype(np.float64))
    fmr = (scores.ni - np.searchsorted(scores.impostor, threshold, "left")) / scores.ni
    fnmr = np.searchsorted(scores.genuine, threshold, "left") / scores.ng
    equal = equal_error_rate(scores)
    sign = -1 if distance else 1
    return Curve(
        name, sign * np.append(threshold, np.inf), np.append(fmr, 0.0), np.append(fnmr, 1.0), equal.eer,
        sign * equal.threshold, scores.ng, scores.ni, distance, threshold_at_fmr(scores, "0").fnmr,
        at_threshold(scores, float(scores.genuine[0])).fmr, common,
    )  # fmt: skip


def histogram(
    scores: Scores, bins: int = 80, *, distance: bool = False, edges: Array | None = None
) -> tuple[Array, Array, Array] | None:
    """Return bin edges (bins + 1) and the densities of genuine and impostor scores (bins); None if there are none.

    Infinite scores are left out of the picture. With `distance` the edges are distances again. `edges`, of similarities,
    puts several on shared axes.
    """
    finite = [values[np.isfinite(values)] for values in (scores.genuine, scores.impostor)]
    both = [values for values in finite if len(values)]
    if not both:
        return None
    low, high = min(float(v[0]) for v in both), max(float(v[-1]) for v in both)
    if low == high:
        low, high = low - 0.5, high + 0.5
    if edges is None:
        edges = np.linspace(low, high, bins + 1)
    width = edges[1] - edges[0]
    heights = [np.histogram(v, edges)[0] / (max(len(v), 1) * width) for v in finite]
    if distance:
        return -edges[::-1], heights[0][::-1], heights[1][::-1]
    return edges, heights[0], heights[1]
