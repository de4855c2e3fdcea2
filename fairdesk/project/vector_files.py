"""One file of vectors: its rows read, and whether they can be what was written."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.plain_json import parse
from fairdesk.project.finite import unsound
from fairdesk.project.vector_sums import changed_rows
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
        If the file is missing, its size is none of whole vectors or too small, a number is not finite or too large (none
        such is ever written), a vector is nothing but zeros, as a disk leaves what it had no time to write, and was not
        (`keep_zeros`), or one is not that whose sum was kept (`keep_sums`).
    """
    data = _mapped(path, dim)
    if len(rows) and int(rows.max()) >= len(data):
        raise DamagedFileError(
            tr("it is too short: {there:,} of {all:,} embeddings", there=len(data), all=int(rows.max()) + 1)
        )
    found = np.asarray(data[rows])
    if len(unsound(found)):
        raise DamagedFileError(tr("it holds numbers that are not finite, or too large"))
    if len(_lost(path, rows, found)):
        raise DamagedFileError(tr("it holds embeddings that are nothing but zeros"))
    if len(changed_rows(path, rows, found)):
        raise DamagedFileError(tr("it holds embeddings that are not those that were written"))
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
    sound = np.ones(len(found), dtype=bool)
    for odd in (_lost(path, rows[there], found), unsound(found), changed_rows(path, rows[there], found)):
        sound[odd] = False
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


def seen_as(path: Path, rows: Ids) -> tuple[str, int, int, int, int] | None:
    """Return what tells a file, of which some rows are used, from what it was before; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), len(rows), zlib.crc32(rows.tobytes()), status.st_size, status.st_mtime_ns


def keep_zeros(path: Path, vectors: Floats) -> None:
    """Keep which vectors of a file that is being written are nothing but zeros because their encoder gave that."""
    rows = np.flatnonzero(~vectors.any(axis=1)).tolist()
    if rows:
        _kept_at(path).write_text(json.dumps(rows), encoding="utf-8")
    else:
        _kept_at(path).unlink(missing_ok=True)  # of an earlier file of this number


def _kept_at(path: Path) -> Path:
    return path.with_suffix(".zeros.json")


def _lost(path: Path, rows: Ids, found: Floats) -> Ids:
    """Return the places of vectors that are nothing but zeros and were not when they were written."""
    places = np.flatnonzero(~found.any(axis=1))
    if not len(places):
        return places
    try:
        given = parse(_kept_at(path).read_text(encoding="utf-8"))
        return places[~np.isin(rows[places], np.array(given, dtype=np.int64))]
    except (OSError, ValueError, TypeError):  # none, or nothing that can be trusted
        return places
