"""Verification error rates from genuine and impostor similarity scores.

Accept iff score >= threshold; FMR(t) = share of impostor scores >= t, FNMR(t) = share of genuine scores
< t (ISO/IEC 19795-1). The operating points are the distinct scores and +inf, which rejects all. Counts
are exact integers; scores are sorted once and searched, so ten million take about a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fairdesk.words import tr

Floats = npt.NDArray[np.floating]

TARGETS = ("0.1", "0.01", "0.001", "0.0001", "0.00001", "0.000001")
_CHUNK = 1 << 19
_CACHED = 1 << 15


@dataclass(frozen=True)
class Scores:
    """Sorted scores without NaN, and how many NaN were dropped (failures to acquire)."""

    genuine: Floats
    impostor: Floats
    dropped_genuine: int = 0
    dropped_impostor: int = 0

    @property
    def ng(self) -> int:
        """Number of genuine scores."""
        return len(self.genuine)

    @property
    def ni(self) -> int:
        """Number of impostor scores."""
        return len(self.impostor)

    def missing(self) -> str | None:
        """Say which kind of score there is none of, or None."""
        if not self.ng:
            return tr("no genuine scores") if self.ni else tr("no scores")
        return None if self.ni else tr("no impostor scores")


def sort_scores(genuine: Floats, impostor: Floats, *, in_place: bool = False) -> Scores:
    """Sort both kinds of scores and drop what is not a number; `in_place` reuses the arrays' memory."""

    def one(values: Floats) -> tuple[Floats, int]:
        values = values if in_place else values.copy()
        values.sort()  # NaN sorts to the end
        kept = int(np.searchsorted(values, np.nan, "left")) if len(values) and np.isnan(values[-1]) else len(values)
        return values[:kept], len(values) - kept

    (g, dropped_g), (i, dropped_i) = one(genuine), one(impostor)
    return Scores(g, i, dropped_g, dropped_i)


@dataclass(frozen=True)
class Point:
    """One operating point."""

    threshold: float
    false_matches: int
    false_non_matches: int
    fmr: float
    fnmr: float
    reject_all: bool = False
    """Above every score, an infinite one too."""


def at_threshold(scores: Scores, threshold: float, *, reject_all: bool = False) -> Point:
    """Return the error counts and rates at a threshold (both kinds of scores must exist)."""
    if reject_all:
        return Point(np.inf, 0, scores.ng, 0.0, 1.0, reject_all=True)
    matches = scores.ni - int(np.searchsorted(scores.impostor, threshold, "left"))
    misses = int(np.searchsorted(scores.genuine, threshold, "left"))
    return Point(float(threshold), matches, misses, matches / scores.ni, misses / scores.ng)


def _above(scores: Scores, value: float) -> float | None:
    """The smallest score greater than a value, or None."""
    found = []
    for array in (scores.genuine, scores.impostor):
        place = int(np.searchsorted(array, value, "right"))
        if place < len(array):
            found.append(float(array[place]))
    return min(found) if found else None


def _below(scores: Scores, value: float) -> float | None:
    """The greatest score less than a value, or None."""
    found = []
    for array in (scores.genuine, scores.impostor):
        place = int(np.searchsorted(array, value, "left"))
        if place > 0:
            found.append(float(array[place - 1]))
    return max(found) if found else None


@dataclass(frozen=True)
class EqualError:
    """The equal error rate: the mean of the two rates at the point where they are closest (FVC rule)."""

    eer: float
    low: float
    high: float
    threshold: float
    interpolated: float
    reject_all: bool = False


def equal_error_rate(scores: Scores) -> EqualError:
    """Return the EER by the rule of the Fingerprint Verification Competition (Maio et al., 2002).

    t2 is the first point with FMR <= FNMR and t1 the one before it; of the two the one with the smaller
    FMR + FNMR counts. `interpolated` is where the straight line between t1 and t2 has FMR = FNMR.
    """
    ng, ni = scores.ng, scores.ni

    def crossed(point: Point) -> bool:
        return point.false_matches * ng <= point.false_non_matches * ni

    candidates = []
    for array in (scores.genuine, scores.impostor):
        low, high = 0, len(array)
        while low < high:  # first index whose score has FMR <= FNMR; both rates are monotone
            middle = (low + high) // 2
            if crossed(at_threshold(scores, float(array[middle]))):
                high = middle
            else:
                low = middle + 1
        if low < len(array):
            candidates.append(float(array[low]))
    if candidates:
        second = at_threshold(scores, min(candidates))
        before = _below(scores, second.threshold)
    else:
        second = at_threshold(scores, np.inf, reject_all=True)
        before = float(max(scores.genuine[-1], scores.impostor[-1]))
    equal = second.false_matches * ng == second.false_non_matches * ni
    first = second if equal or before is None else at_threshold(scores, before)
    chosen = first if first.fmr + first.fnmr <= second.fmr + second.fnmr else second
    d1, d2 = first.fmr - first.fnmr, second.fmr - second.fnmr
    line = first.fmr if d1 == d2 else first.fmr + (second.fmr - first.fmr) * d1 / (d1 - d2)
    rates = (chosen.fmr, chosen.fnmr)
    return EqualError(sum(rates) / 2, min(rates), max(rates), chosen.threshold, line, chosen.reject_all)


def threshold_at_fmr(scores: Scores, target: str | float) -> Point:
    """Return the point of the greatest TAR with FMR <= target.

    `target` is read as a decimal: floor(target x Ni) false matches are allowed, in exact arithmetic. The
    threshold is the smallest score above the next impostor's, +inf if there is none.
    """
    allowed = int(Fraction(str(target)) * scores.ni)
    if allowed >= scores.ni:
        return at_threshold(scores, float(min(scores.genuine[0], scores.impostor[0])))
    above = _above(scores, float(scores.impostor[scores.ni - 1 - allowed]))
    return at_threshold(scores, np.inf, reject_all=True) if above is None else at_threshold(scores, above)


def resolvable(target: str | float, ni: int) -> bool:
    """Tell whether a target FMR is at least one false match in `ni` impostor scores."""
    return Fraction(str(target)) * ni >= 1


def area_under_curve(scores: Scores) -> float:
    """AUC = P(genuine > impostor) + P(equal) / 2 (Mann-Whitney), exact to double precision."""
    few, many, flip = (
        (scores.genuine, scores.impostor, False) if scores.ng <= scores.ni else (scores.impostor, scores.genuine, True)
    )
    below = ties = 0
    for start in range(0, len(few), _CHUNK):
        part = few[start : start + _CHUNK]
        left = np.searchsorted(many, part, "left")
        below += int(left.sum())
        equal = np.flatnonzero(many[np.minimum(left, len(many) - 1)] == part)  # few, as a rule
        if len(equal):
            ties += int((np.searchsorted(many, part[equal], "right") - left[equal]).sum())
    wins = len(few) * len(many) - below - ties if flip else below
    return float(Fraction(2 * wins + ties, 2 * scores.ng * scores.ni))


def d_prime(scores: Scores) -> float | None:
    """D' = |mean difference| / sqrt(mean of the variances), ddof 0; None where both variances are 0."""
    (mean_g, var_g), (mean_i, var_i) = _moments(scores.genuine), _moments(scores.impostor)
    with np.errstate(over="ignore"):
        spread = (var_g + var_i) / 2
    if not np.isfinite(spread) or spread == 0:
        return None
    return float(abs(mean_g - mean_i) / np.sqrt(spread))


def no_d_prime(scores: Scores) -> str:
    """Say why there is no d'."""
    ends = [float(end) for values in (scores.genuine, scores.impostor) for end in (values[0], values[-1])]
    if not np.isfinite(ends).all():
        return tr("some scores are infinite")
    if ends[0] == ends[1] and ends[2] == ends[3]:
        return tr("the scores have no variance")
    return tr("the scores are too large or too close together")


def _moments(values: Floats) -> tuple[float, float]:
    """Mean and variance in chunks: no array as large as the scores is made. NaN where a score is infinite."""
    if len(values) == 0 or not np.isfinite(values[[0, -1]]).all():
        return np.nan, np.nan
    if values[0] == values[-1]:
        return float(values[0]), 0.0
    parts = range(0, len(values), _CACHED)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = sum(float(values[s : s + _CACHED].sum(dtype=np.float64)) for s in parts) / len(values)
        square = 0.0
        for start in parts:
            away = values[start : start + _CACHED].astype(np.float64) - mean
            away *= away  # no product of BLAS: its threads would wait for each other
            square += float(away.sum())
    return mean, square / len(values)
