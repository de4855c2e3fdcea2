"""Earlier verdicts that stay, though a newer word says otherwise of a part, or leaves them as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import OF_FACES, Said, Verdict, told_by, withdrawn_by
from fairdesk.words import tr, tr_n

_TOLD = 6  # verdicts, or numbers of faces
_TWO_SIDES = (Said.SAME, Said.CONFIRMED, Said.NOT, Said.DIFFERENT)


def otherwise_lines(every: Sequence[Verdict], new: Collection[int]) -> list[str]:
    """Say which earlier verdicts do not count any more for faces that were judged by themselves since.

    Parameters
    ----------
    every
        All verdicts, from the oldest to the newest.
    new
        The numbers of those that were just given.
    """
    judging = [one for one in every if one.id in new and one.said in (Said.CONFIRMED, Said.NOT)]
    if not judging:
        return []
    told = {one.verdict.id for one in constraints(every).contradictions}
    lines = []
    for earlier in every:
        if earlier.id in new or earlier.id in told:
            continue
        faces = sorted({face for one in judging for face in one.faces if _says_otherwise(earlier, one, face)})
        if faces:
            lines.append(
                tr_n(
                    "Face {numbers} does not count any more in the earlier verdict {verdict}; the rest of it holds.",
                    "{n:,} faces ({numbers}) do not count any more in the earlier verdict {verdict}; the rest of it holds.",
                    len(faces),
                    numbers=", ".join(map(str, faces[:_TOLD])) + (", …" if len(faces) > _TOLD else ""),
                    verdict=earlier.title,
                )
            )
    return _some(lines)


def _says_otherwise(earlier: Verdict, newer: Verdict, face: int) -> bool:
    """Whether what is said of a face by itself is not what an earlier verdict says of it and the same other faces."""
    mine, theirs, others = set(earlier.faces), set(earlier.others), set(newer.others)
    if earlier.said in (Said.SAME, Said.CONFIRMED):
        both = mine | theirs
        return newer.said is Said.NOT and face in both and bool(others & both)
    if earlier.said in (Said.DIFFERENT, Said.NOT):
        across = (face in mine and others & theirs) or (face in theirs and others & mine)
        return newer.said is Said.CONFIRMED and bool(across)
    return False


def standing_lines(unsure: Verdict, every: Iterable[Verdict]) -> list[str]:
    """Say which verdicts still count beside a "not sure": those of other people on the same two sides, and one's own on some faces of both."""
    every = list(every)
    others = [one for one in every if one.who != unsure.who]
    found = {one.id: one for one in others if one.said not in OF_FACES and told_by(one, [unsure])}
    found |= {one.id: one for one, _ in withdrawn_by(unsure, others)}
    mine = [one for one in every if one.who == unsure.who and one.said in _TWO_SIDES and _touches(unsure, one)]
    return _some(
        [
            *(
                tr(
                    "Your earlier verdict {verdict} still counts: its sides are not those that you are not sure of. "
                    "To remove it: fairdesk verdicts PROJECT --remove {number}",
                    verdict=one.title,
                    number=one.id,
                )
                for one in mine
            ),
            *(
                tr(
                    "Verdict {verdict} still counts: your “not sure” does not take back what {who} said.",
                    verdict=one.title,
                    who=one.who,
                )
                for one in found.values()
            ),
        ]
    )


def _touches(one: Verdict, other: Verdict) -> bool:
    """Whether two verdicts have faces in common on both of their sides."""
    first, second = set(one.faces), set(one.others)
    a, b = other.faces, other.others
    return not (first.isdisjoint(a) or second.isdisjoint(b)) or not (first.isdisjoint(b) or second.isdisjoint(a))


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - _TOLD
    return [*lines[:_TOLD], tr_n("{n:,} more", "{n:,} more", more)] if more > 0 else lines
