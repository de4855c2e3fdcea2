"""The nearest-neighbour chain (Murtagh, 1983), which every linkage here is made with, and the tree from its joins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Tree = npt.NDArray[np.float64]


def link(chain: list[int], away: npt.NDArray[np.floating]) -> int | None:
    """Add the nearest to the chain's last one; or end the chain before both where they are each other's nearest.

    `away` is how far all are from the last one. Returns whom it is to be joined with, or None where the chain goes on.
    """
    before = chain[-2] if len(chain) > 1 else -1
    there = int(away.argmin())
    if before >= 0 and away[before] <= away[there]:
        del chain[-2:]
        return before
    chain.append(there)
    return None


def in_order(joins: list[tuple[float, int, int]], n: int) -> Tree:
    """Number the joins by their height, and count the faces below each."""
    order = sorted(range(len(joins)), key=lambda place: (joins[place][0], place))
    renamed = {n + place: n + rank for rank, place in enumerate(order)}
    out = np.empty((len(joins), 4))
    faces = np.ones(n + len(joins))
    for rank, place in enumerate(order):
        height, a, b = joins[place]
        a, b = sorted((renamed.get(a, a), renamed.get(b, b)))
        faces[n + rank] = faces[a] + faces[b]
        out[rank] = a, b, height, faces[n + rank]
    return out
