"""Images for training: read once where they fit, in an order that the seed and the epoch decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps

from fairdesk.errors import JobFailed, RequestError
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import processes
from fairdesk.words import tr

KEPT_BYTES = 2_000_000_000  # decoded images are held in memory up to this
SHOWN, SPARED_FROM = 5, 50  # images of a set in a sample grid; from how many on a set spares them from training


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
            context.progress(min(len(paths), start + 64), len(paths), tr("images read"))
        self._classes = None if given is None else torch.tensor([given[path] for path in self.paths])
        if not self.paths:
            raise RequestError(tr("None of the images could be read, so there is nothing to learn from."))

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
        kept = [self._pixels[row] for row in rows]
        found: Iterable[npt.NDArray[np.uint8] | str | None] = kept
        if not self._keep:
            found = self._pool.map(self._try, (self.paths[row] for row in rows))
        pictures = []
        for row, one in zip(rows, found, strict=True):
            if one is None or isinstance(one, str):
                raise JobFailed(
                    tr(
                        "{path} cannot be read any more: {error}. Restore it, then resume: --resume",
                        path=self.paths[row],
                        error=one,
                    )
                )
            pictures.append(one)
        return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div(127.5).sub(1)

    def close(self) -> None:
        """End the reading threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class UnpairedImages:
    """Two sets without pairs, for translation: random crops and flips, drawn from the seed, epoch and batch.

    A few images of each set, spread over it, are shown in sample grids; they are not trained on where a set is large
    enough to spare them (`spared` says how many of the two sets are).
    """

    def __init__(self, first: list[Path], second: list[Path], size: int, context: Context) -> None:
        self.size = size
        larger = round(size * 1.12)
        self._sides = [TrainingImages(paths, larger, context) for paths in (first, second)]
        self.unreadable = [one for side in self._sides for one in side.unreadable]
        self.paths = [path for side in self._sides for path in side.paths]
        count = min(SHOWN, *(len(side) for side in self._sides))
        self._shown = [np.unique(np.linspace(0, len(side) - 1, count).round().astype(int)) for side in self._sides]
        self._trained = [
            np.setdiff1d(np.arange(len(side)), shown if len(side) >= SPARED_FROM else [])
            for side, shown in zip(self._sides, self._shown, strict=True)
        ]
        self.spared = len(self.paths) - sum(len(rows) for rows in self._trained)

    def __len__(self) -> int:
        return max(len(rows) for rows in self._trained)

    def batches(self, size: int) -> int:
        """How many whole batches an epoch has."""
        return len(self) // size

    def epoch(self, number: int, seed: int, size: int, skip: int = 0) -> Iterator[torch.Tensor]:
        """Yield batches of an epoch from the `skip`-th on: (2, n, 3, size, size), A and B."""
        orders = []
        for side, rows in enumerate(self._trained):
            rng = np.random.default_rng([seed, number, side])
            rounds = -(-len(self) // len(rows))
            orders.append(np.concatenate([rng.permutation(rows) for _ in range(rounds)])[: len(self)])
        for batch in range(skip, self.batches(size)):
            rng = np.random.default_rng([seed, number, batch, 7])
            sides = [
                self._crop(images.tensor([int(row) for row in order[batch * size : (batch + 1) * size]]), rng)
                for order, images in zip(orders, self._sides, strict=True)
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

    def shown(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The middle of the images of both sets that sample grids show, always the same; as many of A as of B."""
        start = (round(self.size * 1.12) - self.size) // 2
        middle = slice(start, start + self.size)
        count = min(len(rows) for rows in self._shown)
        a, b = (
            images.tensor([int(row) for row in rows[:count]])[:, :, middle, middle]
            for images, rows in zip(self._sides, self._shown, strict=True)
        )
        return a, b

    def close(self) -> None:
        """End the reading threads."""
        for side in self._sides:
            side.close()
