"""The questions that could be asked, in order of their worth, of 100,000 faces as of few: an answer touches only what is new."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.review.parts import Part

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Pair = tuple[frozenset[int], frozenset[int]]  # of bunches
AGAIN, KINDS = 4, 5  # of questions
LOOKS = 3  # times that one question is asked at most
WANTED = 0.99  # BCubed F1 that a review is to reach
FRESH = 0.1  # of all candidates that are kept apart, before all are put in order anew


class Candidate(NamedTuple):
    """A question that could be asked, and how many faces it is expected to put right."""

    gain: float
    first: Part
    second: Part
    together: bool  # they are in one cluster now
    likely: float  # probability that they are one person
    clusters: tuple[int, int]
    again: bool = False
    clear: float = 1.0  # probability that a person can tell: that neither side is two people itself
    raised: float = 0.0  # faces that asking is worth beyond the gain, as a person could not tell of its sides
    seen: tuple[tuple[int, ...], tuple[int, ...]] | None = (
        None  # the faces (rows) of either side that were answered of before
    )
    check: int = -1  # the face (row) that was drawn at random, of a question that shows how good the estimate is

    @property
    def pair(self) -> Pair:
        """The bunches of either side."""
        return frozenset(self.first.bunches), frozenset(self.second.bunches)

    def covers(self, pair: Pair) -> bool:
        """Whether it is one that a person could not answer: its sides hold those of that question."""
        first, second = self.pair
        return (pair[0] <= first and pair[1] <= second) or (pair[0] <= second and pair[1] <= first)

    @property
    def rank(self) -> float:
        """What asking is worth: what it is expected to put right, and more where a person could not tell."""
        return (self.gain + self.raised) * self.clear

    @property
    def kind(self) -> int:
        """What it is about: single faces or several, together now or not; one that was answered before is of its own kind."""
        if self.again:
            return AGAIN
        return kind_of(together=self.together, alone=min(self.first.faces, self.second.faces) < 2)


def kind_of(*, together: bool, alone: bool) -> int:
    """Return the kind of a question: about a face alone or several, together now or not."""
    return 2 * together + alone


@dataclass(frozen=True)
class Estimate:
    """How right the clusters are thought to be."""

    purity: float
    completeness: float
    answers_left: int
    behind: bool = False  # the clusters are not yet what the answers make of them

    def of_clusters(self, precision: float, recall: float) -> Estimate:
        """Return the estimate of clusters that are to those of the review as these BCubed figures say."""
        behind = min(precision, recall) < 1
        return Estimate(precision * self.purity, recall * self.completeness, self.answers_left, behind)

    @property
    def f1(self) -> float:
        """Their harmonic mean: the BCubed F1 to be expected."""
        total = self.purity + self.completeness
        return 2 * self.purity * self.completeness / total if total else 0.0


class Candidates:
    """All candidates by kind. One is about two clusters; where one of these is no longer there, neither is the candidate."""

    def __init__(self, clusters: Mapping[int, Part]) -> None:
        """Look at the clusters that there are, whose numbers are never used again."""
        self._clusters = clusters
        self._kept: list[list[Candidate]] = [[] for _ in range(KINDS)]
        self._fresh: list[list[Candidate]] = [[] for _ in range(KINDS)]
        self._line_up()

    def _there(self, one: Candidate) -> bool:
        return one.clusters[0] in self._clusters and one.clusters[1] in self._clusters

    def add(self, found: Sequence[Candidate]) -> None:
        """Take further ones."""
        for kind in range(KINDS):
            some = [one for one in self._fresh[kind] if self._there(one)] + [one for one in found if one.kind == kind]
            self._fresh[kind] = sorted(some, key=_first)
        if sum(map(len, self._fresh)) > FRESH * sum(map(len, self._kept)):
            self._kept = self.by_kind()
            self._fresh = [[] for _ in range(KINDS)]
            self._line_up()

    def _line_up(self) -> None:
        self._flat = [one for some in self._kept for one in some]
        self._columns = _columns(self._flat)

    def by_kind(self) -> list[list[Candidate]]:
        """Return them, of each kind the one that is worth most first."""
        return [list(self._of_kind(kind)) for kind in range(KINDS)]

    def _of_kind(self, kind: int) -> Iterator[Candidate]:
        return heapq.merge((one for one in self._kept[kind] if self._there(one)), self._fresh[kind], key=_first)

    def of_cluster(self, number: int) -> list[Candidate]:
        """Return all about one cluster."""
        _, _, _, first, second, _ = self._columns
        kept = [self._flat[at] for at in np.flatnonzero((first == number) | (second == number)).tolist()]
        fresh = [one for some in self._fresh for one in some if number in one.clusters]
        return [one for one in kept + fresh if self._there(one)]

    def ranked(self, factors: Sequence[float]) -> Iterator[Candidate]:
        """Yield all, that which is worth most first, where each kind is worth so many times more."""
        kinds = (_scaled(self._of_kind(kind), factor) for kind, factor in enumerate(factors))
        return heapq.merge(*kinds, key=_first)

    def estimate(self, factors: Sequence[float], faces: int, wanted: float, least: float = 0.0) -> Estimate:
        """Return how right the clusters are, and how many answers are left until that F1, or worth at least so much."""
        fresh = _columns([one for some in self._fresh for one in some])
        gain, asking, kind, first, second, joining = (
            np.append(a, b) for a, b in zip(self._columns, fresh, strict=True)
        )
        alive = np.zeros(int(max(first.max(initial=0), second.max(initial=0))) + 1, dtype=bool)
        numbers = np.fromiter(self._clusters, dtype=np.int64, count=len(self._clusters))
        alive[numbers[numbers < len(alive)]] = True
        gain, asking = (some * np.array(factors)[kind] for some in (gain, asking))
        order = np.argsort(-asking, kind="stable")
        order = order[alive[first[order]] & alive[second[order]]]
        there = joining[order]
        keep = np.zeros(len(order), dtype=bool)  # a part can be joined with one other: the likeliest counts
        joins = np.flatnonzero(there >= 0)
        keep[joins[np.unique(there[joins], return_index=True)[1]]] = True
        keep |= there < 0
        gains, together = gain[order][keep] / max(faces, 1), there[keep] < 0
        purity = max(0.0, 1 - float(gains[together].sum()))
        completeness = max(0.0, 1 - float(gains[~together].sum()))
        now = Estimate(purity, completeness, 0)
        if now.f1 >= wanted:
            return now
        asked = int(np.count_nonzero(asking[order][keep] >= least))
        reached = np.flatnonzero((purity + completeness) / 2 + np.cumsum(gains) / 2 >= wanted)
        return Estimate(purity, completeness, min(int(reached[0]) + 1, asked) if len(reached) else asked)


def _columns(some: Sequence[Candidate]) -> tuple[Floats, Floats, Ints, Ints, Ints, Ints]:
    """Return gain, that with what is raised, kind, both clusters, and the smaller of them where it is about joining (else -1)."""
    numbers = np.array(
        [
            (
                one.kind, *one.clusters,
                -1 if one.together else one.clusters[0] if one.first.faces <= one.second.faces else one.clusters[1],
            )
            for one in some
        ],
        dtype=np.int64,
    ).reshape(-1, 4)  # fmt: skip
    gain, raised = np.array([(one.gain, one.raised) for one in some], dtype=np.float64).reshape(-1, 2).T
    kind, first, second, smaller = numbers.T
    return gain, gain + raised, kind, first, second, smaller


def _first(one: Candidate) -> float:
    return -one.rank


def _scaled(some: Iterator[Candidate], factor: float) -> Iterator[Candidate]:
    for one in some:
        yield one._replace(gain=one.gain * factor, raised=one.raised * factor)


def settled(said: str | Sequence[bool]) -> bool:
    """Whether a question is not asked again: it was answered the same twice, or often enough."""
    return len(said) >= LOOKS or (len(said) > 1 and said[-1] == said[-2])
