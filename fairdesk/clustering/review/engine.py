"""The review: what the vectors and all answers say of who is whom, and which question is worth most next.

Faces that nobody need be asked about are bunches. Bunches are joined to clusters while they are more likely one person
than not; an answer binds, teaches the measure of likeness, and is doubted where everything else speaks against it, so
that a slip of the hand comes back as a question.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from fairdesk.clustering.review.bunches import Bunches, Floats, Measure, Numbers, make_bunches, measure
from fairdesk.clustering.review.candidates import Candidate, Candidates, Estimate, Pair, settled
from fairdesk.clustering.review.heaps import two_heaps
from fairdesk.clustering.review.joined_groups import heads
from fairdesk.clustering.review.lessons import Lessons
from fairdesk.clustering.review.likeness import share
from fairdesk.clustering.review.links import directed_links, each_pair
from fairdesk.clustering.review.parts import Check, Join, Part, join, whole
from fairdesk.clustering.review.pieces import Divider, Pieces
from fairdesk.clustering.review.spot_checks import SEED, belongs, likeliest_join
from fairdesk.clustering.review.told import Rows, Told, told
from fairdesk.clustering.stages import Stages
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import Said, Verdict

LOOKED_AT, TURNED = 500, 100  # questions, and clusters, that are followed after an answer where all would take long
EVEN = 0.5  # probability that the halves of a side that looked mixed are one person
NOTHING = Told()


def worth(first: Part, second: Part) -> float:
    """Return how many faces are put right by joining, or parting, two parts (the change of BCubed recall, or precision)."""
    return 2 * first.faces * second.faces / (first.faces + second.faces)


class Review:
    """Clusters of n faces, by row, and the questions about them."""

    least = 0.01  # faces that an answer has to be expected to put right, or it is not asked for

    def __init__(
        self,
        vectors: Floats,
        said: Told = NOTHING,
        check: Check | None = None,
        measured: Measure | None = None,
        bunches: Bunches | None = None,
    ) -> None:
        """Begin with what people said; `measured` and `bunches` are what `measure` and `make_bunches` return for these vectors."""
        self.n, self._vectors = len(vectors), vectors
        stages = Stages(check)
        self._measured = measured = measure(vectors, stages.next(0.6)) if measured is None else measured
        self.base = bunches = make_bunches(vectors, measured, stages.next(0.25)) if bunches is None else bunches
        self.like = measured.likeness()
        self.of = bunches.of.copy()  # face (row) to bunch
        self.parts, self.rows = dict(bunches.parts), dict(bunches.rows)
        self._beside = dict(bunches.beside)
        self._divider = Divider(bunches, vectors, measured)
        self._lessons = Lessons(self.like)
        self._pieces_of: dict[int, list[list[int]]] = {}
        self._piece_of = dict[int, int]()  # bunches that were divided, and what came of them: the bunch that they were
        self._tied: dict[int, int] = {}  # bunches that verdicts join, to the smallest of them
        self._sides: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
        self._side_numbers: dict[tuple[Rows, Rows], int] = {}
        self.clusters: dict[int, Part] = {}
        self._pure: dict[int, float] = {}  # cluster: probability that it is one person
        self.home = np.full(self.n, -1, dtype=np.int64)  # by bunch
        self._next = 0
        self.unsure: list[Pair] = []
        self._unsure_since: list[int] = []  # for each, how much had been heard before
        self._candidates = Candidates(self.clusters)
        self.relearning_takes = 0.0  # seconds, the last time
        self.said = said
        self._words, self._before = list[Verdict](), list[list[Verdict]]()  # answers, where these are all that is said
        self._hear(said, self._divider.divide(said))
        self.relearn(stages.next(0.15))

    # what people said

    def tell(self, said: Told) -> None:
        """Know what people say by now: what differs from what was known is worked out anew."""
        before, self.said = self.said, said
        pieces = self._divider.divide(said)
        changed = {row for sides in _differing(before, said) for row in sides}
        changed |= {row for bunch in self._divided_otherwise(pieces) for row in self.base.rows[bunch]}
        homes = {int(home) for home in self.home[self.of[sorted(changed)]]} if changed else set()
        rows = [row for home in sorted(homes) for row in self.faces(self.clusters[home])]
        for home in homes:
            self.clusters.pop(home)
            self._pure.pop(home, None)
        self._hear(said, pieces)
        if rows:
            self._refresh(set(self.of[rows].tolist()))

    def _divided_otherwise(self, pieces: Pieces) -> list[int]:
        now, before = pieces.of, self._pieces_of
        return sorted(bunch for bunch in now.keys() | before.keys() if now.get(bunch) != before.get(bunch))

    def _hear(self, said: Told, pieces: Pieces) -> None:
        self._divide(pieces)
        numbers = self._side_numbers
        on: dict[int, tuple[set[int], set[int]]] = {}
        for key, sides in pieces.apart.items():
            number = numbers.setdefault(key, 2 * len(numbers))
            for at, side in enumerate(sides):
                for bunch in side:
                    mine, others = on.setdefault(bunch, (set(), set()))
                    mine.add(number + at)
                    others.add(number + 1 - at)
        self._sides = {bunch: (frozenset(mine), frozenset(others)) for bunch, (mine, others) in on.items()}
        self._tied = heads(set(self.of[list(group)].tolist()) for group in said.together)
        self.unsure = [pair for pair, _ in pieces.unsure]
        self._unsure_since = [place for _, place in pieces.unsure]
        self._lessons.hear(said.heard, self._bunches_of, self._part_of)
        self._lessons.teach()

    def _divide(self, pieces: Pieces) -> None:
        """Have the pieces of bunches that verdicts want."""
        changed = self._divided_otherwise(pieces)
        before, self._pieces_of = self._pieces_of, pieces.of
        for bunch in changed:
            for piece in before.get(bunch, [self.base.rows[bunch]]):
                for known in (self.parts, self.rows, self._beside, self._piece_of):
                    known.pop(piece[0], None)
                self.home[piece[0]] = -1
            there = pieces.of.get(bunch)
            for piece in there or [self.base.rows[bunch]]:
                self.rows[piece[0]] = piece
                self.of[piece] = piece[0]
                self.parts[piece[0]] = self.base.parts[bunch] if there is None else self._of_rows(piece)
                self.parts[piece[0]].bunches = [piece[0]]
                if there is not None:
                    self._piece_of[piece[0]] = bunch
        for bunch in {near for one in changed for near in (one, *self.base.beside[one])}:
            mine = self._numbers(bunch)
            near = [number for other in self.base.beside[bunch] for number in self._numbers(other)]
            for number in mine:
                self._beside[number] = [*near, *(one for one in mine if one != number)]

    def _numbers(self, bunch: int) -> list[int]:
        pieces = self._pieces_of.get(bunch)
        return [bunch] if pieces is None else [piece[0] for piece in pieces]

    def answer(
        self, candidate: Candidate, *, same: bool, seen: tuple[Sequence[int], Sequence[int]] | None = None
    ) -> None:
        """Take an answer as a word of its own; `seen` are the faces of either side that the person looked at (None: all)."""
        sides = self._seen(candidate, seen)
        before = self._answered(candidate.pair) if candidate.again else []
        sides = (before[-1].faces, before[-1].others) if before else sides
        letters = (before[-1].answered if before else "") + ("s" if same else "d")
        self._say(Said.SAME if same else Said.DIFFERENT, sides, letters, before)

    def not_sure(self, candidate: Candidate, seen: tuple[Sequence[int], Sequence[int]] | None = None) -> bool:
        """A person cannot tell: it is not asked again, but what its sides are made of is doubted: they may be mixed.

        Returns whether that withdraws an earlier answer to the same question, which binds and teaches nothing any more.
        """
        sides = self._seen(candidate, seen)
        gone = self._answered(candidate.pair)
        self._say(Said.UNSURE, sides, "", gone)
        return bool(gone)

    def undo(self) -> None:
        """Take the last answer back."""
        self._words = self._before.pop()
        self.tell(told(self._words, constraints(self._words), list, self._vectors))

    def _answered(self, pair: Pair) -> list[Verdict]:
        """Return the answers about some bunches."""
        known = [one for one in self._words if one.said is not Said.UNSURE]
        return [one for one in known if self._bunches_of(one.faces, one.others) in (pair, pair[::-1])]

    def _seen(
        self, candidate: Candidate, seen: tuple[Sequence[int], Sequence[int]] | None
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        first, second = (self.faces(candidate.first), self.faces(candidate.second)) if seen is None else seen
        return tuple(sorted(first)), tuple(sorted(second))

    def _say(self, said: Said, sides: tuple[Rows, Rows], answered: str, gone: Sequence[Verdict]) -> None:
        self._before.append(self._words)
        number = len(self._before)
        word = Verdict(number, f"{number:09d}", said, *sides, "", float(number), answered)
        self._words = [one for one in self._words if one not in gone] + [word]
        self.tell(told(self._words, constraints(self._words), list, self._vectors))

    def _bunches_of(self, first: Sequence[int], second: Sequence[int]) -> Pair:
        return frozenset(self.of[list(first)].tolist()), frozenset(self.of[list(second)].tolist())

    def _of_rows(self, rows: Sequence[int]) -> Part:
        return self._measured.part(self._vectors, rows)

    def relearn(self, check: Check | None = None) -> None:
        """Work everything out again with what was learned."""
        begin = time.perf_counter()
        self.clusters.clear()
        self._candidates = Candidates(self.clusters)
        self._refresh(set(self.rows), check)
        self.relearning_takes = time.perf_counter() - begin

    def follow(self) -> None:
        """Work out anew only where what was learned turns a question that is worth much: a matter of milliseconds."""
        homes: set[int] = set()
        some = [
            one
            for one in itertools.islice(self._candidates.ranked(self._lessons.surprises()), LOOKED_AT)
            if not one.again
        ]
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
        found: Numbers = self.home[self.of]
        return found

    def faces(self, part: Part) -> list[int]:
        """Return the rows of a part."""
        return [row for bunch in part.bunches for row in self.rows[bunch]]

    def faces_beside(self, row: int) -> list[int]:
        """Return the rows of the cluster that a face is in."""
        return self.faces(self.clusters[int(self.home[self.of[row]])])

    def _pieces(self, region: set[int]) -> dict[int, Part]:
        """Return the parts to join: bunches, those that verdicts join as one, with the sides that verdicts put them on."""
        found: dict[int, Part] = {}
        for bunch in sorted(region):
            part = self.parts[bunch]
            if bunch in self._sides:
                part = Part(
                    part.faces, part.mean, part.square, part.strangers, part.bunches, *self._sides[bunch]
                )  # fmt: skip
            head = self._tied.get(bunch, bunch)
            found[head] = found[head].with_(part) if head in found else part
        return found

    def _refresh(self, region: set[int], check: Check | None = None) -> None:
        """Join the bunches of some clusters anew, and find the questions about them."""
        for home in {int(home) for home in self.home[sorted(region)]}:
            self.clusters.pop(home, None)
            self._pure.pop(home, None)
        pieces = self._pieces(region)
        piece_of = np.full(self.n, -1, dtype=np.int64)  # below 0: elsewhere
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
        for pair, lessons in self._lessons.asked().items():
            if region.isdisjoint(pair[0]) and region.isdisjoint(pair[1]):
                continue
            said = "".join(one.answered for one in lessons).lower()
            if settled(said):
                continue
            weight = self._lessons.weight() * sum(1 if letter == "s" else -1 for letter in said)
            likely = share(self._lessons.without(lessons) + weight)
            first, second = (self._part(side) for side in pair)
            homes = (int(self.home[min(pair[0])]), int(self.home[min(pair[1])]))
            together = homes[0] == homes[1]
            wrong = 1 - likely if together else likely
            yield Candidate(
                wrong * worth(first, second), first, second, together, likely, homes, True, seen=lessons[-1].sides(pair)
            )
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
        for pair, heard in zip(self.unsure, self._unsure_since, strict=True):
            homes = [{int(self.home[bunch]) for bunch in side} for side in pair]
            if max(len(some) for some in homes) == 1:  # else it is known which side was two people
                since.update({side: heard for side in pair if len(side) > 1 and side <= region})
        for side in sorted(since, key=sorted):
            pieces = list(self._pieces(set(side)).values())
            if len(pieces) < 2:
                continue
            second = two_heaps(np.array([one.mean for one in pieces]), np.array([one.faces for one in pieces]))
            parts = [whole([pieces[at] for at in np.flatnonzero(some)]) for some in (~second, second)]
            likely = share(self.like.log_odds(*parts))
            if not self._lessons.joined(side, since[side]):
                likely = min(EVEN, likely)
            home, raised = int(self.home[min(side)]), (1 - likely) * worth(*parts)  # the joins within are what counts
            yield Candidate(0.0, parts[0], parts[1], True, likely, (home, home), raised=raised)

    def _part(self, side: frozenset[int]) -> Part:
        return whole([self.parts[bunch] for bunch in sorted(side)])

    def _part_of(self, rows: Rows, side: frozenset[int], *, alone: bool) -> Part:
        """Return the bunches that some faces are in, or these faces `alone`, as a part."""
        return self._of_rows(rows) if alone else self._part(side)

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
        for one in self._candidates.ranked(self._lessons.surprises()):
            if not every and one.rank < self.least:
                return
            if not unsure or not any(one.covers(pair) for pair in unsure.get(frozenset(one.clusters), ())):
                yield one

    def checks(self, done: Container[int]) -> Iterator[Candidate]:
        """Yield questions about faces drawn at random, but not those (rows) that are `done`, nor what was answered or could not be told."""
        rng = np.random.default_rng(SEED)
        order, joining = rng.permutation(self.n).tolist(), rng.random(self.n) < EVEN
        over = self._lessons.pairs() | {pair for one in self.unsure for pair in (one, one[::-1])}
        for row, joined in zip(order, joining.tolist(), strict=True):
            if row in done:
                continue
            bunch = int(self.of[row])
            home = int(self.home[bunch])
            others = [other for other in self.faces_beside(row) if other != row]
            one = likeliest_join(row, self._candidates.of_cluster(home)) if joined or not others else None
            if one is None and others:
                parts = [self._of_rows(some) for some in (others, [row])]
                parts[0].bunches, parts[1].bunches = np.unique(self.of[others]).tolist(), [bunch]
                yield belongs(row, home, parts[0], parts[1], self.like)
            elif one is not None and one.pair not in over:
                over.add(one.pair)
                yield one

    def estimate(self, wanted: float = 0.99) -> Estimate:
        """Return how right the clusters are thought to be, and how many answers are left until that F1."""
        found = self._candidates.estimate(self._lessons.surprises(), self.n, wanted, self.least)
        if not self.unsure or not found.answers_left:
            return found
        left = sum(
            1 for _ in itertools.islice(self.candidates(), found.answers_left)
        )  # what nobody could tell is not asked
        return replace(found, answers_left=left)


def _differing(before: Told, now: Told) -> Iterator[tuple[int, ...]]:
    """Yield the rows that are in what only one of the two says."""
    yield from set(before.together) ^ set(now.together)
    for first, second in before.apart.keys() ^ now.apart.keys():
        yield first + second
    for one in set(before.heard) ^ set(now.heard):
        yield one.first + one.second
