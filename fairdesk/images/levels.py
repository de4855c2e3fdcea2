"""Pixels of more than 8 bits, or floats, as 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_STRIP = 256  # rows at a time, so that a large picture takes little more memory than its own


def eight_bits(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Scale values to 0 to 255, by the range that they have; what is no number is black.

    From 0 to 1, or from -1 to 1, means floats as networks use them; up to 255 is taken as it is, up to 65,535 as 16
    bits; anything else is stretched from its least to its greatest value.
    """
    low, high = _range(values)
    if values.dtype.kind == "f" and low >= -1.0 and high <= 1.0:
        start, width = (0.0, 1.0) if low >= 0 else (-1.0, 2.0)
    elif low >= 0 and high <= 65535.0:
        start, width = 0.0, 255.0 if high <= 255.0 else 65535.0
    else:
        start, width = low, high - low or 1.0
    out = np.empty(values.shape, dtype=np.uint8)
    for top in range(0, len(values), _STRIP):
        strip = np.nan_to_num(values[top : top + _STRIP].astype(np.float64), nan=low, posinf=high, neginf=low)
        strip -= start
        strip *= 255.0 / width
        strip += 0.5
        out[top : top + _STRIP] = np.clip(strip, 0, 255)
    return out


def _range(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the least and the greatest finite value; 0 and 0 if there is none."""
    low, high = np.inf, -np.inf
    for top in range(0, len(values), _STRIP):
        strip = values[top : top + _STRIP]
        finite = strip[np.isfinite(strip)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else (0.0, 0.0)
