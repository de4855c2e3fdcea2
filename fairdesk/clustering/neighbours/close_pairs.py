"""All pairs of vectors that are no farther apart than a radius, exactly: DBSCAN's neighbours.

Of two vectors only one order is computed, in blocks that stay in a core's cache. Most pairs are far apart, and that shows
in the first principal components already: their distance there, with the difference of what is left of both lengths, is
never more than the whole distance. Of the pairs that are near by this measure some more components are looked at, and only
those that are still near are computed in full.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods.room import need_room
from fairdesk.clustering.neighbours.side_by_side import Check, each_block, one_thread_a_product
from fairdesk.words import tr

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]
Ids = npt.NDArray[np.int64]
ROWS, COLUMNS = 1024, 1024  # of a block: 4 MB
SAMPLE = 250  # vectors whose neighbours are counted first
SHARES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.375, 0.45, 0.5, 0.5625, 0.625, 0.75)  # of the components, that are tried
_LEARNED, _TRIED = 4000, 600  # vectors that the components are learned from; of which pairs are tried
_WHOLE = 20_000.0  # computing a pair in full costs as much as so many components of a block's
_PARTLY = 3_000.0  # and looking at the components in between as much as so many
_AT_ONCE = 20_000  # pairs computed in full
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
    squares = np.einsum("ij,ij->i", vectors, vectors)
    with one_thread_a_product():  # several would wait for each other on a busy machine
        _refuse_too_many(vectors, squares, radius)
        short, middle = _shortened(vectors, squares, radius)
    half = np.einsum("ij,ij->i", short, short)[:, None] / 2
    one = np.ones_like(half)
    left, right = np.hstack([short, -half, one]), np.ascontiguousarray(np.hstack([short, one, -half]).T)
    within = np.float32(radius * radius)
    slack = 1e-4 * radius * radius + 4e-6 * float(squares.max(initial=0))
    limit = np.float32(-(radius * radius + slack) / 2)  # a product is half the squared distance, negative

    def work(a: int) -> list[tuple[Rows, Rows, Floats]]:
        found = []
        height = min(ROWS, n - a)
        for b in range(a, n, COLUMNS):
            width = min(COLUMNS, n - b)
            product = left[a : a + height] @ right[:, b : b + width]
            rows, columns = np.divmod(np.flatnonzero(product >= limit), width)
            if b < a + height:
                above = columns + b > rows + a
                rows, columns = rows[above], columns[above]
            for start in range(0, len(rows), _AT_ONCE):
                some, others = rows[start : start + _AT_ONCE], columns[start : start + _AT_ONCE]
                seen = product[some, others]
                some, others = some + a, others + b
                if middle is not None:
                    kept = seen + middle.further(some, others) >= limit
                    some, others = some[kept], others[kept]
                away = vectors[some] - vectors[others]
                squared = np.einsum("ij,ij->i", away, away)
                near = squared <= within
                found.append((some[near].astype(np.int32), others[near].astype(np.int32), squared[near]))
        return found

    parts = [part for block in each_block(work, range(0, n, ROWS), check) for part in block]
    if not parts:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
    first, second, squared = (np.concatenate(some) for some in zip(*parts, strict=True))
    return first, second, squared


class _Middle:
    """Some components after the first ones: how much farther apart vectors are when these are seen too."""

    def __init__(self, rotated: Floats, squares: Floats, count: int, more: int) -> None:
        def rest(seen: int) -> Floats:
            inside = np.einsum("ij,ij->i", rotated[:, :seen], rotated[:, :seen])
            left: Floats = np.sqrt(np.maximum(squares - inside, 0))[:, None]
            return left

        self._seen, self._rest = np.hstack([rotated[:, count : count + more], rest(count + more)]), rest(count)[:, 0]

    def further(self, first: Ids, second: Ids) -> Floats:
        """Return by how much the products of pairs, half the squared distances, negative, change."""
        away, rest = self._seen[first] - self._seen[second], self._rest[first] - self._rest[second]
        farther: Floats = np.einsum("ij,ij->i", away, away)
        farther -= rest * rest
        farther /= -2
        return farther


def _shortened(vectors: Floats, squares: Floats, radius: float) -> tuple[Floats, _Middle | None]:
    """Return vectors of fewer components, no two farther apart than the given ones: as many as cost least; and what comes after them."""
    n, dims = vectors.shape
    order = np.random.default_rng(0).permutation(n)[: _LEARNED + _TRIED]
    sample, others = vectors[order[_TRIED:]], vectors[order[:_TRIED]]  # tried on others than those learned from
    if len(sample) < dims:
        return vectors, None
    _, components = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    components = components[:, ::-1].astype(np.float32)
    tried = others @ components
    whole = np.einsum("ij,ij->i", tried, tried)
    more = max(1, dims // 8)
    counts = sorted({max(1, int(dims * share)) for share in SHARES})
    near = dict(_near_by_the_first(tried, whole, radius, sorted({*counts, *(one + more for one in counts)})))
    costs = {one: one + _PARTLY * near[one] + _WHOLE * near[one + more] for one in counts}
    best = min(costs, key=lambda one: costs[one])
    if costs[best] >= dims:
        return vectors, None
    rotated = vectors @ components[:, : best + more]
    short = rotated[:, :best]
    rest = np.maximum(squares - np.einsum("ij,ij->i", short, short), 0)
    return np.hstack([short, np.sqrt(rest)[:, None]]), _Middle(rotated, squares, best, more)


def _near_by_the_first(
    rotated: Floats, squares: Floats, radius: float, counts: list[int]
) -> Iterator[tuple[int, float]]:
    """Yield which share of pairs some numbers of components cannot tell to be far apart."""
    pairs = np.triu_indices(len(rotated), 1)
    for count in counts:
        short = rotated[:, :count]
        inside = np.einsum("ij,ij->i", short, short)
        rest = np.sqrt(np.maximum(squares - inside, 0))
        away = inside[:, None] + inside - 2 * short @ short.T + (rest[:, None] - rest) ** 2
        near = float(np.count_nonzero(away[pairs] <= radius * radius)) / max(1, len(pairs[0]))
        yield count, near


def _refuse_too_many(vectors: Floats, squares: Floats, radius: float) -> None:
    n = len(vectors)
    rows = np.random.default_rng(0).choice(n, min(SAMPLE, n), replace=False)
    product = vectors[rows] @ vectors.T
    product -= (
        squares / 2
    )  # half the squared distances and the rows' own lengths, negative: no second array of this size
    near = int(np.count_nonzero(product >= (squares[rows, None] - radius * radius) / 2)) / len(rows) - 1
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
