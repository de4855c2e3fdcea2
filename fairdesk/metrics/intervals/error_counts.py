"""Errors at many thresholds at once, gathered by subject and by pair of subjects.

A comparison of a subject with itself weighs as often as the subject was drawn, one of two subjects the product of both
(subject bootstrap; Fogliato et al., IJCV 2024). So the errors of all draws are products of a matrix of weights with
counts, and never a loop over draws.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.scores.subjects import Subjects

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]

_STEP = 4096  # comparisons in one step
_DENSE = 4000  # subjects up to which a matrix of all their pairs is made


@dataclass(frozen=True)
class Dyads:
    """Comparisons of two subjects: how many, and how many of them become errors at each threshold. Sorted by segment."""

    first: Ints
    second: Ints
    count: Single
    starts: Ints
    """Where each segment (cell, threshold) starts."""
    segments: Ints
    trials: list[tuple[Ints, Any]]
    """Of each cell: its subjects, and the matrix of comparisons between them."""

    def add_products(self, weights: Single, out: Array) -> None:
        """Add to each segment's row the products of both subjects' weights, (subjects, draws); in steps that fit a cache."""
        from scipy import sparse  # the window imports this module, and scipy takes long

        for begin, end in itertools.pairwise([*range(0, len(self.first), _STEP), len(self.first)]):
            product = weights[self.first[begin:end]]
            product *= weights[self.second[begin:end]]
            if self.count[begin:end].max() > 1:
                product *= self.count[begin:end, None]
            one, last = np.searchsorted(self.starts, [begin, end - 1], "right") - 1
            inside = np.maximum(self.starts[one : last + 1], begin) - begin
            rows = np.diff(np.append(inside, end - begin))
            step = sparse.csr_array(
                (np.ones(end - begin, dtype=np.float32), np.arange(end - begin), np.append(0, np.cumsum(rows))),
                shape=(len(rows), end - begin),
            )
            out[self.segments[one : last + 1]] += step @ product


@dataclass(frozen=True)
class ErrorCounts:
    """The errors of one rate at ascending thresholds, for cells of comparisons.

    A cell is a group's own comparisons, or (the last one) all others. Errors of impostors fall with the threshold
    (`falling`), those of genuine comparisons rise.
    """

    falling: bool
    cells: int
    thresholds: int
    own_errors: Array
    """Of each subject compared with itself, at each threshold: (subjects, thresholds)."""
    own_trials: Array
    """(subjects,)"""
    cell_of: Ints
    """The cell of each subject's comparisons with itself."""
    dyads: Dyads
    by_subject: Array
    """Errors of dyads by subject within its cell, then within the last cell: (2, subjects, thresholds)."""
    trials_by_subject: Array
    """(2, subjects)"""
    squares: Array
    """Sums over the dyads of a cell of errors squared and of errors times trials: (2, cells, thresholds)."""
    trials_squared: Array
    """Sum over dyads of trials squared: (cells,)"""

    def of_cell(self, cell: int) -> tuple[Array, Array, Array, Array]:
        """Return a cell's errors and comparisons by subject: with itself (errors), with others (errors), and both counts."""
        last = cell == self.cells - 1
        inside = self.cell_of == cell
        own, own_trials = np.where(inside[:, None], self.own_errors, 0), np.where(inside, self.own_trials, 0)
        if last:
            return own, self.by_subject[1], own_trials, self.trials_by_subject[1]
        return (
            own, np.where(inside[:, None], self.by_subject[0], 0), own_trials,
            np.where(inside, self.trials_by_subject[0], 0),
        )  # fmt: skip

    def totals(self, weights: Single) -> tuple[Array, Array]:
        """Return weighted errors (draws, cells, thresholds) and comparisons (draws, cells); weights (draws, subjects)."""
        draws, d = len(weights), self.dyads
        errors = np.zeros((draws, self.cells, self.thresholds))
        trials = np.zeros((draws, self.cells))
        for cell in np.unique(self.cell_of[self.own_trials > 0]):
            who = np.flatnonzero((self.cell_of == cell) & (self.own_trials > 0))
            part = weights[:, who]
            errors[:, cell] += part @ self.own_errors[who].astype(np.float32)
            trials[:, cell] += part @ self.own_trials[who].astype(np.float32)
        for cell, (who, matrix) in enumerate(d.trials):
            if len(who):
                part = weights[:, who]
                products = np.asarray((matrix @ part.T).T)
                trials[:, cell] += np.einsum("ds,ds->d", products, part)
        if len(d.first):
            flat = np.zeros((self.cells * (self.thresholds + 1), draws))
            d.add_products(np.ascontiguousarray(weights.T), flat)
            by_place = flat.reshape(self.cells, self.thresholds + 1, draws).transpose(2, 0, 1)
            errors += _at_each(by_place, falling=self.falling)
        return errors, trials


def _at_each(counts: Array, *, falling: bool) -> Array:
    """Turn counts by the place where a comparison changes sides (last axis, one more) into errors at each threshold."""
    if falling:
        return np.cumsum(counts[..., :0:-1], axis=-1)[..., ::-1]
    return np.cumsum(counts[..., :-1], axis=-1)


def _table(row: Ints, place: Ints, rows: int, bins: int, weight: Array | None = None) -> Array:
    """Count, or add up weights, by row and place: (rows, bins)."""
    flat = np.bincount(row * bins + place, weights=weight, minlength=rows * bins)
    return flat.reshape(rows, bins).astype(np.float64)


def count_errors(
    subjects: Subjects, use: npt.NDArray[np.bool_], score: npt.NDArray[np.floating], thresholds: Array, cells: int,
    *, falling: bool,
) -> ErrorCounts:  # fmt: skip
    """Gather the comparisons in `use`; groups are the cells 0 .. cells - 2, all else is the last."""
    n, bins = subjects.count, len(thresholds) + 1
    first, second = subjects.first[use], subjects.second[use]
    place = np.searchsorted(thresholds, score[use], "right").astype(np.int64)
    one, two = subjects.group[first], subjects.group[second]
    cell = np.where((one == two) & (one >= 0), one, cells - 1)
    own = first == second
    low, high = np.minimum(first, second)[~own], np.maximum(first, second)[~own]
    own_place, place, cell = place[own], place[~own], cell[~own]
    inner = cell < cells - 1
    by_subject = np.stack(
        [sum(_table(side[mask], place[mask], n, bins) for side in (low, high)) for mask in (inner, ~inner)]
    )
    of_dyad, before = _ranks(low * n + high, place, falling=falling)
    squares = [
        _table(cell, place, cells, bins, weight)
        for weight in ((2 * before + 1).astype(np.float64), of_dyad.astype(np.float64))
    ]
    lead = before == 0
    return ErrorCounts(
        falling=falling,
        cells=cells,
        thresholds=len(thresholds),
        own_errors=_at_each(_table(first[own], own_place, n, bins), falling=falling),
        own_trials=np.bincount(first[own], minlength=n).astype(np.float64),
        cell_of=np.where(subjects.group >= 0, subjects.group, cells - 1),
        dyads=_dyads(low, high, cell, place, bins, cells, n, falling=falling),
        by_subject=_at_each(by_subject, falling=falling),
        trials_by_subject=by_subject.sum(-1),
        squares=_at_each(np.stack(squares), falling=falling),
        trials_squared=np.bincount(cell[lead], weights=of_dyad[lead] ** 2, minlength=cells).astype(np.float64),
    )


def _ranks(key: Ints, place: Ints, *, falling: bool) -> tuple[Ints, Ints]:
    """Return of each comparison how many its two subjects have, and how many of them err before it does."""
    order = np.lexsort((-place if falling else place, key))
    ordered = key[order]
    new = np.ones(len(key), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    start = np.flatnonzero(new)
    sizes = np.diff(np.append(start, len(key)))
    which = np.cumsum(new) - 1
    size, rank = np.empty(len(key), dtype=np.int64), np.empty(len(key), dtype=np.int64)
    size[order] = sizes[which] if len(key) else 0
    rank[order] = np.arange(len(key)) - start[which] if len(key) else 0
    return size, rank


def _dyads(low: Ints, high: Ints, cell: Ints, place: Ints, bins: int, cells: int, n: int, *, falling: bool) -> Dyads:
    from scipy import sparse

    trials: list[tuple[Ints, Any]] = []
    for number in range(cells):
        mask = cell == number
        who, codes = np.unique(np.concatenate([low[mask], high[mask]]), return_inverse=True)
        a, b = codes[: int(mask.sum())], codes[int(mask.sum()) :]
        matrix = sparse.coo_array((np.ones(len(a), dtype=np.float32), (a, b)), shape=(len(who), len(who))).tocsr()
        trials.append((who, matrix.toarray() if 0 < len(who) <= _DENSE else matrix))
    errs = place > 0 if falling else place < bins - 1
    keys = ((cell[errs] * bins + place[errs]) * n + low[errs]) * n + high[errs]
    keys, count = np.unique(keys, return_counts=True)
    segment = keys // (n * n)
    starts = np.flatnonzero(np.append(True, segment[1:] != segment[:-1])) if len(keys) else np.empty(0, dtype=np.int64)
    return Dyads(
        keys // n % n, keys % n, count.astype(np.float32), starts, segment[starts] if len(keys) else starts, trials
    )
