"""Identities and groups by name."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.project.main_face import LABELS
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project


MOST_ALIKE = 3  # people that a question offers
MOST_TOLD = 20  # new names that are told
_ACCENTS = "\u0300", "\u036f"  # of Latin, Greek and Cyrillic letters: elsewhere marks make other letters
_LONGEST = 200  # characters of a name
_NO_TEXT = (
    "Cc",
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
)  # kinds of characters that no name has: control characters, line ends, none


def typed_name(text: str) -> str:
    """Return a name that a person gave, without spaces around it.

    Raises
    ------
    RequestError
        If it is longer than 200 characters, or has a line end or another control character in it.
    """
    name = text.strip()
    if len(name) > _LONGEST:
        raise RequestError(
            tr("A name has at most {most} characters; this one has {n:,}: {start}…",
               most=_LONGEST, n=len(name), start=name[:40])
        )  # fmt: skip
    if any(unicodedata.category(one) in _NO_TEXT for one in name):
        raise RequestError(tr("A name is one line of text; this one has other characters: {name}", name=repr(name)))
    return name


def typed_group(project: Project, text: str) -> str:
    """Return a group that a person gave, without spaces around it; empty for none.

    Raises
    ------
    RequestError
        If it is no name (`typed_name`), or the word for none where no group is called so.
    """
    group = typed_name(text)
    if folded_name(group) == folded_name(tr("no group")) and not project.db.rows(
        "SELECT 1 FROM grp WHERE name = ?", (group,)
    ):
        raise RequestError(
            tr("No group can be called “{group}”: this is the word for none. For none, give an empty group: --group \"\"",
               group=group)
        )  # fmt: skip
    return group


class GroupCount(NamedTuple):
    """A group and what is in it; None is "no group"."""

    name: str | None
    images: int
    identities: int


def label_ids(connection: apsw.Connection, identity: str | None, group: str | None) -> tuple[int | None, int | None]:
    """Return the ids of an identity and a group by name, made where they do not exist yet."""
    group_id = None
    if group is not None:
        connection.execute("INSERT OR IGNORE INTO grp (name) VALUES (?)", (group,))
        group_id = connection.execute("SELECT id FROM grp WHERE name = ?", (group,)).get
    identity_id = None
    if identity is not None:
        found = connection.execute(
            "SELECT id FROM identity WHERE name = ? AND ifnull(group_id, 0) = ?", (identity, group_id or 0)
        ).get
        if found is None:
            connection.execute("INSERT INTO identity (name, group_id) VALUES (?, ?)", (identity, group_id))
            found = connection.last_insert_rowid()
        identity_id = found
    return identity_id, group_id


def identity_names(project: Project, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of some identities by id."""
    rows = project.db.rows(
        "SELECT id, name FROM identity WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    return dict(rows)


def people_by_id(project: Project, ids: Iterable[int]) -> dict[int, tuple[str, str | None]]:
    """Return the names of some identities by id, each with its group (None is "no group")."""
    rows = project.db.rows(
        "SELECT i.id, i.name, g.name FROM identity i LEFT JOIN grp g ON g.id = i.group_id"
        " WHERE i.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {number: (name, group) for number, name, group in rows}


def find_identity(project: Project, name: str, group: str | None) -> int | None:
    """Return the id of the identity of a name in a group (None is "no group"), or None where there is none."""
    found: int | None = project.db.value(
        "SELECT i.id FROM identity i LEFT JOIN grp g ON g.id = i.group_id WHERE i.name = ? AND g.name IS ?",
        (name, group),
    )
    return found


class NamedImages(NamedTuple):
    """An identity, its group (None is "no group"), and how many images are meant."""

    name: str
    group: str | None
    images: int


def folded_name(name: str) -> str:
    """Return what names have in common that differ in case, accents, blanks or ways to write a letter alone."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(one for one in letters if not _ACCENTS[0] <= one <= _ACCENTS[1])
    return "".join(unicodedata.normalize("NFKC", plain).split())


def identities_with_images(project: Project, faces: Iterable[int]) -> list[NamedImages]:
    """Return the identities of some faces, each with how many of their images show it, the most first."""
    rows = project.db.rows(
        "SELECT who.name, g.name, count(DISTINCT f.image_id) FROM face_label l JOIN face f ON f.id = l.face_id"
        " JOIN identity who ON who.id = l.identity_id LEFT JOIN grp g ON g.id = who.group_id"
        " WHERE l.face_id IN (SELECT value FROM json_each(?))"
        " GROUP BY who.id ORDER BY count(DISTINCT f.image_id) DESC, who.name",
        (json.dumps(list(faces)),),
    )
    return [NamedImages(*row) for row in rows]


def names_alike(
    project: Project, name: str, faces: Iterable[int] = (), images: Iterable[int] = ()
) -> list[NamedImages]:
    """Return the identities whose names differ from a name in case, accents, blanks or ways to write a letter alone.

    Some images, and those that some faces are in, do not count, nor identities that have no others.
    """
    wanted = folded_name(name)
    every = [row[0] for row in project.db.rows("SELECT DISTINCT name FROM identity")]
    found = [one for one in every if one != name and folded_name(one) == wanted]
    return _called(project, found, faces, images) if found else []


def namesakes(project: Project, name: str, faces: Iterable[int]) -> list[NamedImages]:
    """Return the identities of exactly this name, in any group, that have images which some faces are not in."""
    return _called(project, [name], faces, ())


def _called(project: Project, names: Sequence[str], faces: Iterable[int], images: Iterable[int]) -> list[NamedImages]:
    rows = project.db.rows(
        f"SELECT who.name, own.name, count(*) FROM image i {LABELS} LEFT JOIN grp own ON own.id = who.group_id"
        " WHERE who.name IN (SELECT value FROM json_each(?))"
        " AND i.id NOT IN (SELECT image_id FROM face WHERE id IN (SELECT value FROM json_each(?)))"
        " AND i.id NOT IN (SELECT value FROM json_each(?))"
        " GROUP BY who.id ORDER BY count(*) DESC, who.id",
        (json.dumps(list(names)), json.dumps(list(faces)), json.dumps(list(images))),
    )
    return [NamedImages(*row) for row in rows]


def groups_alike(project: Project, name: str, images: Iterable[int] = ()) -> list[str]:
    """Return the groups whose names differ from a new one in case, accents, blanks or ways to write a letter alone.

    Groups of some images alone do not count; none are returned where a group has this very name.
    """
    every = [row[0] for row in project.db.rows("SELECT name FROM grp ORDER BY id")]
    wanted = folded_name(name)
    found = [] if name in every else [one for one in every if folded_name(one) == wanted]
    if not found:
        return []
    rows = project.db.rows(
        f"SELECT g.name FROM image i {LABELS} WHERE g.name IN (SELECT value FROM json_each(?))"
        " AND i.id NOT IN (SELECT value FROM json_each(?)) GROUP BY g.id ORDER BY count(*) DESC, g.id",
        (json.dumps(found), json.dumps(list(images))),
    )
    return [row[0] for row in rows]


def alike_lines(new: Iterable[str], known: Iterable[str]) -> list[str]:
    """Say which new names, of groups or of people, differ from known ones in case, accents or blanks alone."""
    of: dict[str, list[str]] = {}
    for name in sorted(known):
        of.setdefault(folded_name(name), []).append(name)
    pairs = [(name, of[folded_name(name)]) for name in sorted(new) if folded_name(name) in of]
    more = len(pairs) - MOST_TOLD
    lines = [
        tr("“{name}” is new beside {known}: they differ in case, accents or blanks alone. If they are one, undo this and write it like that.",
           name=name, known=", ".join(others))
        for name, others in pairs[:MOST_TOLD]
    ]  # fmt: skip
    return [*lines, tr_n("And {n:,} more.", "And {n:,} more.", more)] if more > 0 else lines


def alike_question(name: str, alike: Sequence[NamedImages]) -> str:
    """Ask whether a name means one of the identities that are called nearly the same."""
    return "\n".join(
        [*_images_of(alike), tr("“{name}” differs in case, accents or blanks alone. Is it the same person?", name=name)]
    )


def namesake_question(name: str, same: Sequence[NamedImages]) -> str:
    """Ask whether a name means one of the people of other groups who are called so."""
    return "\n".join([*_images_of(same), tr("A person named {name} exists already. Is it the same person?", name=name)])


def _images_of(people: Sequence[NamedImages]) -> list[str]:
    """Say how many images the first people have, and that there are more."""
    lines = [
        tr_n(
            "{name} in {group} has {n:,} image.",
            "{name} in {group} has {n:,} images.",
            one.images,
            name=one.name,
            group=one.group or tr("no group"),
        )
        for one in people[:MOST_ALIKE]
    ]
    more = len(people) - MOST_ALIKE
    if more > 0:
        lines.append(
            tr_n(
                "There is {n:,} more: set the group to mean that one.",
                "There are {n:,} more: set the group to mean one of them.",
                more,
            )
        )
    return lines


def images_beside(project: Project, identity: int, faces: Iterable[int]) -> int:
    """Return how many images an identity has, but for those that some faces are in."""
    found: int = project.db.value(
        f"SELECT count(*) FROM image i {LABELS} WHERE who.id = ?"
        " AND i.id NOT IN (SELECT image_id FROM face WHERE id IN (SELECT value FROM json_each(?)))",
        (identity, json.dumps(list(faces))),
    )
    return found


def groups_with(project: Project, name: str) -> list[str | None]:
    """Return the groups that have an identity of this name; None is "no group"."""
    rows = project.db.rows(
        "SELECT g.name FROM identity i LEFT JOIN grp g ON g.id = i.group_id WHERE i.name = ? ORDER BY i.id", (name,)
    )
    return [row[0] for row in rows]


def images_of_name(project: Project, name: str) -> dict[str | None, int]:
    """Return how many images the identities of a name have, by their own group; None is "no group"."""
    rows = project.db.rows(
        f"SELECT own.name, count(*) FROM image i {LABELS} LEFT JOIN grp own ON own.id = who.group_id"
        " WHERE who.name = ? GROUP BY who.id",
        (name,),
    )
    return dict(rows)


def groups_of_images(project: Project, images: Sequence[int] | npt.NDArray[np.int64]) -> set[str | None]:
    """Return the groups that some images are in; None is "no group"."""
    numbers = np.array(images, dtype=np.int64)
    rows = project.db.rows(
        f"SELECT DISTINCT g.name FROM carray(?) c CROSS JOIN image i ON i.id = c.value {LABELS}",
        (apsw.carray(numbers),),
    )
    return {row[0] for row in rows}


def names_in_groups(project: Project) -> dict[str, set[str]]:
    """Return the names that each group has, those of people whose images are all hidden too."""
    found: dict[str, set[str]] = {}
    for group, name in project.db.rows("SELECT g.name, i.name FROM identity i JOIN grp g ON g.id = i.group_id"):
        found.setdefault(group, set()).add(name)
    return found


def group_counts(project: Project, *, named: bool = False) -> list[GroupCount]:
    """Return how many images and identities each group has, by name; hidden images do not count.

    `named` counts only images that have an identity.
    """
    rows = project.db.rows(
        f"SELECT g.name, {'count(who.id)' if named else 'count(*)'}, count(DISTINCT who.id) FROM image i {LABELS}"
        " WHERE i.hidden = 0 GROUP BY g.name ORDER BY g.name IS NULL, g.name"
    )
    return [GroupCount(*row) for row in rows]
