"""What a result was made from, kept with it, so that it can be shown as out of date."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.words import tr, tr_n

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
        if self.relabelled:
            parts.append(tr_n("{n:,} label changed", "{n:,} labels changed", self.relabelled))
        if self.added:
            parts.append(tr_n("{n:,} image added", "{n:,} images added", self.added))
        if self.removed:
            parts.append(tr_n("{n:,} image removed", "{n:,} images removed", self.removed))
        return tr("{changes} since", changes=", ".join(parts)) if parts else tr("up to date")


Labels = tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]  # ids, and a hash of each one's identity and group


def take(project: Project) -> bytes:
    """Return the labels of all images now, packed (about 10 bytes an image)."""
    return _packed(*LabelSnapshot.read(project).basis())


def _packed(ids: npt.NDArray[np.int64], labels: npt.NDArray[np.uint64]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, ids=ids, labels=labels)
    return zlib.compress(buffer.getvalue(), 1)


def unpack(basis: bytes | None) -> Labels | None:
    """Return the labels that were kept; None where none were."""
    if not basis:
        return None
    with np.load(io.BytesIO(zlib.decompress(basis)), allow_pickle=False) as kept:
        return kept["ids"], kept["labels"]


def compare(kept: Labels | None, now: Labels) -> LabelChange:
    """Compare kept labels with those of another moment."""
    if kept is None:
        return LabelChange(0, 0, 0)
    if np.array_equal(kept[0], now[0]):
        return LabelChange(int(np.count_nonzero(kept[1] != now[1])), 0, 0)
    both, left, right = np.intersect1d(kept[0], now[0], assume_unique=True, return_indices=True)
    moved = int(np.count_nonzero(kept[1][left] != now[1][right]))
    return LabelChange(moved, len(now[0]) - len(both), len(kept[0]) - len(both))


def without(basis: bytes, images: Sequence[int]) -> bytes:
    """Return a kept basis without some images."""
    with np.load(io.BytesIO(zlib.decompress(basis)), allow_pickle=False) as kept:
        stay = ~np.isin(kept["ids"], images)
        return _packed(kept["ids"][stay], kept["labels"][stay])


def changes_since(project: Project, bases: Sequence[bytes | None]) -> list[LabelChange]:
    """Compare kept bases with the labels as they are now; where none was kept, nothing is said to have changed."""
    if not any(bases):
        return [LabelChange(0, 0, 0)] * len(bases)
    now = LabelSnapshot.read(project).basis()
    found = {basis: compare(unpack(basis), now) for basis in set(bases)}  # several results may share one
    return [found[basis] for basis in bases]
