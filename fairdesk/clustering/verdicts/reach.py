"""How far verdicts reach: of whom they are about some faces may be hidden, ignored, without an embedding, or another detector's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fairdesk.project.verdict_constraints import Constraints
from fairdesk.project.verdicts import OF_FACES, Said, Verdict
from fairdesk.words import tr_n


@dataclass(frozen=True)
class Reach:
    """How many verdicts a clustering follows; what cannot be told ("not sure") is none."""

    followed: int  # of these some partly
    partly: int  # for some of their faces alone
    unused: int  # of which nothing is left that it could follow, beside those that are set aside
    faces: int  # of those two, the faces that are not clustered


def reach(
    every: Sequence[Verdict], here: Sequence[Verdict], said: Constraints, faces: Collection[int], broken: Collection[int] = ()
) -> Reach:  # fmt: skip
    """Count verdicts by what is left of them.

    Parameters
    ----------
    every, here
        All verdicts, and as they are about the faces of the detector at hand.
    said
        What follows of the latter together.
    faces
        The faces that are clustered.
    broken
        The numbers of verdicts that could not be followed beside others.
    """
    there, now = set(faces), {one.id: one for one in here}
    aside = {one.verdict.id: set(one.faces) for one in said.contradictions}
    followed = partly = unused = lacking = 0
    for verdict in every:
        if verdict.said is Said.UNSURE or verdict.id in broken:
            continue
        one, without = now.get(verdict.id), aside.get(verdict.id, set[int]())
        if without and (verdict.said not in OF_FACES or one is None or without.issuperset(one.faces)):
            continue  # it is told as set aside
        if one is not None and one.said is Said.IGNORED:
            followed, partly = followed + 1, partly + bool(without)
            continue
        total = len(verdict.faces) + len(verdict.others)
        mine = [face for face in one.faces if face in there and face not in without] if one is not None else []
        theirs = [face for face in one.others if face in there] if one is not None else []
        left = total - len(mine) - len(theirs)
        alone = {
            Said.CONFIRMED: len(mine) > 1 or bool(mine and not verdict.others),
            Said.SAME: max(len(mine), len(theirs)) > 1,
        }
        if (mine and theirs) or alone.get(verdict.said):
            followed, partly = followed + 1, partly + (left > 0)
        else:
            unused += 1
        lacking += left - len(without)
    return Reach(followed, partly, unused, lacking)


def partly_lines(partly: int, unused: int, faces: int) -> list[str]:
    """Say how many verdicts are not followed for all of their faces, and why."""
    lines = []
    if partly:
        lines.append(
            tr_n("{n:,} of them holds for some of its faces alone.", "{n:,} of them hold for some of their faces alone.", partly)
        )  # fmt: skip
    if unused:
        lines.append(
            tr_n("{n:,} more says nothing here: too few of its faces are clustered.",
                 "{n:,} more say nothing here: too few of their faces are clustered.", unused)
        )  # fmt: skip
    if faces:
        lines.append(
            tr_n("{n:,} face of verdicts is not clustered: hidden, ignored, without an embedding, or of another detector.",
                 "{n:,} faces of verdicts are not clustered: hidden, ignored, without an embedding, or of another detector.", faces)
        )  # fmt: skip
    return lines


def broken_line(broken: int, total: int) -> str:
    """Say how many verdicts do not hold in a clustering, and what to do; empty where all hold."""
    if not broken:
        return ""
    return tr_n(
        "{n:,} of {total:,} verdicts does not hold in it: Cluster again honours it.",
        "{n:,} of {total:,} verdicts do not hold in it: Cluster again honours them.",
        broken,
        total=total,
    )


def with_most_lines(count: int) -> list[str]:
    """Say of how many verdicts the faces are with most of those they were confirmed beside, but not with all."""
    if not count:
        return []
    return [
        tr_n(
            "{n:,} of them holds with most of the faces that it was given beside, not with all.",
            "{n:,} of them hold with most of the faces that they were given beside, not with all.",
            count,
        )
    ]
