"""Bunches divided as verdicts want it: where faces of one bunch are kept apart, and where a person could not tell.

It follows from the bunches that vectors alone make and from all verdicts in their order, whatever was worked out before.
A piece goes by its smallest row, so that it has the same number wherever it is worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.review.bunches import Bunches, Floats, Measure, Numbers, Sides, joined_again
from fairdesk.clustering.review.heaps import two_heaps
from fairdesk.clustering.review.joined_groups import heads
from fairdesk.clustering.review.told import Heard, Rows, Told

Ids = frozenset[int]
Pair = tuple[Ids, Ids]
FEWEST = 3  # faces of a bunch that may be two people
Key = tuple[object, ...]


@dataclass
class Pieces:
    """What verdicts make of bunches."""

    of: dict[int, list[list[int]]] = field(default_factory=dict)  # bunch to its pieces, where there are several
    apart: dict[tuple[Rows, Rows], tuple[set[int], set[int]]] = field(default_factory=dict)
    unsure: list[tuple[Pair, int]] = field(default_factory=list)  # and how much had been heard before


class Divider:
    """Divides the bunches of some vectors; what it worked out once it knows."""

    def __init__(self, bunches: Bunches, vectors: Floats, measured: Measure) -> None:
        self._bunches, self._vectors, self._measured = bunches, vectors, measured
        self._known: dict[Key, list[list[int]]] = {}

    def divide(self, told: Told) -> Pieces:
        """Return the pieces, and what keeps them apart."""
        work = _Work(self._bunches, self._apart_within(told))
        pieces, unsure = Pieces(), list[tuple[set[int], set[int], int]]()
        for place, heard in enumerate(told.heard):
            if heard.same is None:
                unsure.append((*self._unsure(work, heard), place))
            elif (heard.first, heard.second) in told.apart and heard.holds and not heard.same:
                sides = work.ids(heard.first), work.ids(heard.second)
                pieces.apart[heard.first, heard.second] = sides
                for side in sides:
                    work.follow(side)
        pieces.unsure = [((frozenset(first), frozenset(second)), place) for first, second, place in unsure]
        pieces.of = work.pieces()
        return pieces

    def _unsure(self, work: _Work, heard: Heard) -> tuple[set[int], set[int]]:
        """Divide the bunch, or the two bunches, of which a person could not tell; returns the pieces of either side."""
        first, second = work.ids(heard.first), work.ids(heard.second)
        if len(first) == len(second) == 1 and first == second:
            halves = tuple(sorted(heard.first)), tuple(sorted(heard.second))
            (bunch,) = first
            work.split(bunch, self._halves(work.rows[bunch], halves))
            first, second = work.ids(heard.first), work.ids(heard.second)
            work.follow(first)
            work.follow(second)
            return first, second
        for side in (first, second):
            work.follow(side)
        if len(first) == len(second) == 1:  # nothing was joined that could be wrong but the bunches themselves
            for bunch in (*first, *second):
                work.split(bunch, self._halves(work.rows[bunch]))
        return first, second

    def _halves(self, rows: Sequence[int], halves: tuple[Rows, Rows] | None = None) -> list[list[int]]:
        """Return a bunch as two that may be two people: each face goes with the half that it is in, else with the nearer."""
        key: Key = (tuple(rows), halves)
        if key in self._known:
            return self._known[key]
        if len(rows) < FEWEST:
            return [list(rows)]
        vectors = self._vectors[list(rows)].astype(np.float64)
        if halves is None:
            second = two_heaps(vectors, np.ones(len(rows)))
        else:
            away = [((vectors - self._vectors[list(half)].mean(axis=0)) ** 2).sum(axis=1) for half in halves]
            second = (away[1] < away[0]) & ~np.isin(rows, halves[0]) | np.isin(rows, halves[1])
        return self._known.setdefault(key, _parted(rows, second.astype(np.int64)))

    def _apart_within(self, told: Told) -> dict[int, list[list[int]]]:
        """Return the pieces of the bunches, or bunches that belong together, in which verdicts keep faces apart."""
        sides: Sides = {}
        for number, pair in enumerate(told.apart):
            for side, rows in enumerate(pair):
                for row in rows:
                    on, against = sides.get(row, (frozenset(), frozenset()))
                    sides[row] = on | {2 * number + side}, against | {2 * number + 1 - side}
        if not sides:
            return {}
        of = self._bunches.of
        joined = heads(of[list(group)].tolist() for group in told.together)
        sides_of, not_with = dict[int, set[int]](), dict[int, set[int]]()
        for row, mine in sides.items():
            head = joined.get(int(of[row]), int(of[row]))
            sides_of.setdefault(head, set()).update(mine[0])
            not_with.setdefault(head, set()).update(mine[1])
        mixed = {head for head, some in sides_of.items() if not some.isdisjoint(not_with[head])}
        if not mixed:
            return {}
        bunches: dict[int, list[int]] = {}
        for bunch in {*joined, *of[list(sides)].tolist()}:
            if (head := joined.get(bunch, bunch)) in mixed:
                bunches.setdefault(head, []).append(bunch)
        groups: dict[int, list[Rows]] = {}
        for group in told.together:
            groups.setdefault(joined[int(of[group[0]])], []).append(group)
        out: dict[int, list[list[int]]] = {}
        for head in sorted(mixed):
            out |= self._rejoined(sorted(bunches[head]), groups.get(head, []), sides)
        return out

    def _rejoined(self, bunches: list[int], groups: list[Rows], sides: Sides) -> dict[int, list[list[int]]]:
        rows = sorted(row for bunch in bunches for row in self._bunches.rows[bunch])
        mine = {row: sides[row] for row in rows if row in sides}
        order = {
            side: place for place, side in enumerate(sorted({side & ~1 for on, _ in mine.values() for side in on}))
        }
        numbered = {
            row: tuple(
                tuple(sorted(2 * order[side & ~1] + side % 2 for side in some if side & ~1 in order)) for some in two
            )
            for row, two in mine.items()
        }
        key: Key = (tuple(bunches), tuple(groups), tuple(sorted(numbered.items())))
        if key not in self._known:
            homes = joined_again(self._vectors, rows, groups, mine, self._measured)
            of = self._bunches.of[rows]
            pieces = [
                [row for row, home in zip(np.array(rows)[of == bunch].tolist(), homes[of == bunch].tolist(), strict=True) if home == one]
                for bunch in bunches
                for one in np.unique(homes[of == bunch]).tolist()
            ]  # fmt: skip
            self._known[key] = pieces
        out: dict[int, list[list[int]]] = {}
        for piece in self._known[key]:
            out.setdefault(int(self._bunches.of[piece[0]]), []).append(piece)
        return {bunch: pieces for bunch, pieces in out.items() if len(pieces) > 1}


class _Work:
    """Bunches and their pieces, as far as they were divided."""

    def __init__(self, bunches: Bunches, divided: dict[int, list[list[int]]]) -> None:
        self._base = bunches
        self.rows = _Rows(bunches.rows)
        self._of: dict[int, int] = {}  # row to piece, where that is not the bunch
        self._bunch: dict[int, int] = {}  # piece to bunch, where that was divided
        self._about: dict[int, list[set[int]]] = {}
        for bunch, pieces in divided.items():
            self.split(bunch, pieces)

    def ids(self, rows: Iterable[int]) -> set[int]:
        return {self._of.get(row, int(self._base.of[row])) for row in rows}

    def follow(self, side: set[int]) -> None:
        """What is said of a piece holds of all that it is divided in."""
        for one in side:
            self._about.setdefault(one, []).append(side)

    def split(self, bunch: int, pieces: list[list[int]]) -> None:
        if len(pieces) < 2:
            return
        base, about = self._bunch.get(bunch, bunch), self._about.get(bunch, [])
        for piece in pieces:
            number = piece[0]
            self.rows[number], self._bunch[number] = piece, base
            self._of.update(dict.fromkeys(piece, number))
            for side in about:
                side.add(number)
            if about and number != bunch:
                self._about[number] = list(about)

    def pieces(self) -> dict[int, list[list[int]]]:
        out: dict[int, list[list[int]]] = {}
        for number in sorted(self._bunch):
            out.setdefault(self._bunch[number], []).append(self.rows[number])
        return out


class _Rows(dict[int, list[int]]):
    """The rows of pieces; of a bunch that was not divided its own."""

    def __init__(self, base: dict[int, list[int]]) -> None:
        super().__init__()
        self._base = base

    def __missing__(self, bunch: int) -> list[int]:
        return self._base[bunch]


def _parted(rows: Sequence[int], place: npt.NDArray[np.int64] | Numbers) -> list[list[int]]:
    """Return rows in groups by a number each, that with the smallest row first."""
    groups: dict[int, list[int]] = {}
    for row, number in sorted(zip(rows, place.tolist(), strict=True)):
        groups.setdefault(number, []).append(row)
    return list(groups.values())
