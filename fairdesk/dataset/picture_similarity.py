"""Nearly the same: perceptual hashes that differ in few bits, and pictures that correlate."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

_BITS = 64


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
