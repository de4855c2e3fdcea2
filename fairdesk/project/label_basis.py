"""What a result was made from, kept with it, so that it can be shown as out of date."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fairdesk.project.main_face import NAMED, WHO

if TYPE_CHECKING:
    from fairdesk.project.project import Project


@dataclass(frozen=True)
class LabelChange:
    """How far the labels have moved since a result was made."""

    relabelled: int
    added: int
    removed: int

    def __bool__(self) -> bool:
        return bool(self.relabelled or self.added or self.removed)

    def __str__(self) -> str:
        parts = []
        for count, word in ((self.relabelled, "label{s} changed"), (self.added, "image{s} added"),
                            (self.removed, "image{s} removed")):  # fmt: skip
            if count:
                parts.append(f"{count:,} " + word.format(s="" if count == 1 else "s"))
        return ", ".join(parts) + " since" if parts else "up to date"


def _labels(project: Project) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Return every image's id and a 64-bit hash of its group and identity names."""
    names: dict[int, int] = {0: 0}
    for number, identity, group in project.db.rows(
        "SELECT i.id, i.name, ifnull(g.name, '') FROM identity i LEFT JOIN grp g ON g.id = i.group_id"
    ):
        digest = hashlib.blake2b(f"{group}\0{identity}".encode(), digest_size=8).digest()
        names[number] = int.from_bytes(digest, "little")
    rows = project.db.rows(f"SELECT i.id, {WHO} FROM image i {NAMED} WHERE i.hidden = 0 ORDER BY i.id")
    ids = np.array([r[0] for r in rows], dtype=np.int64)
    return ids, np.array([names[r[1] or 0] for r in rows], dtype=np.uint64)


def take(project: Project) -> bytes:
    """Return the labels of all images now, packed (about 10 bytes an image)."""
    return _packed(*_labels(project))


def _packed(ids: npt.NDArray[np.int64], labels: npt.NDArray[np.uint64]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, ids=ids, labels=labels)
    return zlib.compress(buffer.getvalue(), 1)


def without(basis: bytes, images: Sequence[int]) -> bytes:
    """Return a kept basis without some images."""
    with np.load(io.BytesIO(zlib.decompress(basis)), allow_pickle=False) as kept:
        stay = ~np.isin(kept["ids"], images)
        return _packed(kept["ids"][stay], kept["labels"][stay])


def changes_since(project: Project, bases: Sequence[bytes | None]) -> list[LabelChange]:
    """Compare kept bases with the labels as they are now; where none was kept, nothing is said to have changed."""
    if not any(bases):
        return [LabelChange(0, 0, 0)] * len(bases)
    ids, now = _labels(project)
    found: dict[bytes | None, LabelChange] = {None: LabelChange(0, 0, 0)}  # several results may share one
    for basis in bases:
        if not basis or basis in found:
            continue
        with np.load(io.BytesIO(zlib.decompress(basis)), allow_pickle=False) as kept:
            old_ids, old = kept["ids"], kept["labels"]
        both, left, right = np.intersect1d(old_ids, ids, assume_unique=True, return_indices=True)
        moved = int(np.count_nonzero(old[left] != now[right]))
        found[basis] = LabelChange(moved, len(ids) - len(both), len(old_ids) - len(both))
    return [found[basis or None] for basis in bases]
