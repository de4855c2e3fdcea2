"""Reading numpy files that a person opens: no Python objects, and nothing left open when one is damaged."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fairdesk.errors import RequestError, reason
from fairdesk.words import tr

# What reading raises for a file that is no .npz, a damaged one, one that lacks an array, or one that
# holds Python objects (which would run code).
NOT_NPZ = (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error)


@contextmanager
def open_npz(path: Path) -> Iterator[Any]:
    """Open an .npz for reading its arrays; raises one of `NOT_NPZ` for a bad one."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
        yield data


def unreadable(path: Path, error: BaseException) -> RequestError:
    """Return what to tell a person of one of `NOT_NPZ`."""
    return RequestError(tr("{path} cannot be read as .npz: {error}.", path=path, error=reason(error)))
