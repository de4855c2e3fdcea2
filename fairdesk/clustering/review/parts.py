"""Parts: faces that are taken for one person's, with the few numbers that comparing them needs."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.review.likeness import Likeness

Mean = npt.NDArray[np.float64]
_NONE: frozenset[int] = frozenset()


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


@dataclass(frozen=True)
class Joined:
    """What joining came to."""

    parts: dict[int, Part]
    joins: list[tuple[int, Join]]  # with the number of the part that it became
    links: dict[int, dict[int, float]]  # log odds between neighbouring parts
    into: dict[int, int]  # part to the part that it went into


def join(parts: Mapping[int, Part], edges: Iterable[tuple[int, int]], like: Likeness, stop: float = 0.0) -> Joined:
    """Join neighbouring parts, the likeliest pair first, while the log odds of some pair are above `stop`."""
    alive = dict(parts)
    links: dict[int, dict[int, float]] = {number: {} for number in alive}
    heap: list[tuple[float, int, int]] = []
    for a, b in edges:
        if a == b or b in links[a]:
            continue
        odds = like.log_odds(alive[a], alive[b])
        links[a][b] = links[b][a] = odds
        if odds > stop and alive[a].may_join(alive[b]):
            heap.append((-odds, a, b))
    heapq.heapify(heap)
    following = max(alive, default=-1) + 1
    joins: list[tuple[int, Join]] = []
    into: dict[int, int] = {}
    while heap:
        negative, a, b = heapq.heappop(heap)
        if a not in alive or b not in alive or links[a].get(b) != -negative:
            continue
        first, second = alive.pop(a), alive.pop(b)
        new, number = first.with_(second), following
        following += 1
        into[a] = into[b] = number
        joins.append((number, Join(first, second, -negative)))
        around = (links.pop(a).keys() | links.pop(b).keys()) - {a, b}
        alive[number], mine = new, {}
        for other in around:
            there = links[other]
            there.pop(a, None)
            there.pop(b, None)
            odds = like.log_odds(new, alive[other])
            mine[other] = there[number] = odds
            if odds > stop and new.may_join(alive[other]):
                heapq.heappush(heap, (-odds, number, other))
        links[number] = mine
    return Joined(alive, joins, links, into)
