"""Errors at many thresholds at once, gathered by subject and by pair of subjects.

A comparison of a subject with itself weighs as often as the subject was drawn, one of two subjects the product of both
(subject bootstrap; Fogliato et al., IJCV 2024). So the errors of all draws are products of a matrix of weights with
counts, and never a loop over draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.scores.subjects import Subjects

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]

_STEP = 2048  # pairs of subjects in one step
_DENSE = 4000  # subjects up to which a matrix of all their pairs is made
_GRID = 1 << 16


@dataclass(frozen=True)
class Dyads:
    """Pairs of two subjects: how many of their comparisons become errors at each threshold. Sorted by segment."""

    first: Ints
    second: Ints
    count: Single
    starts: Ints
    """Where each segment (cell, threshold) starts."""
    segments: Ints

    @cached_property
    def _steps(self) -> list[tuple[int, int, Any, Ints]]:
        """Stretches that fit a cache, each with the matrix that adds up its segments."""
        from scipy import sparse  # the window imports this module, and scipy takes long

        out = []
        for begin in range(0, len(self.first), _STEP):
            end = min(begin + _STEP, len(self.first))
            rows = end - begin
            one, last = np.searchsorted(self.starts, [begin, end - 1], "right") - 1
            inside = np.maximum(self.starts[one : last + 1], begin) - begin
            adds = sparse.csr_array(
                (self.count[begin:end], np.arange(rows, dtype=np.int32), np.append(inside, rows).astype(np.int32)),
                shape=(len(inside), rows),
            )
            out.append((begin, end, adds, self.segments[one : last + 1]))
        return out

    def add_products(self, weights: Single, out: Single) -> None:
        """Add to each segment's row the products of both subjects' weights, (subjects, draws)."""
        both = np.empty((2, _STEP, weights.shape[1]), dtype=np.float32)
        for begin, end, adds, segments in self._steps:
            product, other = both[:, : end - begin]
            weights.take(self.first[begin:end], axis=0, out=product, mode="clip")
            weights.take(self.second[begin:end], axis=0, out=other, mode="clip")
            product *= other
            out[segments] += adds @ product


@dataclass(frozen=True)
class CellCounts:
    """The comparisons of a group, or (the last cell) all others: by the subjects compared."""

    who: Ints
    own_errors: Single
    """Of each subject compared with itself, at each threshold: (who, thresholds)."""
    own_trials: Single
    """(who,)"""
    errors: Array
    """Of each subject compared with others: (who, thresholds)."""
    trials: Array
    """(who,)"""
    squares: Array
    """Sums over pairs of subjects of errors squared and of errors times comparisons: (2, thresholds)."""
    trials_squared: float
    """Sum over pairs of subjects of comparisons squared."""
    matrix: Any
    """Comparisons of every two of them, (who, who); None if there are none."""


@dataclass(frozen=True)
class ErrorCounts:
    """The errors of one rate at ascending thresholds, for cells of comparisons.

    Errors of impostors fall with the threshold (`falling`), those of genuine comparisons rise.
    """

    falling: bool
    thresholds: int
    stratum: Ints
    """Within which group each subject is drawn."""
    cells: list[CellCounts]
    dyads: Dyads

    def totals(self, weights: Single) -> tuple[Single, Single]:
        """Return weighted errors (cells, thresholds, draws) and comparisons (cells, draws); weights (subjects, draws)."""
        draws = weights.shape[1]
        errors = np.zeros((len(self.cells), self.thresholds, draws), dtype=np.float32)
        trials = np.zeros((len(self.cells), draws), dtype=np.float32)
        if len(self.dyads.first):
            flat = np.zeros((len(self.cells) * (self.thresholds + 1), draws), dtype=np.float32)
            self.dyads.add_products(weights, flat)
            by_place = flat.reshape(len(self.cells), self.thresholds + 1, draws)
            for cell, counts in enumerate(by_place):
                _add_up(counts, errors[cell], falling=self.falling)
        for number, group in enumerate(self.cells):
            part = weights[group.who]
            if group.own_trials.any():
                errors[number] += group.own_errors.T @ part
                trials[number] += group.own_trials @ part
            if group.matrix is not None:
                products = np.asarray(group.matrix @ part)
                products *= part
                trials[number] += products.sum(0)
        return errors, trials


def _add_up(counts: Any, out: Any, *, falling: bool) -> None:
    """Turn counts by the place where a comparison changes sides (first axis, one more) into errors at each threshold."""
    if falling:
        np.cumsum(counts[:0:-1], axis=0, out=out[::-1])
    else:
        np.cumsum(counts[:-1], axis=0, out=out)


def places_among(thresholds: Array, score: npt.NDArray[np.floating]) -> Ints:
    """Return how many of the ascending thresholds are at most each score: as `searchsorted`, by a table for most scores.

    A score whose cell of a fine grid holds no threshold needs no search.
    """
    low, high = float(thresholds[0]), float(thresholds[-1])
    if not low < high or not np.isfinite([low, high]).all():
        return np.searchsorted(thresholds, score, "right")
    scale = _GRID / (high - low)
    if not np.isfinite(scale):
        return np.searchsorted(thresholds, score, "right")

    def cells(values: npt.NDArray[np.floating]) -> Ints:  # it never falls where the values rise
        away = (values.astype(np.float64) - low) * scale
        return np.asarray(np.clip(away, -1, _GRID + 1, out=away).astype(np.int64) + 1)

    mine = cells(thresholds)
    table = np.cumsum(np.bincount(mine, minlength=_GRID + 3))
    unsure = np.zeros(_GRID + 3, dtype=bool)
    unsure[mine] = True
    found = cells(score)
    place = table[found]
    again = np.flatnonzero(unsure[found])
    place[again] = np.searchsorted(thresholds, score[again], "right")
    return place


def count_errors(
    subjects: Subjects, use: npt.NDArray[np.bool_], score: npt.NDArray[np.floating], thresholds: Array, *, falling: bool
) -> ErrorCounts:
    """Gather the comparisons in `use`: of each group, and all others in the last cell."""
    n, last, bins = subjects.count, subjects.groups, len(thresholds) + 1
    first, second = subjects.first[use], subjects.second[use]
    place = places_among(thresholds, score[use])
    one, two = subjects.group1[use], subjects.group2[use]
    cell = np.where((one == two) & (one >= 0), one, last)
    own = first == second
    own_cell, own_place, own_who = cell[own], place[own], first[own]
    pairs = _Pairs(first[~own], second[~own], cell[~own], place[~own], n, bins, falling=falling)
    cells = []
    for number in range(last + 1):
        mine = own_cell == number
        if number < last:
            who = subjects.members[number]
        else:
            there = np.zeros(n, dtype=bool)
            there[own_who[mine]] = True
            for side in (pairs.low, pairs.high):
                there[side[pairs.cell == number]] = True
            who = np.flatnonzero(there)
        row = np.zeros(n, dtype=np.int64)
        row[who] = np.arange(len(who))
        rows = row[own_who[mine]]
        own_errors = np.empty((len(who), len(thresholds)), dtype=np.float32)
        table = np.bincount(rows * bins + own_place[mine], minlength=len(who) * bins).astype(np.float32)
        _add_up(table.reshape(len(who), bins).T, own_errors.T, falling=falling)
        own_trials = np.bincount(rows, minlength=len(who)).astype(np.float32)
        cells.append(CellCounts(who, own_errors, own_trials, *pairs.of_cell(number, who, row)))
    return ErrorCounts(falling, len(thresholds), subjects.stratum, cells, pairs.dyads())


class _Pairs:
    """Comparisons of two subjects, sorted by cell, pair and the threshold at which they become errors."""

    def __init__(
        self, first: Ints, second: Ints, cell: Ints, place: Ints, subjects: int, bins: int, *, falling: bool
    ) -> None:
        self.bins, self.falling = bins, falling
        bits = bins.bit_length()
        key = cell * subjects
        key += np.minimum(first, second)
        key *= subjects
        key += np.maximum(first, second)
        key <<= bits
        key += bins - 1 - place if falling else place
        key.sort()
        self.place = key & ((1 << bits) - 1)
        if falling:
            np.subtract(bins - 1, self.place, out=self.place)
        key >>= bits
        new = np.ones(len(key), dtype=bool)
        np.not_equal(key[1:], key[:-1], out=new[1:])
        self.starts = np.flatnonzero(new)
        self.sizes = np.diff(np.append(self.starts, len(key)))
        key = key[self.starts]
        self.high = key % subjects
        key //= subjects
        self.low, self.cell = key % subjects, key // subjects
        self.pair = np.cumsum(new) - 1  # of each comparison

    def _errs(self, place: Ints) -> npt.NDArray[np.bool_]:
        return place > 0 if self.falling else place < self.bins - 1

    def of_cell(self, number: int, who: Ints, row: Ints) -> tuple[Array, Array, Array, float, Any]:
        """Return what `CellCounts` has of pairs: errors, comparisons, squares, comparisons squared, matrix."""
        begin, end = np.searchsorted(self.cell, [number, number + 1])
        m, bins = len(who), self.bins
        errors, squares = np.zeros((m, bins - 1)), np.zeros((2, bins - 1))
        if begin == end:
            return errors, np.zeros(m), squares, 0.0, None
        sizes, low, high = self.sizes[begin:end], row[self.low[begin:end]], row[self.high[begin:end]]
        inside = slice(self.starts[begin], self.starts[end - 1] + sizes[-1])
        errs = np.flatnonzero(self._errs(self.place[inside])) + inside.start
        place, pair = self.place[errs], self.pair[errs]
        table = sum(np.bincount(side[pair - begin] * bins + place, minlength=m * bins) for side in (low, high))
        _add_up(np.asarray(table, dtype=np.float64).reshape(m, bins).T, errors.T, falling=self.falling)
        trials = sum(np.bincount(side, weights=sizes, minlength=m) for side in (low, high))
        before = errs - self.starts[pair]  # of its pair's comparisons that err before it does
        for out, weight in zip(squares, (2 * before + 1, self.sizes[pair]), strict=True):
            _add_up(np.bincount(place, weights=weight, minlength=bins), out, falling=self.falling)
        return (
            errors,
            np.asarray(trials),
            squares,
            float((sizes.astype(np.float64) ** 2).sum()),
            _matrix(low, high, sizes, m),
        )

    def dyads(self) -> Dyads:
        """Return the pairs of subjects by the threshold at which their comparisons become errors."""
        errs = np.flatnonzero(self._errs(self.place))
        pair = self.pair[errs]
        count = max(len(self.cell), 1)
        key = (self.cell[pair] * self.bins + self.place[errs]) * count + pair
        key.sort()
        new = np.ones(len(key), dtype=bool)
        np.not_equal(key[1:], key[:-1], out=new[1:])
        where = np.flatnonzero(new)
        times = np.diff(np.append(where, len(key))).astype(np.float32)
        key = key[where]
        pair, segment = key % count, key // count
        starts = (
            np.flatnonzero(np.append(True, segment[1:] != segment[:-1])) if len(key) else np.empty(0, dtype=np.int64)
        )
        return Dyads(self.low[pair], self.high[pair], times, starts, segment[starts])


def _matrix(low: Ints, high: Ints, sizes: Ints, m: int) -> Any:
    from scipy import sparse

    if m > _DENSE:
        return sparse.csr_array((sizes.astype(np.float32), (low, high)), shape=(m, m))
    out = np.zeros((m, m), dtype=np.float32)
    out[low, high] = sizes
    return out
