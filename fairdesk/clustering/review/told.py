"""What verdicts say of the faces of a review, by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from fairdesk.clustering.review.bunches import Floats, Measure
from fairdesk.clustering.review.joined_groups import merged
from fairdesk.project.verdict_constraints import Constraints, constraints
from fairdesk.project.verdicts import Said, Verdict

Rows = list[int]


class Told(NamedTuple):
    """What a review begins with."""

    together: list[Rows]
    apart: list[tuple[Rows, Rows]]
    taught: list[tuple[Rows, Rows, bool]]  # whether they are one person
    doubted: list[tuple[Rows, Rows]]  # said to be one person, though that is hugely unlikely


def told(
    every: Sequence[Verdict],
    said: Constraints,
    rows: Callable[[Sequence[int]], Rows],
    vectors: Floats,
    measured: Measure,
) -> Told:
    """Return what verdicts say.

    Parameters
    ----------
    every, said
        The verdicts, and what follows of them.
    rows
        Returns the rows of faces, those that are there.
    vectors, measured
        Shape (n, dim), and what was measured of them.
    """
    like = measured.likeness()
    doubted: dict[int, tuple[Rows, Rows]] = {}
    for verdict in every:
        first, second = rows(verdict.faces), rows(verdict.others)
        if verdict.said is Said.SAME and first and second:
            sides = [measured.part(vectors, some) for some in (first, second)]
            if like.surprising(like.features(*sides), same=True):
                doubted[verdict.id] = first, second
    if doubted:
        said = constraints([one for one in every if one.id not in doubted])
    together = [rows(group) for group in said.together]
    apart = [(rows(one.faces), rows(one.others)) for one in said.apart]
    taught: list[tuple[Rows, Rows, bool]] = [(a, b, False) for a, b in apart]
    for _, faces, others in said.joined:
        mine, anchor = rows(faces), rows(others)
        if mine and anchor:
            taught.append((mine, anchor, True))
            middle = vectors[mine].mean(axis=0)
            together.append([*mine, anchor[int(((vectors[anchor] - middle) ** 2).sum(axis=1).argmin())]])
    for verdict in every:
        first, second = rows(verdict.faces), rows(verdict.others)
        if verdict.said is Said.SAME and first and second and verdict.id not in doubted:
            taught.append((first, second, True))
    return Told(
        merged([group for group in together if len(group) > 1], apart),
        [(a, b) for a, b in apart if a and b],
        [one for one in taught if one[0] and one[1]],
        list(doubted.values()),
    )
