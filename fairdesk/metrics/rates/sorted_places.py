"""Where thresholds stand among sorted scores: one of them, or many at once."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]
Side = Literal["left", "right"]

_PIECE = 1 << 17  # thresholds in one step
_SMALL = 1 << 10  # thresholds up to which numpy's own search is quicker


def place_of(values: Floats, threshold: float, side: Side = "left") -> int:
    """Return where a threshold of 64 bits stands among sorted scores; those of 32 bits are not copied for it."""
    if values.dtype.itemsize >= 8:
        return int(values.searchsorted(threshold, side))
    with np.errstate(over="ignore"):
        near = values.dtype.type(threshold)
    if side == "left" and near < np.float64(threshold):
        near = np.nextafter(near, values.dtype.type(np.inf))
    elif side == "right" and near > np.float64(threshold):
        near = np.nextafter(near, values.dtype.type(-np.inf))
    return int(values.searchsorted(near, side))


def places_of(values: Floats, thresholds: Floats, side: Side = "left") -> Ints:
    """Return where each of the sorted thresholds stands among the sorted values, as numpy's `searchsorted` does.

    That waits for the memory at each step of each bisection. Here all thresholds of a piece take each step together, and
    begin in the right block of values, which is found by searching the blocks' ends among the thresholds.
    """
    if len(thresholds) <= _SMALL or not len(values):
        return values.searchsorted(thresholds, side)
    out = np.empty(len(thresholds), dtype=np.int64)
    for start in range(0, len(thresholds), _PIECE):
        piece = thresholds[start : start + _PIECE]
        first, last = (int(values.searchsorted(piece[end], side)) for end in (0, -1))
        found = _bisect(values[first : last + 1], piece, side) if last > first else 0
        out[start : start + _PIECE] = first + found
    return out


def _bisect(values: Floats, thresholds: Floats, side: Side) -> Ints:
    size = 1 << ((len(values) // len(thresholds)).bit_length() + 5)  # of a block; some 32 thresholds each
    ends = thresholds.searchsorted(values[size - 1 :: size], "right" if side == "left" else "left")
    below = np.repeat(np.arange(len(ends) + 1) * size, np.diff(ends, prepend=0, append=len(thresholds)))
    probe, seen = np.empty_like(below), np.empty_like(values, shape=len(thresholds))
    passed = np.less if side == "left" else np.less_equal
    while size > 1:
        size //= 2
        np.add(below, size - 1, out=probe)
        values.take(probe, out=seen, mode="clip")
        np.multiply(passed(seen, thresholds), size, out=probe)
        below += probe
    return np.minimum(below, len(values))
