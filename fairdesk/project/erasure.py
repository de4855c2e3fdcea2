"""Erasure of images for good: their rows and all that came of them, the history, and what other rows say of them.

Nothing of it can be undone. Files that a person exported are `dataset/purge.py`'s.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

from fairdesk.project import label_basis as basis
from fairdesk.project.database import compact
from fairdesk.project.kept_facts import user_facts
from fairdesk.project.layouts import erase_places
from fairdesk.project.verdicts import erase_faces

if TYPE_CHECKING:
    from fairdesk.project.project import Project

_THESE = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class Erased:
    """What was erased."""

    images: list[int]
    faces: list[int]
    identities: list[str]  # of which no image or face is left
    originals: list[Path]
    contents: list[str]  # their SHA-256
    relative: list[str]  # their paths below the folders of originals


def erase_images(project: Project, images: list[int], names: Sequence[str]) -> Erased:
    """Erase images and all rows that came of them: faces, vectors, predictions, and the whole history.

    `names` are those of the people who go: saved views that hold one go too. `erase_traces` does the rest.
    """
    chosen, roots = json.dumps(images), project.roots()
    rows = project.db.rows(f"SELECT root_id, path, sha256 FROM image WHERE id {_THESE}", (chosen,))
    faces = [row[0] for row in project.db.rows(f"SELECT id FROM face WHERE image_id {_THESE}", (chosen,))]
    originals, contents = [roots[root] / path for root, path, _ in rows], [sha for _, _, sha in rows]
    project.vectors.blank(faces)
    erase_places(project, faces)
    with project.db.transaction() as connection:
        connection.execute("PRAGMA secure_delete = ON")
        _erase_rows(connection, chosen, json.dumps(faces))
        erase_faces(connection, faces)
        for name in names:
            connection.execute("DELETE FROM saved_view WHERE instr(wanted, ?)", (json.dumps(name, ensure_ascii=False),))
        gone = _erase_nobodies(connection)
        for table in ("clustering", "pair_list", "score_set", "image_set"):
            for number, kept in connection.execute(f"SELECT id, basis FROM {table}").fetchall():
                if isinstance(kept, bytes):
                    left = basis.without(kept, images)
                    connection.execute(f"UPDATE {table} SET basis = ? WHERE id = ?", (left, number))
    return Erased(images, faces, gone, originals, contents, [path for _, path, _ in rows])


def erase_traces(project: Project, erased: Erased) -> None:
    """Erase thumbnails and facts of erased images, and write the files anew, so that no erased byte is left in them."""
    project.thumbnails.erase(erased.images, erased.faces, erased.contents)
    with user_facts() as elsewhere:
        for store in (project.facts, elsewhere):
            store.forget(erased.originals, erased.contents)
    for connection in (project.db.connection, project.thumbnails.connection):
        compact(connection)


def _erase_rows(connection: apsw.Connection, images: str, faces: str) -> None:
    for table in ("cluster_member", "vector", "vector_failure", "prediction"):
        connection.execute(f"DELETE FROM {table} WHERE face_id {_THESE}", (faces,))
    for table in ("face", "detection", "image_tag", "quality", "set_member"):
        connection.execute(f"DELETE FROM {table} WHERE image_id {_THESE}", (images,))
    connection.execute(f"DELETE FROM comparison_mark WHERE image1 {_THESE} OR image2 {_THESE}", (images, images))
    connection.execute(f"DELETE FROM image WHERE id {_THESE}", (images,))
    connection.execute("DELETE FROM journal_step")
    connection.execute("DELETE FROM change")


def _erase_nobodies(connection: apsw.Connection) -> list[str]:
    """Erase identities that no image or face has, and what clusters say of them; returns their names."""
    gone = connection.execute(
        "SELECT id, name FROM identity WHERE NOT EXISTS (SELECT 1 FROM image WHERE identity_id = identity.id)"
        " AND NOT EXISTS (SELECT 1 FROM face WHERE identity_id = identity.id)"
    ).fetchall()
    for number, name in gone:
        connection.execute("UPDATE cluster SET identity_id = NULL WHERE identity_id = ?", (number,))
        connection.execute("UPDATE cluster SET name = NULL WHERE name = ?", (name,))
        connection.execute("DELETE FROM identity WHERE id = ?", (number,))
    connection.execute(
        "DELETE FROM cluster WHERE label != -1 AND NOT EXISTS (SELECT 1 FROM cluster_member WHERE cluster_id = cluster.id)"
    )
    return [str(name) for _, name in gone]


def listed_files(project: Project) -> list[Path]:
    """Return the files of all pair lists and score sets, wherever they lie."""
    rows = project.db.rows("SELECT path FROM pair_list UNION SELECT path FROM score_set ORDER BY path")
    return [Path(row[0]) for row in rows]


def erase_lists_of(project: Project, files: Sequence[Path]) -> None:
    """Erase what the project says of pair lists and score sets whose files are gone."""
    paths = json.dumps([str(file) for file in files])
    with project.db.transaction() as connection:
        for table in ("pair_list", "score_set"):
            connection.execute(f"DELETE FROM {table} WHERE path {_THESE}", (paths,))
