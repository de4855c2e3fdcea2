"""Verification error rates from genuine and impostor similarity scores.

Accept iff score >= threshold; FMR(t) = share of impostor scores >= t, FNMR(t) = share of genuine scores
< t (ISO/IEC 19795-1). The operating points are the distinct scores and +inf, which rejects all. Counts
are exact integers; scores are sorted once and searched, so ten million take about a second.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.rates.sorted_places import place_of, places_of
from fairdesk.words import tr

Floats = npt.NDArray[np.floating]

TARGETS = ("0.1", "0.01", "0.001", "0.0001", "0.00001", "0.000001")
_EDGES = 100
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
    """Return the error counts and rates at a threshold (impostor scores must exist; without genuine ones FNMR is NaN)."""
    if reject_all:
        return Point(np.inf, 0, scores.ng, 0.0, 1.0 if scores.ng else np.nan, reject_all=True)
    matches = scores.ni - place_of(scores.impostor, threshold)
    misses = place_of(scores.genuine, threshold)
    return Point(float(threshold), matches, misses, matches / scores.ni, misses / scores.ng if scores.ng else np.nan)


def _above(scores: Scores, value: float) -> float | None:
    """The smallest score greater than a value, or None."""
    found = []
    for array in (scores.genuine, scores.impostor):
        place = place_of(array, value, "right")
        if place < len(array):
            found.append(float(array[place]))
    return min(found) if found else None


def _below(scores: Scores, value: float) -> float | None:
    """The greatest score less than a value, or None."""
    found = []
    for array in (scores.genuine, scores.impostor):
        place = place_of(array, value)
        if place > 0:
            found.append(float(array[place - 1]))
    return max(found) if found else None


@dataclass(frozen=True)
class EqualError:
    """The equal error rate: the mean of FMR and FNMR at one of the two points where they cross, that of the smaller sum (FVC rule)."""

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
        return at_threshold(scores, float(min([*scores.genuine[:1], scores.impostor[0]])))
    above = _above(scores, float(scores.impostor[scores.ni - 1 - allowed]))
    return at_threshold(scores, np.inf, reject_all=True) if above is None else at_threshold(scores, above)


def resolvable(target: str | float, ni: int) -> bool:
    """Tell whether a target FMR is at least one false match in `ni` impostor scores."""
    return Fraction(str(target)) * ni >= 1


def area_under_curve(scores: Scores) -> float:
    """AUC = P(genuine > impostor) + P(equal) / 2 (Mann-Whitney), exact to double precision.

    Pairs are counted stretch by stretch, and in each only the scores of the scarcer kind are searched for: few, where
    genuine and impostor scores lie apart.
    """
    twice = 0
    genuine, impostor = _stretches(scores)
    for (g, g_end), (i, i_end) in zip(itertools.pairwise(genuine), itertools.pairwise(impostor), strict=True):
        twice += 2 * (g_end - g) * i + _twice_won(scores.genuine[g:g_end], scores.impostor[i:i_end])
    return float(Fraction(twice, 2 * scores.ng * scores.ni))


def _stretches(scores: Scores) -> tuple[list[int], list[int]]:
    """Divide both kinds at the same values; where they begin, and the ends. In a stretch one kind is the scarcer one."""
    both = (scores.genuine, scores.impostor)
    step = max(1, (scores.ng + scores.ni) // _EDGES)
    edges = np.sort(np.concatenate([values[step::step] for values in both]))
    places = [np.concatenate([[0], values.searchsorted(edges), [len(values)]]) for values in both]
    genuine, impostor = (np.diff(place) for place in places)
    scarce, piece = genuine < impostor, np.cumsum(np.maximum(genuine, impostor)) // _CHUNK
    new = np.flatnonzero((scarce[1:] != scarce[:-1]) | (piece[1:] != piece[:-1])) + 1
    cuts = np.concatenate([[0], new, [len(scarce)]])
    return places[0][cuts].tolist(), places[1][cuts].tolist()


def _twice_won(genuine: Floats, impostor: Floats) -> int:
    """Return how many pairs have the genuine score above, twice, and how many have both equal."""
    flip = len(genuine) > len(impostor)
    few, many = (impostor, genuine) if flip else (genuine, impostor)
    if not len(few):
        return 0
    left = places_of(many, few)
    below, ties = int(left.sum()), 0
    equal = np.flatnonzero(many.take(left, mode="clip") == few)  # few, as a rule
    if len(equal):
        ties = int((many.searchsorted(few[equal], "right") - left[equal]).sum())
    wins = len(few) * len(many) - below - ties if flip else below
    return 2 * wins + ties


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
