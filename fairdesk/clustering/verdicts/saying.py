"""What this person says, kept within a journal step; their newer word replaces their older one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import apsw

from fairdesk.project import Project
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import (
    Said,
    Verdict,
    keep_verdict,
    say_again,
    take_back,
    this_person,
    told_by,
    verdicts,
    withdrawn_by,
)
from fairdesk.words import tr_n

Output = TypeVar("Output")


def say(
    project: Project, connection: apsw.Connection, said: Said, faces: Iterable[int], others: Iterable[int] = (),
    *, again: bool = False,
) -> tuple[int, list[Verdict]]:  # fmt: skip
    """Within a journal step: keep a verdict of this person; returns its number and those that it replaces.

    Who says the same of the same faces again keeps one verdict, of the later time. A person's newer word replaces their own
    older word that says the opposite, and their "not sure" of what it tells; their "not sure" withdraws their older word on
    the same two sides (asked `again`: on sides that hold these). Those of others stay.
    """
    who = this_person()
    faces, others = list(faces), list(others)
    number = say_again(connection, said, faces, others, who) or keep_verdict(connection, said, faces, others, who)
    replaced = []
    every = verdicts(project)
    newest, mine = next(one for one in every if one.id == number), [one for one in every if one.who == who]
    for gone in withdrawn_by(newest, mine, within=again) if said is Said.UNSURE else told_by(newest, mine):
        take_back(connection, gone, gone.faces)
        replaced.append(gone)
    for one in constraints(every).contradictions:
        if one.verdict.who == who and one.verdict.id != number and any(v.id == number for v in one.against):
            take_back(connection, one.verdict, one.faces)
            replaced.append(one.verdict)
    return number, replaced


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


def correct(project: Project, work: Callable[[Project], Output]) -> tuple[Output, list[str]]:
    """Correct by hand; returns what that returns, and lines on verdicts that it replaces or contradicts."""
    before = verdicts(project)
    done = work(project)
    after = verdicts(project)
    left, known = {one.id: one for one in after}, {one.id for one in before}
    replaced = [one.id for one in before if left.get(one.id) != one]
    lines = [replaces(replaced)] if replaced else []
    return done, lines + [
        one.text()
        for one in constraints(after).contradictions
        if one.verdict.id not in known or any(v.id not in known for v in one.against)
    ]
