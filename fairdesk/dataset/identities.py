"""Labels of faces and images as the rest of the program reads and changes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import apsw

from fairdesk.errors import RequestError
from fairdesk.faces.boxes import SAME, FaceBox, overlap
from fairdesk.project import Project
from fairdesk.project.main_face import NAMED, WHO


@dataclass(frozen=True)
class LabelledImage:
    """One image, its label, and its path now."""

    id: int
    path: Path
    identity: str | None
    identity_id: int | None
    group: str | None
    synthetic: bool


def labelled_images(project: Project, *, hidden: bool = False) -> list[LabelledImage]:
    """Return all images in order of id, with their labels as `project.main_face` rules; hidden ones only if asked for."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT i.id, i.root_id, i.path, i.synthetic, who.id, who.name, g.name FROM image i"
        f"{NAMED} LEFT JOIN identity who ON who.id = {WHO} LEFT JOIN grp g ON g.id = ifnull(who.group_id, i.group_id)"
        + ("" if hidden else " WHERE i.hidden = 0")
        + " ORDER BY i.id"
    )
    return [LabelledImage(r[0], roots[r[1]] / r[2], r[5], r[4], r[6], r[3] is not None) for r in rows]


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
        label = {"identity_id": identity, "label_source": "person"}
        project.journal.choose(faces)
        changed = project.journal.update("face", label)
        if not changed:
            raise RequestError("None of these faces is in the project.")
        twins = same_faces(project, faces)
        if twins:
            project.journal.choose(twins)
            project.journal.update("face", label)
    return changed


def same_faces(project: Project, faces: list[int]) -> list[int]:
    """Return the faces that other detectors found where these lie: the same faces, so that they get the same label.

    Where the whole image was taken for the face, that is the largest face of any other detector.
    """
    rows = project.db.rows(
        "SELECT b.id, a.place = 0 AND b.place = 0 AND 'whole' IN (a.detector, b.detector),"
        " a.top, a.right, a.bottom, a.left, b.top, b.right, b.bottom, b.left"
        " FROM face a JOIN face b ON b.image_id = a.image_id AND b.detector != a.detector"
        " WHERE a.id IN (SELECT value FROM json_each(?))",
        (json.dumps(faces),),
    )
    found = {row[0] for row in rows if row[1] or overlap(FaceBox(*row[2:6]), FaceBox(*row[6:])) > SAME}
    return sorted(found - set(faces))


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
            raise RequestError(f"These images are already {'hidden' if hide else 'shown'}.")
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
