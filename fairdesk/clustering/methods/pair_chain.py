"""Average and complete linkage in a quarter of SciPy's memory: each pair's distance once, in 32 bits.

The nearest-neighbour chain (Murtagh, 1983) joins two clusters that are each other's nearest, which gives the same tree as
joining the nearest pair each time; the distances of the joined one follow from theirs (Lance and Williams, 1967).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods.nearest_chain import Tree, in_order, link
from fairdesk.clustering.neighbours.side_by_side import each_block
from fairdesk.clustering.stages import Check, Stages

Floats = npt.NDArray[np.float32]
_ROWS = 256
OFTEN = 50  # joins after which it is said how far it is


def bytes_needed(faces: int) -> float:
    """Return how much memory the distances take."""
    return 2.0 * faces**2


def pair_tree(vectors: Floats, linkage: Literal["average", "complete"], check: Check | None = None) -> Tree:
    """Return SciPy's linkage matrix (n - 1, 4). `check` is told how many joins are made, of how many."""
    n = len(vectors)
    stages = Stages(check)
    pairs = _Pairs(vectors, stages.next(0.15))
    tell = stages.next(0.85)
    size = np.ones(n)
    number = np.arange(n)
    alive = np.ones(n, dtype=bool)
    joins: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(joins) < n - 1:
        if not chain:
            chain.append(int(np.argmax(alive)))
        here = chain[-1]
        away = pairs.row(here)
        away[~alive] = np.inf
        there = link(chain, away)
        if there is None:
            continue
        other = pairs.row(there)
        joins.append((float(away[there]), int(number[here]), int(number[there])))
        total = size[here] + size[there]
        if linkage == "average":
            new = (size[here] * away + size[there] * other) / total
        else:
            new = np.maximum(away, other)
        pairs.put(there, new, alive)
        size[there], number[there], alive[here] = total, n + len(joins) - 1, False
        if len(joins) % OFTEN == 0:
            tell(len(joins), n - 1)
    return in_order(joins, n)


class _Pairs:
    """The distances of n vectors, each pair's once: those of i with all j > i one after the other."""

    def __init__(self, vectors: Floats, check: Check) -> None:
        n = self.n = len(vectors)
        rows = np.arange(n, dtype=np.int64)
        self.base = n * rows - rows * (rows + 1) // 2 - rows - 1  # of i and j: base[i] + j
        self.values = np.empty(n * (n - 1) // 2, dtype=np.float32)
        vectors = np.ascontiguousarray(vectors - vectors.mean(axis=0), dtype=np.float32)
        squares = np.einsum("ij,ij->i", vectors, vectors)

        def fill(start: int) -> None:
            some = vectors[start : start + _ROWS]
            away = squares[start : start + _ROWS, None] + squares[start:] - 2 * some @ vectors[start:].T
            np.sqrt(np.maximum(away, 0, out=away), out=away)
            for at in range(len(some)):
                i = start + at
                self.values[self.base[i] + i + 1 : self.base[i] + n] = away[at, at + 1 :]

        each_block(fill, range(0, n, _ROWS), check)

    def row(self, i: int) -> Floats:
        """Return how far all are from one (itself: infinite)."""
        out = np.empty(self.n, dtype=np.float32)
        out[:i] = self.values[self.base[:i] + i]
        out[i] = np.inf
        out[i + 1 :] = self.values[self.base[i] + i + 1 : self.base[i] + self.n]
        return out

    def put(self, i: int, away: npt.NDArray[np.float64] | Floats, alive: npt.NDArray[np.bool_]) -> None:
        """Set how far those that are alive are from one."""
        before, after = np.flatnonzero(alive[:i]), i + 1 + np.flatnonzero(alive[i + 1 :])
        self.values[self.base[before] + i] = away[before]
        self.values[self.base[i] + after] = away[after]
