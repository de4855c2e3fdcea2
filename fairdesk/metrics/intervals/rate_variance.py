"""How far a rate would be from the truth with other subjects: the variance of a rate over pairs of subjects.

With R_i the sum of the residuals of the pairs of subject i, and U_ij that of the pairs of i and j, the variance of the
rate is f (sum R_i^2 - sum U_ij^2) / pairs^2 (Aronow, Samii and Assenova, Political Analysis 2015; Fafchamps and Gubert,
2007). The bootstrap alone would give sum R_i^2 + sum U_ij^2, three times too much where pairs are independent.
The factor f for few subjects and the degrees of freedom are chosen by simulation: docs/intervals.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.intervals.error_counts import ErrorCounts
from fairdesk.words import tr

Array = npt.NDArray[np.float64]

FEWEST = 4  # subjects for an interval
LEAST = 0.5  # of the variance that independent pairs of subjects would have
_FEW_ERRORS = 10
_KNOWN = 20  # errors from which the design effect is taken


@dataclass(frozen=True)
class Variance:
    """The rate of a cell at each threshold, its variance and degrees of freedom; all of shape (thresholds,)."""

    rate: Array
    errors: Array
    variance: Array
    freedom: Array
    trials: float
    subjects: int

    def part(self, columns: npt.NDArray[np.int64]) -> Variance:
        """Return it at some of the thresholds."""
        rate, errors, variance, freedom = (
            one[columns] for one in (self.rate, self.errors, self.variance, self.freedom)
        )
        return Variance(rate, errors, variance, freedom, self.trials, self.subjects)

    def trials_at(self, place: int) -> float:
        """Return how many independent comparisons these are worth, at least one a subject: for where there is no error.

        The design effect is that of the nearest threshold with 20 errors.
        """
        known = np.flatnonzero((self.errors >= _KNOWN) & (self.variance > 0) & (self.rate < 1))
        if not len(known):
            return float(self.subjects)
        near = known[np.argmin(np.abs(known - place))]
        worth = self.rate[near] * (1 - self.rate[near]) / self.variance[near]
        return float(np.clip(worth, self.subjects, self.trials))


def too_few(variance: Variance | None) -> str | None:
    """Say that there are too few subjects for an interval, or None."""
    if variance is not None and variance.subjects >= FEWEST:
        return None
    return tr("fewer than {n} subjects", n=FEWEST)


def _few(subjects: int, of_two: bool) -> float:
    """Return by how much the residuals of few subjects are too small, squared."""
    return (subjects / max(subjects - 2, 1)) ** 2 if of_two else subjects / max(subjects - 1, 1)


def variance_of(counts: ErrorCounts, cells: list[int]) -> Variance | None:
    """Return rate and variance over the union of cells; None without comparisons.

    How many subjects a group has is part of the study, and not chance: residuals are from the rate of their own cell,
    and from the mean of their group.
    """
    chosen = [cell for number in cells if (cell := counts.cells[number]).own_trials.any() or cell.trials.any()]
    if not chosen:
        return None
    of_two = any(cell.matrix is not None for cell in chosen)
    people = len(counts.stratum)
    residuals = np.zeros((people, counts.thresholds)) if len(chosen) > 1 else np.empty(0)
    errors, trials, pairs = np.zeros(counts.thresholds), 0.0, np.zeros(counts.thresholds)
    compared = np.zeros(people, dtype=bool)
    for cell in chosen:
        here = float(cell.own_trials.sum(dtype=np.float64) + cell.trials.sum() / 2)
        mine = (cell.own_trials > 0) | (cell.trials > 0)
        own = cell.own_errors[mine] if cell.own_trials.any() else np.zeros(1)
        dyads = cell.errors[mine]
        wrong = own.sum(0, dtype=np.float64) + dyads.sum(0) / 2
        rate = wrong / here
        dyads += own
        dyads -= np.multiply.outer(cell.own_trials[mine] + cell.trials[mine], rate)
        square, product = cell.squares
        pairs += _few(int(mine.sum()), of_two) * (square - 2 * rate * product + rate**2 * cell.trials_squared)
        errors, trials = errors + wrong, trials + here
        who = cell.who[mine]
        compared[who] = True
        if len(chosen) > 1:
            residuals[who] += dyads
        else:
            residuals = dyads
    strata = np.zeros(len(residuals), dtype=np.int64)
    if len(chosen) > 1:
        residuals, strata = residuals[compared], counts.stratum[compared]
    for stratum in np.unique(strata):
        mine = strata == stratum
        part = residuals[mine]
        part -= part.mean(0)
        part *= np.sqrt(_few(int(mine.sum()), of_two))
        residuals[mine] = part
    rate, subjects = errors / trials, int(compared.sum())
    np.square(residuals, out=residuals)
    between = residuals.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        even = between**2 / np.einsum("st,st->t", residuals, residuals)
    if of_two:
        variance, freedom = np.maximum(between - pairs, LEAST * pairs), even
    else:
        variance, freedom = between, 3 * even - 1
    lowest = np.where(errors < _FEW_ERRORS, 10, 3)  # few errors are uneven by their number, not by the subjects
    freedom = np.clip(np.nan_to_num(freedom, nan=3), lowest, max(subjects - 1, 3))
    return Variance(rate, errors, np.maximum(variance, 0) / trials**2, freedom, trials, subjects)
