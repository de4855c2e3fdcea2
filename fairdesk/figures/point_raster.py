"""Many points as pixels: 100,000 of them in a few milliseconds, where drawing them one by one takes seconds."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fairdesk.figures.style import COLOURS

Numbers = npt.NDArray[np.int32]
Pixels = npt.NDArray[np.uint32]
NONE = "#8a8f98"  # of points that are in no category
_FEW = len(COLOURS) - 1  # the last is grey too
_TURN = 0.61803398875  # of the circle of hues, from one colour to the next: no two near ones are alike


def colours(count: int) -> list[str]:
    """Return colours for some categories: those of groups while they last, then hues far from each other."""
    if count <= _FEW:
        return list(COLOURS[:count])
    out = []
    for number in range(count):
        light, strong = (0.45, 0.75) if number % 2 else (0.58, 0.65)
        red, green, blue = colorsys.hls_to_rgb(number * _TURN % 1, light, strong)
        out.append(f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}")
    return out


def as_pixels(named: Sequence[str]) -> Pixels:
    """Return colours (#rrggbb) as pixels (0xffrrggbb)."""
    return np.array([0xFF000000 | int(one[1:], 16) for one in named], dtype=np.uint32)


def blended(pixels: Pixels, behind: int, share: float) -> Pixels:
    """Return colours of which only a share is left over a background."""
    out = np.full(len(pixels), 0xFF000000, dtype=np.uint32)
    for shift in (0, 8, 16):
        mine = ((pixels >> shift) & 0xFF).astype(np.float32)
        theirs = float((behind >> shift) & 0xFF)
        out |= np.round(mine * share + theirs * (1 - share)).astype(np.uint32) << shift
    return out


def _disc(radius: float) -> list[tuple[int, int]]:
    reach = int(np.ceil(radius))
    return [
        (dx, dy)
        for dy in range(-reach, reach + 1)
        for dx in range(-reach, reach + 1)
        if dx * dx + dy * dy <= radius * radius + 0.3
    ]


def draw_points(canvas: Pixels, x: Numbers, y: Numbers, pixels: Pixels, radius: float) -> None:
    """Draw discs over what is on a canvas of shape (height, width); of those that overlap any may show.

    x and y may lie outside of the canvas; `pixels` is a colour for each point.
    """
    height, width = canvas.shape
    reach = int(np.ceil(radius))
    seen = (x >= -reach) & (x < width + reach) & (y >= -reach) & (y < height + reach)
    x, y, pixels = x[seen], y[seen], pixels[seen]
    wide = width + 4 * reach  # a margin, so that no disc has to be cut
    padded = np.empty((height + 4 * reach, wide), dtype=np.uint32)
    inner = padded[2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width]
    inner[:] = canvas
    flat, at = padded.ravel(), (y + 2 * reach).astype(np.int64) * wide + (x + 2 * reach)
    for dx, dy in _disc(radius):
        flat[at + (dy * wide + dx)] = pixels
    canvas[:] = inner
