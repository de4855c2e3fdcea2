"""Images for training: read once where they fit, in an order that the seed and the epoch decide."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps

from fairdesk.errors import RequestError
from fairdesk.images.reading import UnreadableImageError, open_image
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import processes

KEPT_BYTES = 2_000_000_000  # decoded images are held in memory up to this


Batch: TypeAlias = "torch.Tensor | tuple[torch.Tensor, torch.Tensor]"  # images, or images and their classes


class TrainingImages:
    """Square images as float tensors in [-1, 1], shape (3, size, size); bad files are skipped and listed.

    With `classes` (a number for each path) an epoch yields pairs of images and classes. `parts` is how many parts a
    batch is divided into: over devices, or in turn.
    """

    def __init__(
        self, paths: list[Path], size: int, context: Context, classes: list[int] | None = None, parts: int = 1
    ) -> None:
        self.size, self._parts = size, parts
        given = None if classes is None else dict(zip(paths, classes, strict=True))
        self.unreadable: list[dict[str, str]] = []
        self._pool = ThreadPoolExecutor(processes())
        self._keep = len(paths) * size * size * 3 <= KEPT_BYTES
        self._pixels: list[npt.NDArray[np.uint8] | None] = []
        self.paths: list[Path] = []
        for start in range(0, len(paths), 64):
            context.check()
            batch = paths[start : start + 64]
            for path, found in zip(batch, self._pool.map(self._try, batch), strict=True):
                if isinstance(found, str):
                    self.unreadable.append({"path": str(path), "why": found})
                else:
                    self.paths.append(path)
                    self._pixels.append(found if self._keep else None)
            context.progress(min(len(paths), start + 64), len(paths), "images read")
        self._classes = None if given is None else torch.tensor([given[path] for path in self.paths])
        if not self.paths:
            raise RequestError("None of the images could be read, so there is nothing to learn from.")

    def _try(self, path: Path) -> npt.NDArray[np.uint8] | str:
        try:
            image = ImageOps.fit(open_image(path), (self.size, self.size), Image.Resampling.BICUBIC)
        except UnreadableImageError as error:
            return error.why
        return np.asarray(image, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.paths)

    def batches(self, size: int) -> int:
        """How many batches an epoch has; BatchNorm needs two images in each of the `parts` of a batch."""
        full, rest = divmod(len(self), size)
        return full + (rest >= 2 * self._parts)

    def epoch(self, number: int, seed: int, size: int, skip: int = 0) -> Iterator[Batch]:
        """Yield batches of an epoch, shape (n, 3, size, size), from the `skip`-th on."""
        order = np.random.default_rng([seed, number]).permutation(len(self))
        for batch in range(skip, self.batches(size)):
            rows = [int(row) for row in order[batch * size : (batch + 1) * size]]
            images = self.tensor(rows)
            yield images if self._classes is None else (images, self._classes[rows])

    def tensor(self, rows: list[int]) -> torch.Tensor:
        """Return some images as one tensor."""
        found = [self._pixels[row] for row in rows]
        if not self._keep:
            found = [
                one if not isinstance(one, str) else None
                for one in self._pool.map(self._try, (self.paths[r] for r in rows))
            ]
        stacked = np.stack([one if one is not None else np.zeros((self.size, self.size, 3), np.uint8) for one in found])
        return torch.from_numpy(stacked).permute(0, 3, 1, 2).float().div(127.5).sub(1)

    def close(self) -> None:
        """End the reading threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class UnpairedImages:
    """Two sets without pairs, for translation: random crops and flips, drawn from the seed, epoch and batch."""

    def __init__(self, first: list[Path], second: list[Path], size: int, context: Context) -> None:
        self.size = size
        larger = round(size * 1.12)
        self._a = TrainingImages(first, larger, context)
        self._b = TrainingImages(second, larger, context)
        self.unreadable = self._a.unreadable + self._b.unreadable
        self.paths = self._a.paths + self._b.paths

    def __len__(self) -> int:
        return max(len(self._a), len(self._b))

    def batches(self, size: int) -> int:
        """How many whole batches an epoch has."""
        return len(self) // size

    def epoch(self, number: int, seed: int, size: int, skip: int = 0) -> Iterator[torch.Tensor]:
        """Yield batches of an epoch from the `skip`-th on: (2, n, 3, size, size), A and B."""
        orders = []
        for side, images in enumerate((self._a, self._b)):
            rng = np.random.default_rng([seed, number, side])
            rounds = -(-len(self) // len(images))
            orders.append(np.concatenate([rng.permutation(len(images)) for _ in range(rounds)])[: len(self)])
        for batch in range(skip, self.batches(size)):
            rng = np.random.default_rng([seed, number, batch, 7])
            sides = [
                self._crop(images.tensor([int(row) for row in order[batch * size : (batch + 1) * size]]), rng)
                for order, images in zip(orders, (self._a, self._b), strict=True)
            ]
            yield torch.stack(sides)

    def _crop(self, images: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        out = []
        room = images.shape[-1] - self.size
        for one in images:
            x, y = rng.integers(0, room + 1, 2)
            part = one[:, y : y + self.size, x : x + self.size]
            out.append(part.flip(-1) if rng.random() < 0.5 else part)
        return torch.stack(out)

    def held_out(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The middle of the first images of both sets, always the same, for previews."""
        start = (round(self.size * 1.12) - self.size) // 2
        middle = slice(start, start + self.size)
        rows = min(count, len(self._a), len(self._b))
        a, b = (images.tensor(list(range(rows)))[:, :, middle, middle] for images in (self._a, self._b))
        return a, b

    def close(self) -> None:
        """End the reading threads."""
        self._a.close()
        self._b.close()
