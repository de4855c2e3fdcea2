"""Bunches: faces so near to one another that nobody need be asked, the pieces that a review puts together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.neighbours.search import nearest
from fairdesk.clustering.review.first_clusters import links_between, means_of, without_gaps
from fairdesk.clustering.review.likeness import NEARER, Likeness
from fairdesk.clustering.review.links import each_pair
from fairdesk.clustering.review.many_parts import Parts, join_many
from fairdesk.clustering.review.parts import Check, Part, join
from fairdesk.clustering.stages import Stages

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
Sides = dict[int, tuple[frozenset[int], frozenset[int]]]
NEIGHBOURS, OF_BUNCHES = 12, 8
FIRST = 2.3  # times the distance that a quarter of the faces have their nearest within: a first guess at where strangers begin
STRANGER = 5  # the nearest clusters may be pieces of one person; the fifth is a stranger
SURE = 14.0  # log odds
LONELY = (
    0.4  # share of faces without another of their person from which on the nearest face is no measure of one person
)
AWAY = 0.55  # of the distance of any two faces: who has no nearer face may be lonely
NEARER_TO_LONELY = (
    0.6  # of the strangers' distance, even odds for a face alone: the nearest of many strangers is nearer
)
CAP = 0.85  # of the distance that nine of ten pairs of faces keep to: strangers begin no later
_DRAWN = 20_000  # pairs
_FEW, _ROWS, _AT_ONCE, _HEAP = 3, 2000, 50, 16
Near = tuple[Numbers, Floats]


@dataclass(frozen=True)
class Measure:
    """What vectors alone say of who is near whom: no verdict changes it."""

    squares: npt.NDArray[np.float64]  # of each face: its squared length
    strangers: npt.NDArray[np.float64]  # the squared distance at which others begin
    spread: float  # usual, of one person's faces
    near: Near
    nearer: float = NEARER  # for a face alone

    def likeness(self) -> Likeness:
        """Return the measure of likeness before any answer."""
        return Likeness(self.spread, float(np.median(self.strangers)), self.nearer)

    def part(self, vectors: Floats, rows: Sequence[int]) -> Part:
        """Return some faces as a part."""
        some = vectors[list(rows)].astype(np.float64)
        square = float((some**2).sum(axis=1).mean())
        return Part(float(len(some)), some.mean(axis=0), square, float(self.strangers[list(rows)].mean()), [])


@dataclass(frozen=True)
class Bunches:
    """The pieces that vectors alone make, each by its smallest row, and which of them are neighbours."""

    of: Numbers  # face (row) to bunch
    parts: dict[int, Part]
    rows: dict[int, list[int]]
    beside: dict[int, list[int]]


class Measured(NamedTuple):
    """Vectors, shape (n, dim), and what was worked out of them: it holds for the same ones."""

    vectors: Floats
    measure: Measure
    bunches: Bunches


def measure(
    vectors: Floats,
    check: Check | None = None,
    near: Near | None = None,
    labels: Numbers | None = None,
    earlier: Measure | None = None,
) -> Measure:
    """Measure faces of shape (n, dim), to be compared by Euclidean distance.

    Vectors alone cannot tell many people with one photograph each from one person. Where `labels` say that many faces
    are alone, their clusters are the measure: what is in none, or in another, is a stranger.

    Parameters
    ----------
    vectors
        Shape (n, dim).
    check
        Is told how far it is.
    near
        At least `NEIGHBOURS` nearest neighbours of each face and their squared distances, where they are known.
    labels
        Of each face: its cluster in the version that is looked at; below 0 where it is in none.
    earlier
        What was returned for the same vectors before: it holds unless labels have a say.
    """
    stages = Stages(check)
    rows = vectors.astype(np.float64)
    found, squared = nearest(vectors, NEIGHBOURS, stages.next(0.45)) if near is None else near
    found, squared = found[:, :NEIGHBOURS], squared[:, :NEIGHBOURS]
    squares = np.einsum("ij,ij->i", rows, rows)
    usual, largest = _apart(rows, squares)
    far = squared[:, 0] > AWAY**2 * usual
    given = None if labels is None else _homes(labels)
    if given is not None and np.mean(far & _alone(given)) > LONELY:
        strangers, spread = _strangers(rows, squares, given, stages.next(0.55), fewest=1)
        return Measure(squares, strangers, spread, (found, squared), NEARER_TO_LONELY)
    if earlier is not None and earlier.nearer == NEARER:
        return earlier
    away = np.sqrt(squared[:, 0])
    away = away[away > 0]
    first = (FIRST * float(np.quantile(away, 0.25)) if len(away) else 1.0) ** 2
    if len(rows) > NEIGHBOURS:  # few faces may be of one person
        first = min(first, CAP**2 * largest)
    guess = Likeness(first / 3, first, nearer=1.0)
    edges = each_pair(np.repeat(np.arange(len(rows)), found.shape[1]), found.ravel())
    begin = np.full(len(rows), first)
    homes = join_many(Parts(np.ones(len(rows)), rows, squares, begin), edges, guess, 0.0, stages.next(0.4))
    homes = without_gaps(rows, squares, homes, _FEW, STRANGER)
    strangers, spread = _strangers(rows, squares, homes, stages.next(0.15))
    return Measure(squares, strangers, spread, (found, squared))


def _homes(labels: Numbers) -> Numbers:
    """Return the number of each face's cluster, where those that are in none are clusters of their own."""
    homes, alone = labels.copy(), labels < 0
    homes[alone] = labels.max(initial=-1) + 1 + np.arange(np.count_nonzero(alone))
    numbers: Numbers = np.unique(homes, return_inverse=True)[1].astype(np.int64)
    return numbers


def _alone(homes: Numbers) -> npt.NDArray[np.bool_]:
    """Return which faces are alone in their cluster."""
    alone: npt.NDArray[np.bool_] = np.bincount(homes)[homes] == 1
    return alone


def _apart(rows: npt.NDArray[np.float64], squares: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return how far any two faces usually are from each other, and nine of ten at most (squared)."""
    if len(rows) < 2:
        return 0.0, 0.0
    first, second = np.random.default_rng(0).integers(0, len(rows), (2, _DRAWN))
    apart = squares[first] + squares[second] - 2 * np.einsum("ij,ij->i", rows[first], rows[second])
    usual, largest = np.quantile(apart[first != second], (0.5, 0.9)).tolist()
    return usual, largest


def make_bunches(vectors: Floats, measured: Measure, check: Check | None = None) -> Bunches:
    """Join faces to bunches, by vectors alone.

    Parameters
    ----------
    vectors
        Shape (n, dim), to be compared by Euclidean distance.
    measured
        What `measure` returned for these vectors.
    check
        Is told how far it is.
    """
    stages = Stages(check)
    rows = vectors.astype(np.float64)
    found = measured.near[0]
    edges = each_pair(np.repeat(np.arange(len(rows)), found.shape[1]), found.ravel())
    squares, strangers = measured.squares, measured.strangers
    alone = Parts(np.ones(len(rows)), rows, squares, strangers)
    homes = join_many(alone, edges, measured.likeness(), SURE, stages.next(0.5))
    _, first, place = np.unique(homes, return_index=True, return_inverse=True)
    smallest = np.sort(first)
    place = np.argsort(np.argsort(first))[place]
    wholes = _wholes(rows, squares, strangers, place)
    means = wholes.mean.astype(np.float32)
    near, _ = nearest(means, OF_BUNCHES, stages.next(0.3))
    between = np.concatenate([place[edges], each_pair(np.repeat(np.arange(len(means)), near.shape[1]), near.ravel())])
    between = each_pair(between[:, 0], between[:, 1])
    between = np.concatenate([between, links_between(wholes, between, measured.likeness(), stages.next(0.2))])
    numbers = smallest.tolist()
    order = np.argsort(place, kind="stable")
    some = np.split(order, np.cumsum(np.bincount(place))[:-1])
    beside: dict[int, list[int]] = {number: [] for number in numbers}
    for a, b in smallest[each_pair(between[:, 0], between[:, 1])].tolist():
        beside[a].append(b)
        beside[b].append(a)
    return Bunches(
        smallest[place].astype(np.int64),
        dict(zip(numbers, _each(wholes, numbers), strict=True)),
        {number: mine.tolist() for number, mine in zip(numbers, some, strict=True)},
        beside,
    )


def joined_again(
    vectors: Floats, rows: Sequence[int], together: Sequence[Sequence[int]], sides: Sides, measured: Measure
) -> Numbers:
    """Join some faces (ascending rows) to bunches anew, as verdicts on them want it; returns a number for each.

    Parameters
    ----------
    together
        Rows that are one person.
    sides
        Row to the sides of verdicts that it is on, and those that it must not be with.
    """
    some = np.array(rows)
    place = {row: at for at, row in enumerate(rows)}
    group = np.arange(len(rows))
    for members in together:
        group[[place[row] for row in members]] = place[members[0]]
    found = measured.near[0][some]
    near = np.minimum(np.searchsorted(some, found), len(some) - 1)
    inside = some[near] == found
    edges = each_pair(group[np.repeat(np.arange(len(rows)), found.shape[1])[inside.ravel()]], group[near[inside]])
    here = {place[row]: mine for row, mine in sides.items()}
    return _joined(
        vectors[some].astype(np.float64), measured.squares[some], measured.strangers[some], group, here, edges,
        measured.likeness(),
    )  # fmt: skip


def _wholes(
    rows: npt.NDArray[np.float64], squares: npt.NDArray[np.float64], strangers: npt.NDArray[np.float64], of: Numbers
) -> Parts:
    """Return the parts of faces, by the number of the part that each is in: 0, 1 and so on, none left out."""
    sizes = np.bincount(of).astype(np.float64)
    square, begin = np.bincount(of, squares) / sizes, np.bincount(of, strangers) / sizes
    return Parts(sizes, means_of(rows, of), square, begin)


def _each(parts: Parts, numbers: Iterable[int]) -> list[Part]:
    """Return them one by one, each made of the bunch of that number."""
    columns = zip(
        parts.faces.tolist(), parts.mean, parts.square.tolist(), parts.strangers.tolist(), numbers, strict=True
    )
    return [Part(faces, mean, square, begin, [number]) for faces, mean, square, begin, number in columns]


def _joined(
    rows: npt.NDArray[np.float64], squares: npt.NDArray[np.float64], strangers: npt.NDArray[np.float64], group: Numbers,
    sides: Sides, edges: Numbers, like: Likeness,
) -> Numbers:  # fmt: skip
    """Join faces that are as sure as bunches are, and return the number of the part that each is in."""
    numbers, start = np.unique(group, return_inverse=True)
    parts = _each(_wholes(rows, squares, strangers, start), range(len(numbers)))
    for row, mine in sides.items():
        part = parts[start[row]]
        part.sides, part.others = part.sides | mine[0], part.others | mine[1]
    place = {int(number): at for at, number in enumerate(numbers)}
    pairs = [(place[a], place[b]) for a, b in edges.tolist() if a != b]
    done = join(dict(enumerate(parts)), pairs, like, SURE)
    home = np.arange(len(parts) + len(done.joins))
    for number in range(len(home) - 1, -1, -1):  # what a part went into has a higher number
        if number in done.into:
            home[number] = home[done.into[number]]
    return home[start]


def _nearest_few(
    roughly: Floats, products: Floats, slack: np.float32, own: Numbers, place: int
) -> tuple[Numbers, Numbers]:
    """Return pairs of face and cluster among which are the `place` nearest clusters of each face, but its own (-1: none).

    Of the distance `roughly - products`, in 32 bits, the `place` smallest are no larger than the `place`-th of the
    least of each of many heaps of clusters; `slack` is what 32 bits may be wrong by.
    """
    score = roughly - products
    faces, clusters = score.shape
    mine = np.flatnonzero(own >= 0)
    score[mine, own[mine]] = np.inf
    width = clusters // _HEAP
    if width > _HEAP * place:
        least = score[:, : width * _HEAP].reshape(faces, _HEAP, width).min(axis=1)
    else:
        least = score.copy()
    least.partition(place - 1, axis=1)
    face, cluster = np.divmod(np.flatnonzero(score <= least[:, [place - 1]] + slack), clusters)
    kept = own[face] != cluster  # where all others are as far away as can be
    return face[kept], cluster[kept]


def _strangers(
    rows: npt.NDArray[np.float64], squares: npt.NDArray[np.float64], homes: Numbers, check: Check, fewest: int = _FEW
) -> tuple[npt.NDArray[np.float64], float]:
    """Return, for each face, how far its fifth nearest cluster is (mean squared), and the usual spread within clusters.

    Clusters of fewer than `fewest` faces are left out, as they may be pieces of one person, where enough others are left.
    """
    _, of = np.unique(homes, return_inverse=True)
    sizes = np.bincount(of)
    means, square = means_of(rows, of), np.bincount(of, squares) / sizes
    known = sizes >= fewest
    if np.count_nonzero(known) < 2 * STRANGER:
        known[:] = True
    place = min(STRANGER, int(np.count_nonzero(known)) - 1)
    own = np.maximum(squares + square[of] - 2 * np.einsum("ij,ij->i", rows, means[of]), 0)
    several = sizes[of] >= (_FEW if (sizes >= _FEW).any() else 2)
    inside = (own * sizes[of] / np.maximum(1, sizes[of] - 1))[several]
    # in 32 bits, which halve the time, around the middle, where numbers are small
    middle = rows.mean(axis=0)
    there, far = (means[known] - middle).astype(np.float32), (square - 2 * means @ middle)[known]
    column, roughly = np.cumsum(known) - 1, far.astype(np.float32)
    longest = [float(np.sqrt(np.einsum("ij,ij->i", some, some).max())) for some in (rows - middle, there)]
    reach = float(np.abs(far).max()) + 2 * longest[0] * longest[1]
    slack = np.float32(8 * np.finfo(np.float32).eps * reach)
    out = np.empty(len(rows))
    for start in range(0, len(rows), _ROWS):
        check(start, len(rows))
        block = np.arange(start, min(start + _ROWS, len(rows)))
        if place == 0:
            out[block] = own[block] * 3
            continue
        products = (rows[block] - middle).astype(np.float32) @ there.T
        products *= 2
        away = squares[block] - 2 * rows[block] @ middle
        for first in range(0, len(block), _AT_ONCE):  # few rows: what is done with them stays in the processor's cache
            some, part = block[first : first + _AT_ONCE], slice(first, first + _AT_ONCE)
            mine = known[of[some]]
            own_one = np.where(mine, column[of[some]], -1)
            face, other = _nearest_few(roughly, products[part], slack, own_one, place)
            near = away[part][face] + far[other]
            near += 2 * float(middle @ middle)
            near -= products[part][face, other]
            order = np.lexsort((near, face))
            out[some] = near[order[np.searchsorted(face, np.arange(len(some))) + place - 1]]
    usual = float(np.median(inside)) if len(inside) else float(np.median(out)) / 4
    unknown = ~np.isfinite(out)
    out[unknown] = float(np.median(out[~unknown])) if (~unknown).any() else 3 * usual
    return np.maximum(out, 1e-12), max(usual, 1e-12)
