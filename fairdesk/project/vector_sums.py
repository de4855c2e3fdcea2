"""A checksum (CRC-32) of each vector of a file, kept beside it: numbers that were overwritten by other numbers are noticed.

Each entry is two little-endian 32-bit numbers, the sum and its complement, so that an entry that is damaged itself, blanked or
not there says nothing of its vector. Files that were written before there were sums have none, and are not checked for it.
"""

from __future__ import annotations

import itertools
import os
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
_ENTRY = 8  # bytes


def keep_sums(path: Path, vectors: Floats) -> None:
    """Keep the sums of all vectors of a file, shape (n, dim), in place of an earlier file's; written to disk before the vectors are named anywhere."""
    sums, kept = _sums(vectors), _kept_at(path)
    if kept.is_dir() and not kept.is_symlink():  # nobody of this program made it: it stays, under another name
        names = (kept.with_name(f"{kept.name}.aside{number or ''}") for number in itertools.count())
        kept.rename(next(name for name in names if not os.path.lexists(name)))
    with _kept_at(path).open("wb") as file:
        file.write(np.stack([sums, ~sums], axis=1).astype("<u4").tobytes())
        file.flush()
        os.fsync(file.fileno())


def changed_rows(path: Path, rows: Ids, found: Floats) -> Ids:
    """Return the places of vectors, read from some rows of a file, that are not what was written."""
    there, sums = _told(path, rows)
    changed: Ids = there[sums != _sums(found[there])]
    return changed


def places_without(path: Path, rows: Ids) -> Ids:
    """Return the places of those of some rows that have no sum that can be trusted: overwritten numbers would not be noticed there."""
    return np.setdiff1d(np.arange(len(rows)), _told(path, rows)[0])


def has_sums(path: Path) -> bool:
    """Whether sums were kept of a file; of one that was written before there were sums none were."""
    return os.path.lexists(_kept_at(path))


def _told(path: Path, rows: Ids) -> tuple[Ids, npt.NDArray[np.uint32]]:
    """Return the places of those rows that have a sound entry, and their sums; a file that was cut has those before the cut."""
    try:
        kept = np.memmap(_kept_at(path), dtype=np.uint8, mode="r")
    except (OSError, ValueError):  # none, or an empty one
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint32)
    entries = kept[: len(kept) // _ENTRY * _ENTRY].view("<u4").reshape(-1, 2)
    there = np.flatnonzero(rows < len(entries))
    told = np.asarray(entries[rows[there]])
    sound = told[:, 0] == ~told[:, 1]
    return there[sound], told[sound, 0]


def forget_sums(path: Path, row: int | None = None) -> None:
    """Blank the sum of one vector, which is erased, or drop all with their file."""
    kept = _kept_at(path)
    try:
        if row is None:
            kept.unlink()
        elif (row + 1) * _ENTRY <= kept.stat().st_size:
            with kept.open("r+b") as file:
                file.seek(row * _ENTRY)
                file.write(bytes(_ENTRY))
    except OSError:  # there are none
        return


def _kept_at(path: Path) -> Path:
    return path.with_suffix(".sums")


def _sums(vectors: Floats) -> npt.NDArray[np.uint32]:
    if not vectors.size:
        return np.zeros(len(vectors), dtype=np.uint32)
    data = np.ascontiguousarray(vectors, dtype="<f4")
    rows = data.view(f"V{data.itemsize * data.shape[1]}").ravel().tolist()
    return np.fromiter(map(zlib.crc32, rows), dtype=np.uint32, count=len(rows))
