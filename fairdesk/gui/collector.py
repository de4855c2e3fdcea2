"""The garbage collector, kept from what stays: looking through very many objects holds up every thread, the window's too."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector from all that is imported and built meanwhile, now and later.

    It stays until the program ends. So the window opens sooner, and scrolling does not stutter while a reader makes
    objects.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def keep_collector_from_all() -> None:
    """Collect once, and never look through what there is now again.

    For the objects of a large review: 2 million of 100,000 faces, which take 0.4 s to look through. They go when
    nothing refers to them any more, but not where they refer to each other in a ring.
    """
    gc.collect()
    gc.freeze()
