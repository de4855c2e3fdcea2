"""How many comparisons are left out, by reason and group."""

from __future__ import annotations

from fairdesk.jobs.results import Record

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
