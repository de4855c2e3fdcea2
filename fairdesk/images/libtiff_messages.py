"""libtiff, inside Pillow, writes what it finds wrong with a file to standard error; the error says it already."""

from __future__ import annotations

import contextlib
import ctypes
from functools import cache
from pathlib import Path

import PIL


@cache
def silence() -> None:
    """Let libtiff write nothing, where it lies beside Pillow as a library of its own (Linux wheels); else it stays as it is."""
    for path in (Path(PIL.__file__).parent.parent / "pillow.libs").glob("libtiff*"):
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(str(path.resolve()))  # the one that Pillow has loaded
            for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
                setter = getattr(library, name)
                setter.restype, setter.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
                setter(None)
