"""Purge: a person or an image is removed permanently when consent is withdrawn. The one edit without undo.

Rows, vectors, thumbnails, predictions, the whole history (it holds the old rows), finished jobs' folders,
and every list, score, report and mosaic in the project that names them. Originals and files outside of the
project are never touched; those that are known are named.
"""

from __future__ import annotations

import io
import json
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path

import apsw
import numpy as np

from fairdesk.dataset.identities import labelled_images
from fairdesk.dataset.results import PurgeResult
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.kept_facts import user_facts


def find_images(project: Project, *, identity: str | None, group: str | None, image: str | None) -> list[int]:
    """Return the images a purge would remove.

    Raises
    ------
    RequestError
        If nothing matches, or both or neither of identity and image are given.
    """
    if (identity is None) == (image is None):
        raise RequestError("Say what to purge: --identity NAME or --image PATH.")
    found = labelled_images(project, hidden=True)
    if image is not None:
        wanted = str(Path(image).expanduser().absolute())
        ids = [i.id for i in found if wanted in (str(i.path), str(i.path.resolve()))]
        what = image
    else:
        ids = [i.id for i in found if i.identity == identity and (group is None or i.group == group)]
        what = f"called {identity}" + (f" in {group}" if group else "")
    if not ids:
        raise RequestError(f"The project has no image {what}. Nothing was removed.")
    return ids


def purge(project: Project, images: list[int], names: Sequence[str] = ()) -> PurgeResult:
    """Remove images and all that came of them; returns what went and which known files lie outside."""
    chosen = json.dumps(images)
    db = project.db
    roots = {number: str(path) for number, path in project.roots().items()}
    rows = db.rows("SELECT root_id, path, sha256 FROM image WHERE id IN (SELECT value FROM json_each(?))", (chosen,))
    full = [f"{roots[root]}/{path}" for root, path, _ in rows]
    hashes = [sha for _, _, sha in rows]
    faces = [r[0] for r in db.rows("SELECT id FROM face WHERE image_id IN (SELECT value FROM json_each(?))", (chosen,))]
    _blank_vectors(project, faces)
    marks = {*names, *full, *(path for _, path, _ in rows)}
    with db.transaction() as connection:
        connection.execute("PRAGMA secure_delete = ON")
        of_faces = json.dumps(faces)
        for table in ("cluster_member", "vector", "vector_failure", "prediction"):
            connection.execute(f"DELETE FROM {table} WHERE face_id IN (SELECT value FROM json_each(?))", (of_faces,))
        for table in ("face", "detection", "image_tag", "quality", "set_member"):
            connection.execute(f"DELETE FROM {table} WHERE image_id IN (SELECT value FROM json_each(?))", (chosen,))
        connection.execute("DELETE FROM image WHERE id IN (SELECT value FROM json_each(?))", (chosen,))
        connection.execute("DELETE FROM journal_step")
        connection.execute("DELETE FROM change")
        for name in names:  # a saved view may hold the name
            connection.execute("DELETE FROM saved_view WHERE instr(wanted, ?)", (json.dumps(name, ensure_ascii=False),))
        gone = [
            (r[0], r[1])
            for r in connection.execute(
                "SELECT id, name FROM identity WHERE NOT EXISTS (SELECT 1 FROM image WHERE identity_id = identity.id)"
                " AND NOT EXISTS (SELECT 1 FROM face WHERE identity_id = identity.id)"
            )
        ]
        for number, name in gone:
            connection.execute("UPDATE cluster SET identity_id = NULL WHERE identity_id = ?", (number,))
            connection.execute("UPDATE cluster SET name = NULL WHERE name = ?", (name,))
            connection.execute("DELETE FROM identity WHERE id = ?", (number,))
        connection.execute(
            "DELETE FROM cluster WHERE label != -1 AND NOT EXISTS (SELECT 1 FROM cluster_member WHERE cluster_id = cluster.id)"
        )
        for table in ("clustering", "pair_list", "score_set", "image_set"):
            for number, basis in connection.execute(f"SELECT id, basis FROM {table}").fetchall():
                if isinstance(basis, bytes):
                    connection.execute(f"UPDATE {table} SET basis = ? WHERE id = ?", (_without(basis, images), number))
    removed, outside = _files(project, marks)
    _thumbnails(project, images, faces, hashes)
    with user_facts() as elsewhere:
        for store in (project.facts, elsewhere):
            store.forget(map(Path, full), hashes)
    for connection in (db.connection, project.thumbnails.connection):
        connection.execute("VACUUM")
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    return PurgeResult(
        images=len(images),
        faces=len(faces),
        identities=[name for _, name in gone],
        files_removed=removed,
        outside=outside,
        originals=full,
        summary=f"{len(images):,} images and {len(faces):,} faces are permanently removed, and the history before it.",
    )


def _blank_vectors(project: Project, faces: list[int]) -> None:
    """Overwrite the vectors of some faces in their chunk files with zeros."""
    rows = project.db.rows(
        "SELECT r.hash, r.dim, v.chunk, v.row FROM vector v JOIN recipe r ON r.id = v.recipe_id"
        " WHERE v.face_id IN (SELECT value FROM json_each(?))",
        (json.dumps(faces),),
    )
    for recipe, dim, chunk, row in rows:
        path = project.vectors.folder / recipe / f"{chunk:06d}.f32"
        if path.exists():
            with path.open("r+b") as file:
                file.seek(row * dim * 4)
                file.write(bytes(dim * 4))


def _without(basis: bytes, images: list[int]) -> bytes:
    """Drop some images from a kept basis."""
    with np.load(io.BytesIO(zlib.decompress(basis)), allow_pickle=False) as kept:
        stay = ~np.isin(kept["ids"], images)
        buffer = io.BytesIO()
        np.savez(buffer, ids=kept["ids"][stay], labels=kept["labels"][stay])
    return zlib.compress(buffer.getvalue(), 1)


def _mentions(path: Path, marks: set[str]) -> bool:
    """Whether a file holds any of the texts, in UTF-8 or in numpy's UTF-32."""
    data = path.read_bytes()
    if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".svg"):
        return path.parent.name == "mosaics"  # a picture may show anyone
    return any(mark.encode(form) in data for mark in marks for form in ("utf-8", "utf-32-le"))


def _files(project: Project, marks: set[str]) -> tuple[list[str], list[str]]:
    """Remove exports and jobs that name them; return what went, and listed files outside of the project."""
    marks = {mark for mark in marks if len(mark) > 1}
    removed = []
    for path in sorted(p for p in (project.folder / "exports").rglob("*") if p.is_file()):
        if _mentions(path, marks):
            path.unlink()
            removed.append(str(path.relative_to(project.folder)))
    for job in sorted((project.folder / "jobs").glob("*")):
        files = [p for p in job.rglob("*") if p.is_file()]
        if any(_mentions(p, marks) for p in files):
            shutil.rmtree(job, ignore_errors=True)
            removed.append(str(job.relative_to(project.folder)))
    outside: list[str] = []
    with project.db.transaction() as connection:
        for table in ("pair_list", "score_set"):
            for number, listed in connection.execute(f"SELECT id, path FROM {table}").fetchall():
                place = Path(str(listed))
                if not place.is_relative_to(project.folder):
                    if place.exists() and _mentions(place, marks):
                        outside.append(str(place))
                elif not place.exists():
                    connection.execute(f"DELETE FROM {table} WHERE id = ?", (number,))
    return removed, outside


def _thumbnails(project: Project, images: list[int], faces: list[int], hashes: list[str]) -> None:
    with project.thumbnails.connection as connection:
        connection.execute("PRAGMA secure_delete = ON")
        for kind, ids in (("image", images), ("face", faces)):
            connection.executemany(
                "DELETE FROM thumbnail WHERE kind = ? AND id = ?", ((kind, number) for number in ids)
            )
    project.thumbnails.drop_previews(hashes)
