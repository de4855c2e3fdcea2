"""The nearest neighbours of every vector: one search for all that asks for them.

Exact to `EXACT` vectors: products of small blocks, of which only what is nearer than the worst neighbour so far is looked
at. More are divided into cells several times over; each is compared with those of its own and the nearest cells, and in
the end with its neighbours' neighbours. All follows from the vectors and the seeds, whatever the number of threads.
faiss, hnswlib and usearch took several times longer for the same recall of one person's faces (docs/design.md).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods.cells import Cells, make_cells
from fairdesk.clustering.neighbours.side_by_side import Check, each_block

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]
EXACT = 100_000  # vectors: half a minute of two cores
ROWS, COLUMNS = 512, 2048  # of a block
CELL = 2000  # vectors in a cell of an exact search: the nearest are looked at first, and little of the rest is kept
DIVISIONS, SMALL_CELL, LOOKED_AT = (
    6,
    400,
    2000,
)  # a search that is not exact: how often divided, into cells of, and vectors looked at each time
_REFINED = 256  # rows whose neighbours' neighbours are looked at together


def nearest(
    vectors: Floats, count: int, check: Check | None = None, *, exact: bool | None = None
) -> tuple[Ids, Floats]:
    """Return the `count` nearest others of each of n vectors, and their squared Euclidean distances, nearest first.

    Both of shape (n, count), of fewer columns where there are fewer others.

    Parameters
    ----------
    check
        Told how many blocks of a pass are done, of how many; it may raise.
    exact
        Whether every vector is looked at; None: where there are at most `EXACT`.
    """
    n = len(vectors)
    count = min(count, n - 1)
    if count < 1:
        return np.empty((n, 0), dtype=np.int64), np.empty((n, 0), dtype=np.float32)
    centred = np.ascontiguousarray(vectors - vectors.mean(axis=0), dtype=np.float32)
    half = np.einsum("ij,ij->i", centred, centred) / 2
    if is_exact(n) if exact is None else exact:
        cells = make_cells(centred, round(n / CELL))
        found, near = _in_cells(centred, half, cells, count, n, check)
    else:
        found, near = _divided(centred, half, count, check)
    return found.astype(np.int64), np.maximum(2 * (half[:, None] - near), 0)


def is_exact(vectors: int) -> bool:
    """Whether a search among so many looks at all of them."""
    return vectors <= EXACT


def _divided(vectors: Floats, half: Floats, count: int, check: Check | None) -> tuple[Rows, Floats]:
    wanted = round(len(vectors) / SMALL_CELL)
    looked = max(LOOKED_AT, 4 * count)
    found, near = _in_cells(vectors, half, make_cells(vectors, wanted), count, looked, check)
    for seed in range(1, DIVISIONS):
        more, nearer = _in_cells(vectors, half, make_cells(vectors, wanted, seed), count, looked, check)
        found, near = best_of(np.hstack([found, more]), np.hstack([near, nearer]), count)
    return _refined(vectors, half, found, check)


def best_of(found: Rows, near: Floats, count: int) -> tuple[Rows, Floats]:
    """Return the nearest of each row's candidates, each once, the nearest first."""
    order = np.argsort(found, axis=1, kind="stable")
    found, near = np.take_along_axis(found, order, axis=1), np.take_along_axis(near, order, axis=1)
    near[:, 1:][found[:, 1:] == found[:, :-1]] = -np.inf
    order = np.argsort(-near, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(near, order, axis=1)


def _in_cells(
    vectors: Floats, half: Floats, cells: Cells, count: int, looked: int, check: Check | None
) -> tuple[Rows, Floats]:
    """Compare each vector with so many of the nearest cells. Nearness is x·y - |y|²/2: the larger, the nearer."""
    n = len(vectors)
    right = np.empty((vectors.shape[1] + 1, n), dtype=np.float32)
    right[:-1], right[-1] = vectors[cells.order].T, -half[cells.order]
    found = np.zeros((n, count), dtype=np.int32)
    near = np.full((n, count), -np.inf, dtype=np.float32)

    def find(block: tuple[int, int]) -> None:
        start, end = block
        who = cells.order[start:end]
        left = np.hstack([vectors[who], np.ones((end - start, 1), dtype=np.float32)])
        best = _Best(end - start, count)
        for spans in _spans(cells, vectors[who], max(COLUMNS, count + 1), looked):
            columns = np.concatenate([np.arange(a, b, dtype=np.int32) for a, b in spans])
            value = np.concatenate([left @ right[:, a:b] for a, b in spans], axis=1)
            own = np.flatnonzero((columns >= start) & (columns < end))
            value[columns[own] - start, own] = -np.inf
            best.add(columns, value)
        rows, columns, values, place = best.result()
        found[who[rows], place] = cells.order[columns]
        near[who[rows], place] = values

    blocks = [
        (start, min(start + ROWS, int(end)))
        for first, end in zip(cells.starts, cells.ends, strict=True)
        for start in range(int(first), int(end), ROWS)
    ]
    each_block(find, blocks, check)
    return found, near


def _spans(cells: Cells, vectors: Floats, together: int, looked: int) -> Iterable[list[tuple[int, int]]]:
    """Yield the cells to look into, the nearest first, so many at a time as make a block."""
    some: list[tuple[int, int]] = []
    size = seen = 0
    for cell in cells.liked(vectors).tolist():
        if seen + size >= looked:
            break
        end = int(cells.ends[cell])
        for first in range(int(cells.starts[cell]), end, COLUMNS):
            some.append((first, min(first + COLUMNS, end)))
            size += some[-1][1] - first
            if size >= together:
                yield some
                seen, some, size = seen + size, [], 0
    if some:
        yield some


class _Best:
    """The best that was found for the rows of a block."""

    def __init__(self, height: int, count: int) -> None:
        self.height, self.count = height, count
        self.worst = np.full((height, 1), -np.inf, dtype=np.float32)
        self.some: list[tuple[Rows, Rows, Floats]] = []
        self.fresh = 0

    def add(self, columns: Rows, value: Floats) -> None:
        """Take the nearness of some columns, shape (height, columns)."""
        if not self.some and len(columns) > self.count:  # nothing to compare with yet
            place = len(columns) - self.count
            chosen = value >= np.partition(value, place, axis=1)[:, [place]]
        else:
            chosen = value > self.worst
        rows, places = np.divmod(np.flatnonzero(chosen), len(columns))
        self.some.append((rows.astype(np.int32), columns[places], value[rows, places]))
        self.fresh += len(rows)
        if self.fresh >= self.count * self.height:
            self.result()

    def result(self) -> tuple[Rows, Rows, Floats, Ids]:
        """Forget all but the best; return row, column, nearness and place of each."""
        rows, columns, near = (np.concatenate(part) for part in zip(*self.some, strict=True))
        order = np.lexsort((columns, -near, rows))
        rows, columns, near = rows[order], columns[order], near[order]
        place = np.arange(len(rows)) - np.searchsorted(rows, np.arange(self.height))[rows]
        kept = (place < self.count) & (near > -np.inf)
        rows, columns, near, place = rows[kept], columns[kept], near[kept], place[kept]
        full = place == self.count - 1
        self.worst[rows[full], 0] = near[full]
        self.some, self.fresh = [(rows, columns, near)], 0
        return rows, columns, near, place


def _refined(vectors: Floats, half: Floats, before: Rows, check: Check | None) -> tuple[Rows, Floats]:
    """Look at the neighbours' neighbours of every row."""
    found = np.empty_like(before)
    near = np.empty(before.shape, dtype=np.float32)

    def work(start: int) -> None:
        mine = before[start : start + _REFINED]
        height, count = mine.shape
        further = np.concatenate([mine, before[mine].reshape(height, -1)], axis=1)
        further.sort(axis=1)
        known = further == np.arange(start, start + height)[:, None]
        known[:, 1:] |= further[:, 1:] == further[:, :-1]
        values = np.matmul(vectors[further], vectors[start : start + height, :, None])[:, :, 0] - half[further]
        values[known] = -np.inf
        places = np.argpartition(values, -count, axis=1)[:, -count:]
        chosen = np.take_along_axis(values, places, axis=1)
        order = np.argsort(-chosen, axis=1, kind="stable")
        found[start : start + height] = np.take_along_axis(np.take_along_axis(further, places, 1), order, 1)
        near[start : start + height] = np.take_along_axis(chosen, order, axis=1)

    each_block(work, range(0, len(before), _REFINED), check)
    return found, near
