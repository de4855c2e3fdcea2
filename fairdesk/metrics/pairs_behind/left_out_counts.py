"""How many comparisons are left out, by reason and group."""

from __future__ import annotations

from collections.abc import Sequence

from fairdesk.jobs.results import Record
from fairdesk.words import tr_n

KINDS = ("said", "no score", "no group", "two groups", "two people", "one person")
"""Why: a person said so; of the last two the label is contradicted by its subjects, and they count as they are labelled."""


class LeftOutCount(Record):
    """Comparisons of one reason and one group, or two."""

    kind: str
    """One of `KINDS`."""
    reason: str
    """The same in words, or what a person said."""
    group: str
    """Both groups, where a comparison is of two; empty where scores are not evaluated by group."""
    counted: str
    """Whether it counts in any rate."""
    genuine: int
    impostor: int


def contradicted_lines(left_out: Sequence[LeftOutCount]) -> list[str]:
    """Say of how many comparisons the label is contradicted; all others are told where they are left out."""
    n = sum(one.genuine + one.impostor for one in left_out if one.kind in KINDS[-2:])
    if not n:
        return []
    return [
        tr_n(
            "{n:,} comparison has a label that its subjects contradict; it counts as it is labelled.",
            "{n:,} comparisons have a label that their subjects contradict; they count as they are labelled.",
            n,
        )
    ]
