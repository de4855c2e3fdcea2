"""Labels of faces and images as the rest of the program reads and changes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import apsw

from fairdesk.errors import RequestError
from fairdesk.project import Project


@dataclass(frozen=True)
class LabelledImage:
    """One image, its largest face's label, and its path now."""

    id: int
    path: Path
    identity: str | None
    identity_id: int | None
    group: str | None
    synthetic: bool
    face_id: int | None


def labelled_images(project: Project, *, hidden: bool = False) -> list[LabelledImage]:
    """Return all images in order of id, labelled by their largest face; hidden ones only if asked for."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT i.id, i.root_id, i.path, i.synthetic, f.id,"
        " CASE WHEN f.label_source IS NOT NULL THEN f.identity_id ELSE i.identity_id END AS who,"
        " (SELECT name FROM identity WHERE identity.id ="
        "   CASE WHEN f.label_source IS NOT NULL THEN f.identity_id ELSE i.identity_id END),"
        " ifnull((SELECT grp.name FROM identity JOIN grp ON grp.id = identity.group_id WHERE identity.id ="
        "   CASE WHEN f.label_source IS NOT NULL THEN f.identity_id ELSE i.identity_id END),"
        "   (SELECT name FROM grp WHERE grp.id = i.group_id))"
        " FROM image i LEFT JOIN face f ON f.image_id = i.id AND f.place = 0 AND f.detector = ?"
        + ("" if hidden else " WHERE i.hidden = 0")
        + " ORDER BY i.id",
        (project.detector() or "",),
    )
    return [LabelledImage(r[0], roots[r[1]] / r[2], r[6], r[5], r[7], r[3] is not None, r[4]) for r in rows]


def set_identity(project: Project, faces: list[int], name: str | None, group: str | None = None) -> int:
    """Say who some faces are (or, with None, that nobody knows): one undoable step; returns how many changed.

    Raises
    ------
    RequestError
        If the name is empty or none of the faces exists.
    """
    if name is not None and not name.strip():
        raise RequestError("An identity needs a name.")
    text = f"Name {len(faces):,} faces {name}" if name is not None else f"Remove the name of {len(faces):,} faces"
    with project.journal.step(text, target={"tab": "dataset", "faces": faces[:500]}) as connection:
        identity, _ = label_ids(connection, name.strip() if name else None, group.strip() if group else None)
        project.journal.choose(faces)
        changed = project.journal.update("face", {"identity_id": identity, "label_source": "person"})
        if not changed:
            raise RequestError("None of these faces is in the project.")
    return changed


def hide_images(
    project: Project, images: list[int], *, hide: bool = True, why: str = "", merge_key: str | None = None
) -> int:
    """Hide images from grids, lists, clusterings and counts, or show them again: one undoable step.

    Raises
    ------
    RequestError
        If none of them changes.
    """
    word = "Hide" if hide else "Show"
    with project.journal.step(
        f"{word} {len(images):,} images{why}", target={"tab": "dataset"}, merge_key=merge_key
    ) as connection:
        todo = connection.execute(
            "SELECT id FROM image WHERE hidden != ? AND id IN (SELECT value FROM json_each(?))",
            (int(hide), json.dumps(images)),
        )
        project.journal.choose([row[0] for row in todo])
        changed = project.journal.update("image", {"hidden": int(hide)})
        if not changed:
            raise RequestError(f"These images are {'hidden' if hide else 'shown'} already.")
    return changed


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
