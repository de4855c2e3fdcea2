"""The nearest neighbours of every vector, exactly: blocks of one matrix product each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
BLOCK = 48_000_000  # entries of a block of distances: 192 MB


def nearest(vectors: Floats, count: int, check: Callable[[int, int], None] | None = None) -> tuple[Ids, Floats]:
    """Return the `count` nearest others of each of n vectors, and their squared Euclidean distances, nearest first.

    Both of shape (n, count), of fewer columns where there are fewer others. `check` is told how many rows are done, of how many.
    """
    n = len(vectors)
    count = min(count, n - 1)
    if count < 1:
        return np.empty((n, 0), dtype=np.int64), np.empty((n, 0), dtype=np.float32)
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    rows = max(1, min(n, BLOCK // n))
    found = np.empty((n, count), dtype=np.int64)
    squared = np.empty((n, count), dtype=np.float32)
    for start in range(0, n, rows):
        end = min(n, start + rows)
        if check is not None:
            check(start, n)
        block = vectors[start:end] @ vectors.T
        block *= -2
        block += squares
        block[np.arange(end - start), np.arange(start, end)] = np.inf
        places = np.argpartition(block, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(block, places, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        found[start:end] = np.take_along_axis(places, order, axis=1)
        squared[start:end] = np.take_along_axis(values, order, axis=1) + squares[start:end, None]
    return found, np.maximum(squared, 0)
