"""What the review's pane knows ahead and says: the next questions, what they are called, and how far the review is."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from fairdesk.clustering.review.asked import Asked
from fairdesk.clustering.review.candidates import WANTED, Estimate
from fairdesk.clustering.review.past import Newer
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.review.spot_checks import Tally, tally
from fairdesk.gui.collector import keep_collector_from_all
from fairdesk.gui.session import Notice
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.project.image_queries import GridItem, items
from fairdesk.project.verdicts import count_verdicts
from fairdesk.words import mark, tr, tr_n

AHEAD = 128  # questions that are known before they are asked: more than are answered while the review learns
PREFETCHED = 12  # of which the pictures are read
TITLES = {
    Kind.SAME: mark("Same person?"),
    Kind.BELONGS: mark("Does this face belong?"),
    Kind.SPLIT: mark("Two people?"),
    Kind.NAME: mark("Who is it?"),
}

OLDER = mark("To take an older answer back, close the review and remove its verdict: Clustering, Verdicts…")
BACK = "review back"  # notices that only hold while the review is open
MUCH = 1.0  # faces that an answer is expected to put right: then it decides much


@dataclass(frozen=True)
class Ahead:
    """The next questions, their faces that were not known yet, and how right the clusters are thought to be."""

    queue: list[Asked]
    items: dict[int, GridItem]
    estimate: Estimate
    verdicts: int  # of the whole project
    telling: int  # of these the ones that say how far likeness can be trusted: "not sure" does not
    not_sure: int = 0  # of the answers of this review
    checks: Tally | None = None  # of faces drawn at random
    one_each: bool = False  # most people are taken to have one photograph
    unlearned: Literal["soon", "next review"] | None = None  # when the estimate becomes what the answers make of it


def look_ahead(review: ReviewSession, known: Container[int] = (), begun: Iterable[int] = ()) -> Ahead:
    """Work out the next questions of a review, and how right its clusters are thought to be.

    `known` are faces to leave out; clusters whose name somebody `begun` to type are asked about first.
    """
    first = [one for cluster in begun for one in review.who_is(cluster)]
    names = {key_of(one) for one in first}
    queue = first + [one for one in review.queue(AHEAD) if key_of(one) not in names]
    faces = {face for one in queue for face in (*one.shown_first, *one.shown_second)}
    unknown = sorted(face for face in faces if face not in known)
    return Ahead(
        queue,
        items(review.project, "face", unknown) if unknown else {},
        review.estimate(),
        count_verdicts(review.project),
        count_verdicts(review.project, telling=True),
        review.past.not_sure(),
        tally(review.past.checks()),
        review.assumed.holds,
        review.unlearned,
    )


def look_ahead_first(review: ReviewSession, begun: Iterable[int]) -> Ahead:
    """Look ahead in a review that was just read, whose many objects the garbage collector leaves alone from now on."""
    ahead = look_ahead(review, begun=begun)
    keep_collector_from_all()
    return ahead


def prefetch(
    thumbnails: Thumbnails, queue: Iterable[Asked], touched: Container[int], known: Mapping[int, GridItem]
) -> None:
    """Have the pictures of the next questions read, those of the very next first; not those about `touched` clusters."""
    ahead = [one for one in queue if not any(number in touched for number in one.clusters)][:PREFETCHED]
    for one in reversed(ahead):
        for face in (*one.shown_first, *one.shown_second):
            if face in known:
                thumbnails.get("face", known[face])


def newer_note(newer: Newer, undo: Callable[[], None]) -> Notice:
    """Say why no answer is taken back: the review begins here, or something else was done after the last answer."""
    if newer.kept:
        none = tr("No answer of this review is left to take back. To undo what came before it, close it first.")
        return Notice(none, topic=BACK)
    text = tr("“{step}” was done after the last answer. Undo takes it back; then Back goes on.", step=newer.text)
    return Notice(text, action=tr("Undo"), run=undo, topic=BACK)


def none_to_take_back() -> str:
    """Say why Back does nothing where no answer since the review was opened is left, and what takes earlier ones back."""
    return tr(
        "Since this review was opened nothing was answered that could be taken back. For an earlier answer: Undo (Ctrl+Z) "
        "takes the newest change of the project back, or remove its verdict: Clustering, Verdicts…"
    )


def comparing(share: float, review: ReviewSession | None) -> str:
    """Say how much of the comparing is done (0 to 1), and why, where a review is read again."""
    text = mark("Comparing faces … {share:.0%}")
    if review is not None and review.assumed.over:
        text = mark("Answers tell how many photographs people have here. Comparing faces … {share:.0%}")
    elif review is not None:
        text = mark("Something was changed elsewhere. Comparing faces … {share:.0%}")
    return tr(text, share=share)


def key_of(asked: Asked) -> tuple[Kind, tuple[int, ...], tuple[int, ...]]:
    """Return what two questions are the same by."""
    return asked.kind, tuple(asked.first), tuple(asked.second)


def note_of(asked: Asked) -> str:
    """Say why a question is asked, where that is not what an answer is worth."""
    if asked.check:
        return tr("Of a face drawn at random: it shows how far the estimate below can be trusted.")
    if not asked.again:
        return ""
    who = ", ".join(asked.of_others)
    if who and not asked.own:
        said = tr("{who} answered this before. Please look too, to make it sure.", who=who)
        if asked.gain >= MUCH:
            said = tr("{who} answered this before. It decides much: please look too.", who=who)
        if asked.doubted:
            said = tr("{who} answered this before, but everything else speaks against it. Please look too.", who=who)
        return said + " " + tr("Not sure leaves the answer of {who} as it is.", who=who)
    said = tr("You answered this before. Please look again, to make it sure.")
    if asked.gain >= MUCH:
        said = tr("You answered this before. It decides much: please look again.")
    if asked.doubted:
        said = tr("You answered this before, but everything else speaks against it. Please look again.")
    said += " " + tr("Not sure withdraws that answer.")
    return said + " " + tr("Not sure leaves the answer of {who} as it is.", who=who) if who else said


def none_asked(skipped: int | None, *, reading: bool) -> tuple[str, str]:
    """Return title and note where no question is shown: none is left, `skipped` ones aside, or that is not known yet (None)."""
    if reading:
        return tr("Reading what was changed …"), ""
    return (tr("One moment …"), "") if skipped is None else (tr("Nothing is left to ask"), nothing_left(skipped))


def nothing_left(skipped: int) -> str:
    """Say what to do where no question is left."""
    parts = [tr("No question is left that would change much. Every answer is kept: close the review (Esc).")]
    if skipped:
        parts.append(
            tr_n(
                "{n:,} question was skipped: Back asks it again, and so does the next review.",
                "{n:,} questions were skipped: Back asks them again, and so does the next review.",
                skipped,
            )
        )
    parts.append(tr("Spot check (C) asks about faces drawn at random."))
    parts.append(tr("A later review asks the same, and more where verdicts were added since."))
    return " ".join(parts)


def side_title(asked: Asked, titles: Mapping[int, str], faces: int, *, first: bool) -> str:
    """Say what one side of a question is: its cluster, and how many faces."""
    count = tr_n("{n:,} face", "{n:,} faces", faces)
    known = [titles.get(number, "") for number in asked.clusters]
    if asked.kind is Kind.SPLIT or len(known) < 2:
        title = known[0] if known and (first or asked.kind is Kind.SPLIT) else ""
    else:
        title = known[0] if first else known[1]
    return f"{title}  ·  {count}" if title else count


def _answered(answered: int, not_sure: int) -> str:
    said = tr_n("{n:,} answered", "{n:,} answered", answered)
    if not not_sure:
        return said
    return tr_n("{answered}, {n:,} of them not sure", "{answered}, {n:,} of them not sure", not_sure, answered=said)


def progress_line(ahead: Ahead, answered: int) -> str:
    """Say how right the clusters are thought to be, and how many answers are left and given."""
    found = ahead.estimate
    none_left = (
        tr("by this estimate 99 % is reached: further answers change little")
        if found.f1 >= WANTED
        else tr("the clusters follow the verdicts with the next answer")
        if found.behind
        else tr("no question is left that would change much")
    )
    estimated = mark("Estimated: {purity:.1%} pure, {completeness:.1%} complete")
    if not ahead.telling:  # nobody said yet how good likeness is as a measure here
        estimated = mark("Estimated from likeness alone: {purity:.1%} pure, {completeness:.1%} complete")
    parts = [
        tr(estimated, purity=found.purity, completeness=found.completeness),
        tr_n("some {n:,} answer to 99 %", "some {n:,} answers to 99 %", found.answers_left)
        if found.answers_left
        else none_left,
        _answered(answered, ahead.not_sure),
    ]
    if ahead.one_each:
        parts.insert(1, tr("if most people have one photograph, as this clustering says; if not, answers will show it"))
    if ahead.unlearned == "soon":
        parts.insert(1, tr("learning …"))
    if ahead.unlearned == "next review":
        parts.append(tr("answers are followed only where they fall: the next review learns from all"))
    if ahead.checks is not None:
        parts.append(
            tr(
                "{right} of {answered} random checks as thought (95 %: {low:.0%} to {high:.0%} of faces)",
                right=ahead.checks.right,
                answered=ahead.checks.answered,
                low=ahead.checks.low,
                high=ahead.checks.high,
            )
        )
    left = sum(one.check for one in ahead.queue)
    if left:
        parts.append(tr_n("{n:,} random check left", "{n:,} random checks left", left))
    if ahead.verdicts > answered:
        parts.append(tr_n("{n:,} verdict kept in all", "{n:,} verdicts kept in all", ahead.verdicts))
    return "  ·  ".join(parts)
