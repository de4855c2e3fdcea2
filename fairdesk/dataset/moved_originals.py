"""Moved originals are found again by name, size and hash, in one undoable step."""

from __future__ import annotations

import os
from pathlib import Path

from fairdesk.dataset.params import RelinkParams
from fairdesk.dataset.results import RelinkResult
from fairdesk.errors import RequestError
from fairdesk.images.file_facts import sha256_of
from fairdesk.images.folder_layouts import read_tree
from fairdesk.images.image_sources import stamp
from fairdesk.jobs.context import Context


def find_moved_originals(params: RelinkParams, context: Context) -> RelinkResult:
    """Job: point images that lay under `old` to the same files under `new`.

    A file counts as the same if its content hash is; first at the same relative path, then anywhere
    below `new` under the same name and size.
    """
    project = context.project
    roots = {number: Path(path) for number, path, _ in project.db.rows("SELECT id, path, relative FROM root")}
    images = []
    for number, root, path, size, sha in project.db.rows("SELECT id, root_id, path, size, sha256 FROM image"):
        full = roots[root] / path
        if full.is_relative_to(params.old):
            images.append((number, full.relative_to(params.old).as_posix(), size, sha))
    if not images:
        known = ", ".join(str(path) for path in roots.values()) or "none"
        raise RequestError(f"No image of the project lies under {params.old}. Its folders of originals: {known}")
    tree = read_tree(params.new)
    if tree.root != params.new:  # an InsightFace folder: its pictures lie in the .rec
        raise RequestError(f"{params.new} holds a data set in {tree.root.name}. Give {tree.root}.")
    places: dict[tuple[str, int], list[str]] = {}
    for entry in tree.entries:
        try:
            size = stamp(params.new / entry.path).size
        except OSError:
            continue
        places.setdefault((entry.path.rsplit("/", 1)[-1], size), []).append(entry.path)
    found: list[tuple[int, str]] = []
    missing: list[str] = []
    for done, (number, relative, size, sha) in enumerate(images, 1):
        context.check()
        candidates = places.get((relative.rsplit("/", 1)[-1], size), [])
        candidates = sorted(candidates, key=lambda path: path != relative)
        match = next((path for path in candidates if sha256_of(params.new / path, project.facts) == sha), None)
        if match is None:
            missing.append(relative)
        else:
            found.append((number, match))
        context.progress(done, len(images), "images")
    if found:
        with project.journal.step(f"Relink {len(found)} images to {params.new.name}") as connection:
            relative_root = os.path.relpath(params.new, project.folder)
            connection.execute(
                "INSERT OR IGNORE INTO root (path, relative) VALUES (?, ?)", (str(params.new), relative_root)
            )
            root = connection.execute("SELECT id FROM root WHERE path = ?", (str(params.new),)).get
            taken = {row[0] for row in connection.execute("SELECT path FROM image WHERE root_id = ?", (root,))}
            clash = [path for _, path in found if path in taken]
            if clash:
                raise RequestError(
                    f"{len(clash)} of these files are in the project already under {params.new} (first: {clash[0]}). "
                    "Undo that import first, then relink."
                )
            connection.executemany(
                "UPDATE image SET root_id = ?, path = ? WHERE id = ?", ((root, p, i) for i, p in found)
            )
            connection.execute(
                "DELETE FROM root WHERE NOT EXISTS (SELECT 1 FROM image WHERE root_id = root.id)"
                " AND NOT EXISTS (SELECT 1 FROM unreadable WHERE root_id = root.id)"
            )
    return RelinkResult(relinked=len(found), missing=len(missing), missing_paths=missing)
