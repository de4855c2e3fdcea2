"""Fairness figures from the error rates of groups at one threshold.

Only groups whose rate is defined enter. Every figure is None with a reason where it is undefined.
"""

from __future__ import annotations

import math
from typing import Any

from fairdesk.metrics.group_names import on_one_line
from fairdesk.words import tr

_SHOWN = 8  # names of groups in a line
_FEW = 64  # rates of which every two are subtracted


def gini(rates: list[float]) -> float:
    """Gini coefficient with the factor n/(n - 1): 0 for equal rates, 1 if one group has all errors."""
    n, total = len(rates), sum(rates)
    if total == 0:
        return 0.0
    mean = total / n
    if n > _FEW:
        low = min(rates)
        spread = 2 * sum((2 * place - n + 1) * (rate - low) for place, rate in enumerate(sorted(rates)))
    else:  # 0 exactly, where all are equal
        spread = sum(abs(a - b) for a in rates for b in rates)
    return n / (n - 1) * spread / (2 * n * n * mean)


def ratio(top: float, bottom: float) -> float:
    """Top / bottom; 1 where both are 0, infinite where only the bottom is."""
    if bottom == 0:
        return 1.0 if top == 0 else math.inf
    return top / bottom


def _between(mean: float, values: list[float]) -> float:
    """Return a mean no higher and no lower than the values are: rounding may put it beside equal ones."""
    return min(max(mean, min(values)), max(values))


def _mean(values: list[float]) -> float:
    return _between(sum(values) / len(values), values)


def geometric_mean(rates: list[float]) -> float:
    """Geometric mean; 0 if any rate is 0."""
    if min(rates) == 0:
        return 0.0
    return _between(math.exp(sum(math.log(rate) for rate in rates) / len(rates)), rates)


SPREADS = (
    "max_over_min", "max_over_geomean", "max_over_mean", "max_minus_min", "AAD", "MAD", "STD_ddof0", "STD_ddof1",
    "mean", "geomean", "worst",
)  # fmt: skip
RATIOS = ("max_over_min", "max_over_geomean", "max_over_mean")


def _spread(name: str, rates: list[float]) -> dict[str, Any]:
    """AAD and MAD: mean and largest deviation from the mean (Salvador et al., ICLR 2022)."""
    keys = (f"gini_{name}", *(f"{name}_{key}" for key in SPREADS))
    if len(rates) < 2:
        why = tr("fewer than two groups have an {rate}", rate=name.upper())
        return dict.fromkeys(keys) | {f"{key}_why": why for key in keys}
    high, low, n = max(rates), min(rates), len(rates)
    mean = _mean(rates)
    square = sum((rate - mean) ** 2 for rate in rates)
    values = (
        gini(rates), ratio(high, low), ratio(high, geometric_mean(rates)), ratio(high, mean), high - low,
        sum(abs(rate - mean) for rate in rates) / n, max(abs(rate - mean) for rate in rates),
        math.sqrt(square / n), math.sqrt(square / (n - 1)), mean, geometric_mean(rates), high,
    )  # fmt: skip
    return dict(zip(keys, values, strict=True))


OF_BOTH = ("FDR", "IR", "GARBE")
OF_ACCURACY = ("accuracy_STD_ddof0", "accuracy_STD_ddof1", "SER")


def parts_of(
    fmr: dict[str, float | None], fnmr: dict[str, float | None], accuracy: dict[str, float], alpha: float
) -> dict[str, Any]:
    """Return which groups are left out of a part of the figures made of both rates, and what these are of the groups with both.

    Each part is over the groups that have its rate. Nothing where all groups have both, or neither.
    """
    no_fmr, no_fnmr = (
        [name for name, rate in fnmr.items() if rate is not None and fmr[name] is None],
        [name for name, rate in fmr.items() if rate is not None and fnmr[name] is None],
    )
    if not no_fmr and not no_fnmr:
        return {}
    parts, accuracies = [], []
    if no_fmr:
        parts.append(tr("the part of the FMR leaves out {groups} (no impostor pairs)", groups=_listed(no_fmr)))
        accuracies.append(
            tr(
                "the accuracy of {groups} is of genuine pairs alone, and another one where rates are equal",
                groups=_listed(no_fmr),
            )
        )
    if no_fnmr:
        parts.append(tr("the part of the FNMR leaves out {groups} (no genuine pairs)", groups=_listed(no_fnmr)))
        accuracies.append(tr("left out: {groups} (no genuine pairs)", groups=_listed(no_fnmr)))
    both = [name for name, rate in fmr.items() if rate is not None and fnmr[name] is not None]
    found = fairness_figures({name: fmr[name] for name in both}, {name: fnmr[name] for name in both}, alpha)
    found |= accuracy_figures({name: accuracy[name] for name in both})
    return {
        "parts_why": dict.fromkeys(OF_BOTH, "; ".join(parts)) | dict.fromkeys(OF_ACCURACY, "; ".join(accuracies)),
        "of_groups_with_both": {name: found[name] for name in (*OF_BOTH, *OF_ACCURACY) if found[name] is not None},
    }


def _listed(names: list[str]) -> str:
    shown = [on_one_line(name) for name in names[:_SHOWN]]
    return ", ".join(shown) + ("" if len(names) <= _SHOWN else " " + tr("... and {n:,} more", n=len(names) - _SHOWN))


def worst_group(rates: dict[str, float | None]) -> str | None:
    """Return the name of the group with the highest rate; several of one rate with commas, None where all are equal."""
    known = {name: rate for name, rate in rates.items() if rate is not None}
    if len(set(known.values())) < 2:
        return None
    top = max(known.values())
    return ", ".join(name for name, rate in known.items() if rate == top)


def mean_percentage_error(rates: list[float], target: float) -> float:
    """Return how far the rates lie from the one meant, in percent of it, on average (MAPE; Robinson et al., 2020)."""
    return 100 * sum(abs(rate - target) for rate in rates) / len(rates) / target


def fairness_figures(
    fmr: dict[str, float | None], fnmr: dict[str, float | None], alpha: float = 0.5, target: float | None = None
) -> dict[str, Any]:
    """Return FDR, IR, GARBE and the spreads of both rates over groups; MAPE where a target FMR sets the threshold.

    FDR: de Freitas Pereira and Marcel, 2021. IR: NIST FRVT part 3/8. GARBE: Howard et al., 2022.
    `alpha` weighs FMR against FNMR.
    """
    a = [rate for rate in fmr.values() if rate is not None]
    b = [rate for rate in fnmr.values() if rate is not None]
    out: dict[str, Any] = {"alpha": alpha, **_spread("fmr", a), **_spread("fnmr", b)}
    out |= {"fmr_worst_group": worst_group(fmr), "fnmr_worst_group": worst_group(fnmr)}
    if target is not None and target > 0 and a:
        out["fmr_MAPE"] = mean_percentage_error(a, target)
    else:
        out |= {"fmr_MAPE": None, "fmr_MAPE_why": tr("no FMR above 0 is aimed at")}
    if len(a) < 2 or len(b) < 2:
        both, lacking = len(a) < 2 and len(b) < 2, "FMR" if len(a) < 2 else "FNMR"
        why = tr("fewer than two groups have an {rate}", rate=lacking)
        if both:
            why = tr("fewer than two groups have both an FMR and an FNMR")
        return out | dict.fromkeys(("FDR", "IR", "GARBE")) | {f"{key}_why": why for key in ("FDR", "IR", "GARBE")}
    out["FDR"] = 1 - (alpha * (max(a) - min(a)) + (1 - alpha) * (max(b) - min(b)))
    out["IR"] = _power(ratio(max(a), min(a)), alpha) * _power(ratio(max(b), min(b)), 1 - alpha)
    out["GARBE"] = alpha * gini(a) + (1 - alpha) * gini(b)
    return out


def floored_ratios(
    fmr: dict[str, tuple[float, int]], fnmr: dict[str, tuple[float, int]], alpha: float, found: dict[str, Any]
) -> dict[str, float]:
    """Return what the infinite ratios among `found` are at least; rates are (rate, comparisons).

    A rate of no error is put at 3 / comparisons (rule of three), but no higher than the highest that was seen: a small
    group without an error may be the worst, or no worse than others.
    """
    rates = {name: _at_most(rows) for name, rows in (("fmr", fmr), ("fnmr", fnmr))}
    again = fairness_figures({**rates["fmr"]}, {**rates["fnmr"]}, alpha)
    names = [f"{rate}_{ratio}" for rate in rates for ratio in RATIOS] + ["IR"]
    return {name: again[name] for name in names if found.get(name) == math.inf and again[name] is not None}


def floored_accuracy_ratio(errors: dict[str, tuple[float, int]]) -> float:
    """Return what SER is at least where a group has no error, as `floored_ratios` does; shares of errors are (share, comparisons)."""
    rates = _at_most(errors).values()
    return ratio(max(rates), min(rates))


def _at_most(rows: dict[str, tuple[float, int]]) -> dict[str, float]:
    top = max((rate for rate, _ in rows.values()), default=0.0)
    return {group: rate or min(3 / trials, top) for group, (rate, trials) in rows.items()}


def _power(base: float, exponent: float) -> float:
    return 1.0 if exponent == 0 else base**exponent


def accuracy_figures(accuracy: dict[str, float]) -> dict[str, Any]:
    """Return the spread of accuracies in percent: STD with both ddof, and SER (Wang and Deng, 2020).

    SER is the largest error over the smallest.
    """
    values = list(accuracy.values())
    keys = OF_ACCURACY
    if len(values) < 2:
        why = tr("fewer than two groups have an accuracy")
        return {"accuracy": accuracy} | dict.fromkeys(keys) | {f"{key}_why": why for key in keys}
    mean = _mean(values)
    square = sum((value - mean) ** 2 for value in values)
    return {
        "accuracy": accuracy,
        "accuracy_STD_ddof0": math.sqrt(square / len(values)),
        "accuracy_STD_ddof1": math.sqrt(square / (len(values) - 1)),
        "SER": ratio(100 - min(values), 100 - max(values)),
    }
