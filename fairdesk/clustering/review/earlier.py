"""The verdicts that a question asks again: whose they are, and which of them a person's "not sure" withdraws."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fairdesk.clustering.review.candidates import Candidate, Pair
from fairdesk.clustering.review.engine import Review
from fairdesk.project import Project
from fairdesk.project.verdicts import OF_FACES, SHOWN, WHO_IS_WHO, Verdict, of_detector, verdicts


def earlier_answers(
    project: Project, detector: str, review: Review, rows: Callable[[Sequence[int]], list[int]], candidate: Candidate
) -> tuple[Verdict, ...]:
    """Return the verdicts that a question asks again, the oldest first; none of a question that is new.

    Those about the same bunches; where there are none, those about some of them, as bunches were divided since.

    Parameters
    ----------
    detector
        The detector of the review's faces.
    rows
        Returns the rows of faces, those that are there.
    """
    if not candidate.again:
        return ()
    every = verdicts(project)
    found: dict[int, Pair] = {}
    for one in of_detector(project, every, detector):
        sides = [frozenset(review.of[rows(side)].tolist()) for side in (one.faces, one.others)]
        if one.said in WHO_IS_WHO and all(sides):
            found[one.id] = sides[0], sides[1]
    mine = candidate.pair
    same = {number for number, pair in found.items() if pair in (mine, mine[::-1])}
    part = {number for number, pair in found.items() if any(a & mine[0] and b & mine[1] for a, b in (pair, pair[::-1]))}
    return tuple(one for one in every if one.id in (same or part))


def sides_of(verdict: Verdict, first: Sequence[int], second: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return faces that stand for the sides of a verdict, those that are shown where they do."""
    if len(set(second) & set(verdict.faces)) < len(set(first) & set(verdict.faces)):
        first, second = second, first
    return _standing(verdict.faces, second, alone=verdict.said in OF_FACES), _standing(verdict.others, first)


def _standing(side: Sequence[int], shown: Sequence[int], *, alone: bool = False) -> list[int]:
    seen = [face for face in shown if face in set(side)]
    if alone and seen:
        return seen
    return [*seen, *(face for face in side if face not in seen)][: max(SHOWN, len(seen))]
