"""Ward's tree without a matrix of distances: each step looks at centres alone, so that memory grows with the faces only.

Ward's distance of two clusters follows from their centres and sizes. The nearest-neighbour chain (Murtagh, 1983)
joins two clusters that are each other's nearest, which gives the same tree as joining the nearest pair each time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods.nearest_chain import Tree, in_order, link

OFTEN = 20  # looks for a nearest cluster after which it is said how far it is


def ward_tree(vectors: npt.NDArray[np.float32], check: Callable[[int, int], None] | None = None) -> Tree:
    """Return SciPy's linkage matrix (n - 1, 4) of Ward's method. `check` is told how many joins are made, of how many."""
    n = len(vectors)
    centre = np.ascontiguousarray(vectors - vectors.mean(axis=0), dtype=np.float32)
    square = np.einsum("ij,ij->i", centre, centre)
    size = np.ones(n, dtype=np.float32)
    number = np.arange(n)
    joins: list[tuple[float, int, int]] = []  # height, row of the one, row of the other: both as they were
    chain: list[int] = []
    count = n
    alive = np.ones(n, dtype=bool)
    steps = 0
    while len(joins) < n - 1:
        if not chain:
            chain.append(int(np.flatnonzero(alive[:count])[0]))
        here = chain[-1]
        steps += 1
        if check is not None and steps % OFTEN == 0:
            check(len(joins), n - 1)
        away = square[:count] + square[here] - 2 * (centre[:count] @ centre[here])
        away *= size[:count] * size[here] / (size[:count] + size[here])
        away[here] = np.inf
        away[~alive[:count]] = np.inf
        there = link(chain, away)
        if there is None:
            continue
        exact = _height(centre, size, here, there)
        joins.append((exact, int(number[here]), int(number[there])))
        total = size[here] + size[there]
        centre[there] = (size[here] * centre[here] + size[there] * centre[there]) / total
        square[there] = centre[there] @ centre[there]
        size[there] = total
        number[there] = n + len(joins) - 1
        alive[here] = False
        if 2 * np.count_nonzero(alive[:count]) < count and not chain:  # rows of clusters that are gone cost time
            kept = np.flatnonzero(alive[:count])
            count = len(kept)
            centre[:count], square[:count], size[:count], number[:count] = (
                centre[kept], square[kept], size[kept], number[kept],
            )  # fmt: skip
            alive[:count] = True
    return in_order(joins, n)


def _height(centre: npt.NDArray[np.float32], size: npt.NDArray[np.float32], a: int, b: int) -> float:
    """Return the height of a join as SciPy gives it."""
    away = centre[a].astype(np.float64) - centre[b]
    return float(np.sqrt(2 * float(size[a]) * float(size[b]) / (float(size[a]) + float(size[b])) * (away @ away)))
