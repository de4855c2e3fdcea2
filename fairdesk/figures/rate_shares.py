"""How bright a cell of a heat map of rates is, by the rate's logarithm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_LEAST = 1.0  # decades that the colours span at least, so that rates nearly alike look alike
_APART = 0.3  # decades between no error and the lowest rate seen: they are never one colour


def rate_shares(rates: Array) -> Array:
    """Return for each rate how far up the colours it stands, 0 to 1: 0 where it is 0, NaN where there is none."""
    known = rates[np.isfinite(rates) & (rates > 0)]
    if not len(known):
        return np.where(np.isnan(rates), np.nan, 0.0)
    top = float(np.log10(known.max()))
    bottom = min(float(np.log10(known.min())), top - _LEAST) - _APART
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.clip((np.log10(rates) - bottom) / (top - bottom), 0, 1))
