"""What the review's pane knows ahead: the next questions, and how far the review is."""

from __future__ import annotations

from dataclasses import dataclass

from fairdesk.clustering.review.candidates import Estimate
from fairdesk.clustering.review.session import Asked, ReviewSession
from fairdesk.words import tr, tr_n

AHEAD = 24  # questions that are known before they are asked


@dataclass(frozen=True)
class Ahead:
    """The next questions, and how right the clusters are thought to be."""

    queue: list[Asked]
    estimate: Estimate


def look_ahead(review: ReviewSession) -> Ahead:
    """Work out the next questions of a review, and how right its clusters are thought to be."""
    return Ahead(review.queue(AHEAD), review.estimate())


def progress_line(found: Estimate, answered: int) -> str:
    """Say how right the clusters are thought to be, and how many answers are left and given."""
    parts = [
        tr(
            "Estimated: {purity:.1%} pure, {completeness:.1%} complete",
            purity=found.purity,
            completeness=found.completeness,
        ),
        tr_n("some {n:,} answer to 99 %", "some {n:,} answers to 99 %", found.answers_left)
        if found.answers_left
        else tr("99 % is reached"),
        tr_n("{n:,} answered", "{n:,} answered", answered),
    ]
    return "  ·  ".join(parts)
