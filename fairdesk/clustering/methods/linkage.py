"""Average linkage of parts that may be forbidden to join."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def join_nearest(
    distances: Matrix, sizes: Matrix, forbidden: npt.NDArray[np.bool_] | None = None, most: float = np.inf
) -> npt.NDArray[np.int64]:
    """Join parts, nearest first, while some pair nearer than `most` may be joined.

    Parameters
    ----------
    distances
        Mean (squared) distances between the n parts, shape (n, n), symmetric.
    sizes
        How many faces each has.
    forbidden
        Pairs that must not end up together.

    Returns
    -------
    array of shape (n,)
        For each part the number of one part it was joined with, the same for all that are together.
    """
    n = len(sizes)
    into = np.arange(n)
    if n < 2:
        return into
    d = distances.astype(np.float64).copy()
    np.fill_diagonal(d, np.inf)
    if forbidden is not None:
        d[forbidden] = np.inf
    weight = sizes.astype(np.float64).copy()
    nearest = d.argmin(1)
    best = d[np.arange(n), nearest]
    for _ in range(n - 1):
        a = int(best.argmin())
        if not best[a] < most or not np.isfinite(best[a]):
            break
        b = int(nearest[a])
        row = (weight[a] * d[a] + weight[b] * d[b]) / (weight[a] + weight[b])  # infinite where either is forbidden
        row[a] = row[b] = np.inf
        weight[a] += weight[b]
        d[a], d[:, a] = row, row
        d[b], d[:, b] = np.inf, np.inf
        into[into == into[b]] = into[a]
        best[b] = np.inf
        nearest[a] = row.argmin()
        best[a] = row[nearest[a]]
        closer = row < best
        nearest[closer], best[closer] = a, row[closer]
        for c in np.flatnonzero(((nearest == a) | (nearest == b)) & np.isfinite(best) & ~closer):
            if c != a:
                nearest[c] = d[c].argmin()
                best[c] = d[c, nearest[c]]
    return into
