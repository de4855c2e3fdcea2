"""A project's own sets: training, validation, test, folds. Kept in the catalogue; a frozen one stays as it is."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import apsw

from fairdesk.errors import RequestError
from fairdesk.project import label_basis as basis
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.set_contents import ImageSet, describe, read_contents
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.project.project import Project


def all_sets(project: Project) -> list[ImageSet]:
    """Return the project's sets in the order they were made."""
    contents = read_contents(project)
    return describe(contents, LabelSnapshot.read(project)) if contents else []


def set_names(project: Project) -> list[str]:
    """Return the names of the sets in the order they were made."""
    return [row[0] for row in project.db.rows("SELECT name FROM image_set ORDER BY id")]


def members(project: Project, name: str) -> set[int]:
    """Return the images of a set. Raises `RequestError` if there is none of this name."""
    number = project.db.value("SELECT id FROM image_set WHERE name = ?", (name,))
    if number is None:
        have = ", ".join(set_names(project)) or tr("none; create them with divide")
        raise RequestError(tr("The project has no set {name!r}. It has: {have}", name=name, have=have))
    return {row[0] for row in project.db.rows("SELECT image_id FROM set_member WHERE set_id = ?", (number,))}


def sets_of_images(project: Project) -> dict[int, list[str]]:
    """Return the names of the sets that each image is in; images in none are left out."""
    out: dict[int, list[str]] = {}
    for image, name in project.db.rows(
        "SELECT m.image_id, s.name FROM set_member m JOIN image_set s ON s.id = m.set_id ORDER BY m.image_id, s.id"
    ):
        out.setdefault(image, []).append(name)
    return out


def _need_thawed(connection: apsw.Connection, names: list[str]) -> None:
    frozen = connection.execute(
        "SELECT name FROM image_set WHERE frozen = 1 AND name IN (SELECT value FROM json_each(?))", (json.dumps(names),)
    ).fetchall()
    if frozen:
        raise RequestError(
            tr(
                "The set {name} is frozen. Choose other names, or unfreeze it first: sets PROJECT --thaw {name}",
                name=frozen[0][0],
            )
        )


def _remove(connection: apsw.Connection, names: list[str]) -> int:
    chosen = json.dumps(names)
    connection.execute(
        "DELETE FROM set_member WHERE set_id IN"
        " (SELECT id FROM image_set WHERE name IN (SELECT value FROM json_each(?)))",
        (chosen,),
    )
    connection.execute("DELETE FROM image_set WHERE name IN (SELECT value FROM json_each(?))", (chosen,))
    return connection.changes()


def keep_sets(project: Project, sets: dict[str, list[int]], params: dict[str, Any]) -> None:
    """Make sets, in place of those of the same names: one undoable step.

    Raises
    ------
    RequestError
        If one of these names is a frozen set's.
    """
    names = list(sets)
    taken = basis.take(project)
    with project.journal.step(
        tr("Make the sets {sets}", sets=", ".join(names)), target={"tab": "dataset"}
    ) as connection:
        _need_thawed(connection, names)
        _remove(connection, names)
        for name, images in sets.items():
            connection.execute(
                "INSERT INTO image_set (name, params, created, basis) VALUES (?, ?, ?, ?)",
                (name, json.dumps(params), time.time(), taken),
            )
            number = connection.last_insert_rowid()
            connection.executemany("INSERT INTO set_member VALUES (?, ?)", ((number, image) for image in images))


def freeze(project: Project, name: str, *, on: bool = True) -> str:
    """Freeze or thaw a set or a pair list by name: one undoable step; returns what it is ("set", "list").

    Raises
    ------
    RequestError
        If neither is called so.
    """
    with project.journal.step(
        tr("Freeze {set}", set=name) if on else tr("Unfreeze {set}", set=name), target={"tab": "dataset"}
    ) as connection:
        for table, kind in (("image_set", "set"), ("pair_list", "list")):
            connection.execute(f"UPDATE {table} SET frozen = ? WHERE name = ?", (int(on), name))
            if connection.changes():
                return kind
        raise RequestError(tr("The project has no set or pair list called {name!r}.", name=name))


def remove_sets(project: Project, names: list[str]) -> int:
    """Remove sets (not their images): one undoable step. Raises `RequestError` for a frozen or unknown one."""
    with project.journal.step(
        tr("Remove the sets {sets}", sets=", ".join(names)), target={"tab": "dataset"}
    ) as connection:
        _need_thawed(connection, names)
        removed = _remove(connection, names)
        if not removed:
            raise RequestError(tr("The project has no set called {name!r}.", name=names[0]))
    return removed
