"""Training faces: 112 x 112 chips with identity and group, in an order that the seed and the epoch decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fairdesk.dataset.collection import SourceImage
from fairdesk.errors import RequestError
from fairdesk.faces.alignment import face_chip
from fairdesk.faces.backbones import SIZE
from fairdesk.faces.detectors import detect_faces
from fairdesk.faces.features import whole
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.inspection import no_preparation
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches
from fairdesk.project.detector_key import DetectorKey
from fairdesk.words import tr

_BATCH = 16
Chip = npt.NDArray[np.uint8]


def _cut(tasks: list[tuple[str, str]]) -> list[Chip | str]:
    """Return the chip of each (path, crop), or why there is none."""
    out: list[Chip | str] = []
    for path, crop in tasks:
        try:
            image = read_pixels(Path(path))
        except UnreadableImageError as error:
            out.append(error.why)
            continue
        if crop == "whole" or (crop == "auto" and image.shape[:2] == (SIZE, SIZE)):
            out.append(np.asarray(face_chip(image, whole(image), SIZE), dtype=np.uint8))
            continue
        found = detect_faces(image, DetectorKey("hog"))
        out.append(
            np.asarray(face_chip(image, found[0], SIZE), dtype=np.uint8) if found else tr("no face was found in it")
        )
    return out


@dataclass(frozen=True)
class Chips:
    """Faces with who they are of; `left_out` lists images without one, with the reason."""

    pixels: Chip  # (n, 112, 112, 3)
    items: list[SourceImage]
    left_out: list[dict[str, str]]


KEPT_BYTES = 2_000_000_000  # faces are held in memory up to this, and in a file beyond


def cut_faces(items: Sequence[SourceImage], crop: str, context: Context, file: Path | None = None) -> Chips:
    """Cut out the faces of all items, on all cores; kept in `file` where one is given. Raises `RequestError` if none has one."""
    tasks = [(str(item.path), crop) for item in items]
    shape = (len(tasks), SIZE, SIZE, 3)
    pixels: Chip
    if file is None:
        pixels = np.empty(shape, dtype=np.uint8)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
    kept: list[SourceImage] = []
    left: list[dict[str, str]] = []
    done = 0
    context.progress(0, len(tasks), tr("faces cut out"))
    for batch, found in map_batches(_cut, tasks, _BATCH, context, no_preparation):
        for item, chip in zip(items[done : done + len(batch)], found, strict=True):
            if isinstance(chip, str):
                left.append({"path": str(item.path), "why": chip})
            else:
                pixels[len(kept)] = chip
                kept.append(item)
        done += len(batch)
        context.progress(done, len(tasks), tr("faces cut out"))
    if not kept:
        raise RequestError(
            tr("No image has a face that could be used. If the images are faces already, say --crop whole.")
        )
    if isinstance(pixels, np.memmap):
        pixels.flush()
    return Chips(pixels[: len(kept)], kept, left)


def cut_once(items: Sequence[SourceImage], crop: str, context: Context, fabric: Any, file: Path) -> Chips:
    """Cut out faces as `cut_faces` does; where several processes train, the first does it for all."""
    if fabric.world_size == 1:
        large = len(items) * SIZE * SIZE * 3 > KEPT_BYTES
        return cut_faces(items, crop, context, file if large else None)
    own = cut_faces(items, crop, context, file) if fabric.global_rank == 0 else None
    kept, left = fabric.broadcast(None if own is None else (own.items, own.left_out))
    if own is not None:
        return own
    pixels = np.lib.format.open_memmap(file, mode="r+")
    return Chips(pixels[: len(kept)], kept, left)


class TrainingFaces:
    """Batches of (pixels uint8 (n, 112, 112, 3), classes, groups) for the loop.

    `sampling` is plain (all once), identity or group (each as often); with `ratio` that share of an epoch is synthetic.
    `parts` is how many parts a batch is divided into: over devices, or in turn.
    """

    def __init__(
        self,
        chips: Chips,
        classes: list[int],
        groups: list[int],
        sampling: str,
        ratio: float | None = None,
        parts: int = 1,
    ) -> None:
        self._pixels = torch.from_numpy(chips.pixels)
        self._classes, self.groups = torch.tensor(classes), torch.tensor(groups)
        self._sampling, self._ratio, self._parts = sampling, ratio, parts
        self._synthetic = np.array([item.synthetic for item in chips.items])
        self.unreadable = chips.left_out

    def __len__(self) -> int:
        return len(self.order(0, 0)) if self._ratio is not None else len(self._classes)

    def batches(self, size: int) -> int:
        """How many batches an epoch has; BatchNorm needs two images in each part, so a smaller last batch is left out."""
        full, rest = divmod(len(self), size)
        return full + (rest >= 2 * self._parts)

    def order(self, number: int, seed: int) -> npt.NDArray[np.int64]:
        """Return the order of an epoch: all once, or drawn so that every identity (or group) comes as often."""
        rng = np.random.default_rng([seed, number, 11])
        every = np.arange(len(self._classes))
        if self._ratio is None:
            return self._drawn(every, len(every), rng)
        real, made = every[~self._synthetic], every[self._synthetic]
        count = round(len(real) * self._ratio / (1 - self._ratio))
        rounds = [self._drawn(made, len(made), rng) for _ in range(-(-count // len(made)))]
        mixed = np.concatenate([self._drawn(real, len(real), rng), np.concatenate(rounds)[:count]])
        return rng.permutation(mixed)

    def _drawn(self, rows: npt.NDArray[np.int64], count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        if self._sampling == "plain":
            return rng.permutation(rows)
        keys = (self._classes if self._sampling == "identity" else self.groups).numpy()[rows]
        weights = 1.0 / np.bincount(keys)[keys]
        return rng.choice(rows, count, replace=True, p=weights / weights.sum())

    def epoch(self, number: int, seed: int, size: int, skip: int = 0) -> Iterator[Any]:
        """Yield the batches of an epoch from the `skip`-th on."""
        order = torch.from_numpy(self.order(number, seed))
        for batch in range(skip, self.batches(size)):
            rows = order[batch * size : (batch + 1) * size]
            yield self._pixels[rows], self._classes[rows], self.groups[rows]


def normalised(pixels: torch.Tensor) -> torch.Tensor:
    """Turn uint8 (n, 112, 112, 3) into float (n, 3, 112, 112) in [-1, 1], as ArcFace wants it."""
    return pixels.permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.5)


@dataclass(frozen=True)
class Changes:
    """How each image of a batch is changed: mirrored or not, its light, the tint of its colours."""

    mirror: torch.Tensor
    light: torch.Tensor
    tint: torch.Tensor

    @classmethod
    def drawn(cls, count: int) -> Changes:
        """Draw for a whole batch, so that every division of it sees the same."""
        return cls(
            torch.rand(count, 1, 1, 1) < 0.5,
            torch.rand(count, 1, 1, 1) * 0.4 + 0.8,
            torch.rand(count, 3, 1, 1) * 0.2 - 0.1,
        )

    def part(self, number: int, parts: int) -> Changes:
        """Return those of one part of the batch."""
        return Changes(*(one.tensor_split(parts)[number] for one in (self.mirror, self.light, self.tint)))

    def applied(self, images: torch.Tensor) -> torch.Tensor:
        """Return the images changed."""
        mirror, light, tint = (one.to(images.device) for one in (self.mirror, self.light, self.tint))
        return (torch.where(mirror, images.flip(-1), images) * light + tint).clamp(-1, 1)


def changed(images: torch.Tensor) -> torch.Tensor:
    """Mirror half of the images, and change light and colour a little."""
    return Changes.drawn(len(images)).applied(images)
