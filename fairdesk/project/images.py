"""Images: their labels as they are now, adding new ones, hiding and showing them."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.project.identities import label_ids
from fairdesk.project.labels import write_labels
from fairdesk.project.main_face import LABELS
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.kept_facts import Facts, Stamp
    from fairdesk.project.project import Project


Ids = npt.NDArray[np.int64]
Digests = npt.NDArray[np.uint8]  # 32 bytes a row


@dataclass(frozen=True)
class LabelledImage:
    """One image, its label, and its path now."""

    id: int
    path: Path
    identity: str | None
    identity_id: int | None
    group: str | None
    synthetic: bool


class LabelledPath(NamedTuple):
    """An image by its path as text, with what it is called."""

    id: int
    path: str
    identity: str | None
    group: str | None


@dataclass(frozen=True)
class NewImage:
    """An image that is to be added, with the labels it comes with and who says so."""

    path: str  # below its folder of originals
    stamp: Stamp
    facts: Facts
    identity: str | None
    group: str | None
    source: str | None  # "folder", "csv", or None where nothing is known
    others: list[tuple[str, str]]  # gender, age, tags


def labelled_images(project: Project, *, hidden: bool = False) -> list[LabelledImage]:
    """Return all images in order of id, with their labels as `main_face` rules; hidden ones only if asked for."""
    roots = project.roots()
    rows = project.db.rows(
        f"SELECT i.id, i.root_id, i.path, i.synthetic, who.id, who.name, g.name FROM image i{LABELS}"
        + ("" if hidden else " WHERE i.hidden = 0")
        + " ORDER BY i.id"
    )
    return [LabelledImage(r[0], roots[r[1]] / r[2], r[5], r[4], r[6], r[3] is not None) for r in rows]


def labelled_paths(project: Project, *, hidden: bool = False) -> Iterator[LabelledPath]:
    """Return what `labelled_images` does one by one, with paths as text: of a million images that takes a tenth of the time."""
    beginnings = {root: os.path.join(place, "") for root, place in project.roots().items()}
    rows = project.db.each(
        f"SELECT i.id, i.root_id, i.path, who.name, g.name FROM image i{LABELS}"
        + ("" if hidden else " WHERE i.hidden = 0")
        + " ORDER BY i.id"
    )
    for number, root, path, who, group in rows:
        yield LabelledPath(
            number, beginnings[root] + (path if os.sep == "/" else path.replace("/", os.sep)), who, group
        )


def image_numbers(project: Project) -> Ids:
    """Return the ids of all images, hidden ones too, ascending."""
    return project.db.numbers("SELECT id AS n FROM image ORDER BY id")


def hidden_images(project: Project) -> Ids:
    """Return the ids of the hidden images, ascending."""
    return project.db.numbers("SELECT id AS n FROM image WHERE hidden = 1 ORDER BY id")


def need_images(project: Project) -> None:
    """Refuse where the project has no images yet. Raises `RequestError`."""
    if not project.db.value("SELECT 1 FROM image LIMIT 1"):
        raise RequestError(tr("The project has no images yet. Import a folder first."))


def image_contents(project: Project) -> tuple[Ids, Digests]:
    """Return the images that are not hidden, the largest first, and the SHA-256 of each as 32 bytes."""
    ids, digests = array("q"), bytearray()
    for number, sha in project.db.each(
        "SELECT id, sha256 FROM image WHERE hidden = 0 ORDER BY width * height DESC, id"
    ):
        ids.append(number)
        digests += bytes.fromhex(sha).ljust(32, b"\0")
    return np.array(ids, dtype=np.int64), np.frombuffer(bytes(digests), dtype=np.uint8).reshape(-1, 32)


def image_paths(project: Project, images: Iterable[int]) -> dict[int, str]:
    """Return the paths of some images, by id."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT id, root_id, path FROM image WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(images)),)
    )
    return {number: str(roots[root] / path) for number, root, path in rows}


def image_sizes(project: Project) -> dict[str, tuple[int, int]]:
    """Return the width and height of every image, by path."""
    roots = project.roots()
    rows = project.db.rows("SELECT root_id, path, width, height FROM image")
    return {str(roots[root] / path): (width, height) for root, path, width, height in rows}


def contents_by_path(project: Project) -> dict[str, str]:
    """Return the SHA-256, as hex, of what every image's file held when it was imported, by path."""
    roots = project.roots()
    return {
        str(roots[root] / path): sha for root, path, sha in project.db.rows("SELECT root_id, path, sha256 FROM image")
    }


def paths_by_content(project: Project, contents: Iterable[str], after: int | None = None) -> dict[str, list[str]]:
    """Return the paths of all images whose file held one of some contents (SHA-256 as hex), by that; only of ids up to `after`."""
    roots, found = project.roots(), dict[str, list[str]]()
    for root, path, sha in project.db.rows(
        "SELECT root_id, path, sha256 FROM image WHERE sha256 IN (SELECT value FROM json_each(?1))"
        " AND (?2 IS NULL OR id <= ?2) ORDER BY id",
        (json.dumps(list(contents)), after),
    ):
        found.setdefault(sha, []).append(str(roots[root] / path))
    return found


def last_image(project: Project) -> int:
    """Return the greatest id of an image; 0 where there is none."""
    found: int = project.db.value("SELECT ifnull(max(id), 0) FROM image")
    return found


def contents_after(project: Project, last: int) -> list[str]:
    """Return the SHA-256 of the images that came after one, in order of id."""
    return [row[0] for row in project.db.rows("SELECT sha256 FROM image WHERE id > ? ORDER BY id", (last,))]


def known_contents(project: Project) -> set[str]:
    """Return the SHA-256 of every image, hidden ones too."""
    return {row[0] for row in project.db.rows("SELECT sha256 FROM image")}


def add_image(connection: apsw.Connection, root: int, new: NewImage) -> int | None:
    """Add an image of a folder of originals, within a journal step; returns its id, or None if it is there already."""
    identity, group = label_ids(connection, new.identity, new.group)
    connection.execute(
        "INSERT OR IGNORE INTO image (root_id, path, size, mtime_ns, sha256, width, height, identity_id,"
        " group_id, label_source, synthetic) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (root, new.path, new.stamp.size, new.stamp.mtime_ns, new.facts.sha256, new.facts.width, new.facts.height,
         identity, group, new.source, new.facts.mark),
    )  # fmt: skip
    if not connection.changes():
        return None
    image = connection.last_insert_rowid()
    write_labels(connection, image, new.others, new.source or "csv")
    connection.execute("DELETE FROM unreadable WHERE root_id = ? AND path = ?", (root, new.path))
    return image


class HideReason(Enum):
    """Why images are hidden, as the history says it."""

    CHOSEN = "chosen"
    QUALITY = "quality"
    DUPLICATES = "duplicates"
    BALANCE = "balance"

    def told(self, count: int) -> str:
        """Say that images are hidden, and why."""
        if self is HideReason.QUALITY:
            return tr_n("Hide {n:,} image of low quality", "Hide {n:,} images of low quality", count)
        if self is HideReason.DUPLICATES:
            return tr_n(
                "Hide {n:,} image that is an exact duplicate", "Hide {n:,} images that are exact duplicates", count
            )
        if self is HideReason.BALANCE:
            return tr_n("Hide {n:,} image to balance groups", "Hide {n:,} images to balance groups", count)
        return tr_n("Hide {n:,} image", "Hide {n:,} images", count)


def hide_images(
    project: Project,
    images: Sequence[int] | Ids,
    why: HideReason = HideReason.CHOSEN,
    *,
    hide: bool = True,
    merge_key: str | None = None,
) -> int:
    """Hide images from grids, lists, clusterings and counts, or show them again: one undoable step; returns how many changed.

    Raises
    ------
    RequestError
        If none of them changes.
    """

    def told(count: int) -> str:
        return why.told(count) if hide else tr_n("Show {n:,} image", "Show {n:,} images", count)

    with project.journal.step(
        told(len(images)),
        target={"tab": "dataset"},
        merge_key=merge_key,
    ):
        project.journal.choose(images)
        changed = project.journal.update("image", {"hidden": int(hide)}, differing=True)
        if not changed:
            raise RequestError(
                tr("These images are already hidden.") if hide else tr("These images are already shown.")
            )
        project.journal.call(told(changed))
    return changed
