"""One file of vectors: its rows read, and whether they can be what was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.project.finite import unsound
from fairdesk.words import tr

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
_AT_ONCE = 16_384  # rows that are in memory at once


class DamagedFileError(Exception):
    """A file of vectors that is not what was written; its text says why."""


def read_rows(path: Path, dim: int, rows: Ids) -> Floats:
    """Return rows of a file of float32 vectors, shape (n, dim); of a large file few pages are read.

    Raises
    ------
    DamagedFileError
        If the file is missing, its size is none of whole vectors or too small, a number is not finite (none such is ever
        written), or all of it is zeros, as a disk leaves what it had no time to write.
    """
    data = _mapped(path, dim)
    if len(rows) and int(rows.max()) >= len(data):
        raise DamagedFileError(
            tr("it is too short: {there:,} of {all:,} embeddings", there=len(data), all=int(rows.max()) + 1)
        )
    found = np.asarray(data[rows])
    if len(unsound(found)):
        raise DamagedFileError(tr("it holds numbers that are not finite"))
    if len(data) > 1 and len(found) and not found.any() and not _any(data):
        raise DamagedFileError(tr("it holds nothing but zeros"))
    return found


def sound_rows(path: Path, dim: int, rows: Ids) -> tuple[Ids, Floats] | None:
    """Return (places in `rows`, their vectors) of those that can be used yet; None where nothing is wrong with the file."""
    try:
        for start in range(0, len(rows), _AT_ONCE):
            read_rows(path, dim, rows[start : start + _AT_ONCE])
        return None
    except DamagedFileError:
        pass
    try:
        whole = np.fromfile(path, dtype="<f4")
    except OSError:
        return np.empty(0, dtype=np.int64), np.empty((0, dim), dtype=np.float32)
    data = whole[: len(whole) // dim * dim].reshape(-1, dim)
    good = np.zeros(len(rows), dtype=bool)
    there = rows < len(data)
    found = data[rows[there]]
    sound: npt.NDArray[np.bool_] = (found != 0).any(axis=1)
    sound[unsound(found)] = False
    good[there] = sound
    return np.flatnonzero(good), found[sound]


def _mapped(path: Path, dim: int) -> Floats:
    try:
        size = path.stat().st_size
        if size % (4 * dim):
            raise DamagedFileError(tr("its {size:,} bytes are no whole number of embeddings", size=size))
        if not size:
            raise DamagedFileError(tr("it is empty"))
        return np.memmap(path, dtype="<f4", mode="r").reshape(-1, dim)
    except FileNotFoundError as error:
        raise DamagedFileError(tr("it is missing")) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DamagedFileError(tr("it cannot be read: {error}", error=why)) from error


def _any(data: Floats) -> bool:
    return any(data[start : start + _AT_ONCE].any() for start in range(0, len(data), _AT_ONCE))
