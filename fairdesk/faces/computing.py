"""Vectors of faces that helper processes have cut out, computed by threads here: the network is in memory once."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from fairdesk.errors import FairDeskError, Stopped
from fairdesk.faces.encoders import Encoder, Vectors
from fairdesk.images.pixels import Pixels
from fairdesk.jobs.pool import processes

Item = TypeVar("Item")
Output = TypeVar("Output")


def compute_each(
    results: Iterator[tuple[list[Item], Output]],
    chips_of: Callable[[Output], list[Pixels]],
    encoder: Encoder,
    device: str,
    size: int,
) -> Iterator[tuple[list[Item], Output, Vectors]]:
    """Yield (batch, what was found, the vectors of its faces) in order, while later batches are searched and computed.

    On the processor every thread computes a batch of its own with one core: threads that share a batch wait for each
    other wherever a core is taken by something else. Twice as many batches as threads are in memory at most.
    """
    threads = processes() if device == "cpu" and encoder.engine != "all cores" else 1
    by_torch = encoder.engine == "torch" and threads > 1
    cores = _torch_cores()
    waiting: deque[tuple[list[Item], Output, Future[Vectors]]] = deque()
    ended: FairDeskError | Stopped | None = None
    try:
        with ThreadPoolExecutor(threads, initializer=_one_core if by_torch else None) as pool:
            pool.submit(
                encoder.load
            )  # while the first faces are searched for; what goes wrong is told by the first that are computed
            try:
                for batch, result in results:
                    waiting.append((batch, result, pool.submit(_compute, encoder, chips_of(result), size)))
                    while waiting and (waiting[0][2].done() or len(waiting) >= 2 * threads):
                        first, found, future = waiting.popleft()
                        yield first, found, future.result()
            except (FairDeskError, Stopped) as error:  # stopped, or a helper died: what was found until then is kept
                ended = error
            while waiting:
                first, found, future = waiting.popleft()
                yield first, found, future.result()
    finally:
        if by_torch:
            _give_back(cores)
    if ended is not None:
        raise ended


def _torch_cores() -> int | None:
    """Return on how many cores torch computes; None where it is not loaded yet."""
    return sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None


def _one_core() -> None:
    import torch

    torch.set_num_threads(1)


def _give_back(cores: int | None) -> None:
    """Let later work of this process compute on as many cores as before."""
    import torch

    torch.set_num_threads(cores or processes())


def _compute(encoder: Encoder, chips: list[Pixels], size: int) -> Vectors:
    parts = [encoder.compute(chips[start : start + size]) for start in range(0, len(chips), size)]
    return np.concatenate(parts) if parts else np.empty((0, encoder.dim), dtype=np.float32)
