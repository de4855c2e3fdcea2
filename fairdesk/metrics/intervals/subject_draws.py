"""Error rates of many draws of subjects, at many thresholds at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.intervals.error_counts import ErrorCounts, count_errors
from fairdesk.metrics.intervals.rate_variance import Variance, variance_of
from fairdesk.metrics.rates.error_rates import Scores, equal_error_rate
from fairdesk.metrics.scores.subjects import Subjects

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]
Single = npt.NDArray[np.float32]

ALL, WITHIN, GROUP = "*", "=", ":"  # names of cells; a group's stands behind the last
_PRODUCTS = 40_000_000  # weights multiplied in one step: well below a second
BATCH = 128
_UNIT = 16


@dataclass(frozen=True)
class Place:
    """Where each draw has its threshold: between two of the thresholds, `share` of the way to the upper one."""

    upper: npt.NDArray[np.int64]
    share: Array

    def of(self, curve: Array) -> Array:
        """Return a curve's value there; shape (draws, thresholds) to (draws,)."""
        rows = np.arange(len(curve))
        above = curve[rows, self.upper]
        below = curve[rows, np.maximum(self.upper - 1, 0)]
        return np.asarray(below + self.share * (above - below))


@dataclass
class Curves:
    """The two rates of a cell in every draw, (1 + draws, thresholds); the first row is the data's own."""

    fmr: Array | None
    fnmr: Array | None
    fmr_variance: Variance | None
    fnmr_variance: Variance | None

    def part(self, columns: npt.NDArray[np.int64]) -> Curves:
        """Return the curves at some of the thresholds."""
        fmr, fnmr = (None if curve is None else curve[:, columns] for curve in (self.fmr, self.fnmr))
        one, two = (None if found is None else found.part(columns) for found in (self.fmr_variance, self.fnmr_variance))
        return Curves(fmr, fnmr, one, two)

    def equal_error(self) -> tuple[Array, Place] | None:
        """Return the EER of each draw and where it lies."""
        if self.fmr is None or self.fnmr is None:
            return None
        apart = self.fmr - self.fnmr
        upper = np.clip((apart > 0).sum(1), 1, apart.shape[1] - 1)
        rows = np.arange(len(apart))
        high, low = apart[rows, upper - 1], apart[rows, upper]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(high != low, high / (high - low), 1.0)
        place = Place(upper, np.clip(share, 0, 1))
        return (place.of(self.fmr) + place.of(self.fnmr)) / 2, place

    def at_target(self, target: float) -> Place | None:
        """Return where the FMR of each draw is the target."""
        if self.fmr is None:
            return None
        upper = np.clip((self.fmr > target).sum(1), 1, self.fmr.shape[1] - 1)
        rows = np.arange(len(self.fmr))
        high, low = self.fmr[rows, upper - 1], self.fmr[rows, upper]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(high > low, (high - target) / (high - low), 1.0)
        return Place(upper, np.clip(share, 0, 1))


@dataclass
class Draws:
    """The curves of every cell asked for, by name, and the thresholds of their columns."""

    thresholds: Array
    count: int
    kinds: list[ErrorCounts]
    """Of impostor and of genuine comparisons."""
    cells: dict[str, Curves] = field(default_factory=dict)

    def at(self, threshold: float, *, reject_all: bool = False) -> Place:
        """Return the same threshold in every draw; it must be among `thresholds`."""
        last = len(self.thresholds) - 1
        place = last if reject_all else min(int(np.searchsorted(self.thresholds, threshold)), last)
        rows = self.count + 1
        return Place(np.full(rows, place, dtype=np.int64), np.ones(rows))

    def without(self, threshold: float) -> Draws:
        """Return the draws with one threshold less."""
        rest = np.flatnonzero(self.thresholds != threshold)
        cells = {name: curves.part(rest) for name, curves in self.cells.items()}
        return Draws(self.thresholds[rest], self.count, self.kinds, cells)


def choose_thresholds(overall: Scores, groups: list[Scores], exact: list[float], budget: int = 480) -> Array:
    """Choose thresholds: observed impostor scores evenly in log FMR down to well below the EER, and the exact ones."""
    chosen = [np.array([one for one in exact if one < np.inf])]  # one that accepts all may be -inf
    each = max(8, budget // (len(groups) + 2))
    top = 0.0
    for number, scores in enumerate((overall, *groups)):
        if scores.missing() is not None:
            continue
        eer = equal_error_rate(scores).eer
        deepest = max(1, min(scores.ni, int(scores.ni * min(1.0, max(0.2, 2.5 * eer)))))
        ranks = np.unique(np.geomspace(1, deepest, each * (2 if number == 0 else 1)).astype(np.int64))
        chosen.append(scores.impostor[scores.ni - ranks].astype(np.float64))
    ends = [values[-1] for one in (overall, *groups) for values in (one.genuine, one.impostor) if len(values)]
    top = float(max(ends)) if ends else 0.0
    together = np.unique(np.concatenate([*chosen, [np.nextafter(top, np.inf)]]))
    return together if -np.inf in exact else together[together > -np.inf]


def _weights(subjects: Subjects, draws: int, seed: int, batch: int) -> Iterator[Single]:
    """Yield how often each subject is drawn, (subjects, batch): as many of each group as it has."""
    rng = np.random.default_rng(seed)
    strata = [np.flatnonzero(subjects.stratum == group) for group in np.unique(subjects.stratum)]
    for start in range(0, draws, batch):
        columns = min(batch, draws - start)
        out = np.empty((subjects.count, columns), dtype=np.float32)
        for part in range(0, columns, _UNIT):  # the same draws whatever the batch: two models are compared over them
            size = min(_UNIT, columns - part)
            for members in strata:
                n = len(members)
                drawn = rng.integers(0, n, (n, size), dtype=np.int32)
                drawn *= size
                drawn += np.arange(size, dtype=np.int32)
                out[members, part : part + size] = np.bincount(drawn.ravel(), minlength=n * size).reshape(n, size)
        yield out


def _steadied(raw: Array, variance: Variance) -> Array:
    """Return the rates with the spread that the variance says; the first row is the data's own and stays."""
    own = raw[0].copy()
    raw -= own
    spread = np.nanstd(raw[1:], axis=0, ddof=1) if np.isnan(raw.sum()) else raw[1:].std(0, ddof=1)
    wanted = np.sqrt(variance.variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw *= np.where(spread > 0, wanted / spread, 0.0)
    if (
        still := (spread == 0) & (wanted > 0)
    ).any():  # every draw is alike: errors that are shared out evenly are no proof of no chance
        raw[1:, still] = _even_normal(len(raw) - 1)[:, None] * wanted[still]
    raw += own
    np.nan_to_num(raw, copy=False, nan=0.0)
    return np.asarray(np.clip(raw, 0, 1, out=raw))


def _even_normal(count: int) -> Array:
    """Return the middles of `count` equal parts of the normal distribution, in an order that tells nothing."""
    from scipy.special import ndtri

    return np.random.default_rng(count).permutation(ndtri((np.arange(count) + 0.5) / count))


def draw_subjects(
    subjects: Subjects,
    score: Floats,
    label: npt.NDArray[np.bool_],
    thresholds: Array,
    cells: dict[str, list[int]],
    count: int,
    seed: int,
    check: Callable[[], None],
) -> Draws:
    """Draw subjects `count` times; `cells` names unions of the groups' numbers (the last number: all other pairs)."""
    from threadpoolctl import threadpool_limits  # the window imports this module

    good = ~np.isnan(score)
    if not any(subjects.groups in parts for parts in cells.values()):  # no cell needs the other pairs
        good &= (subjects.group1 == subjects.group2) & (subjects.group1 >= 0)
    kinds: list[ErrorCounts] = []
    for genuine in (False, True):
        check()
        kinds.append(count_errors(subjects, good & (label == genuine), score, thresholds, falling=not genuine))
    busiest = max(len(kind.dyads.first) for kind in kinds)
    batch = int(np.clip(_PRODUCTS // max(busiest, 1), _UNIT, BATCH)) // _UNIT * _UNIT
    rates = {name: [np.empty((count + 1, len(thresholds))) for _ in kinds] for name in cells}
    itself = np.ones((subjects.count, 1), dtype=np.float32)
    row = 0
    with threadpool_limits(1, "blas"):  # small products: several threads wait for each other, and round otherwise
        for weights in itertools.chain([itself], _weights(subjects, count, seed, batch)):
            rows = slice(row, row + weights.shape[1])
            row = rows.stop
            for which, kind in enumerate(kinds):
                check()
                errors, trials = kind.totals(weights)
                for name, parts in cells.items():
                    wrong, all_ = (x[parts[0]] if len(parts) == 1 else x[parts].sum(0) for x in (errors, trials))
                    with np.errstate(invalid="ignore", divide="ignore"):
                        rates[name][which][rows] = np.divide(wrong, all_, dtype=np.float64).T
    draws = Draws(thresholds, count, kinds)
    for name, parts in cells.items():
        check()
        variances = [variance_of(kind, parts) for kind in kinds]
        curves = [
            None if variance is None else _steadied(raw, variance)
            for raw, variance in zip(rates[name], variances, strict=True)
        ]
        draws.cells[name] = Curves(curves[0], curves[1], variances[0], variances[1])
    return draws
