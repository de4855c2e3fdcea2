"""The review's next questions as the verb `suggestions` prints them."""

from __future__ import annotations

from fairdesk.clustering.review.asked import Asked, Reply
from fairdesk.clustering.review.parts import Check
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.results import Suggestion, SuggestionsResult
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.project import Project
from fairdesk.project.verdicts import count_verdicts


def suggestions(
    project: Project, version: int | None, limit: int, check: Check | None = None, *, drawn: bool = False
) -> SuggestionsResult:
    """Return the questions that are worth most for a version, or those about faces `drawn` at random; nothing is changed.

    `check` is told how far it is.
    """
    session = ReviewSession(project, version, check)
    if drawn:
        session.check_more(limit)
    estimate, own = session.estimate(), session.of_review()
    return SuggestionsResult(
        suggestions=[
            Suggestion(
                kind=one.kind.value,
                clusters=[session.labels[number] for number in one.clusters],
                faces=one.faces,
                gain=one.gain,
                shown=[one.shown_first, one.shown_second],
                answers=answers(one, session),
                names=list(one.names),
                again=one.again,
                answered=[verdict.id for verdict in one.earlier] or None,
                answered_by=list(dict.fromkeys(verdict.who for verdict in one.earlier)) or None,
                version=session.version,
                recipe=session.recipe.hash,
                drawn=one.check,
                thought=None if one.thought is None else one.thought.value,
            )
            for one in session.queue(limit)
            if one.check == drawn
        ],
        version=session.version,
        encoder=session.recipe.encoder,
        detector=session.recipe.detector,
        recipe=session.recipe.hash,
        **project.vectors.differs(session.recipe),
        purity=estimate.purity,
        completeness=estimate.completeness,
        answers_left=estimate.answers_left,
        verdicts=count_verdicts(project),
        one_each=session.assumed.holds,
        review_purity=None if own is None else own.purity,
        review_completeness=None if own is None else own.completeness,
    )


def answers(one: Asked, session: ReviewSession) -> dict[str, str]:
    """Return, for each answer, what to type after `fairdesk verdict PROJECT`.

    Where two whole clusters are meant these are named, else the faces: those that it is about, and those that are shown
    of the other side. "Not sure" of what is asked again names the sides of the person's own earlier answer.
    """
    if one.kind is Kind.NAME:
        return {}
    beside = " ".join(map(str, one.shown_first))
    of = f"--version {session.version}"
    faces = " ".join(map(str, one.second))
    together, apart = (f"{said} {faces} --with {beside} {of}" for said in ("--confirm", "--not"))
    whole = len(one.clusters) == 2 and session.faces_of(one.clusters) == len(one.first) + len(one.second)
    if one.kind is Kind.SAME and whole:
        pair = " ".join(str(session.labels[number]) for number in one.clusters)
        together, apart = (f"{said} {pair} {of}" for said in ("--same", "--different"))
    yes, no = (apart, together) if one.kind is Kind.SPLIT else (together, apart)
    _, *sides = one.says(Reply.UNSURE)
    unsure, others = (" ".join(map(str, side)) for side in sides)
    return {"yes": yes, "no": no, "not sure": f"--unsure {unsure} --with {others} {of}"}
