"""Fairness figures from the error rates of groups at one threshold.

Only groups whose rate is defined enter. Every figure is None with a reason where it is undefined.
"""

from __future__ import annotations

import math
from typing import Any

from fairdesk.words import tr


def gini(rates: list[float]) -> float:
    """Gini coefficient with the factor n/(n - 1): 0 for equal rates, 1 if one group has all errors."""
    n, total = len(rates), sum(rates)
    if total == 0:
        return 0.0
    mean = total / n
    spread = sum(abs(a - b) for a in rates for b in rates)
    return n / (n - 1) * spread / (2 * n * n * mean)


def ratio(top: float, bottom: float) -> float:
    """Top / bottom; 1 where both are 0, infinite where only the bottom is."""
    if bottom == 0:
        return 1.0 if top == 0 else math.inf
    return top / bottom


def geometric_mean(rates: list[float]) -> float:
    """Geometric mean; 0 if any rate is 0."""
    return 0.0 if min(rates) == 0 else math.exp(sum(math.log(rate) for rate in rates) / len(rates))


def _spread(name: str, rates: list[float]) -> dict[str, Any]:
    keys = (f"gini_{name}", f"{name}_max_over_min", f"{name}_max_over_geomean", f"{name}_max_minus_min")
    if len(rates) < 2:
        why = tr("fewer than two groups have an {rate}", rate=name.upper())
        return dict.fromkeys(keys) | {f"{key}_why": why for key in keys}
    high, low = max(rates), min(rates)
    return dict(zip(keys, (gini(rates), ratio(high, low), ratio(high, geometric_mean(rates)), high - low), strict=True))


def fairness_figures(fmr: dict[str, float | None], fnmr: dict[str, float | None], alpha: float = 0.5) -> dict[str, Any]:
    """Return FDR, IR, GARBE and the spreads of both rates over groups.

    FDR: de Freitas Pereira and Marcel, 2021. IR: NIST FRVT part 3/8. GARBE: Howard et al., 2022.
    `alpha` weighs FMR against FNMR.
    """
    a = [rate for rate in fmr.values() if rate is not None]
    b = [rate for rate in fnmr.values() if rate is not None]
    out: dict[str, Any] = {"alpha": alpha, **_spread("fmr", a), **_spread("fnmr", b)}
    if len(a) < 2 or len(b) < 2:
        why = tr("fewer than two groups have both an FMR and an FNMR")
        return out | dict.fromkeys(("FDR", "IR", "GARBE")) | {f"{key}_why": why for key in ("FDR", "IR", "GARBE")}
    out["FDR"] = 1 - (alpha * (max(a) - min(a)) + (1 - alpha) * (max(b) - min(b)))
    out["IR"] = _power(ratio(max(a), min(a)), alpha) * _power(ratio(max(b), min(b)), 1 - alpha)
    out["GARBE"] = alpha * gini(a) + (1 - alpha) * gini(b)
    return out


def _power(base: float, exponent: float) -> float:
    return 1.0 if exponent == 0 else base**exponent


def accuracy_figures(accuracy: dict[str, float]) -> dict[str, Any]:
    """Return the spread of accuracies in percent: STD with both ddof, and SER (Wang and Deng, 2020).

    SER is the largest error over the smallest.
    """
    values = list(accuracy.values())
    keys = ("accuracy_STD_ddof0", "accuracy_STD_ddof1", "SER")
    if len(values) < 2:
        why = tr("fewer than two groups have an accuracy")
        return {"accuracy": accuracy} | dict.fromkeys(keys) | {f"{key}_why": why for key in keys}
    mean = sum(values) / len(values)
    square = sum((value - mean) ** 2 for value in values)
    return {
        "accuracy": accuracy,
        "accuracy_STD_ddof0": math.sqrt(square / len(values)),
        "accuracy_STD_ddof1": math.sqrt(square / (len(values) - 1)),
        "SER": ratio(100 - min(values), 100 - max(values)),
    }
