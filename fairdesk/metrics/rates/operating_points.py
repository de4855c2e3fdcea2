"""Operating points by their names in the literature, and the EER of the convex hull of the ROC."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.rates.error_rates import Point, Scores, at_threshold, threshold_at_fmr
from fairdesk.metrics.rates.sorted_places import places_of

NAMED = {"FMR10": "0.1", "FMR20": "0.05", "FMR100": "0.01", "FMR1000": "0.001", "ZeroFMR": "0"}
"""The lowest FNMR with an FMR of at most this (Maio et al., FVC 2002)."""
ZERO_FNMR = "ZeroFNMR"


def operating_points(scores: Scores) -> dict[str, Point]:
    """Return FMR10, FMR20, FMR100, FMR1000, ZeroFMR (lowest FNMR with so small an FMR) and ZeroFNMR (the lowest FMR).

    Both kinds of scores must exist.
    """
    found = {name: threshold_at_fmr(scores, target) for name, target in NAMED.items()}
    found[ZERO_FNMR] = at_threshold(scores, float(scores.genuine[0]))
    return found


def _corners(scores: Scores) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return false matches and false non-matches at every threshold that can be a corner of the hull.

    These are the genuine scores, or (fewer) just above each impostor score.
    """
    if scores.ng <= scores.ni:
        below = places_of(scores.impostor, scores.genuine)
        first = np.ones(scores.ng, dtype=bool)
        first[1:] = scores.genuine[1:] != scores.genuine[:-1]
        return scores.ni - below[first], np.flatnonzero(first)
    misses = places_of(scores.genuine, scores.impostor, "right")
    last = np.ones(scores.ni, dtype=bool)
    last[:-1] = scores.impostor[1:] != scores.impostor[:-1]
    return (scores.ni - 1 - np.arange(scores.ni, dtype=np.int64))[last], misses[last]


def equal_error_of_hull(scores: Scores) -> float:
    """Return where the lower convex hull of the points (FMR, FNMR) has FMR = FNMR (ROCCH-EER; Brümmer and de Villiers, 2011).

    The hull is what can be reached by choosing between two thresholds at random. Its edge across the diagonal is found by
    asking for the point farthest beyond the edge known so far, in whole numbers.
    """
    ng, ni = scores.ng, scores.ni
    matches, misses = _corners(scores)
    x, y = matches * ng, misses * ni  # rates times ng x ni: exact
    left, right = (0, ng * ni), (ng * ni, 0)
    while True:
        down, along = left[1] - right[1], right[0] - left[0]
        far = _beyond(x, y, down, along, left)
        if far is None:
            break
        if far[0] == far[1]:
            return far[0] / (ng * ni)
        if far[0] > far[1]:
            right = far
        else:
            left = far
    down, along = left[1] - right[1], right[0] - left[0]
    # the edge: down * x + along * y = down * left.x + along * left.y, and x = y
    return (down * left[0] + along * left[1]) / (down + along) / (ng * ni)


def _beyond(
    x: npt.NDArray[np.int64], y: npt.NDArray[np.int64], down: int, along: int, left: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the point farthest below the line, or None."""
    total = float(down + along)
    height = (down / total) * x + (along / total) * y
    best = int(np.argmin(height))
    found = int(x[best]), int(y[best])
    return found if down * found[0] + along * found[1] < down * left[0] + along * left[1] else None
