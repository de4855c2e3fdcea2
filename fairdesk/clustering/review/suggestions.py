"""The review's next questions as the verb `suggestions` prints them."""

from __future__ import annotations

from fairdesk.clustering.review.parts import Check
from fairdesk.clustering.review.results import Suggestion, SuggestionsResult
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.project import Project


def suggestions(project: Project, version: int | None, limit: int, check: Check | None = None) -> SuggestionsResult:
    """Return the questions that are worth most for a version; nothing is changed. `check` is told how far it is."""
    session = ReviewSession(project, version, check)
    estimate, own = session.estimate(), session.of_review()
    return SuggestionsResult(
        suggestions=[
            Suggestion(
                kind=one.kind.value,
                clusters=[session.labels[number] for number in one.clusters],
                faces=one.faces,
                gain=one.gain,
                shown=[one.shown_first, one.shown_second],
                names=list(one.names),
                again=one.again,
                version=session.version,
                recipe=session.recipe.hash,
            )
            for one in session.queue(limit)
        ],
        version=session.version,
        encoder=session.recipe.encoder,
        detector=session.recipe.detector,
        recipe=session.recipe.hash,
        purity=estimate.purity,
        completeness=estimate.completeness,
        answers_left=estimate.answers_left,
        review_purity=None if own is None else own.purity,
        review_completeness=None if own is None else own.completeness,
    )
