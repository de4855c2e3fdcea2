"""What this person says, kept within a journal step; their newer word replaces their older one."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from fairdesk.project import Project
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import Said, Verdict, keep_verdict, take_back, this_person, verdicts


def say(
    project: Project, connection: apsw.Connection, said: Said, faces: Iterable[int], others: Iterable[int] = ()
) -> tuple[int, list[Verdict]]:
    """Within a journal step: keep a verdict of this person; returns its number and those that it replaces.

    A person's newer word replaces their own older word that says the opposite; those of others stay, as contradictions.
    """
    who = this_person()
    number = keep_verdict(connection, said, faces, others, who)
    replaced = []
    for one in constraints(verdicts(project)).contradictions:
        if one.verdict.who == who and one.verdict.id != number and any(v.id == number for v in one.against):
            take_back(connection, one.verdict, one.faces)
            replaced.append(one.verdict)
    return number, replaced
