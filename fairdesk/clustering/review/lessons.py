"""What answers teach a review: who is alike, how often a kind of question was a surprise, and what may be a slip.

All of it follows from the verdicts in their order. What a person could not expect before an answer is worked out as it
was then, from the answers before it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fairdesk.clustering.review.candidates import KINDS, Pair, kind_of
from fairdesk.clustering.review.likeness import Features, Likeness, share
from fairdesk.clustering.review.parts import Part
from fairdesk.clustering.review.told import Heard, Rows

SLIPS, OF = 0.5, 50  # slips of the hand, and answers, that are taken for granted before any was given
BELIEVED = 4.0  # expected surprises of a kind of question that are taken for granted before any was seen
ROUNDS = 8  # an answer is expected by what was learned from those before it, but for the last of so many


class PartOf(Protocol):
    """Returns the bunches that some faces are in, or these faces alone, as a part."""

    def __call__(self, rows: Rows, side: frozenset[int], *, alone: bool) -> Part:
        """Return it."""


@dataclass(frozen=True)
class Lesson:
    """What was said of two sides, as their bunches are now."""

    pair: Pair
    same: bool
    features: Features
    holds: bool
    answered: str  # how the question was answered, each time that it was asked; a capital: without being asked
    alone: bool  # one side is a single face
    place: int  # among all that was heard
    faces: tuple[Rows, Rows]
    asked: bool  # a review asked before it was said

    def samples(self) -> list[tuple[Features, bool]]:
        """Return what it teaches: each answer that says so by itself; nothing where newer words say the opposite."""
        if not self.holds:
            return []
        return [(self.features, self.same)] * max(1, self.answered.lower().count("s" if self.same else "d"))

    def sides(self, pair: Pair) -> tuple[Rows, Rows]:
        """Return the faces of either side, in the order of a pair of bunches."""
        return self.faces if self.pair == pair else self.faces[::-1]


class Lessons:
    """What a measure of likeness has learned, and from what."""

    def __init__(self, like: Likeness) -> None:
        self._like = like
        self._all: list[Lesson] = []
        self._by_pair: dict[Pair, list[Lesson]] = {}
        self._rounds: dict[int, tuple[list[tuple[Features, bool]], Likeness]] = {}
        self._taught: dict[int, list[int]] = {}  # place of what was heard to those of what is learned from it

    def hear(self, heard: Sequence[Heard], bunches_of: Callable[[Rows, Rows], Pair], part_of: PartOf) -> None:
        """Know all that was said, the oldest first."""
        self._all = []
        for place, one in enumerate(heard):
            if one.same is None:
                continue
            pair = bunches_of(one.first, one.second)
            within = not pair[0].isdisjoint(pair[1])
            parts = [
                part_of(rows, side, alone=within) for rows, side in zip((one.first, one.second), pair, strict=True)
            ]
            features = self._like.features(*parts)
            answered = one.answered
            if not answered and one.same and one.holds and self._like.surprising(features, same=True):
                answered = "S"  # against all likelihood: it is asked about
            alone = min(part.faces for part in parts) < 2
            self._all.append(
                Lesson(
                    pair,
                    one.same,
                    features,
                    one.holds,
                    answered,
                    alone,
                    place,
                    (one.first, one.second),
                    bool(one.answered),
                )
            )
        self._by_pair = {}
        for lesson in self._all:
            first, second = lesson.pair
            if lesson.answered and first.isdisjoint(second):
                pair = lesson.pair if min(first) < min(second) else (second, first)
                self._by_pair.setdefault(pair, []).append(lesson)

    def teach(self) -> None:
        """Have the measure learn from what holds."""
        samples: list[tuple[Features, bool]] = []
        self._taught = {}
        for one in self._all:
            mine = one.samples()
            self._taught[one.place] = list(range(len(samples), len(samples) + len(mine)))
            samples += mine
        self._like.learn(samples)

    def asked(self) -> dict[Pair, list[Lesson]]:
        """Return, of each question that was answered, what was said."""
        return self._by_pair

    def pairs(self) -> set[Pair]:
        """Return all that something holds of, either way round."""
        return {pair for one in self._all if one.holds for pair in (one.pair, one.pair[::-1])}

    def joined(self, side: frozenset[int], since: int) -> bool:
        """Whether it was said, after so much, that pieces of one side are one person."""
        return any(
            one.same and one.place >= since and not side.isdisjoint(one.pair[0]) and not side.isdisjoint(one.pair[1])
            for one in self._all
        )

    def without(self, lessons: Sequence[Lesson]) -> float:
        """Return the log odds that two sides are one person, were it not for what was said of these."""
        places = [place for one in lessons for place in self._taught[one.place]]
        return self._like.without(places) if places else self._like.of(lessons[-1].features)

    def weight(self) -> float:
        """Return the log odds that an answer adds: the more answers were changed when they were asked again, the less."""
        said = ["".join(one.answered for one in lessons).lower() for lessons in self._by_pair.values()]
        changed = sum(a != b for letters in said for a, b in itertools.pairwise(letters))
        slips = (SLIPS + changed) / (OF + sum(map(len, said)))
        return math.log((1 - slips) / slips)

    def surprises(self) -> list[float]:
        """Return, for each kind of question, how many more surprises than expected the first answers to its questions were."""
        seen, expected = [BELIEVED] * KINDS, [BELIEVED] * KINDS
        first = {id(lessons[0]) for lessons in self._by_pair.values() if lessons[0].asked}
        before: list[tuple[Features, bool]] = []
        begin = 0
        for one in self._all:
            if id(one) in first:
                if len(before) >= begin + max(1, begin // ROUNDS):
                    begin = len(before)
                likely = share(self._after(before[:begin]).of(one.features))
                together, same = likely > 0.5, one.answered[0] == "s"
                kind = kind_of(together=together, alone=one.alone)
                seen[kind] += same != together
                expected[kind] += min(likely, 1 - likely)
            before += one.samples()
        return [a / b for a, b in zip(seen, expected, strict=True)]

    def _after(self, samples: list[tuple[Features, bool]]) -> Likeness:
        """Return a measure that has learned from some answers alone."""
        known = self._rounds.get(len(samples))
        if known is None or known[0] != samples:
            fresh = Likeness(self._like.spread, self._like.strangers, self._like.nearer)
            fresh.learn(samples)
            known = self._rounds[len(samples)] = samples, fresh
        return known[1]
