"""The fairness figures of many sets of rates at once: each a function of the groups' rates, a row of them a set."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Figure = Callable[[Array, Array], Array]
"""From the groups' FMR and FNMR, (rows, groups) each, to the figure, (rows,)."""


NO_RATE = -1


class AccuracyShares(NamedTuple):
    """The groups that have an accuracy: where their two rates stand, and how many comparisons they have.

    One without impostor comparisons has no FMR and stands at `NO_RATE`.
    """

    fmr_at: list[int]
    fnmr_at: list[int]
    impostor: Array
    genuine: Array

    def percent(self, fmr: Array, fnmr: Array) -> Array:
        """Return the accuracies in percent, (rows, groups)."""
        false_matches = self.impostor * np.pad(fmr, ((0, 0), (0, 1)))[:, self.fmr_at]  # the last is for `NO_RATE`
        wrong = false_matches + self.genuine * fnmr[:, self.fnmr_at]
        return np.asarray(100 - 100 * wrong / (self.impostor + self.genuine))


def _ratio(top: Array, bottom: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(bottom > 0, top / bottom, np.where(top > 0, np.inf, 1.0))


def _between(mean: Array, rates: Array) -> Array:
    """Return a mean of rates, (rows,), no higher and no lower than they are: rounding may put it beside equal ones."""
    return np.asarray(np.clip(mean, rates.min(1), rates.max(1)))


def _mean(rates: Array) -> Array:
    return _between(rates.mean(1), rates)


def _gini(rates: Array) -> Array:
    n, mean = rates.shape[1], rates.mean(1)
    sums = (np.sort(rates, 1) - rates.min(1)[:, None]) @ (2.0 * np.arange(n) - (n - 1))  # of |a - b| over all pairs
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean > 0, sums / (n * (n - 1) * mean), 0.0)


def _over_geometric(rates: Array) -> Array:
    with np.errstate(divide="ignore"):
        return _ratio(rates.max(1), _between(np.exp(np.log(rates).mean(1)), rates))


def _away(rates: Array) -> Array:
    return np.asarray(np.abs(rates - _mean(rates)[:, None]))


def _deviation(rates: Array, ddof: int = 0) -> Array:
    return np.asarray(np.sqrt((_away(rates) ** 2).sum(1) / (rates.shape[1] - ddof)))


_SPREADS: dict[str, Callable[[Array], Array]] = {
    "max_over_min": lambda rates: _ratio(rates.max(1), rates.min(1)),
    "max_over_geomean": _over_geometric,
    "max_over_mean": lambda rates: _ratio(rates.max(1), _mean(rates)),
    "max_minus_min": lambda rates: rates.max(1) - rates.min(1),
    "AAD": lambda rates: _away(rates).mean(1),
    "MAD": lambda rates: _away(rates).max(1),
    "STD_ddof0": lambda rates: _deviation(rates),
    "STD_ddof1": lambda rates: _deviation(rates, 1),
}


def _of_both(alpha: float) -> dict[str, Figure]:
    beta = 1 - alpha
    apart, times = _SPREADS["max_minus_min"], _SPREADS["max_over_min"]

    def inequity(fmr: Array, fnmr: Array) -> Array:
        first = times(fmr) ** alpha if alpha else np.ones(len(fmr))
        second = times(fnmr) ** beta if alpha < 1 else np.ones(len(fmr))
        with np.errstate(invalid="ignore"):
            return np.asarray(first * second)

    return {
        "FDR": lambda fmr, fnmr: 1 - (alpha * apart(fmr) + beta * apart(fnmr)),
        "IR": inequity,
        "GARBE": lambda fmr, fnmr: alpha * _gini(fmr) + beta * _gini(fnmr),
    }


def figure_functions(
    groups: tuple[int, int], alpha: float, shares: AccuracyShares | None = None, target: float | None = None
) -> dict[str, Figure]:
    """Return every figure that so many groups with an FMR and with an FNMR have, by name.

    They are what `fairness_figures` and `accuracy_figures` give for one set of rates.
    """
    out: dict[str, Figure] = {}
    if groups[0] > 1:
        out["gini_fmr"] = lambda fmr, _fnmr: _gini(fmr)
        out |= {f"fmr_{key}": lambda fmr, _fnmr, of=of: of(fmr) for key, of in _SPREADS.items()}  # type: ignore[misc]
    if groups[1] > 1:
        out["gini_fnmr"] = lambda _fmr, fnmr: _gini(fnmr)
        out |= {f"fnmr_{key}": lambda _fmr, fnmr, of=of: of(fnmr) for key, of in _SPREADS.items()}  # type: ignore[misc]
    if min(groups) > 1:
        out |= _of_both(alpha)
    if target is not None and target > 0 and groups[0]:
        out["fmr_MAPE"] = lambda fmr, _fnmr: 100 * np.abs(fmr - target).mean(1) / target
    if shares is not None and len(shares.fmr_at) > 1:
        percent = shares.percent
        out["accuracy_STD_ddof0"] = lambda fmr, fnmr: _deviation(percent(fmr, fnmr))
        out["accuracy_STD_ddof1"] = lambda fmr, fnmr: _deviation(percent(fmr, fnmr), 1)
        out["SER"] = lambda fmr, fnmr: _SPREADS["max_over_min"](100 - percent(fmr, fnmr))
    return out


def rates_behind(name: str) -> tuple[str, ...]:
    """Return which rates a figure is made of."""
    return tuple(rate for rate in ("fmr", "fnmr") if name.startswith((f"{rate}_", f"gini_{rate}"))) or ("fmr", "fnmr")


def equality(name: str) -> float:
    """Return the figure of groups that do not differ."""
    return 1.0 if "_over_" in name or name in ("IR", "SER", "FDR") else 0.0
