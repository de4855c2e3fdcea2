"""Blocks of a computation on all cores: a thread a core, each with its own small products of matrices.

A block that stays in a core's cache is several times faster than a large one that all cores share.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

Block = TypeVar("Block")
Made = TypeVar("Made")
Check = Callable[[int, int], None]

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@contextmanager
def one_thread_a_product() -> Iterator[None]:
    """Keep the linear algebra to one thread; the last of several that ask for it at once gives the others back."""
    global _inside, _limit
    from threadpoolctl import threadpool_limits

    with _lock:
        if _inside == 0:
            _limit = threadpool_limits(1, "blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()


def each_block(work: Callable[[Block], Made], blocks: Sequence[Block], check: Check | None = None) -> list[Made]:
    """Return what `work` makes of each block, in order. `check` is told how many are done, of how many, and may raise."""
    if len(blocks) < 2:
        return [work(block) for block in blocks]
    made: list[Made] = []
    with one_thread_a_product(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        coming = [pool.submit(work, block) for block in blocks]
        try:
            for done, one in enumerate(coming):
                if check is not None:
                    check(done, len(blocks))
                made.append(one.result())
        finally:
            for one in coming:
                one.cancel()
    return made
