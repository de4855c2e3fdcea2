"""What this person says, kept within a journal step; their newer word replaces their older one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import apsw

from fairdesk.clustering.verdicts.otherwise import otherwise_lines
from fairdesk.project import Project
from fairdesk.project.verdict_constraints import Constraints, constraints
from fairdesk.project.verdicts import (
    OF_FACES,
    Said,
    Verdict,
    forget_given,
    keep_verdict,
    outweigh,
    said_before,
    say_again,
    take_back,
    this_person,
    told_by,
    verdicts,
    withdrawn_by,
)
from fairdesk.words import tr_n

Output = TypeVar("Output")
_TOLD = 6  # numbers of faces


def say(
    project: Project,
    connection: apsw.Connection,
    said: Said,
    faces: Iterable[int],
    others: Iterable[int] = (),
    *,
    anew: bool = False,
) -> tuple[int, list[Verdict]]:
    """Within a journal step: keep a verdict of this person; returns its number and those that it changes, as they were.

    Who says the same of the same faces again keeps one verdict, of the later time; of the earlier one where nothing hangs
    on that, so that nothing changes (unless it is given `anew`: an answer to a question). A person's newer word replaces their own
    older word that says the opposite, and their "not sure" of what it tells; their "not sure" withdraws their older word on
    the same two sides (`withdrawn_by`). Those of others stay.
    """
    who = this_person()
    faces, others = list(faces), list(others)
    before = verdicts(project)
    again = said_before(before, said, faces, others, who)
    if again is not None and not anew and _stands(before, again):
        return again.id, []
    if again is not None:
        say_again(connection, again)
    number = keep_verdict(connection, said, faces, others, who) if again is None else again.id
    every = verdicts(project)
    newest, mine = next(one for one in every if one.id == number), [one for one in every if one.who == who]
    gone = withdrawn_by(newest, mine) if said is Said.UNSURE else [(one, one.faces) for one in told_by(newest, mine)]
    for verdict, some in gone:
        outweigh(connection, verdict, some)
    against = [
        (one.verdict, one.faces if one.verdict.said in OF_FACES else one.verdict.faces)
        for one in constraints(every).contradictions
        if one.verdict.who == who and one.verdict.id != number and any(v.id == number for v in one.against)
    ]
    for verdict, some in against:
        take_back(connection, verdict, some)
    forget_given(connection, [verdict.uuid for verdict, _ in against])
    return number, [verdict for verdict, _ in (*gone, *against)]


def _stands(every: Sequence[Verdict], one: Verdict) -> bool:
    """Return whether all that is said comes to the same if one of the verdicts is given again now."""
    rest = [verdict for verdict in every if verdict.id != one.id]
    mine = [verdict for verdict in rest if verdict.who == one.who]
    if withdrawn_by(one, mine) if one.said is Said.UNSURE else told_by(one, mine):
        return False
    now, then = (constraints(some) for some in (every, [*rest, one]))
    return _comes_to(now) == _comes_to(then)


def _comes_to(found: Constraints) -> tuple[object, ...]:
    return (
        found.together, found.ignored, set(found.same), set(found.confirmed),
        {(one.verdict.id, one.faces, one.others) for one in found.apart},
        {(verdict.id, faces, others) for verdict, faces, others in found.joined},
        {(one.verdict.id, one.faces) for one in found.contradictions},
    )  # fmt: skip


def replaces(numbers: Sequence[int]) -> str:
    """Say which earlier verdicts are replaced."""
    return tr_n(
        "It replaces your earlier verdict {numbers}.",
        "It replaces your earlier verdicts {numbers}.",
        len(numbers),
        numbers=", ".join(map(str, numbers)),
    )


def withdraws(numbers: Sequence[int]) -> str:
    """Say which earlier verdicts "not sure" withdraws."""
    return tr_n(
        "It withdraws your earlier verdict {numbers}.",
        "It withdraws your earlier verdicts {numbers}.",
        len(numbers),
        numbers=", ".join(map(str, numbers)),
    )


def taken_out(before: Iterable[Verdict], after: Iterable[Verdict]) -> tuple[list[int], dict[int, list[int]]]:
    """Return which verdicts are gone, and of which some faces are: their numbers, and those of the faces."""
    left, gone, parts = {one.id: one for one in after}, list[int](), dict[int, list[int]]()
    for one in before:
        now = left.get(one.id)
        if now is None:
            gone.append(one.id)
        elif missing := {*one.faces, *one.others} - {*now.faces, *now.others}:
            parts[one.id] = sorted(missing)
    return gone, parts


def taken_out_lines(parts: Mapping[int, Sequence[int]]) -> list[str]:
    """Say which faces are taken out of which earlier verdicts."""
    return [
        tr_n(
            "Face {numbers} is taken out of your earlier verdict {verdict}; the rest of it holds.",
            "{n:,} faces ({numbers}) are taken out of your earlier verdict {verdict}; the rest of it holds.",
            len(faces),
            numbers=", ".join(map(str, faces[:_TOLD])) + (", …" if len(faces) > _TOLD else ""),
            verdict=number,
        )
        for number, faces in parts.items()
    ]


def correct(project: Project, work: Callable[[Project], Output]) -> tuple[Output, list[str]]:
    """Correct by hand; returns what that returns, and lines on verdicts that it replaces or contradicts."""
    before = verdicts(project)
    done = work(project)
    after = verdicts(project)
    known = {one.id: one.created for one in before}
    new = {one.id for one in after if known.get(one.id) != one.created}
    replaced, parts = taken_out(before, after)
    lines = [replaces(replaced)] if replaced else []
    return done, [
        *lines,
        *taken_out_lines(parts),
        *(
            one.text()
            for one in constraints(after).contradictions
            if one.verdict.id in new or any(v.id in new for v in one.against)
        ),
        *otherwise_lines(after, new),
    ]
