"""How many comparisons are left out, by reason and group."""

from __future__ import annotations

from fairdesk.jobs.results import Record
from fairdesk.words import tr_n

KINDS = ("said", "no score", "no group", "two groups", "two people", "one person", "other label", "itself", "again")
"""Why: a person said so; from the fifth on they count as they are labelled: the label is contradicted by the subjects, or by
an earlier comparison of the same two images, an image is compared with itself, or the comparison is there already."""


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


class Repeats(Record):
    """Comparisons with a score that say again what is there already; all of them count."""

    again: int
    """Of the same two images as an earlier one, with its label."""
    other_label: int
    """Of the same two images as an earlier one, with the other label."""
    itself: int
    """Of an image with itself."""

    def lines(self) -> list[str]:
        """Say it."""
        out = []
        if self.other_label:
            out.append(
                tr_n(
                    "{n:,} comparison is listed a second time with the other label: one of the two is wrong.",
                    "{n:,} comparisons are listed a second time with the other label: one of the two is wrong.",
                    self.other_label,
                )
            )
        if self.again:
            out.append(
                tr_n(
                    "{n:,} comparison is listed a second time, and counts twice.",
                    "{n:,} comparisons are listed a second time, and count each time.",
                    self.again,
                )
            )
        if self.itself:
            out.append(
                tr_n(
                    "{n:,} comparison is of an image with itself.",
                    "{n:,} comparisons are of an image with itself.",
                    self.itself,
                )
            )
        return out
