"""Very many parts, as arrays, joined as `parts.join` joins few: the same pairs in the same order, with the same bits.

Parts are joined many at a time. What a join makes possible is worked out for all of them at once; where that is likelier
than what was to be joined next, the rest of them waits. A part lies in a row, which passes on to what it becomes, and
has a number, higher for each that is made: among equals the smaller number is first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.review.likeness import Likeness
from fairdesk.clustering.review.parts import Check, pair_odds, spreads

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
_WINDOW, _AT_ONCE, _FEWEST = 2000, 512, 16  # pairs in order; joins at a time
_ASIDE = 50_000  # new pairs, before all that wait are put in order
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Parts:
    """n parts: how many faces each has, their mean (n, dim), mean squared length, and where strangers begin (squared)."""

    faces: Floats
    mean: Floats
    square: Floats
    strangers: Floats

    def usual(self, like: Likeness) -> Floats:
        """Return how wide each is thought to be."""
        return like.usual(self.faces, spreads(self.faces, self.mean, self.square))


class _Pairs(NamedTuple):
    """Pairs that may be joined: log odds, negative, and the numbers of both."""

    negative: Floats
    first: Numbers
    second: Numbers

    def at(self, some: npt.NDArray[np.bool_] | Numbers | slice) -> _Pairs:
        return _Pairs(self.negative[some], self.first[some], self.second[some])

    def and_(self, *others: _Pairs) -> _Pairs:
        negative, first, second = (np.concatenate(columns) for columns in zip(self, *others, strict=True))
        return _Pairs(negative, first, second)

    def in_order(self) -> _Pairs:
        return self.at(np.lexsort((self.second, self.first, self.negative)))


class _Waiting:
    """All pairs that may be joined, of which the likeliest come out first."""

    def __init__(self, pairs: _Pairs) -> None:
        self._sorted, self._aside = pairs.at(np.argsort(pairs.negative, kind="stable")), list[_Pairs]()
        self._begin = self._beside = 0
        self.limit = -np.inf  # what is likelier, or as likely, has come out

    def next(self, alive: npt.NDArray[np.bool_]) -> _Pairs | None:
        """Return the next ones, all that are as likely among them, in order; None where no more are left."""
        if self._beside > _ASIDE or self._begin >= len(self._sorted.negative):
            every = self._sorted.at(slice(self._begin, None)).and_(*self._aside)
            every = every.at(alive[every.first] & alive[every.second])
            self._sorted = every.at(np.argsort(every.negative, kind="stable"))
            self._begin, self._beside, self._aside = 0, 0, []
        negative, begin = self._sorted.negative, self._begin
        if begin >= len(negative):
            return None
        self.limit = float(negative[min(begin + _WINDOW, len(negative)) - 1])
        self._begin = int(np.searchsorted(negative, self.limit, side="right"))
        if len(self._aside) > 1:
            self._aside = [self._aside[0].and_(*self._aside[1:])]
        found = self._sorted.at(slice(begin, self._begin))
        if self._aside:
            now = self._aside[0].negative <= self.limit
            found, self._aside = found.and_(self._aside[0].at(now)), [self._aside[0].at(~now)]
        return found.at(alive[found.first] & alive[found.second]).in_order()

    def add(self, pairs: _Pairs) -> _Pairs:
        """Take further ones; returns those that would have come out already."""
        now = pairs.negative <= self.limit
        self._aside.append(pairs.at(~now))
        self._beside += len(pairs.negative)
        return pairs.at(now)


class _Batch(NamedTuple):
    """Joins that are next, and what they make: its numbers, and the pairs that it may be joined in."""

    made: Parts
    usual: Floats
    of: Numbers  # of each of its neighbours: the place of the join
    rows: Numbers  # the neighbours' rows
    numbers: Numbers  # and numbers
    gone: Numbers  # the place of the join that takes a neighbour away, `_NEVER` where none does
    odds: Floats


class _Joining:
    def __init__(self, parts: Parts, like: Likeness, stop: float) -> None:
        self._like, self._stop = like, stop
        self.n, dim = parts.mean.shape
        room = self.n + _AT_ONCE  # what is not yet joined is behind
        self._mean = parts.mean.copy()
        self.means = np.empty((room, dim), dtype=np.float32)
        self.means[: self.n] = parts.mean
        self.square, self.faces, self.strangers, self.usual = np.empty((4, room))
        self.square[: self.n], self.faces[: self.n] = parts.square, parts.faces
        self.strangers[: self.n], self.usual[: self.n] = parts.strangers, parts.usual(like)
        self._up, self._size = np.arange(self.n), np.ones(self.n, dtype=np.int64)
        self._number = np.arange(self.n)  # of a row
        self._row = np.arange(2 * self.n)  # of a number
        self.alive = np.zeros(2 * self.n, dtype=bool)
        self.alive[: self.n] = True
        self.into = np.full(2 * self.n, -1, dtype=np.int64)
        self.following = self.n
        self._when = np.full(self.n, _NEVER, dtype=np.int64)
        self._near: list[Numbers] = []

    def begin(self, edges: Numbers, check: Check | None) -> _Pairs:
        """Know who is beside whom; returns the pairs that may be joined."""
        both = np.concatenate([edges, edges[:, ::-1]])
        order = np.argsort(both[:, 0], kind="stable")
        counts = np.bincount(both[:, 0], minlength=self.n)
        self._near = np.split(both[order, 1], np.cumsum(counts)[:-1])
        first, second = edges.T
        odds = pair_odds(
            first, second, self.means, (self.square, self.faces, self.strangers, self.usual), self._like, check
        )
        some = np.flatnonzero(odds > self._stop)
        return _Pairs(-odds[some], first[some], second[some])

    def work_out(self, first: Numbers, second: Numbers) -> _Batch:
        """Return what some joins, each of two rows, would make, one after the other."""
        count = len(first)
        made = self._wholes(first, second)
        usual = made.usual(self._like)
        behind = slice(self.n, self.n + count)
        self.means[behind], self.square[behind], self.faces[behind] = made.mean, made.square, made.faces
        self.strangers[behind], self.usual[behind] = made.strangers, usual
        self._when[first] = self._when[second] = np.arange(count)
        near = [self._near[row] for pair in zip(first.tolist(), second.tolist(), strict=True) for row in pair]
        rows = self._now(np.concatenate(near))
        of = np.repeat(np.arange(count).repeat(2), np.fromiter(map(len, near), dtype=np.int64, count=2 * count))
        gone = self._when[rows]
        self._when[first] = self._when[second] = _NEVER
        joined = gone < of
        numbers = np.where(joined, self.following + gone, self._number[rows])
        others = gone != of
        _, once = np.unique(of[others] * (2 * self.n) + numbers[others], return_index=True)
        of, rows, numbers, gone, joined = (some[others][once] for some in (of, rows, numbers, gone, joined))
        at = np.where(joined, self.n + gone, rows)
        gone = np.where(joined, _NEVER, gone)
        return _Batch(made, usual, of, rows, numbers, gone, self._odds(of, at, count))

    def _wholes(self, first: Numbers, second: Numbers) -> Parts:
        total = self.faces[first] + self.faces[second]
        a, b = self.faces[first] / total, self.faces[second] / total
        return Parts(
            total,
            a[:, None] * self._mean[first] + b[:, None] * self._mean[second],
            a * self.square[first] + b * self.square[second],
            a * self.strangers[first] + b * self.strangers[second],
        )

    def _now(self, rows: Numbers) -> Numbers:
        """Return the rows that parts of some rows are in by now."""
        while not np.array_equal(up := self._up[rows], rows):
            rows = up
        return rows

    def _odds(self, of: Numbers, at: Numbers, count: int) -> Floats:
        """Return the log odds of what is made and its neighbours; a library's products of each are a call of their own, whose sums have an order of their own."""
        ends = np.cumsum(np.bincount(of, minlength=count)).tolist()
        spans = [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)]
        gathered, products = self.means[at], np.empty(len(at), dtype=np.float32)
        for place, span in enumerate(spans):
            np.matmul(gathered[span], self.means[self.n + place], out=products[span])
        mine = self.n + of
        distance = self.square[mine] + self.square[at] - 2 * products
        straight = self._like.straight(
            distance, (self.faces[mine], self.faces[at]), (self.strangers[mine], self.strangers[at]), (self.usual[mine], self.usual[at])
        )  # fmt: skip
        odds = np.empty(len(at))
        for span in spans:
            np.matmul(self._like.weights, np.ascontiguousarray(straight[:, span]), out=odds[span])
        return odds

    def keep(self, first: Numbers, second: Numbers, batch: _Batch, count: int) -> _Pairs:
        """Do the first `count` joins; returns the pairs that are possible now."""
        first, second = first[:count], second[:count]
        numbers = self.following + np.arange(count)
        for side in (first, second):
            self.alive[self._number[side]] = False
            self.into[self._number[side]] = numbers
        larger = self._size[first] >= self._size[second]
        kept, left = np.where(larger, first, second), np.where(larger, second, first)
        self._up[left] = kept
        self._size[kept] += self._size[left]
        self._number[kept], self._row[numbers] = numbers, kept
        self.alive[numbers] = True
        self.following += count
        self._mean[kept], self.means[kept] = batch.made.mean[:count], batch.made.mean[:count]
        self.square[kept], self.faces[kept] = batch.made.square[:count], batch.made.faces[:count]
        self.strangers[kept], self.usual[kept] = batch.made.strangers[:count], batch.usual[:count]
        ends = np.searchsorted(batch.of, np.arange(count + 1)).tolist()
        for place, row in enumerate(kept.tolist()):
            self._near[row] = batch.rows[ends[place] : ends[place + 1]]
        some = np.flatnonzero((batch.of < count) & (batch.gone >= count) & (batch.odds > self._stop))
        return _Pairs(-batch.odds[some], numbers[batch.of[some]], batch.numbers[some])

    def rows(self, pairs: _Pairs) -> tuple[Numbers, Numbers]:
        """Return the rows of some pairs."""
        return self._row[pairs.first], self._row[pairs.second]


def join_many(parts: Parts, edges: Numbers, like: Likeness, stop: float = 0.0, check: Check | None = None) -> Numbers:
    """Join neighbouring parts, the likeliest pair first, while the log odds of some pair are above `stop`.

    Parameters
    ----------
    edges
        Shape (m, 2): who is beside whom, each pair once.
    like
        The measure of likeness before any answer.
    check
        Is told now and then how many were joined, of how many parts.

    Returns
    -------
    Of each part the number of that which it is in: below n where it was not joined, else n and more in their order.
    """
    work = _Joining(parts, like, stop)
    waiting = _Waiting(work.begin(edges, check))
    at_once = _FEWEST
    while (pairs := waiting.next(work.alive)) is not None:
        while len(pairs.negative):
            if check is not None:
                check(work.following - work.n, work.n)
            place = _apart(pairs, at_once)
            first, second = work.rows(pairs.at(place))
            batch = work.work_out(first, second)
            count = _until_others(batch, pairs.negative[place], stop)
            fresh = waiting.add(work.keep(first, second, batch, count))
            pairs = pairs.and_(fresh)
            pairs = pairs.at(work.alive[pairs.first] & work.alive[pairs.second]).in_order()
            at_once = min(_AT_ONCE, max(_FEWEST, 2 * count if count < len(place) else 2 * at_once))
    home = np.arange(work.following)
    for number in range(work.following - 1, -1, -1):  # what a part went into has a higher number
        if work.into[number] >= 0:
            home[number] = home[work.into[number]]
    return home[: work.n]


def _apart(pairs: _Pairs, most: int) -> Numbers:
    """Return the places of those pairs, in order, that have no part in common with one before."""
    used: set[int] = set()
    out: list[int] = []
    for place, (a, b) in enumerate(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)):
        if a not in used and b not in used:
            used.update((a, b))
            out.append(place)
            if len(out) == most:
                break
    return np.array(out, dtype=np.int64)


def _until_others(batch: _Batch, negative: Floats, stop: float) -> int:
    """Return how many joins come before the first that has to wait for what one of them made possible."""
    some = np.flatnonzero(batch.odds > stop)
    of = batch.of[some]
    before = np.maximum(np.searchsorted(negative, -batch.odds[some], side="right"), of + 1)
    before = before[before <= batch.gone[some]]  # else the neighbour is gone by then
    return min(len(negative), int(before.min(initial=len(negative))))
