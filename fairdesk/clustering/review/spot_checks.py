"""Faces drawn at random to look at, as what a review thinks of itself is no proof.

Likeness cannot see what no answer spoke of: strangers that look alike, siblings that are nearer to each other than one
person's photographs of other years. So faces are drawn, each as likely as any other, and it is asked whether the face
belongs to its cluster, or whether the likeliest other cluster is the same person. How many answers are as the review
thought says how good its estimate is, whatever likeness is worth; each answer teaches the review too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from fairdesk.clustering.review.candidates import Candidate
from fairdesk.clustering.review.likeness import Likeness, share
from fairdesk.clustering.review.parts import Part
from fairdesk.shares import wilson

AT_ONCE = 20
SEED = 0  # of the order in which faces are drawn


class Checked(NamedTuple):
    """What came of a check."""

    face: int
    as_thought: bool  # no where the person could not tell


class Tally(NamedTuple):
    """How many checks were as thought, and the 95 % interval of that share (Wilson)."""

    right: int
    answered: int
    low: float
    high: float


def tally(checks: Sequence[Checked]) -> Tally | None:
    """Count checks; None where there are none."""
    right = sum(one.as_thought for one in checks)
    span = wilson(right, len(checks))
    return None if span is None else Tally(right, len(checks), *span)


def belongs(row: int, home: int, others: Part, alone: Part, like: Likeness) -> Candidate:
    """Return the question whether a face belongs to the others of its cluster."""
    likely = share(like.log_odds(others, alone))
    return Candidate(0.0, others, alone, True, likely, (home, home), check=row)


def likeliest_join(row: int, about: Collection[Candidate]) -> Candidate | None:
    """Return the question about the cluster that is most likely the same person as a face's own."""
    joins = [one for one in about if not one.together and not one.again]
    return max(joins, key=lambda one: one.likely)._replace(check=row) if joins else None
