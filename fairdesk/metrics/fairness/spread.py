"""Fairness figures if groups were equal, and their intervals where a group has no error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.fairness.figure_functions import equality
from fairdesk.metrics.intervals.by_pairs import Interval
from fairdesk.metrics.intervals.by_subjects import middle
from fairdesk.metrics.intervals.error_counts import ErrorCounts
from fairdesk.metrics.intervals.rate_variance import LEAST

Array = npt.NDArray[np.float64]


def shifted_interval(name: str, estimate: float, likely: Array, null: Interval | None) -> Interval | None:
    """Return the interval of a figure where a group has no error or nothing else, from its values over likely rates.

    Such a rate has no standard error to walk away with (see `inversion`). Figures of spread are larger in a sample than in truth, and larger again over rates drawn around the sample's. So
    that excess, seen between the estimate and the median of the draws, is taken off: twice at the end towards equality,
    once at the other, ratios on the log scale. Where the figure lies inside `null`, what it would be in 98 % of studies
    with equal groups, the interval begins at equality.
    """
    spread = middle(likely)
    if spread is None:
        return None
    if name == "FDR":  # the one figure that falls with inequality
        turned = shifted_interval("", 1 - estimate, 1 - likely, None if null is None else (1 - null[1], 1 - null[0]))
        return None if turned is None else (1 - turned[1], 1 - turned[0])
    low, high = spread
    even = equality(name)
    centre = float(np.nanmedian(likely))
    if np.isfinite(estimate) and np.isfinite(centre):
        if even:
            excess = max(centre / estimate, 1.0)
            low, high = low / excess**2, high / excess
        else:
            excess = max(centre - estimate, 0.0)
            low, high = low - 2 * excess, high - excess
    if null is not None and estimate <= null[1]:
        low = even
    return min(max(low, even), estimate), max(high, estimate)


def permuted_rates(counts: ErrorCounts, place: int, orders: npt.NDArray[np.int64]) -> Array:
    """Return each group's rate with the subjects' groups permuted, (rows, groups): NaN where a group has no comparison.

    `orders` holds permutations of the subjects that have a group, one a row. A subject takes its own errors and
    comparisons along: what groups would show if they did not differ. Pairs of two subjects are counted with both, so
    the spread is set right by the variance over pairs of subjects.
    """
    last = counts.cells - 1
    who = np.flatnonzero(counts.cell_of < last)
    groups = counts.cell_of[who]
    dyad_errors, dyad_trials = counts.by_subject[0][who, place], counts.trials_by_subject[0][who]
    errors, trials = counts.own_errors[who, place] + dyad_errors, counts.own_trials[who] + dyad_trials
    if not trials.sum():
        return np.full((len(orders), last), np.nan)
    pooled = errors.sum() / trials.sum()
    sums = np.zeros((2, len(orders), last))
    for group in range(last):
        mask = np.flatnonzero(groups == group)
        chosen = orders[:, mask]
        sums[0, :, group], sums[1, :, group] = errors[chosen].sum(1), trials[chosen].sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = sums[0] / sums[1]
    if not dyad_trials.any():
        return np.asarray(rates)
    people = np.bincount(groups, minlength=last)
    here = np.bincount(groups, weights=trials, minlength=last)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.nan_to_num(np.bincount(groups, weights=errors, minlength=last) / here)
        residual = errors - own[groups] * trials
        square, product = counts.squares[:, :last, place]
        pairs = (square - 2 * own * product + own**2 * counts.trials_squared[:last]).sum()
        few = (people / np.maximum(people - 2, 1)) ** 2
        variance = np.maximum(few * ((residual**2).sum() - pairs), LEAST * pairs) * people / len(who)
        wanted = variance / (here / 2) ** 2 * (1 - people / len(who))
        scale = np.sqrt(wanted / np.nanvar(rates, axis=0))
    out: Array = np.clip(pooled + np.nan_to_num(scale, posinf=0.0) * (rates - pooled), 0, 1)
    return out
