"""Which vectors can be compared: one number that is not finite makes every distance to it wrong without a word."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.words import tr


def to_float32(vectors: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return numbers as they are stored; what is too large becomes infinite, which `unsound` finds.

    Raises
    ------
    ValueError, TypeError
        If they are no numbers, or complex ones.
    """
    given = np.asarray(vectors)
    if given.dtype.kind == "c":
        raise TypeError(tr("complex numbers"))
    with np.errstate(over="ignore", invalid="ignore"):
        return given.astype(np.float32, copy=False)


def unsound(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the rows whose distance to a vector of their own length is not finite in float32: NaN, infinite, too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.flatnonzero(~np.isfinite(4 * np.einsum("ij,ij->i", vectors, vectors)))


def why_unsound() -> str:
    """Return what to say of such a vector."""
    return tr("the embedding has numbers that are not finite, or too large")
