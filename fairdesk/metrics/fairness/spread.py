"""The fairness figures of many sets of rates at once: their intervals, and their ranges if groups were equal."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.intervals.by_pairs import Interval
from fairdesk.metrics.intervals.by_subjects import middle
from fairdesk.metrics.intervals.error_counts import ErrorCounts
from fairdesk.metrics.intervals.rate_variance import LEAST

Array = npt.NDArray[np.float64]


def _ratio(top: Array, bottom: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(bottom > 0, top / bottom, np.where(top > 0, np.inf, 1.0))


def _gini(rates: Array) -> Array:
    n, mean = rates.shape[1], rates.mean(1)
    spread = np.abs(rates[:, :, None] - rates[:, None, :]).sum((1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean > 0, n / (n - 1) * spread / (2 * n * n * mean), 0.0)


def _spreads(name: str, rates: Array) -> dict[str, Array]:
    if rates.shape[1] < 2:
        return {}
    high, low = rates.max(1), rates.min(1)
    mean = rates.mean(1)
    away = np.abs(rates - mean[:, None])
    with np.errstate(divide="ignore"):
        geometric = np.exp(np.log(rates).mean(1))
    return {
        f"gini_{name}": _gini(rates),
        f"{name}_max_over_min": _ratio(high, low),
        f"{name}_max_over_geomean": _ratio(high, geometric),
        f"{name}_max_over_mean": _ratio(high, mean),
        f"{name}_max_minus_min": high - low,
        f"{name}_AAD": away.mean(1),
        f"{name}_MAD": away.max(1),
        f"{name}_STD_ddof0": rates.std(1),
        f"{name}_STD_ddof1": rates.std(1, ddof=1),
    }


def many_figures(
    fmr: Array, fnmr: Array, alpha: float, accuracy: Array | None = None, target: float | None = None
) -> dict[str, Array]:
    """Return what `fairness_figures` and `accuracy_figures` give, for each row of rates (rows, groups).

    The columns are the groups whose rate is defined; `accuracy` is in percent.
    """
    out = {**_spreads("fmr", fmr), **_spreads("fnmr", fnmr)}
    if fmr.shape[1] > 1 and fnmr.shape[1] > 1:
        with np.errstate(invalid="ignore"):
            first = out["fmr_max_over_min"] ** alpha if alpha else np.ones(len(fmr))
            second = out["fnmr_max_over_min"] ** (1 - alpha) if alpha < 1 else np.ones(len(fmr))
        out["FDR"] = 1 - (alpha * out["fmr_max_minus_min"] + (1 - alpha) * out["fnmr_max_minus_min"])
        out["IR"] = first * second
        out["GARBE"] = alpha * out["gini_fmr"] + (1 - alpha) * out["gini_fnmr"]
    if target is not None and target > 0 and fmr.shape[1]:
        out["fmr_MAPE"] = 100 * np.abs(fmr - target).mean(1) / target
    if accuracy is not None and accuracy.shape[1] > 1:
        out["accuracy_STD_ddof0"] = accuracy.std(1)
        out["accuracy_STD_ddof1"] = accuracy.std(1, ddof=1)
        out["SER"] = _ratio(100 - accuracy.min(1), 100 - accuracy.max(1))
    return out


def _equality(name: str) -> float:
    """Return the figure of groups that do not differ."""
    return 1.0 if "_over_" in name or name in ("IR", "SER", "FDR") else 0.0


def figure_interval(name: str, estimate: float, likely: Array, null: Interval | None) -> Interval | None:
    """Return the interval of a figure from its values over likely rates.

    Figures of spread are larger in a sample than in truth, and larger again over rates drawn around the sample's. So
    that excess, seen between the estimate and the median of the draws, is taken off: twice at the end towards equality,
    once at the other, ratios on the log scale. Where the figure lies inside `null`, what it would be in 98 % of studies
    with equal groups, the interval begins at equality. Chosen by simulation: docs/intervals.md.
    """
    spread = middle(likely)
    if spread is None:
        return None
    if name == "FDR":  # the one figure that falls with inequality
        turned = figure_interval("", 1 - estimate, 1 - likely, None if null is None else (1 - null[1], 1 - null[0]))
        return None if turned is None else (1 - turned[1], 1 - turned[0])
    low, high = spread
    even = _equality(name)
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


def weighted_interval(parts: list[tuple[float, float, Interval]]) -> Interval:
    """Return the interval of a weighted sum of (weight, value, interval): square-and-add (Zou and Donner, 2008)."""
    total = sum(weight * value for weight, value, _ in parts)
    down = sum((weight * (value - interval[0])) ** 2 for weight, value, interval in parts)
    up = sum((weight * (interval[1] - value)) ** 2 for weight, value, interval in parts)
    return total - math.sqrt(down), total + math.sqrt(up)


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
