"""A batch that is too large for the memory, and the one that would fit."""

from __future__ import annotations

import gc
from typing import Any, Protocol

import torch

from fairdesk.words import tr


class Steps(Protocol):
    """What is trained."""

    def step(self, batch: Any) -> dict[str, float]:
        """Train on one batch."""
        ...


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch says that memory ran out, on a GPU or a CPU."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def part_of(batch: Any, count: int) -> Any:
    """Return the first images of a batch: of a tensor, of each of several, or of both sides of a pair (2, n, 3, h, w)."""
    if isinstance(batch, tuple):
        return tuple(part_of(one, count) for one in batch)
    return batch[:, :count] if batch.dim() == 5 else batch[:count]


def batch_that_fits(task: Steps, batch: Any, size: int) -> int | None:
    """Halve a batch that did not fit until a step on it does; None where no such step can be had.

    The steps are real ones, so that the networks cannot be kept afterwards. Processes that share a batch wait for each
    other in a step: there nothing is tried.
    """
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return None
    while (size := size // 2) >= 1:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            task.step(part_of(batch, size))
        except RuntimeError as error:
            if not is_out_of_memory(error):
                return None
        except ValueError:  # BatchNorm of one image
            return None
        else:
            return size
    return None


def advice(task: Steps, batch: Any, size: int, parts: int) -> str:
    """Say that a batch, worked through in some parts, is too large for the memory, and what to do."""
    told = tr("The device's memory is too small for a batch of {size}.", size=size)
    fits = batch_that_fits(task, batch, size)
    if fits is None:
        return tr("{problem} Try --batch-size {size}, or smaller images.", problem=told, size=max(2, size // 2))
    more = next(n for n in range(parts, size * parts + 1) if size % n == 0 and size // n <= max(1, fits // parts))
    return tr(
        "{problem} {fits} at a time fit: say --batch-size {fits}, or --accumulate {more} to work through {size} in parts.",
        problem=told,
        fits=fits,
        more=more,
        size=size,
    )
