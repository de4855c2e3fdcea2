"""Questions as a person sees them: what is asked, of which faces, a few of each side to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fairdesk.clustering.review.bunches import Floats
from fairdesk.clustering.review.candidates import Candidate
from fairdesk.clustering.review.engine import Review
from fairdesk.project.verdicts import SHOWN

NEAREST = 2  # of them that are the nearest to the other side


class Kind(StrEnum):
    """What is asked."""

    SAME = "same"  # are two clusters one person?
    BELONGS = "belongs"  # is one face that person?
    SPLIT = "split"  # is one cluster two people?
    NAME = "name"  # who is it?


@dataclass(frozen=True)
class Question:
    """One question; faces are rows. A yes to `split` says that they are two people, a yes to the others that they are one."""

    kind: Kind
    candidate: Candidate
    first: list[int]
    second: list[int]
    shown_first: list[int]
    shown_second: list[int]

    @property
    def gain(self) -> float:
        """How many faces an answer is expected to put right."""
        return self.candidate.rank


def questions(review: Review, vectors: Floats, count: int) -> list[Question]:
    """Return the questions that are worth most, the first first."""
    found: list[Question] = []
    for candidate in review.candidates():
        if len(found) >= count:
            break
        found.append(ask(review, vectors, candidate))
    return found


def ask(review: Review, vectors: Floats, candidate: Candidate) -> Question:
    """Return a candidate as a question; of a single face and others, the others come first."""
    first, second = review.faces(candidate.first), review.faces(candidate.second)
    if candidate.check >= 0 and candidate.together:  # of one face, whatever its bunch
        first, second = (
            [row for row in review.faces_beside(candidate.check) if row != candidate.check],
            [candidate.check],
        )
    seen = candidate.seen
    if len(first) < len(second):
        first, second = second, first
        seen = seen and seen[::-1]
    if len(second) == 1:
        kind = Kind.BELONGS
    elif candidate.together:
        kind = Kind.SPLIT
    else:
        kind = Kind.SAME
    sides = shown(vectors, first, second), shown(vectors, second, first)
    if seen is not None and max(map(len, seen)) <= SHOWN:  # what is asked again is asked of the same faces
        sides = list(seen[0]), list(seen[1])
    return Question(kind, candidate, first, second, *sides)


def shown(vectors: Floats, mine: Sequence[int], others: Sequence[int], most: int = SHOWN) -> list[int]:
    """Return the faces of a side to look at: those nearest to the other side, then each time that farthest from all these.

    So a side that is two people shows both.
    """
    if len(mine) <= most:
        return list(mine)
    rows = vectors[list(mine)]
    across = ((rows - vectors[list(others)].mean(axis=0)) ** 2).sum(axis=1)
    chosen = np.argsort(across, kind="stable")[:NEAREST].tolist()
    away = np.min([((rows - rows[place]) ** 2).sum(axis=1) for place in chosen], axis=0)
    while len(chosen) < most:
        place = int(away.argmax())
        chosen.append(place)
        away = np.minimum(away, ((rows - rows[place]) ** 2).sum(axis=1))
    return [mine[place] for place in chosen]


def answered_sides(question: Question) -> tuple[list[int], list[int]]:
    """Return the faces that an answer is about, in the order of the candidate's parts."""
    sides = question.shown_first, question.shown_second
    return sides if question.candidate.first.faces >= question.candidate.second.faces else sides[::-1]
