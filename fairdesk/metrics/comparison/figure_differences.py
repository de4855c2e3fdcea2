"""Intervals of the difference of a fairness figure between two models."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.comparison.disagreements import Reach
from fairdesk.metrics.fairness.figure_functions import rates_behind
from fairdesk.metrics.fairness.inversion import inverted_difference
from fairdesk.metrics.intervals.by_subjects import middle
from fairdesk.metrics.intervals.group_spread import CommonSpread
from fairdesk.shares import Z95, Interval

Array = npt.NDArray[np.float64]


def jointly_inverted(
    name: str,
    values: tuple[float, float],
    spreads: tuple[CommonSpread, CommonSpread],
    *,
    ratio: bool,
    check: Callable[[], None],
) -> Interval | None:
    """Return the interval of second less first by inversion in both models' rates; None where a rate is 0 or 1.

    Ratios are compared on the log scale. Which model is called the first changes no digit.
    """
    used = rates_behind(name)
    parts = []
    for spread in spreads:
        found = [spread.logits(rate) for rate in used]
        known = [one for one in found if one is not None]
        if len(known) < len(found):
            return None
        logits, deviations, freedom, *_ = (np.concatenate(part, -1) for part in zip(*known, strict=True))
        parts.append((logits, deviations, freedom, spread.functions()[name]))
        fmrs = len(known[0][0]) if used[0] == "fmr" else 0
    keys = [(logits.tolist(), moves.tobytes()) for logits, moves, _, _ in parts]
    swapped = keys[0] > keys[1]  # models of equal rates still differ in their draws
    if swapped:
        parts, values = parts[::-1], values[::-1]
    (one, moves_one, freedom_one, first), (two, moves_two, freedom_two, second) = parts

    def difference(rates: Array) -> Array:
        check()
        a, b = rates[:, : len(one)], rates[:, len(one) :]
        x, y = first(a[:, :fmrs], a[:, fmrs:]), second(b[:, :fmrs], b[:, fmrs:])
        with np.errstate(invalid="ignore", divide="ignore"):  # a drawn rate of 0
            return np.asarray(np.log(y) - np.log(x) if ratio else y - x)

    estimate = math.log(values[1]) - math.log(values[0]) if ratio else values[1] - values[0]
    low, high = inverted_difference(
        difference,
        np.concatenate([one, two]),
        np.concatenate([moves_one, moves_two], 1),
        np.concatenate([freedom_one, freedom_two]),
        estimate,
    )
    ends = (-high, -low) if swapped else (low, high)
    return as_difference(ends, values) if ratio else ends


def as_difference(ends: tuple[float, float], values: tuple[float, float]) -> tuple[float, float]:
    """Return an interval of a ratio of two values, on the log scale, as one of their difference around the geometric mean."""
    scale = 2 * math.sqrt(values[0] * values[1])  # second - first = 2 sqrt(first second) sinh(log(second / first) / 2)
    return scale * math.sinh(ends[0] / 2), scale * math.sinh(ends[1] / 2)


def moved_apart(rates: tuple[float, float], likely: tuple[Array, Array], reach: Reach) -> float:
    """Return by how much on the logit scale each of two rates is to be moved (97.5 % of the way) from the other.

    What the draws' difference lacks of its reach: from the rate m = q / (1 + q) between them, the odds q u and q / u lie
    F apart, if q (1 - F) u^2 - F (1 + q^2) u - q (1 + F) = 0. Zero where a rate is 0 or 1, or the draws reach as far.
    """
    if not all(0 < rate < 1 for rate in rates):
        return 0.0
    lacking = (sum(reach) / 2) ** 2 - (Z95 * float(np.std(likely[1] - likely[0], ddof=1))) ** 2
    if lacking <= 0:
        return 0.0
    far, middle_rate = min(math.sqrt(lacking), 0.98), sum(rates) / 2
    q = middle_rate / (1 - middle_rate)
    b = far * (1 + q * q)
    return math.log((b + math.sqrt(b * b + 4 * q * q * (1 - far * far))) / (2 * q * (1 - far)))


def shifted_difference(
    values: tuple[float, float],
    draws: tuple[Array, Array],
    own: list[Interval | None],
    *,
    ratio: bool,
    bound: float | None,
    bare: bool,
    few: bool,
    falls: bool,
) -> tuple[float, float] | None:
    """Return the interval of a difference of figures from both models' values over the same draws.

    Each figure is larger in a sample than in truth; most of that excess is taken off with the median of the draws'
    difference. Ratios are compared on the log scale, around their geometric mean. Where a group has no error in one of the models (`bare`), that excess
    is not known, and the interval holds the one without it too.

    A figure near equality may be farther from it in truth than draws around the sample show. So the interval also holds
    what either figure alone may be farther from equality, by its `own` interval, which is found by inversion; and where a
    group has `few` errors, what both `own` intervals allow together (MOVER: the squares of their arms added). `falls`: the
    figure falls with inequality.
    """
    (first, second), (one, two) = values, draws
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.log(two) - np.log(one) if ratio else two - one
    known = apart[np.isfinite(apart)]
    if len(known) < 0.9 * len(apart):
        return None
    span = middle(known)
    if span is None:
        return None
    estimate = math.log(second) - math.log(first) if ratio else second - first
    shift = estimate - float(np.median(known))
    low, high = span[0] + shift, span[1] + shift
    if bare:
        low, high = min(low, span[0], estimate), max(high, span[1], estimate)
    arms = [_arms(value, interval, ratio=ratio, endless=bare) for value, interval in zip(values, own, strict=True)]
    if arms[0] is not None and arms[1] is not None:
        (down_one, up_one), (down_two, up_two) = arms[0], arms[1]
        below, above = (down_two, down_one) if falls else (up_one, up_two)
        if few:
            below, above = math.hypot(down_two, up_one), math.hypot(up_two, down_one)
        low, high = min(low, estimate - below), max(high, estimate + above)
    if not ratio:
        return (low, high) if bound is None else (max(-bound, low), min(bound, high))
    return as_difference((low, high), values)


def _arms(value: float, interval: Interval | None, *, ratio: bool, endless: bool) -> Reach | None:
    """Return how far an interval reaches below and above its figure, of ratios on the log scale; None if without end, unless that may be.

    A ratio of rates of which no error is seen may be anything, and so may its difference.
    """
    if interval is None or not all((endless or math.isfinite(end)) and (end > 0 or not ratio) for end in interval):
        return None
    low, high, here = (math.log(one) for one in (*interval, value)) if ratio else (*interval, value)
    return max(here - low, 0.0), max(high - here, 0.0)
