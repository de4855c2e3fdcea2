"""Which vectors are close, exactly, and of how many there may be: a million are never in memory at once.

Most pairs are far apart, and that shows in the first principal components already: the distance there, with the difference
of what is left of both lengths, is never more than the whole distance. So each vector has an outline of a few numbers, and
only pairs whose outlines are near are read and computed in full. Outlines are sorted by their first number: those that
differ by more in it are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fairdesk.project.vectors import VectorRows

Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
Rows = Vectors | VectorRows  # in memory, or read when they are asked for
Pairs = list[tuple[int, int, float]]
_BLOCK, _ACROSS = 2048, 8192  # rows and columns of a table of outlines
_PAIRS = 4096  # whose distance is computed exactly at a time
_OUTLINE = 32  # components
_LEARNED = 4000  # vectors that the components are learned from
_DENSE = 16  # candidates for each row and column of a table, from which on all of it is computed in full
_SLACK = 1e-4  # of the squares: what products in 32 bits may be wrong by, many times over
_ROUNDED = 1e-5  # of the lengths: the same of one component


def _ready(vectors: Vectors, metric: str) -> npt.NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    if metric == "cosine":
        norms = np.linalg.norm(wide, axis=1, keepdims=True)
        wide = wide / np.where(norms == 0, 1, norms)
    return wide


def distances(first: Vectors, second: Vectors, metric: str) -> npt.NDArray[np.float64]:
    """Return the table of distances, shape (len(first), len(second)): 1 - cosine, or Euclidean."""
    a, b = _ready(first, metric), _ready(second, metric)
    products = a @ b.T
    if metric == "cosine":
        return 1 - products
    return np.asarray(np.sqrt(np.clip((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * products, 0, None)))


def near_vectors(first: Rows, second: Rows, metric: str, limit: float, *, once: bool = False) -> Pairs:
    """Return (i, j, distance) of all vectors at most `limit` apart, in order; with `once`, where both are the same, those with i < j alone."""
    if not len(first) or not len(second):
        return []
    most = limit**2 if metric == "euclidean" else 2 * limit  # of unit vectors: half the squared distance
    mean, basis = _components(second, metric)
    b = _Outlines(second, metric, mean, basis)
    a = b if first is second else _Outlines(first, metric, mean, basis)
    wide = most**0.5 + _ROUNDED * float(np.sqrt(a.squares.max()) + np.sqrt(b.squares.max()))
    out: Pairs = []
    for start in range(0, len(first), _BLOCK):
        rows = slice(start, start + _BLOCK)
        low, high = a.short[rows, 0].min() - wide, a.short[rows, 0].max() + wide
        begin, end = np.searchsorted(b.short[:, 0], (low, high)).tolist()
        for column in range(max(begin, start) if once else begin, end, _ACROSS):
            columns = slice(column, min(end, column + _ACROSS))
            i, j = _candidates(a, b, rows, columns, most)
            if once:
                later = column + j > start + i
                i, j = i[later], j[later]
            if len(i) > _DENSE * (_BLOCK + _ACROSS):
                left, right = _lengthened(first[a.order[rows]], metric), _lengthened(second[b.order[columns]], metric)
                squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None]
                near = squares - 2 * (left @ right.T) <= most + _SLACK * squares
                i, j = i[near[i, j]], j[near[i, j]]
            out += _exact(first, second, a.order[rows][i], b.order[columns][j], metric, limit, once=once)
    return sorted(out)


def _exact(
    first: Rows, second: Rows, rows: Places, columns: Places, metric: str, limit: float, *, once: bool
) -> Iterator[tuple[int, int, float]]:
    """Yield those of some pairs that are near, in 64 bits."""
    if once:
        rows, columns = np.minimum(rows, columns), np.maximum(rows, columns)
    for part in range(0, len(rows), _PAIRS):
        i, j = rows[part : part + _PAIRS], columns[part : part + _PAIRS]
        exact = _distances_of(first[i], second[j], metric)
        near = exact <= limit
        yield from zip(i[near].tolist(), j[near].tolist(), exact[near].tolist(), strict=True)


def _components(vectors: Rows, metric: str) -> tuple[Vectors, Vectors]:
    """Return the mean of vectors and their first principal components, of a sample."""
    some = np.linspace(0, len(vectors) - 1, min(_LEARNED, len(vectors)), dtype=np.int64)
    sample = _lengthened(vectors[some], metric).astype(np.float64)
    mean = sample.mean(axis=0)
    _, axes = np.linalg.eigh((sample - mean).T @ (sample - mean))
    return mean.astype(np.float32), np.ascontiguousarray(axes[:, ::-1][:, :_OUTLINE], dtype=np.float32)


class _Outlines:
    """The first components of vectors and the length of what is left, sorted by the first; `order` says of which each is."""

    def __init__(self, vectors: Rows, metric: str, mean: Vectors, basis: Vectors) -> None:
        short = np.empty((len(vectors), basis.shape[1] + 1), dtype=np.float32)
        squares = np.empty(len(vectors), dtype=np.float32)
        for start in range(0, len(vectors), _ACROSS):
            part = _lengthened(vectors[start : start + _ACROSS], metric)
            lengths = (part**2).sum(1)
            part = part - mean
            squares[start : start + _ACROSS] = lengths + (part**2).sum(1)  # what rounding is in proportion to
            main = part @ basis
            short[start : start + _ACROSS, :-1] = main
            left = np.clip((part**2).sum(1) - (main**2).sum(1), 0, None)
            short[start : start + _ACROSS, -1] = np.sqrt(left)
        self.order = np.argsort(short[:, 0], kind="stable")
        self.short, self.squares = short[self.order], squares[self.order]


def _candidates(a: _Outlines, b: _Outlines, rows: slice, columns: slice, most: float) -> tuple[Places, Places]:
    """Return the pairs of a table, by row and column, whose outlines are near."""
    left, right = a.short[rows], b.short[columns]
    half_left = (left**2).sum(1) / 2 - _SLACK / 2 * a.squares[rows]
    half_right = (right**2).sum(1) / 2 - _SLACK / 2 * b.squares[columns]
    table = (
        np.column_stack([left, -half_left, np.ones_like(half_left)])
        @ np.column_stack([right, np.ones_like(half_right), -half_right]).T
    )  # half the squared distance, negative, and what it may be wrong by
    i, j = np.nonzero(table >= -most / 2)
    return i, j


def _lengthened(vectors: Vectors, metric: str) -> Vectors:
    if metric != "cosine":
        return vectors.astype(np.float32, copy=False)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms == 0, 1, norms), dtype=np.float32)


def _distances_of(first: Vectors, second: Vectors, metric: str) -> npt.NDArray[np.float64]:
    """Return the distance of each pair of rows, as `distances` has it."""
    a, b = _ready(first, metric), _ready(second, metric)
    if metric == "cosine":
        return np.asarray(1 - (a * b).sum(1))
    return np.asarray(np.sqrt(((a - b) ** 2).sum(1)))
