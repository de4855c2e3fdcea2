"""Images whose original was replaced: they keep their labels, and lose what came of the old contents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import apsw

from fairdesk.project.images import NewImage
from fairdesk.project.layouts import erase_places
from fairdesk.project.main_face import NAMED, SOURCE, WHO
from fairdesk.project.verdicts import erase_faces

if TYPE_CHECKING:
    from fairdesk.project.project import Project

_THESE = "IN (SELECT value FROM json_each(?))"


class Renewed(NamedTuple):
    """An image whose original was replaced, and the faces of the old one, which are gone."""

    image: int
    faces: list[int]


def imported_contents(project: Project, folder: Path, paths: Sequence[str]) -> dict[str, str]:
    """Return, of some paths below a folder of originals, those that were imported from it, with their SHA-256."""
    return dict(
        project.db.rows(
            "SELECT image.path, sha256 FROM image JOIN root ON root.id = root_id"
            f" WHERE root.path = ? AND image.path {_THESE}",
            (str(folder), json.dumps(paths)),
        )
    )


def renew_image(connection: apsw.Connection, root: int, new: NewImage) -> Renewed | None:
    """Take over the contents of an image that is there already, within a journal step; None if they are the same.

    Its labels stay. Faces that were found in the old contents go, with all that was computed or said of them; undoing
    the step brings back the faces and what a person said of them.
    """
    row = connection.execute(
        "SELECT id FROM image WHERE root_id = ? AND path = ? AND sha256 != ?", (root, new.path, new.facts.sha256)
    ).fetchone()
    if row is None:
        return None
    image = row[0]
    assert isinstance(image, int)
    faces = [number for (number,) in connection.execute("SELECT id FROM face WHERE image_id = ?", (image,))]
    connection.execute(  # the named face that decided its label (main_face.py) goes: the label stays
        f"UPDATE image SET (identity_id, label_source) = (SELECT {WHO}, {SOURCE} FROM image i{NAMED} WHERE i.id = ?1) WHERE id = ?1",
        (image,),
    )
    for table in ("cluster_member", "vector", "vector_failure", "prediction"):
        connection.execute(f"DELETE FROM {table} WHERE face_id {_THESE}", (json.dumps(faces),))
    for table in ("face", "detection", "quality"):
        connection.execute(f"DELETE FROM {table} WHERE image_id = ?", (image,))
    connection.execute(
        "UPDATE image SET size = ?, mtime_ns = ?, sha256 = ?, width = ?, height = ?, synthetic = ? WHERE id = ?",
        (
            new.stamp.size,
            new.stamp.mtime_ns,
            new.facts.sha256,
            new.facts.width,
            new.facts.height,
            new.facts.mark,
            image,
        ),
    )
    connection.execute("DELETE FROM unreadable WHERE root_id = ? AND path = ?", (root, new.path))
    return Renewed(image, [face for face in faces if isinstance(face, int)])


def forget_faces(connection: apsw.Connection, renewed: Sequence[Renewed]) -> None:
    """Take the faces of old contents out of all verdicts, within the same step."""
    if faces := [face for one in renewed for face in one.faces]:
        erase_faces(connection, faces)


def erase_computed(project: Project, renewed: Sequence[Renewed]) -> None:
    """Erase what is kept of the old faces beside the catalogue, once that says that they are gone."""
    if faces := [face for one in renewed for face in one.faces]:
        project.thumbnails.erase([], faces, [])
        erase_places(project, faces)
