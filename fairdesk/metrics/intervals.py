"""How sure a rate is: Wilson's interval for independent pairs, and the bootstrap over subjects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

Z95 = 1.959963984540054


def wilson(errors: int, trials: int, z: float = Z95) -> tuple[float, float] | None:
    """95 % interval of a rate (Wilson, 1927), as if pairs were independent; None without trials."""
    if trials == 0:
        return None
    rate = errors / trials
    denominator = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / denominator
    half = z * np.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)) / denominator
    low = 0.0 if errors == 0 else float(max(0.0, centre - half))
    return low, 1.0 if errors == trials else float(min(1.0, centre + half))


def rule_of_three(trials: int) -> float | None:
    """With no error in n trials the rate is below 3/n at 95 %; None without trials."""
    return 3 / trials if trials else None


@dataclass(frozen=True)
class PairCounts:
    """Errors and trials gathered by pair of subjects (codes 0 .. subjects - 1)."""

    first: Ints
    second: Ints
    errors: Floats
    trials: Floats


def count_pairs(first: Ints, second: Ints, wrong: npt.NDArray[np.bool_], subjects: int) -> PairCounts:
    """Gather comparisons by their two subjects; the order within a pair does not matter."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    keys, inverse = np.unique(low * subjects + high, return_inverse=True)
    trials: Floats = np.bincount(inverse, minlength=len(keys)).astype(np.float64)
    errors: Floats = np.bincount(inverse, weights=wrong.astype(np.float64), minlength=len(keys)).astype(np.float64)
    return PairCounts(keys // subjects, keys % subjects, errors, trials)


def subject_weights(subjects: int, draws: int, seed: int) -> Floats:
    """How often each subject is drawn, shape (draws, subjects): n subjects with replacement each time."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(subjects, np.full(subjects, 1 / subjects), size=draws).astype(float)


def bootstrap_rates(counts: PairCounts, weights: Floats) -> Floats:
    """Rates of each draw, NaN where a draw has no trial.

    A genuine comparison weighs as often as its subject is drawn, an impostor one w_i w_j
    (subject bootstrap; Fogliato et al., IJCV 2024).
    """
    out = np.empty(len(weights))
    same = counts.first == counts.second
    for row, drawn in enumerate(weights):
        weight = np.where(same, drawn[counts.first], drawn[counts.first] * drawn[counts.second])
        total = float(weight @ counts.trials)
        out[row] = float(weight @ counts.errors) / total if total else np.nan
    return out


def percentile(values: Floats, level: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of the finite values; None if fewer than 20 are finite."""
    finite = values[np.isfinite(values)]
    if len(finite) < 20:
        return None
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
