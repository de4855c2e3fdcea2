"""Nearly the same: perceptual hashes that differ in few bits, vectors that are close."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

_BITS = 64
_BLOCK, _ACROSS = 2048, 8192  # rows and columns of the distance table at a time
_PAIRS = 65536  # whose distance is computed exactly at a time
_SLACK = 1e-4  # of the squares: what products in 32 bits may be wrong by, many times over

Vectors = npt.NDArray[np.float32]


def near_hashes(first: list[int], second: list[int], distance: int) -> list[tuple[int, int, int]]:
    """Return (i, j, bits) of all hashes that differ in at most `distance` bits.

    Exact: cut into distance + 1 bands, two such hashes agree in one of them (pigeonhole).
    """
    bands = distance + 1
    edges = [round(_BITS * n / bands) for n in range(bands + 1)]
    found: dict[tuple[int, int], int] = {}
    for low, high in pairwise(edges):
        mask = (1 << (high - low)) - 1
        table: dict[int, list[int]] = {}
        for j, value in enumerate(second):
            table.setdefault(value >> low & mask, []).append(j)
        for i, value in enumerate(first):
            for j in table.get(value >> low & mask, ()):
                if (i, j) not in found:
                    bits = (value ^ second[j]).bit_count()
                    if bits <= distance:
                        found[i, j] = bits
    return sorted((i, j, bits) for (i, j), bits in found.items())


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


def near_vectors(
    first: Vectors, second: Vectors, metric: str, limit: float, *, once: bool = False
) -> list[tuple[int, int, float]]:
    """Return (i, j, distance) of all vectors at most `limit` apart, in order; with `once` those with i < j alone.

    Products of blocks in 32 bits tell which pairs may be near, 64 bits which are: a million vectors take no more memory
    than they have themselves, and a block.
    """
    out: list[tuple[int, int, float]] = []
    for start in range(0, len(first), _BLOCK):
        a = _lengthened(first[start : start + _BLOCK], metric)
        found: list[tuple[int, int, float]] = []
        for begin in range(start if once else 0, len(second), _ACROSS):
            b = _lengthened(second[begin : begin + _ACROSS], metric)
            squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None]
            most = limit**2 if metric == "euclidean" else 2 * limit  # of unit vectors: half the squared distance
            rows, columns = np.nonzero(squares - 2 * (a @ b.T) <= most + _SLACK * squares)
            if once:
                later = begin + columns > start + rows
                rows, columns = rows[later], columns[later]
            for part in range(0, len(rows), _PAIRS):
                i, j = start + rows[part : part + _PAIRS], begin + columns[part : part + _PAIRS]
                exact = _distances_of(first[i], second[j], metric)
                near = exact <= limit
                found += zip(i[near].tolist(), j[near].tolist(), exact[near].tolist(), strict=True)
        out += sorted(found)
    return out


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


SAME_PICTURE = 0.96  # correlation of two grey 64 x 64 pictures

# Why 0.96: of 155 photographs of Labeled Faces in the Wild and FaceScrub, whole and aligned, and 216 drawn faces, no
# two people reach 0.945, while one picture saved again at JPEG quality 40, halved, or brightened by 30 % stays above
# 0.97. Hashes alone took drawn faces of different people for one picture.


def look_of(image: Image.Image) -> npt.NDArray[np.float32]:
    """Return a picture as a unit vector: grey, 64 x 64, its mean removed. The product of two is their correlation."""
    grey = np.asarray(image.convert("L").resize((64, 64), Image.Resampling.BILINEAR), dtype=np.float32).ravel()
    grey = grey - grey.mean()
    length = float(np.linalg.norm(grey))
    return np.asarray(grey / length, dtype=np.float32) if length else grey


def confirmed(
    pairs: list[tuple[int, int, int]], first: Callable[[int], Image.Image], second: Callable[[int], Image.Image]
) -> list[tuple[int, int, int]]:
    """Keep the pairs of near hashes whose pictures correlate too; each picture is opened once."""
    looks: dict[tuple[int, int], npt.NDArray[np.float32]] = {}

    def look(side: int, number: int) -> npt.NDArray[np.float32]:
        if (side, number) not in looks:
            looks[side, number] = look_of((first if side == 0 else second)(number))
        return looks[side, number]

    out = []
    for i, j, bits in pairs:
        a, b = look(0, i), look(1, j)
        flat = not a.any() and not b.any()  # two pictures of one colour each
        if flat or float(a @ b) >= SAME_PICTURE:
            out.append((i, j, bits))
    return out
