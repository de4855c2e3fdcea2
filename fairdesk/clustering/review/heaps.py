"""Faces parted in two heaps."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_ROUNDS = 20


def two_heaps(rows: Array, weights: Array) -> npt.NDArray[np.bool_]:
    """Return which rows are in the second of two heaps: two means, begun from the halves of the widest direction."""
    scaled = (rows - np.average(rows, axis=0, weights=weights)) * np.sqrt(weights)[:, None]
    widest = np.linalg.eigh(scaled @ scaled.T)[1][:, -1]
    second = widest > 0
    for _ in range(_ROUNDS):
        if second.all() or not second.any():
            return np.asarray(widest >= widest.max(), dtype=bool)
        first, other = (np.average(rows[some], axis=0, weights=weights[some]) for some in (~second, second))
        now = ((rows - other) ** 2).sum(axis=1) < ((rows - first) ** 2).sum(axis=1)
        if (now == second).all():
            break
        second = now
    return second
