"""Training faces: 112 x 112 chips with identity and group, in an order that the seed and the epoch decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fairdesk.dataset.collection import Item
from fairdesk.errors import RequestError
from fairdesk.faces.alignment import face_chip
from fairdesk.faces.backbones import SIZE
from fairdesk.faces.detectors import detect_faces
from fairdesk.faces.features import whole
from fairdesk.faces.params import DetectParams
from fairdesk.images.inspecting import no_preparation
from fairdesk.images.pixels import read_pixels
from fairdesk.images.reading import UnreadableImageError
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches

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
        found = detect_faces(image, DetectParams(detector="hog"))
        out.append(np.asarray(face_chip(image, found[0], SIZE), dtype=np.uint8) if found else "no face was found in it")
    return out


@dataclass(frozen=True)
class Chips:
    """Faces with who they are of; `left_out` lists images without one, with the reason."""

    pixels: Chip  # (n, 112, 112, 3)
    items: list[Item]
    left_out: list[dict[str, str]]


def cut_faces(items: Sequence[Item], crop: str, context: Context) -> Chips:
    """Cut out the faces of all items, on all cores. Raises `RequestError` if none has one."""
    tasks = [(str(item.path), crop) for item in items]
    chips, kept, left = [], [], []
    done = 0
    context.progress(0, len(tasks), "faces cut out")
    for batch, found in map_batches(_cut, tasks, _BATCH, context, no_preparation):
        for item, chip in zip(items[done : done + len(batch)], found, strict=True):
            if isinstance(chip, str):
                left.append({"path": str(item.path), "why": chip})
            else:
                chips.append(chip)
                kept.append(item)
        done += len(batch)
        context.progress(done, len(tasks), "faces cut out")
    if not chips:
        raise RequestError("No image has a face that could be used. If the images are faces already, say --crop whole.")
    return Chips(np.stack(chips), kept, left)


class TrainingFaces:
    """Batches of (pixels uint8 (n, 112, 112, 3), classes, groups) for the loop."""

    def __init__(self, chips: Chips, classes: list[int], groups: list[int], sampling: str) -> None:
        self._pixels = torch.from_numpy(chips.pixels)
        self._classes, self._groups = torch.tensor(classes), torch.tensor(groups)
        self._sampling = sampling
        self.unreadable = chips.left_out

    def __len__(self) -> int:
        return len(self._classes)

    def batches(self, size: int) -> int:
        """How many batches an epoch has; a last batch of one image is left out, as BatchNorm cannot take it."""
        full, rest = divmod(len(self), size)
        return full + (rest > 1)

    def order(self, number: int, seed: int) -> npt.NDArray[np.int64]:
        """Return the order of an epoch: all once, or drawn so that every identity (or group) comes as often."""
        rng = np.random.default_rng([seed, number, 11])
        if self._sampling == "plain":
            return rng.permutation(len(self))
        keys = (self._classes if self._sampling == "identity" else self._groups).numpy()
        counts = np.bincount(keys)
        weights = 1.0 / counts[keys]
        return rng.choice(len(self), len(self), replace=True, p=weights / weights.sum())

    def epoch(self, number: int, seed: int, size: int, skip: int = 0) -> Iterator[Any]:
        """Yield the batches of an epoch from the `skip`-th on."""
        order = torch.from_numpy(self.order(number, seed))
        for batch in range(skip, self.batches(size)):
            rows = order[batch * size : (batch + 1) * size]
            yield self._pixels[rows], self._classes[rows], self._groups[rows]


def normalised(pixels: torch.Tensor) -> torch.Tensor:
    """Turn uint8 (n, 112, 112, 3) into float (n, 3, 112, 112) in [-1, 1], as ArcFace wants it."""
    return pixels.permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.5)


def changed(images: torch.Tensor) -> torch.Tensor:
    """Mirror half of the images, and change light and colour a little."""
    count = len(images)
    mirror = torch.rand(count, 1, 1, 1) < 0.5
    images = torch.where(mirror.to(images.device), images.flip(-1), images)
    light = (torch.rand(count, 1, 1, 1) * 0.4 + 0.8).to(images.device)
    tint = (torch.rand(count, 3, 1, 1) * 0.2 - 0.1).to(images.device)
    return (images * light + tint).clamp(-1, 1)
