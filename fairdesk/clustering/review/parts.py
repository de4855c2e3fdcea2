"""Parts: faces that are taken for one person's, with the few numbers that comparing them needs."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.review.likeness import Likeness

Mean = npt.NDArray[np.float64]
Means = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Check = Callable[[int, int], None]  # how much is done, of how much; may raise
_NONE: frozenset[int] = frozenset()
_PAIRS = 100_000  # that are compared at once
_NOW_AND_THEN = 1000  # joins


@dataclass(slots=True)
class Part:
    """Some faces as one.

    `bunches` are the pieces it is made of. `sides` are those of verdicts that keep people apart: 2v for the one side
    of the v-th, 2v + 1 for the other.
    """

    faces: float
    mean: Mean
    square: float  # mean of the squared lengths
    strangers: float  # squared distance at which faces of others begin
    bunches: list[int]
    sides: frozenset[int] = _NONE
    others: frozenset[int] = _NONE  # the sides that it must not be with
    spread: float = field(init=False)  # mean squared distance of two of its faces

    def __post_init__(self) -> None:
        if self.faces < 2:
            self.spread = 0.0
        else:
            inside = self.square - float(self.mean @ self.mean)
            self.spread = max(0.0, 2 * inside * self.faces / (self.faces - 1))

    def distance(self, other: Part) -> float:
        """Return the mean squared distance of its faces from those of another."""
        return max(0.0, self.square + other.square - 2 * float(self.mean @ other.mean))

    def may_join(self, other: Part) -> bool:
        """Whether no verdict keeps the two apart."""
        return self.others.isdisjoint(other.sides)

    def with_(self, other: Part) -> Part:
        """Return both as one."""
        total = self.faces + other.faces
        a, b = self.faces / total, other.faces / total
        return Part(
            total,
            a * self.mean + b * other.mean,
            a * self.square + b * other.square,
            a * self.strangers + b * other.strangers,
            self.bunches + other.bunches,
            self.sides | other.sides,
            self.others | other.others,
        )


class Join(NamedTuple):
    """Two parts that were joined, and the log odds that they are one person."""

    first: Part
    second: Part
    log_odds: float
    whole: Part


@dataclass(frozen=True)
class Joined:
    """What joining came to."""

    parts: dict[int, Part]
    joins: list[tuple[int, Join]]  # with the number of the part that it became
    into: dict[int, int]  # part to the part that it went into


class _Table:
    """The numbers that comparing needs, of all parts at once; a part that two became takes the row of the first."""

    def __init__(self, parts: Mapping[int, Part], like: Likeness) -> None:
        self._like = like
        self.row = {number: row for row, number in enumerate(parts)}
        every = list(parts.values())
        self._means = np.array([part.mean for part in every], dtype=np.float32)
        columns = [(part.square, part.faces, part.strangers, like.usual(part.faces, part.spread)) for part in every]
        self._columns: Mean = np.array(columns, dtype=np.float64).reshape(-1, 4).T.copy()

    def put(self, number: int, part: Part, place: int) -> None:
        """Take a part into the table, in place of the one that had this number."""
        row = self.row[number] = self.row[place]
        self._means[row] = part.mean
        self._columns[:, row] = part.square, part.faces, part.strangers, self._like.usual(part.faces, part.spread)

    def between(self, first: Rows, second: Rows, check: Check | None) -> Mean:
        """Return the log odds that the parts of some pairs of rows are one person."""
        return pair_odds(first, second, self._means, self._columns, self._like, check)

    def beside(self, row: int, others: Rows) -> Mean:
        """Return the log odds of one part and others."""
        return _odds(row, others, self._means[others] @ self._means[row], self._columns, self._like)


def pair_odds(
    first: Rows, second: Rows, means: Means, columns: Mean | Sequence[Mean], like: Likeness, check: Check | None = None
) -> Mean:
    """Return the log odds of pairs of rows; the columns are mean squared length, faces, where strangers begin, and usual width."""
    out = np.empty(len(first))
    for start in range(0, len(first), _PAIRS):
        if check is not None:
            check(0, 1)
        some = slice(start, start + _PAIRS)
        a, b = first[some], second[some]
        out[some] = _odds(a, b, np.einsum("ij,ij->i", means[a], means[b]), columns, like)
    return out


def _odds(a: Rows | int, b: Rows, products: Means, columns: Mean | Sequence[Mean], like: Likeness) -> Mean:
    square, faces, strangers, usual = columns
    distance: Mean = square[a] + square[b] - 2 * products
    return like.odds(distance, (faces[a], faces[b]), (strangers[a], strangers[b]), (usual[a], usual[b]))


def join(
    parts: Mapping[int, Part],
    edges: Iterable[tuple[int, int]],
    like: Likeness,
    stop: float = 0.0,
    check: Check | None = None,
) -> Joined:
    """Join neighbouring parts, the likeliest pair first, while the log odds of some pair are above `stop`.

    `check` is told now and then how many were joined, of how many parts.
    """
    alive = dict(parts)
    table = _Table(alive, like)
    near: dict[int, set[int]] = {number: set() for number in alive}
    pairs = []
    for a, b in edges:
        if a != b and b not in near[a]:
            near[a].add(b)
            near[b].add(a)
            pairs.append((a, b))
    row = np.full(max(alive, default=-1) + 1, -1, dtype=np.int64)
    row[list(table.row)] = list(table.row.values())
    rows = row[np.array(pairs, dtype=np.int64).reshape(-1, 2)]
    odds = table.between(rows[:, 0], rows[:, 1], check)
    heap = [
        (-float(odds[at]), *pairs[at])
        for at in np.flatnonzero(odds > stop).tolist()
        if alive[pairs[at][0]].may_join(alive[pairs[at][1]])
    ]
    heapq.heapify(heap)
    following = max(alive, default=-1) + 1
    joins: list[tuple[int, Join]] = []
    into: dict[int, int] = {}
    while heap:
        negative, a, b = heapq.heappop(heap)
        if a not in alive or b not in alive:  # of two that are there the odds are as they were
            continue
        first, second = alive.pop(a), alive.pop(b)
        new, number = first.with_(second), following
        following += 1
        if check is not None and not number % _NOW_AND_THEN:
            check(len(joins), len(parts))
        into[a] = into[b] = number
        joins.append((number, Join(first, second, -negative, new)))
        alive[number] = new
        table.put(number, new, a)
        around = sorted((near.pop(a) | near.pop(b)) - {a, b})
        near[number] = set(around)
        if not around:
            continue
        for other in around:
            mine = near[other]
            mine.discard(a)
            mine.discard(b)
            mine.add(number)
        found = table.beside(table.row[number], np.array([table.row[other] for other in around]))
        for at in np.flatnonzero(found > stop).tolist():
            if new.may_join(alive[around[at]]):
                heapq.heappush(heap, (-float(found[at]), number, around[at]))
    return Joined(alive, joins, into)


def spreads(faces: Mean, mean: Mean, square: Mean) -> Mean:
    """Return the `Part.spread` of many parts, to the bit."""
    inside = square - np.vecdot(mean, mean)
    found: Mean = np.where(faces < 2, 0.0, np.maximum(0.0, 2 * inside * faces / np.maximum(faces - 1, 1)))
    return found


def whole(parts: list[Part]) -> Part:
    """Return some parts as one."""
    together = parts[0]
    for part in parts[1:]:
        together = together.with_(part)
    return together
