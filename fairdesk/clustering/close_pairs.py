"""All pairs of vectors that are no farther apart than a radius, exactly: DBSCAN's neighbours.

Of two vectors only one order is computed, in blocks that stay in a core's cache.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.room import need_room
from fairdesk.clustering.side_by_side import Check, each_block
from fairdesk.words import tr

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]
ROWS, COLUMNS = 1024, 1024  # of a block: 4 MB, of which half stays in a core's cache
SAMPLE = 500  # vectors whose neighbours are counted first
_BYTES = 40.0  # of a pair, in all that DBSCAN makes of it


def close_pairs(vectors: Floats, radius: float, check: Check | None = None) -> tuple[Rows, Rows, Floats]:
    """Return the pairs (first < second) within a radius, sorted by block, and their squared distances.

    A radius that is smaller takes exactly those whose squared distance is at most its square, in 32 bits.

    Raises
    ------
    JobFailed
        If there are more pairs than memory holds.
    """
    n = len(vectors)
    vectors = np.ascontiguousarray(vectors - vectors.mean(axis=0), dtype=np.float32)  # smaller numbers, smaller errors
    half = np.einsum("ij,ij->i", vectors, vectors)[:, None] / 2
    one = np.ones_like(half)
    left, right = np.hstack([vectors, -half, one]), np.ascontiguousarray(np.hstack([vectors, one, -half]).T)
    limit = np.float32(-radius * radius / 2)  # a product is half the squared distance, negative
    _refuse_too_many(left, right, limit, radius)

    def work(a: int) -> list[tuple[Rows, Rows, Floats]]:
        found = []
        height = min(ROWS, n - a)
        for b in range(a, n, COLUMNS):
            width = min(COLUMNS, n - b)
            block = left[a : a + height] @ right[:, b : b + width]
            rows, columns = np.divmod(np.flatnonzero(block >= limit), width)
            if b < a + height:
                above = columns + b > rows + a
                rows, columns = rows[above], columns[above]
            if len(rows):
                squared = np.maximum(-2 * block[rows, columns], 0)
                found.append(((rows + a).astype(np.int32), (columns + b).astype(np.int32), squared))
        return found

    parts = [part for block in each_block(work, range(0, n, ROWS), check) for part in block]
    if not parts:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
    first, second, squared = (np.concatenate(some) for some in zip(*parts, strict=True))
    return first, second, squared


def _refuse_too_many(left: Floats, right: Floats, limit: np.float32, radius: float) -> None:
    n = len(left)
    rows = np.random.default_rng(0).choice(n, min(SAMPLE, n), replace=False)
    near = int(np.count_nonzero(left[rows] @ right >= limit)) / len(rows) - 1
    need_room(
        _BYTES * near * n / 2,
        tr(
            "DBSCAN of {faces:,} faces at a distance of {radius:g}: each face has some {near:,.0f} others within it.",
            faces=n,
            radius=radius,
            near=near,
        ),
        tr("Use a smaller --eps; `fairdesk eps PROJECT` shows which make sense."),
    )
