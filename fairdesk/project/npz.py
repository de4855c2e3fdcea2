"""Reading numpy files that a person opens: no Python objects, and nothing left open when one is damaged."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError, reason
from fairdesk.words import tr

# What reading raises for a file that is no .npz, a damaged one, one that lacks an array, or one that
# holds Python objects (which would run code).
NOT_NPZ = (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error)


_DAMAGED = (TokenError, SyntaxError, EOFError, NotImplementedError, RuntimeError, struct.error, zlib.error)
"""What is raised besides for headers that are no headers, and for zip files that are locked or packed in other ways."""


@contextmanager
def open_npz(path: Path) -> Iterator[Any]:
    """Open an .npz for reading its arrays; raises one of `NOT_NPZ` for a bad one."""
    with path.open("rb") as file:
        try:
            found = np.load(file, allow_pickle=False)
            if not isinstance(found, np.lib.npyio.NpzFile):
                raise ValueError(tr("it is one array (.npy); save it with numpy.savez(FILE, NAME=array)"))
            with found as data:
                yield data
        except _DAMAGED as error:
            raise ValueError(tr("it is damaged, or another kind of file")) from error


def names_of_arrays(path: Path) -> list[str]:
    """Return what the arrays of a file are called; nothing where it is no such file."""
    try:
        with open_npz(path) as data:
            return list(data.files)
    except NOT_NPZ:
        return []


def numbers(data: Any, name: str) -> npt.NDArray[Any]:
    """Return an array of numbers of an open file. Raises one of `NOT_NPZ`."""
    found = data[name]
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiubc":
        raise ValueError(tr("its array {name} holds no numbers", name=name))
    return found


def texts(data: Any, name: str) -> npt.NDArray[np.str_]:
    """Return an array of texts of an open file; of bytes as UTF-8, of whole numbers as they are written. Raises one of `NOT_NPZ`."""
    found = data[name]
    if isinstance(found, np.ndarray) and found.dtype.kind == "S":
        return np.strings.decode(found, "utf-8").astype(np.str_)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "Uiu":
        raise ValueError(tr("its array {name} holds no texts", name=name))
    return found.astype(np.str_)


def unreadable(path: Path, error: BaseException) -> RequestError:
    """Return what to tell a person of one of `NOT_NPZ`."""
    return RequestError(tr("{path} cannot be read as .npz: {error}.", path=path, error=reason(error)))
