"""What verdicts say of the faces of a review, by row.

A review is made of these alone, so that it comes to the same whenever it is opened and whoever gave the answers: what
follows of all verdicts together, and in their order what each says, which is what the review learns from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fairdesk.clustering.review.bunches import Floats
from fairdesk.clustering.review.joined_groups import merged
from fairdesk.project.verdict_constraints import Constraints
from fairdesk.project.verdicts import OF_FACES, WHO_IS_WHO, Said, Verdict, told_later

Rows = tuple[int, ...]


class Heard(NamedTuple):
    """What one verdict says of two sides."""

    first: Rows
    second: Rows
    same: bool | None  # whether they are one person; None: a person could not tell
    holds: bool = True  # no newer verdict says the opposite
    answered: str = ""  # how a question of a review was answered, each time ("s" one person, "d" two)


@dataclass(frozen=True)
class Told:
    """What a review is made of."""

    together: list[Rows] = field(default_factory=list)
    apart: dict[tuple[Rows, Rows], None] = field(default_factory=dict)  # the oldest first
    heard: list[Heard] = field(default_factory=list)  # the oldest first; what keeps people apart as in `apart`


def told(
    every: Sequence[Verdict], said: Constraints, rows: Callable[[Sequence[int]], list[int]], vectors: Floats
) -> Told:
    """Return what verdicts say.

    Parameters
    ----------
    every, said
        The verdicts, the oldest first, and what follows of them.
    rows
        Returns the rows of faces, those that are there.
    vectors
        Shape (n, dim).
    """
    late = {one.id for one in told_later(every)}
    aside = {one.verdict.id: set(one.faces) for one in said.contradictions}
    together = [rows(group) for group in said.together]
    for _, faces, others in said.joined:
        mine, anchor = rows(faces), rows(others)
        if mine and anchor:
            middle = vectors[mine].mean(axis=0)
            together.append([*mine, anchor[int(((vectors[anchor] - middle) ** 2).sum(axis=1).argmin())]])
    kept = {one.verdict.id: (tuple(rows(one.faces)), tuple(rows(one.others))) for one in said.apart}
    heard, apart = list[Heard](), dict[tuple[Rows, Rows], None]()
    for one in every:
        if (one.said is Said.UNSURE and one.id in late) or (one.said is not Said.UNSURE and one.said not in WHO_IS_WHO):
            continue
        gone = aside.get(one.id, set())
        left = [face for face in one.faces if face not in gone] if one.said in OF_FACES else one.faces
        holds = bool(left) if one.said in OF_FACES else not gone
        sides = tuple(rows(left if holds else one.faces)), tuple(rows(one.others))
        if one.id in kept:
            sides = kept[one.id]
            if all(sides):
                apart[sides] = None
        if all(sides):
            same = None if one.said is Said.UNSURE else one.one_person
            heard.append(Heard(*sides, same, holds, one.answered))
    pairs = [(list(first), list(second)) for first, second in apart]
    groups = merged([group for group in together if len(group) > 1], pairs)
    return Told([tuple(group) for group in groups], apart, heard)
