"""The review: what the vectors and all answers say of who is whom, and which question is worth most next.

Faces that nobody need be asked about are bunches. Bunches are joined to clusters while they are more likely one person
than not; an answer binds, teaches the measure of likeness, and is doubted where everything else speaks against it, so
that a slip of the hand comes back as a question.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.review.bunches import Floats, Measure, Numbers, Sides, make_bunches, measure
from fairdesk.clustering.review.candidates import AGAIN, KINDS, Candidate, Candidates, Estimate, Pair, settled
from fairdesk.clustering.review.heaps import two_heaps
from fairdesk.clustering.review.likeness import Features, share
from fairdesk.clustering.review.links import directed_links, each_pair
from fairdesk.clustering.review.parts import Check, Join, Part, join, whole
from fairdesk.clustering.review.spot_checks import SEED, belongs, likeliest_join
from fairdesk.clustering.stages import Stages

SLIPS, OF = 0.5, 50  # slips of the hand, and answers, that are taken for granted before any was given
BELIEVED = 4.0  # expected surprises of a kind of question that are taken for granted before any was seen
LOOKED_AT, TURNED = 500, 100  # questions, and clusters, that are followed after an answer where all would take long
FEWEST = 3  # faces of a bunch that may be two people
EVEN = 0.5  # probability that the halves of a side that looked mixed are one person


@dataclass(frozen=True)
class Answer:
    """What a person said of two parts."""

    pair: Pair
    same: bool
    features: Features
    kind: int  # of the question
    expected: float  # probability that the state was wrong, as it was thought before
    surprise: bool  # it was


class Unsure(NamedTuple):
    """Two sides of which a person could not tell, and the places of the earlier answers that this withdraws."""

    pair: Pair
    withdrawn: set[int]


def worth(first: Part, second: Part) -> float:
    """Return how many faces are put right by joining, or parting, two parts (the change of BCubed recall, or precision)."""
    return 2 * first.faces * second.faces / (first.faces + second.faces)


class Review:
    """Clusters of n faces, by row, and the questions about them."""

    least = 0.01  # faces that an answer has to be expected to put right, or it is not asked for

    def __init__(
        self,
        vectors: Floats,
        together: Sequence[Sequence[int]] = (),
        apart: Sequence[tuple[Sequence[int], Sequence[int]]] = (),
        taught: Sequence[tuple[Sequence[int], Sequence[int], bool]] = (),
        doubted: Sequence[tuple[Sequence[int], Sequence[int]]] = (),
        check: Check | None = None,
        measured: Measure | None = None,
    ) -> None:
        """Begin with what people said, by row: together, apart, what that teaches, and one person where that is in doubt."""
        self.n, self._vectors = len(vectors), vectors
        sides: Sides = {}
        for number, (first, second) in enumerate(apart):
            for rows, side in ((first, 2 * number), (second, 2 * number + 1)):
                for row in rows:
                    on, against = sides.get(row, (frozenset(), frozenset()))
                    sides[row] = (on | {side}, against | {side ^ 1})
        self._first_side = 2 * len(apart)
        stages = Stages(check)
        measured = measure(vectors, stages.next(0.6)) if measured is None else measured
        self._measured = measured
        self.bunches = make_bunches(vectors, [list(group) for group in together], sides, measured, stages.next(0.25))
        self.like = self.bunches.like
        self.rows = self.bunches.faces()
        count = len(self.bunches.parts)
        self._beside: list[list[int]] = [[] for _ in range(count)]
        for a, b in self.bunches.edges.tolist():
            self._beside[a].append(b)
            self._beside[b].append(a)
        self.clusters: dict[int, Part] = {}
        self._pure: dict[int, float] = {}  # cluster: probability that it is one person
        self.home = np.full(count, -1, dtype=np.int64)
        self._next = 0
        self.answers: list[Answer] = []
        self.before: list[Answer] = []  # of an earlier reading, verdicts now: surprises they still were
        self.unsure: list[Pair] = []
        self._unsure_since: list[int] = []  # for each, how many answers there were
        self._withdrawn: list[set[int]] = []  # and the places of earlier answers that it withdraws
        self._piece_of = dict[int, int]()  # bunches that were divided, and what came of them: the bunch that they were
        self._candidates = Candidates(self.clusters)
        self.relearning_takes = 0.0  # seconds, the last time
        self._taught = [
            (self.like.features(self._of_rows(first), self._of_rows(second)), same) for first, second, same in taught
        ]
        for first, second in doubted:
            features = self.like.features(self._of_rows(first), self._of_rows(second))
            pair = self._bunches_of((first, second))
            self.answers.append(Answer(pair, True, features, AGAIN, share(self.like.of(features)), False))
        self._teach()
        self.relearn(stages.next(0.15))

    # what people said

    def answer(
        self, candidate: Candidate, *, same: bool, seen: tuple[Sequence[int], Sequence[int]] | None = None
    ) -> None:
        """Take an answer: it binds, until a later one to the same question.

        `seen` are the faces of either side that the person looked at: the bunches that these are in are bound, no others.
        """
        if candidate.check >= 0 and candidate.together and not same:
            self._part_from(candidate.check)
        pair = candidate.pair if seen is None or candidate.again else self._bunches_of(seen)
        wrong = 1 - candidate.likely if candidate.together else candidate.likely
        features = self.like.features(candidate.first, candidate.second)
        self.answers.append(Answer(pair, same, features, candidate.kind, wrong, same != candidate.together))
        self._teach()
        self._refresh(self._region(pair))

    def _bunches_of(self, seen: tuple[Sequence[int], Sequence[int]]) -> Pair:
        first, second = (frozenset(self.bunches.of[list(rows)].tolist()) for rows in seen)
        return first, second

    def not_sure(self, candidate: Candidate, *, withdraws: bool = True) -> bool:
        """A person cannot tell: it is not asked again, but what its sides are made of is doubted: they may be mixed.

        Returns whether that withdraws earlier answers to the same question, which bind and teach nothing any more; those of
        others stay (`withdraws` false).
        """
        pair = candidate.pair
        mine = {place for place, one in enumerate(self.answers) if one.pair in (pair, pair[::-1])}
        self._doubt(pair, mine if withdraws else set())
        self._refresh(self._region(self.unsure[-1]))
        return bool(self._withdrawn[-1])

    def _doubt(self, pair: Pair, withdrawn: set[int]) -> None:
        self._put_unsure(Unsure(pair, withdrawn))
        if all(len(side) == 1 for side in pair):  # nothing was joined that could be wrong but the bunches themselves
            for (bunch,) in pair:
                self._divide(bunch)

    def _divide(self, bunch: int, halves: tuple[Sequence[int], Sequence[int]] | None = None) -> None:
        """Make two bunches of one that may be two people; what was said of it holds of both, but what joined it, of the larger."""
        rows = np.array(self.rows[bunch])
        if len(rows) < FEWEST:
            return
        vectors = self._vectors[rows].astype(np.float64)
        if halves is None:
            second = two_heaps(vectors, np.ones(len(rows)))
        else:  # each face goes with the half that it is in, else with the nearer
            away = [((vectors - self._vectors[list(half)].mean(axis=0)) ** 2).sum(axis=1) for half in halves]
            second = (away[1] < away[0]) & ~np.isin(rows, halves[0]) | np.isin(rows, halves[1])
        if 2 * second.sum() > len(rows):
            second = ~second
        self._split(bunch, second)

    def _part_from(self, row: int) -> None:
        """Give a face a bunch of its own."""
        bunch = int(self.bunches.of[row])
        self._split(bunch, np.array(self.rows[bunch]) == row)

    def _split(self, bunch: int, second: npt.NDArray[np.bool_]) -> None:
        """Make two bunches of one; what was said of it holds of both, but what joined it, of the first."""
        rows = np.array(self.rows[bunch])
        if not second.any() or second.all():
            return
        new, old = len(self.rows), self.bunches.parts[bunch]
        for number, some in ((bunch, rows[~second]), (new, rows[second])):
            part = self._of_rows(some.tolist())
            part.bunches, part.sides, part.others = [number], old.sides, old.others
            self.bunches.parts[number : number + 1] = [part]
            self.rows[number : number + 1] = [some.tolist()]
        self.bunches.of[rows[second]] = new
        self._piece_of[new] = self._piece_of.setdefault(bunch, bunch)
        for other in self._beside[bunch]:
            self._beside[other].append(new)
        self._beside.append([*self._beside[bunch], bunch])
        self._beside[bunch].append(new)
        self.home = np.append(self.home, self.home[bunch])
        self.clusters[int(self.home[bunch])].bunches.append(new)

        def both(pair: Pair) -> Pair:
            first, second = (side | {new} if bunch in side else side for side in pair)
            return first, second

        self.unsure = [both(pair) for pair in self.unsure]
        self.answers = [one if one.same else replace(one, pair=both(one.pair)) for one in self.answers]

    def told_unsure(self, told: Sequence[tuple[Sequence[int], Sequence[int]]]) -> None:
        """Know from earlier of which faces, on either side, a person could not tell."""
        region = set[int]()
        for sides in told:
            if all(sides):
                pair = self._bunches_of(sides)
                if pair[0] == pair[1] and len(pair[0]) == 1:  # halves of a bunch, which are two here too
                    self._divide(min(pair[0]), sides)
                    self._put_unsure(Unsure(self._bunches_of(sides), set()))
                else:
                    self._doubt(pair, set())
                region |= self._region(self.unsure[-1])
        homes = {int(self.home[bunch]) for bunch in region}
        if homes:
            self._refresh({bunch for home in homes for bunch in self.clusters[home].bunches})

    def _put_unsure(self, one: Unsure) -> None:
        self._withdrawn.append(one.withdrawn)
        if one.withdrawn:
            self._teach()
        self.unsure.append(one.pair)
        self._unsure_since.append(len(self.answers))

    def sure_again(self) -> Unsure:
        """Take back that a person could not tell; returns of what."""
        self._unsure_since.pop()
        one = Unsure(self.unsure.pop(), self._withdrawn.pop())
        if one.withdrawn:
            self._teach()
        self._refresh(self._region(one.pair))
        return one

    def not_sure_again(self, one: Unsure) -> None:
        """Take again what `sure_again` took back."""
        self._put_unsure(one)
        self._refresh(self._region(one.pair))

    def undo(self) -> Answer:
        """Take the last answer back, and return it."""
        last = self.answers.pop()
        self._teach()
        self._refresh(self._region(last.pair))
        return last

    def again(self, answer: Answer) -> None:
        """Take again what `undo` took back."""
        self.answers.append(answer)
        self._teach()
        self._refresh(self._region(answer.pair))

    def _of_rows(self, rows: Sequence[int]) -> Part:
        return self._measured.part(self._vectors, rows)

    def _weight(self) -> float:
        """Return the log odds that an answer adds: the more answers were changed when they were asked again, the less."""
        last: dict[Pair, bool] = {}
        changed = 0
        for one in self.answers:
            changed += last.get(one.pair, one.same) != one.same
            last[one.pair] = one.same
        slips = (SLIPS + changed) / (OF + len(self.answers))
        return math.log((1 - slips) / slips)

    def _teach(self) -> None:
        self.like.learn(self._taught + [(one.features, one.same) for one in self._held()])

    def relearn(self, check: Check | None = None) -> None:
        """Work everything out again with what was learned."""
        begin = time.perf_counter()
        self.clusters.clear()
        self._candidates = Candidates(self.clusters)
        self._refresh(set(range(len(self.rows))), check)
        self.relearning_takes = time.perf_counter() - begin

    def follow(self) -> None:
        """Work out anew only where what was learned turns a question that is worth much: a matter of milliseconds."""
        homes: set[int] = set()
        some = [one for one in itertools.islice(self._candidates.ranked(self._surprises()), LOOKED_AT) if not one.again]
        turned = (self.like.between([one.first for one in some], [one.second for one in some]) > 0) != np.array(
            [one.together for one in some], dtype=bool
        )
        for place in np.flatnonzero(turned).tolist():
            if len(homes) >= TURNED:
                break
            homes.update(some[place].clusters)
        if homes:
            self._refresh({bunch for home in homes for bunch in self.clusters[home].bunches})

    # clusters

    def labels(self) -> Numbers:
        """Return the number of the cluster of each face."""
        return self.home[self.bunches.of]

    def faces(self, part: Part) -> list[int]:
        """Return the rows of a part."""
        return [row for bunch in part.bunches for row in self.rows[bunch]]

    def faces_beside(self, row: int) -> list[int]:
        """Return the rows of the cluster that a face is in."""
        return self.faces(self.clusters[int(self.home[self.bunches.of[row]])])

    def _bound(self) -> dict[Pair, Answer]:
        """Return the answers that bind: the last to each question."""
        return {one.pair: one for one in self._held()}

    def _held(self) -> list[Answer]:
        """Return the answers that no later "not sure" withdraws."""
        gone = set().union(*self._withdrawn)
        return [one for place, one in enumerate(self.answers) if place not in gone]

    def _region(self, pair: Pair) -> set[int]:
        """Return the bunches of all clusters that a question is about."""
        homes = {int(self.home[bunch]) for side in pair for bunch in side}
        return {bunch for home in homes for bunch in self.clusters[home].bunches}

    def _pieces(self, region: set[int]) -> dict[int, Part]:
        """Return the parts to join: bunches, those that answers join as one, with the sides that answers put them on."""
        parent = {bunch: bunch for bunch in region}

        def top(bunch: int) -> int:
            while parent[bunch] != bunch:
                parent[bunch] = parent[parent[bunch]]
                bunch = parent[bunch]
            return bunch

        on: dict[int, set[int]] = {}
        for number, (pair, one) in enumerate(self._bound().items()):
            if one.same:
                inside = [bunch for side in pair for bunch in side if bunch in region]
                for bunch in inside[1:]:
                    parent[top(bunch)] = top(inside[0])
            else:
                for at, side in enumerate(pair):
                    for bunch in side & region:
                        on.setdefault(bunch, set()).add(self._first_side + 2 * number + at)
        found: dict[int, Part] = {}
        for bunch in sorted(region):
            part = self.bunches.parts[bunch]
            if bunch in on:
                mine = frozenset(on[bunch])
                part = Part(
                    part.faces, part.mean, part.square, part.strangers, part.bunches,
                    part.sides | mine, part.others | {side ^ 1 for side in mine},
                )  # fmt: skip
            head = top(bunch)
            found[head] = found[head].with_(part) if head in found else part
        return found

    def _refresh(self, region: set[int], check: Check | None = None) -> None:
        """Join the bunches of some clusters anew, and find the questions about them."""
        old = {int(home) for home in self.home[sorted(region)]}
        for home in old:
            self.clusters.pop(home, None)
            self._pure.pop(home, None)
        pieces = self._pieces(region)
        piece_of = np.full(len(self.rows), -1, dtype=np.int64)  # below 0: elsewhere
        for number, part in pieces.items():
            piece_of[part.bunches] = number
        first, second = (piece_of[some] for some in directed_links(self._beside, sorted(region)))
        edges = each_pair(first[second >= 0], second[second >= 0])
        done = join(pieces, zip(*edges.T.tolist(), strict=True), self.like, check=check)
        renamed: dict[int, int] = {}
        for number, part in done.parts.items():
            renamed[number], self._next = self._next, self._next + 1
            self.clusters[renamed[number]] = part
            self.home[part.bunches] = renamed[number]
        self._candidates.add(list(self._found(done.joins, region)))

    def _found(self, joins: list[tuple[int, Join]], region: set[int]) -> Iterable[Candidate]:
        """Yield the questions about some bunches: joins that may be wrong, neighbours that may be one, answers in doubt."""
        given: dict[Pair, list[int]] = {}
        held = self._held()
        for place, past in enumerate(held):
            given.setdefault(past.pair, []).append(place)
        for pair, places in given.items():
            if not any(bunch in region for side in pair for bunch in side):
                continue
            answer = held[places[-1]]
            if settled([held[place].same for place in places]):
                continue
            said = sum(1 if held[place].same else -1 for place in places) * self._weight()
            likely = share(self.like.without([len(self._taught) + place for place in places]) + said)
            wrong = 1 - likely if answer.same else likely
            first, second = (self._part(side) for side in pair)
            homes = (int(self.home[min(pair[0])]), int(self.home[min(pair[1])]))
            yield Candidate(wrong * worth(first, second), first, second, answer.same, likely, homes, True)
        cuts = list(self._cuts(region))
        doubted = {one.clusters[0] for one in cuts}
        yield from cuts
        pure: dict[int, float] = {}  # part (by id): probability that it is one person
        for _, one in joins:
            home = int(self.home[one.first.bunches[0]])
            likely = share(one.log_odds)
            sides = pure.get(id(one.first), 1.0), pure.get(id(one.second), 1.0)
            pure[id(one.whole)] = min(*sides, likely)
            wrong = (1 - likely) * worth(one.first, one.second)
            gain, raised = (0.0, wrong) if self._of_one_bunch(one.first, one.second) else (wrong, 0.0)
            yield Candidate(
                gain, one.first, one.second, True, likely, (home, home), clear=sides[0] * sides[1], raised=raised
            )
        for home in sorted({int(self.home[bunch]) for bunch in region}):
            known = pure.get(id(self.clusters[home]), 1.0)
            self._pure[home] = min(known, EVEN) if home in doubted else known
        links = each_pair(*(self.home[some] for some in directed_links(self._beside, sorted(region))), ordered=False)
        beside = [(a, b) for a, b in links.tolist() if self.clusters[a].may_join(self.clusters[b])]
        odds = self.like.between(*([self.clusters[key[side]] for key in beside] for side in (0, 1)))
        for key, found in zip(beside, odds.tolist(), strict=True):
            first, second, likely = self.clusters[key[0]], self.clusters[key[1]], share(found)
            clear = self._pure[key[0]] * self._pure[key[1]]
            yield Candidate(likely * worth(first, second), first, second, False, likely, key, clear=clear)

    def _of_one_bunch(self, first: Part, second: Part) -> bool:
        """Whether two parts hold pieces of a bunch that was divided: of all ways to part it, that which looks most like two people."""
        if not self._piece_of:
            return False
        some, others = ({self._piece_of[n] for n in part.bunches if n in self._piece_of} for part in (first, second))
        return not some.isdisjoint(others)

    def _cuts(self, region: set[int]) -> Iterator[Candidate]:
        """Yield how sides of which a person could not tell are best parted in two, where nothing was said of that yet."""
        since: dict[frozenset[int], int] = {}
        for pair, told in zip(self.unsure, self._unsure_since, strict=True):
            homes = [{int(self.home[bunch]) for bunch in side} for side in pair]
            if max(len(some) for some in homes) == 1:  # else it is known which side was two people
                since.update({side: told for side in pair if len(side) > 1 and side <= region})
        for side in sorted(since, key=sorted):
            pieces = list(self._pieces(set(side)).values())
            if len(pieces) < 2:
                continue
            second = two_heaps(np.array([one.mean for one in pieces]), np.array([one.faces for one in pieces]))
            parts = [whole([pieces[at] for at in np.flatnonzero(some)]) for some in (~second, second)]
            likely = share(self.like.log_odds(*parts))
            if not any(one.same and one.pair[0] & side and one.pair[1] & side for one in self.answers[since[side] :]):
                likely = min(EVEN, likely)
            home, raised = int(self.home[min(side)]), (1 - likely) * worth(*parts)  # the joins within are what counts
            yield Candidate(0.0, parts[0], parts[1], True, likely, (home, home), raised=raised)

    def _part(self, side: frozenset[int]) -> Part:
        return whole([self.bunches.parts[bunch] for bunch in sorted(side)])

    # questions

    def candidates(self, *, every: bool = False) -> Iterator[Candidate]:
        """Yield the questions, that which is worth most first, each kind by how often such answers were surprises.

        Those that are worth less than `least` are left out, unless `every` one is wanted.
        """
        unsure: dict[frozenset[int], list[Pair]] = {}  # by the clusters that hold the sides
        for pair in self.unsure:
            homes = [frozenset(self.home[list(side)].tolist()) for side in pair]
            if max(map(len, homes)) == 1:  # else no question holds it
                unsure.setdefault(homes[0] | homes[1], []).append(pair)
        for one in self._candidates.ranked(self._surprises()):
            if not every and one.rank < self.least:
                return
            if not unsure or not any(one.covers(pair) for pair in unsure.get(frozenset(one.clusters), ())):
                yield one

    def checks(self, done: Container[int]) -> Iterator[Candidate]:
        """Yield questions about faces drawn at random, but not those (rows) that are `done`, nor what was answered or could not be told."""
        rng = np.random.default_rng(SEED)
        order, joining = rng.permutation(self.n).tolist(), rng.random(self.n) < EVEN
        over = set(self._bound()) | {pair for one in self.unsure for pair in (one, one[::-1])}
        for row, joined in zip(order, joining.tolist(), strict=True):
            if row in done:
                continue
            bunch = int(self.bunches.of[row])
            home = int(self.home[bunch])
            others = [other for other in self.faces_beside(row) if other != row]
            one = likeliest_join(row, self._candidates.of_cluster(home)) if joined or not others else None
            if one is None and others:
                parts = [self._of_rows(some) for some in (others, [row])]
                parts[0].bunches, parts[1].bunches = np.unique(self.bunches.of[others]).tolist(), [bunch]
                yield belongs(row, home, parts[0], parts[1], self.like)
            elif one is not None and one.pair not in over:
                over.add(one.pair)
                yield one

    def _surprises(self) -> list[float]:
        """Return, for each kind of question, how many more surprises than expected its answers were."""
        seen, expected = [BELIEVED] * KINDS, [BELIEVED] * KINDS
        for one in (*self.before, *self.answers):
            if one.kind != AGAIN:
                seen[one.kind] += one.surprise
                expected[one.kind] += one.expected
        return [a / b for a, b in zip(seen, expected, strict=True)]

    def estimate(self, wanted: float = 0.99) -> Estimate:
        """Return how right the clusters are thought to be, and how many answers are left until that F1."""
        found = self._candidates.estimate(self._surprises(), self.n, wanted, self.least)
        if not self.unsure or not found.answers_left:
            return found
        left = sum(
            1 for _ in itertools.islice(self.candidates(), found.answers_left)
        )  # what nobody could tell is not asked
        return replace(found, answers_left=left)
