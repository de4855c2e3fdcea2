"""What people have said of faces and of the people they show, kept for good: who said it, and when.

A verdict is about faces, never about clusters, which come and go: it holds the faces that the clusters had when it
was given. What follows of all of them together is worked out in `verdict_constraints.py`.
"""

from __future__ import annotations

import getpass
import json
import time
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import apsw

from fairdesk.errors import RequestError
from fairdesk.project.faces import same_faces_of
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project

SCHEMA = """
-- What people have said of faces (project/verdicts.py). `faces` and `others` are JSON lists of face ids: the faces it is
-- about, and those of the cluster or person they were compared with.
CREATE TABLE verdict (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    faces TEXT NOT NULL, others TEXT NOT NULL, who TEXT NOT NULL, created REAL NOT NULL);
"""
OUTWEIGHED = """
-- Verdicts as they were given, of which a later word of the same person took some faces, or all: whatever is read later, in
-- whatever order, is still weighed against them (clustering/verdicts/files.py).
CREATE TABLE verdict_outweighed (
    uuid TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, faces TEXT NOT NULL, others TEXT NOT NULL, who TEXT NOT NULL,
    created REAL NOT NULL) WITHOUT ROWID;
"""
ANSWERED = """
-- How a question of a review was answered that this verdict answers: letters in order, s one person and d two, a capital where
-- it was said before anybody asked; empty where it answers none. A review learns from it how often its answers were surprises, and what was asked twice.
ALTER TABLE verdict ADD COLUMN answered TEXT NOT NULL DEFAULT '';
"""


class Said(StrEnum):
    """What a verdict says."""

    CONFIRMED = "confirmed"  # these faces are of the person the others show
    NOT = "not"  # these faces are not of that person
    SAME = "same"  # both sides are one person
    DIFFERENT = "different"  # they are two
    IGNORED = "ignored"  # these faces are of no interest
    UNSURE = "unsure"  # a person looked and could not tell: it is not asked again

    @property
    def words(self) -> str:
        """What a person reads."""
        return tr(_TITLES[self])


_TITLES = {
    Said.CONFIRMED: mark("confirmed"),
    Said.NOT: mark("not this person"),
    Said.SAME: mark("same person"),
    Said.DIFFERENT: mark("different people"),
    Said.IGNORED: mark("ignored"),
    Said.UNSURE: mark("not sure"),
}
SHOWN = 6
"""Faces of a side that a person is shown, at most: they stand for it."""
TICK = 1e-5
"""Seconds between words of which one is later."""
Faces = tuple[int, ...]
WHO_IS_WHO = (Said.SAME, Said.CONFIRMED, Said.NOT, Said.DIFFERENT)
"""Verdicts that say whether two sides are one person."""
OF_FACES = frozenset({Said.CONFIRMED, Said.NOT, Said.IGNORED})
"""Verdicts about each of their faces. The others are about the people that two clusters show."""


@dataclass(frozen=True)
class Verdict:
    """One thing that somebody said."""

    id: int
    uuid: str
    said: Said
    faces: tuple[int, ...]
    others: tuple[int, ...]
    who: str
    created: float
    answered: str = ""  # a question of a review: "s" one person, "d" two, a letter each time that it was asked

    @property
    def one_person(self) -> bool:
        """Whether it says that its sides are one person, not two."""
        return self.said in (Said.SAME, Said.CONFIRMED)

    @property
    def title(self) -> str:
        """Say it in a few words: what, of how many faces, by whom, when."""
        when = time.strftime("%Y-%m-%d", time.localtime(self.created))
        return tr(
            "{number} ({said}, {faces}, {who}, {when})",
            number=self.id,
            said=self.said.words,
            faces=tr_n("{n:,} face", "{n:,} faces", len(self.faces) + len(self.others)),
            who=self.who,
            when=when,
        )


def told_by(definite: Verdict, unsure: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that could not tell what one says of the same two sides, or of more faces on either."""
    mine, theirs = set(definite.faces), set(definite.others)
    both = mine | theirs

    def tells(one: Verdict) -> bool:
        if one.said is not Said.UNSURE or one.faces[0] not in both:
            return False
        across = (mine.issuperset(one.faces) and theirs.issuperset(one.others)) or (
            theirs.issuperset(one.faces) and mine.issuperset(one.others)
        )
        return across or (definite.said is Said.CONFIRMED and mine.issuperset((*one.faces, *one.others)))

    return [one for one in unsure if tells(one)] if definite.said in WHO_IS_WHO else []


def _stand_for(some: Sequence[int], side: Collection[int]) -> bool:
    """Whether faces are a side, or as many of it as a person is shown."""
    return set(some) <= set(side) and (len(some) >= SHOWN or len(set(some)) == len(side))


def withdrawn_by(unsure: Verdict, definite: Iterable[Verdict]) -> list[tuple[Verdict, Faces]]:
    """Return the verdicts that "not sure" of the same two sides, or of more faces on either, withdraws, each with the faces that it is taken from.

    Of a large side the faces that a person is shown stand for all. What was said of faces, each by itself, is withdrawn
    for these alone.
    """

    def taken(one: Verdict) -> Faces:
        alone = one.said in (Said.CONFIRMED, Said.NOT)
        for mine, theirs in ((unsure.faces, unsure.others), (unsure.others, unsure.faces)):
            if one.others and set(one.faces) <= set(mine) and set(one.others) <= set(theirs):
                return one.faces
            about = set(mine) <= set(one.faces) if alone else _stand_for(mine, one.faces)
            if about and one.others and _stand_for(theirs, one.others):
                return mine if alone else one.faces
        return ()

    found = [(one, taken(one)) for one in definite if one.said in WHO_IS_WHO]
    return [(one, faces) for one, faces in found if faces]


def outweighed(found: Sequence[Verdict]) -> list[tuple[Verdict, Faces]]:
    """Return, of one person's verdicts from the oldest to the newest, those that a later one about the same sides outweighs.

    A later word outweighs "not sure", and that what was said before; each comes with the faces that it is taken from.
    """
    late = {one.uuid for one in told_later(found)}
    out = [(one, one.faces) for one in found if one.uuid in late]
    said: dict[int, list[Verdict]] = {}  # by a face of them
    within: dict[int, list[Verdict]] = {}  # by their first face alone
    for one in found:
        if one.said is not Said.UNSURE:
            within.setdefault(one.faces[0], []).append(one)
            for face in {*one.faces, *one.others}:
                said.setdefault(face, []).append(one)
        else:
            near = {v.uuid: v for v in said.get(one.faces[0], ())}
            near |= {v.uuid: v for face in (*one.faces, *one.others) for v in within.get(face, ())}
            out += withdrawn_by(one, near.values())
    return out


def told_later(found: Sequence[Verdict]) -> list[Verdict]:
    """Return, of verdicts from the oldest to the newest, those that say "not sure" of what somebody could tell later."""
    out: list[Verdict] = []
    asked: dict[int, list[Verdict]] = {}  # by a face of them
    for one in found:
        if one.said is Said.UNSURE:
            asked.setdefault(one.faces[0], []).append(one)
        elif asked:
            near = [unsure for face in {*one.faces, *one.others} for unsure in asked.get(face, ())]
            for unsure in told_by(one, near):
                asked[unsure.faces[0]].remove(unsure)
                out.append(unsure)
    return out


def this_person() -> str:
    """Return the name under which verdicts are kept: that of the user who runs the program."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no name for the user's number
        return "unknown"


def verdicts(project: Project) -> list[Verdict]:
    """Return all verdicts, the oldest first; of the same time in an order that is the same wherever they are read."""
    rows = project.db.rows(
        "SELECT id, uuid, kind, faces, others, who, created, answered FROM verdict ORDER BY created, uuid"
    )
    return [_of_row(row) for row in rows]


def outweighed_verdicts(project: Project) -> dict[str, Verdict]:
    """Return by id, as they were given, the verdicts of which a later word of the same person took some faces or all."""
    rows = project.db.rows("SELECT 0, uuid, kind, faces, others, who, created, '' FROM verdict_outweighed")
    return {row[1]: _of_row(row) for row in rows}


def _of_row(row: Sequence[Any]) -> Verdict:
    number, key, kind, faces, others, who, created, answered = row
    return Verdict(number, key, Said(kind), tuple(json.loads(faces)), tuple(json.loads(others)), who, created, answered)


def last_verdict(project: Project) -> int:
    """Return the number of the newest verdict; 0 where there is none."""
    found: int = project.db.value("SELECT ifnull(max(id), 0) FROM verdict")
    return found


def verdict_state(project: Project) -> tuple[int, int, int]:
    """Return three numbers that are others whenever verdicts were added or removed."""
    (found,) = project.db.rows("SELECT count(*), ifnull(max(id), 0), ifnull(sum(id), 0) FROM verdict")
    return found[0], found[1], found[2]


def count_verdicts(project: Project, *, telling: bool = False) -> int:
    """Return how many verdicts there are; of those that are `telling`, how many say who is whom."""
    silent = (Said.UNSURE.value, Said.IGNORED.value)
    some = " WHERE kind NOT IN (?, ?)" if telling else ""
    found: int = project.db.value(f"SELECT count(*) FROM verdict{some}", silent if telling else ())
    return found


def keep_verdict(
    connection: apsw.Connection,
    said: Said,
    faces: Iterable[int],
    others: Iterable[int] = (),
    who: str | None = None,
    *,
    created: float | None = None,
    key: str | None = None,
    answered: str = "",
) -> int:
    """Within a journal step: write a verdict down and return its number."""
    connection.execute(
        "INSERT INTO verdict (uuid, kind, faces, others, who, created, answered) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            key or uuid.uuid4().hex,
            said.value,
            json.dumps(sorted(set(faces))),
            json.dumps(sorted(set(others))),
            who or this_person(),
            _now(connection) if created is None else created,
            answered,
        ),
    )
    return int(connection.last_insert_rowid())


def said_before(
    found: Iterable[Verdict], said: Said, faces: Iterable[int], others: Iterable[int], who: str
) -> Verdict | None:
    """Return the newest verdict that says just this, by the same person; None where there is none."""
    sides = tuple(sorted(set(faces))), tuple(sorted(set(others)))
    either = (sides,) if said in OF_FACES else (sides, sides[::-1])
    same = (one for one in found if (one.said, one.who) == (said, who) and (one.faces, one.others) in either)
    return max(same, key=lambda one: (one.created, one.id), default=None)


def say_again(connection: apsw.Connection, verdict: Verdict) -> None:
    """Within a journal step: give a verdict the present time."""
    connection.execute("UPDATE verdict SET created = ? WHERE id = ?", (_now(connection), verdict.id))
    forget_given(connection, [verdict.uuid])


def keep_answered(connection: apsw.Connection, number: int, answered: str) -> None:
    """Within a journal step: write down how the question that a verdict answers was answered, each time that it was asked."""
    connection.execute("UPDATE verdict SET answered = ? WHERE id = ?", (answered, number))


def _now(connection: apsw.Connection) -> float:
    """Return the time, later than that of the verdict before even where the clock is too coarse to tell.

    It is of whole microseconds, as files of verdicts keep no more: read back, a verdict has the same time.
    """
    last = connection.execute("SELECT created FROM verdict ORDER BY id DESC LIMIT 1").fetchone()
    now = time.time()
    return round(max(now, float(last[0]) + TICK) if last is not None and float(last[0]) < now + 1 else now, 6)


def give_again(connection: apsw.Connection, verdict: Verdict) -> None:
    """Within a journal step: a verdict that is there is of these faces, and of this time."""
    connection.execute(
        "UPDATE verdict SET faces = ?, others = ?, created = ?, answered = ? WHERE id = ?",
        (
            json.dumps(sorted(set(verdict.faces))),
            json.dumps(sorted(set(verdict.others))),
            verdict.created,
            verdict.answered,
            verdict.id,
        ),
    )


def remember_given(connection: apsw.Connection, verdict: Verdict) -> None:
    """Within a journal step: keep what a verdict said when it was given, as a later word takes some of it or all."""
    connection.execute(
        "INSERT INTO verdict_outweighed (uuid, kind, faces, others, who, created) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            verdict.uuid,
            verdict.said.value,
            json.dumps(sorted(set(verdict.faces))),
            json.dumps(sorted(set(verdict.others))),
            verdict.who,
            verdict.created,
        ),
    )


def forget_given(connection: apsw.Connection, keys: Iterable[str]) -> None:
    """Within a journal step: verdicts are as they are; what they said before does not count any more."""
    connection.execute(
        "DELETE FROM verdict_outweighed WHERE uuid IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
    )


def outweigh(connection: apsw.Connection, verdict: Verdict, faces: Collection[int]) -> None:
    """Within a journal step: take faces from a verdict for a later word of the same person; what it said is remembered."""
    remember_given(connection, verdict)
    take_back(connection, verdict, faces)


def take_back(connection: apsw.Connection, verdict: Verdict, faces: Collection[int]) -> None:
    """Within a journal step: a verdict no longer says anything of some faces; one that says nothing is removed."""
    left = [face for face in verdict.faces if face not in faces]
    others = [face for face in verdict.others if face not in faces]
    if not left or (verdict.said not in OF_FACES and not others):
        connection.execute("DELETE FROM verdict WHERE id = ?", (verdict.id,))
    else:
        connection.execute(
            "UPDATE verdict SET faces = ?, others = ? WHERE id = ?", (json.dumps(left), json.dumps(others), verdict.id)
        )


def remove_verdicts(project: Project, numbers: Sequence[int]) -> int:
    """Remove verdicts by number: one undoable step; clusters stay as they are. Returns how many went.

    Raises
    ------
    RequestError
        If one of them does not exist.
    """
    known = {row[0] for row in project.db.rows("SELECT id FROM verdict")}
    unknown = [number for number in numbers if number not in known]
    if unknown or not numbers:
        raise RequestError(
            tr(
                "There is no verdict {number}. See them all: fairdesk verdicts PROJECT",
                number=unknown[0] if unknown else "",
            )
        )
    text = tr_n("Remove {n:,} verdict", "Remove {n:,} verdicts", len(set(numbers)))
    with project.journal.step(text, target={"tab": "clustering"}) as connection:
        gone = json.dumps(list(numbers))
        found = connection.execute("SELECT uuid FROM verdict WHERE id IN (SELECT value FROM json_each(?))", (gone,))
        forget_given(connection, [str(row[0]) for row in found.fetchall()])
        connection.execute("DELETE FROM verdict WHERE id IN (SELECT value FROM json_each(?))", (gone,))
    return len(set(numbers))


def ignored_faces(project: Project) -> frozenset[int]:
    """Return the faces that are of no interest."""
    rows = project.db.rows(
        "SELECT DISTINCT f.value FROM verdict v, json_each(v.faces) f WHERE v.kind = ?", (Said.IGNORED.value,)
    )
    return frozenset(row[0] for row in rows)


def of_detector(project: Project, found: Sequence[Verdict], detector: str) -> list[Verdict]:
    """Return verdicts as they are about the faces that one detector found: the same faces, by where they lie.

    Faces that this detector did not find are left out, and verdicts of which nothing is left.
    """
    everyone = {face for verdict in found for face in (*verdict.faces, *verdict.others)}
    place = same_faces_of(project, sorted(everyone), detector)

    def here(faces: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted({place[face] for face in faces if face in place}))

    moved = [replace(v, faces=here(v.faces), others=here(v.others)) for v in found]
    return [v for v in moved if v.faces and (v.others or v.said in OF_FACES)]


def erase_faces(connection: apsw.Connection, faces: Collection[int]) -> None:
    """Erase faces from all verdicts, for good, those that were outweighed too; not within a journal step."""
    gone = set(faces)
    for table, key in (("verdict", "id"), ("verdict_outweighed", "uuid")):
        for number, kind, first, second in connection.execute(
            f"SELECT {key}, kind, faces, others FROM {table}"
        ).fetchall():
            assert isinstance(first, str) and isinstance(second, str) and isinstance(kind, str)
            a, b = json.loads(first), json.loads(second)
            if not gone.intersection(a) and not gone.intersection(b):
                continue
            a, b = [face for face in a if face not in gone], [face for face in b if face not in gone]
            if not a or (Said(kind) is not Said.IGNORED and not b):
                connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (number,))
            else:
                connection.execute(
                    f"UPDATE {table} SET faces = ?, others = ? WHERE {key} = ?", (json.dumps(a), json.dumps(b), number)
                )
