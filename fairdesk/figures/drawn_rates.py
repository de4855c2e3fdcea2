"""What a ROC and a DET show of error rates: every point of theirs lies within their axes, or is named below them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri  # the normal quantile; scipy.stats would take a second to import

from fairdesk.figures.error_curve import Curve
from fairdesk.figures.threshold_beyond import all_or_none
from fairdesk.words import tr, tr_n

Array = npt.NDArray[np.float64]
Ends = tuple[tuple[float, float], tuple[float, float]]
_LEAST = 1.0  # standard deviations that a probit axis spans at least
_NAMED, _LETTERS = 4, 20  # of curves that are named
_MARGIN = 0.04  # of an axis, for the symbols at its ends

_TICKS = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99, 0.999, 0.9999, 0.99999)
_MORE = (2e-4, 5e-4, 2e-3, 5e-3, 0.02, 0.1, 0.15, 0.25, 0.3, 0.35, 0.45, 0.5, 0.55, 0.65, 0.7, 0.75, 0.85, 0.9, 0.98)
_FEWEST, _MOST = 4, 9  # of ticks


def probit_ticks(low: float, high: float) -> list[float]:
    """Return where round rates stand between two ends of a probit axis: few enough that their names have room."""
    for rates in (_TICKS, sorted([*_TICKS, *_MORE])):
        found = [float(place) for place in ndtri(rates) if low <= place <= high]
        if len(found) >= _FEWEST:
            break
    return found[:: -(-len(found) // _MOST) or 1]


def said_in_words(curves: Sequence[Curve]) -> bool:
    """Whether the common threshold accepts no comparison, or every one: that is said, and has no ring."""
    return all_or_none(next((curve.common for curve in curves if curve.whole), None)) is not None


def ring(curve: Curve) -> tuple[float, float] | None:
    """Return where the ring of the common threshold stands in a ROC, (FMR, FNMR): without a false match at its bound."""
    if curve.common is None:
        return None
    return curve.seen(*curve.common)[0], curve.common[1]


def roc_ends(curves: Sequence[Curve]) -> Ends:
    """Return the ends of a ROC's axes, FAR and TAR, around every curve, triangle and ring."""
    points = [_of_curve(curve)[1:] for curve in curves]
    points += [np.array([[curve.seen(0.0, 1.0)[0], curve.zero_fmr]]) for curve in curves]
    if not said_in_words(curves):
        points += [np.array([one]) for curve in curves if (one := ring(curve)) is not None]
    every = np.concatenate([np.empty((0, 2)), *points])
    every = every[every[:, 0] > 0]
    least = float(every[:, 0].min()) if len(every) else 1e-4
    low = float(1 - every[:, 1].max()) if len(every) else 0.0
    room = max(0.01, _MARGIN * (1 - low))
    wide = (1 / least) ** _MARGIN if least < 1 else 1.5
    return (least / wide, wide), (low - room, 1 + room)


def det_ends(curves: Sequence[Curve]) -> Ends:
    """Return the ends of a DET's axes, FMR and FNMR, as probits around every curve, triangle and ring."""
    points = [_of_curve(curve) for curve in curves]
    points += [np.array(curve.bounds) for curve in curves]
    if not said_in_words(curves):
        points += [np.array([curve.on_probit(*curve.common)]) for curve in curves if curve.common is not None]
    every = np.concatenate([np.empty((0, 2)), *points])
    every = every[((every > 0) & (every < 1)).all(axis=1)]
    if not len(every):
        return (float(ndtri(0.001)), 0.0), (float(ndtri(0.001)), 0.0)
    return _around(ndtri(every[:, 0])), _around(ndtri(every[:, 1]))


def without_place(curves: Sequence[Curve]) -> str:
    """Say whose points of no error, or ring, a DET has no place for: too few comparisons for a bound; empty if none."""
    said = said_in_words(curves)
    names = [
        curve.shown if len(curve.shown) <= _LETTERS else f"{curve.shown[: _LETTERS - 1]}…"
        for curve in curves
        if not _placed([*curve.bounds, *([] if said or curve.common is None else [curve.on_probit(*curve.common)])])
    ]
    if len(names) > _NAMED:
        names = [*names[:_NAMED], tr_n("{n:,} more", "{n:,} more", len(names) - _NAMED)]
    return tr("Too few comparisons for a place here: {names}", names=", ".join(names)) if names else ""


def _of_curve(curve: Curve) -> Array:
    return np.stack([curve.fmr, curve.fnmr], axis=1)


def _placed(points: Iterable[tuple[float, float]]) -> bool:
    return all(0 < rate < 1 for point in points for rate in point)


def _around(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    more = max(0.0, _LEAST - (high - low)) / 2 + _MARGIN * max(high - low, _LEAST)
    return low - more, high + more
