"""What a result was made from, kept with it, so that it can be shown as out of date."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    by_people: int = 0  # of those changed, the labels that a person set
    hidden: int = 0  # of those removed, the images that are only hidden

    @property
    def not_followed(self) -> LabelChange:
        """The changes that error rates do not follow: they take labels that a person set, and leave hidden images out."""
        return LabelChange(self.relabelled - self.by_people, self.added, self.removed - self.hidden)

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


Ids = npt.NDArray[np.int64]
NO_NAME = 0  # the hash of an image without an identity
Labels = tuple[Ids, npt.NDArray[np.uint64]]  # ids, and a hash of each one's identity and group


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


@dataclass(frozen=True)
class LeftOut:
    """Which images a result leaves out, so that they cannot make it out of date."""

    synthetic: bool = False
    unnamed: bool = False  # images without an identity

    @classmethod
    def by_people(cls, params: Mapping[str, Any]) -> LeftOut:
        """Return it of a pair list or of a set, whose parameters say it."""
        return cls(synthetic=params.get("synthetic") is False, unnamed=params.get("by", "identity") == "identity")


def compare(
    kept: Labels | None, now: Labels, left_out: LeftOut = LeftOut(), synthetic: Ids | None = None,
    by_people: Ids | None = None, hidden: Ids | None = None,
) -> LabelChange:  # fmt: skip
    """Compare kept labels with those of another moment.

    `synthetic` are the ids of the synthetic images, `by_people` of those whose label a person set,
    `hidden` of those that are hidden now.
    """
    if kept is None:
        return LabelChange(0, 0, 0)
    if left_out.synthetic and synthetic is not None and len(synthetic):
        kept, now = _except(kept, synthetic), _except(now, synthetic)
    if np.array_equal(kept[0], now[0]):
        moved, said = _moved(now[0], kept[1] != now[1], by_people)
        return LabelChange(moved, 0, 0, said)
    both, left, right = np.intersect1d(kept[0], now[0], assume_unique=True, return_indices=True)
    moved, said = _moved(both, kept[1][left] != now[1][right], by_people)
    added, removed, gone = np.delete(now[1], right), np.delete(kept[1], left), np.delete(kept[0], left)
    if left_out.unnamed:
        added, gone = added[added != NO_NAME], gone[removed != NO_NAME]
    unseen = 0 if hidden is None else int(np.isin(gone, hidden).sum())
    return LabelChange(moved, len(added), len(gone), said, unseen)


def _moved(images: Ids, moved: npt.NDArray[np.bool_], by_people: Ids | None) -> tuple[int, int]:
    """Return how many labels moved, and how many of them a person set."""
    said = 0 if by_people is None else int(np.isin(images[moved], by_people).sum())
    return int(moved.sum()), said


def _except(labels: Labels, images: npt.NDArray[np.int64]) -> Labels:
    stay = ~np.isin(labels[0], images)
    return labels[0][stay], labels[1][stay]


def without(basis: bytes, images: Sequence[int]) -> bytes:
    """Return a kept basis without some images."""
    with np.load(io.BytesIO(zlib.decompress(basis)), allow_pickle=False) as kept:
        stay = ~np.isin(kept["ids"], images)
        return _packed(kept["ids"][stay], kept["labels"][stay])


def changes_since(
    project: Project, bases: Sequence[bytes | None], left_out: Sequence[LeftOut] | None = None
) -> list[LabelChange]:
    """Compare kept bases with the labels as they are now; where none was kept, nothing is said to have changed.

    `left_out` says for each which images its result does not rest on; unsaid, it rests on all.
    """
    if not any(bases):
        return [LabelChange(0, 0, 0)] * len(bases)
    labels = LabelSnapshot.read(project)
    now, synthetic = labels.basis(), labels.synthetic_images()
    said, hidden = labels.labelled_by_people(), labels.hidden_images()
    asked = list(zip(bases, left_out or [LeftOut()] * len(bases), strict=True))
    found = {
        one: compare(unpack(one[0]), now, one[1], synthetic, said, hidden) for one in set(asked)
    }  # several may share one
    return [found[one] for one in asked]
