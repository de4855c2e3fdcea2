"""Pickles of pictures and flags, read without running code and without letting few bytes ask for much memory.

Nothing that a file names is called: each name stands for a check of its own, and an array is built only from as many
bytes as the file holds for it.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
import struct
from functools import partial
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from fairdesk.images.pickle_sizes import TooLargeError, TupleSizes, need_in_proportion
from fairdesk.words import tr

_KINDS = frozenset(f"{kind}{size}" for kind in "iuf" for size in (1, 2, 4, 8)) | {"b1"}
_MOST_DIMENSIONS = 4
_DAMAGED = (
    pickle.UnpicklingError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    EOFError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    struct.error,
)


class Refused(pickle.UnpicklingError):
    """What a pickle may not hold, or lacks, in words for people."""


def load(data: bytes) -> Any:
    """Return the lists, bytes, flags and plain arrays of a pickle.

    Raises
    ------
    pickle.UnpicklingError
        If it needs anything else, claims more than it holds, or is damaged; says which.
    """
    try:
        _check(data)
        found = _Careful(io.BytesIO(data), encoding="bytes").load()
        need_in_proportion(found, len(data), _size_of)
        return found
    except Refused:
        raise
    except TooLargeError:
        raise Refused(tr("it holds the same lists again and again, or itself")) from None
    except _DAMAGED as error:
        raise Refused(tr("it is damaged, or another kind of file")) from error


def _check(data: bytes) -> None:
    """Refuse places in the memo, and lengths, that the file is too short for."""
    tuples = TupleSizes()
    for number, (operation, argument, _) in enumerate(pickletools.genops(data)):
        if operation.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > number + 1:
            raise Refused(tr("it asks for memory that nothing in it needs"))
        if operation.name in ("NEXT_BUFFER", "PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4"):
            raise Refused(tr("it holds {operation}", operation=operation.name))
        tuples.follow(operation.name, argument)


def _size_of(one: Any) -> int:
    """Return the size of a text, of bytes or of an array, in letters or bytes; 1 for all else."""
    if isinstance(one, _Array):
        return 1 + (0 if one._values is None else one._values.nbytes)
    return 1 + len(one) if isinstance(one, str | bytes) else 1


class _Dtype:
    """What a pickle says of the kind of an array's numbers."""

    def __init__(self, name: Any, *_: Any) -> None:
        text = name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)
        if re.fullmatch(r"[<>|=]?[US]\d*", text):
            raise Refused(tr("a numpy string; write the paths as plain text: str(path)"))
        if text.lstrip("<>|=") not in _KINDS:
            raise Refused(tr("an array of {text}", text=text[:20]))
        self.kind = np.dtype(text)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1].decode("ascii", "replace") if isinstance(state[1], bytes) else state[1]
        if order == ">":
            self.kind = self.kind.newbyteorder(">")


class _Array:
    """What a pickle says of an array; `values` once it is whole."""

    _values: np.ndarray[Any, Any] | None = None

    @property
    def values(self) -> np.ndarray[Any, Any]:
        """Its numbers. Raises `UnpicklingError` where the pickle names an array and never says what is in it."""
        if self._values is None:
            raise Refused(tr("an array without its numbers"))
        return self._values

    @values.setter
    def values(self, numbers: np.ndarray[Any, Any]) -> None:
        self._values = numbers

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, raw = state
        self.values = _filled(raw, kind, shape, "F" if fortran else "C")


def _filled(raw: Any, kind: Any, shape: Any, order: Any = "C") -> np.ndarray[Any, Any]:
    if isinstance(raw, str):
        raw = raw.encode("latin1")
    if not isinstance(raw, bytes | bytearray) or not isinstance(kind, _Dtype) or not isinstance(shape, tuple):
        raise Refused(tr("an array of something else than numbers"))
    if len(shape) > _MOST_DIMENSIONS or not all(isinstance(side, int) and side >= 0 for side in shape):
        raise Refused(tr("an array of an absurd shape"))
    if math.prod(shape) * kind.kind.itemsize != len(raw):
        raise Refused(tr("an array that claims {shape} numbers in {count:,} bytes", shape=shape, count=len(raw)))
    return np.frombuffer(bytes(raw), kind.kind).reshape(shape, order="F" if order in ("F", b"F") else "C")


def _from_buffer(raw: Any, kind: Any, shape: Any, order: Any = "C") -> _Array:
    made = _Array()
    made.values = _filled(raw, kind, shape, order)
    return made


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _scalar(kind: Any, raw: Any = b"") -> Any:
    return _filled(raw, kind, ()).item()


def _encode(text: Any, how: Any = "latin1") -> bytes:
    if not isinstance(text, str) or how not in ("latin1", b"latin1", "latin-1"):
        raise Refused(tr("bytes in an odd encoding"))
    return text.encode("latin1")


def _no_array(*_: Any) -> None:
    raise Refused(tr("an array made by hand"))


_ARRAYS = ("numpy", "numpy.core.multiarray", "numpy.core.numeric")
_NAMES = {"_reconstruct": _reconstruct, "dtype": _Dtype, "scalar": _scalar, "_frombuffer": _from_buffer}


_PATHS: dict[str, type[PurePosixPath] | type[PureWindowsPath]] = {
    "PosixPath": PurePosixPath,
    "PurePosixPath": PurePosixPath,
    "WindowsPath": PureWindowsPath,
    "PureWindowsPath": PureWindowsPath,
}


def _path(kind: type[PurePosixPath] | type[PureWindowsPath], *parts: Any) -> str:
    """Return a path as text; no file is looked at."""
    texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else part for part in parts]
    if not all(isinstance(part, str) for part in texts):
        raise Refused(tr("a path that is no text"))
    return str(kind(*texts))


def plain(found: Any) -> Any:
    """Return what was read with texts in place of bytes and numpy's arrays in place of what was said of them.

    Raises
    ------
    pickle.UnpicklingError
        If it is nested too deep, holds itself, or an array is without its numbers.
    """
    try:
        return _plain(found)
    except RecursionError:
        raise Refused(tr("it is nested too deep")) from None


def _plain(found: Any) -> Any:
    if isinstance(found, bytes):
        return found.decode("utf-8", "replace")
    if isinstance(found, _Array):
        return found.values
    if isinstance(found, list | tuple):
        return [_plain(one) for one in found]
    if isinstance(found, dict):
        return {_plain(key): _plain(value) for key, value in found.items() if isinstance(key, str | bytes)}
    return found


class _Careful(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        where = module.replace("numpy._core", "numpy.core")
        if module in ("pathlib", "pathlib._local") and name in _PATHS:
            return partial(_path, _PATHS[name])
        if (where, name) == ("_codecs", "encode"):
            return _encode
        if where in _ARRAYS and name == "ndarray":
            return _no_array
        if where in _ARRAYS and name in _NAMES:
            return _NAMES[name]
        raise Refused(tr("it needs {module}.{name}", module=module, name=name))


def as_picture(one: Any) -> bytes | np.ndarray[Any, Any]:
    """Return an encoded picture (bytes, or an array of them), or the pixels of a decoded one. Raises `UnpicklingError`."""
    if isinstance(one, _Array):
        values = one.values
        if values.dtype == np.uint8 and values.ndim == 1:
            return values.tobytes()
        if (
            values.dtype == np.uint8
            and (values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (1, 3)))
            and values.size
        ):
            return values
        raise Refused(
            tr(
                "its images are decoded to the shape {shape} of {kind}; write them as JPEG or PNG bytes",
                shape=values.shape,
                kind=values.dtype,
            )
        )
    if isinstance(one, bytes):
        return one
    raise Refused(tr("an image is a {type}, not encoded bytes", type=type(one).__name__))


def as_pictures(found: Any) -> list[Any]:
    """Return a list of pictures, of which an array may hold all. Raises `UnpicklingError`."""
    if isinstance(found, _Array) and found.values.ndim == 4:
        pictures = []
        for values in found.values:
            one = _Array()
            one.values = values
            pictures.append(one)
        return pictures
    return as_list(found)


_PICTURES = ("bins", "images", "imgs", "pictures", "data")
_FLAGS = ("issame_list", "issame", "is_same", "same", "labels", "label")


def two_lists(found: Any) -> tuple[Any, Any]:
    """Return the pictures and the flags of a pair, or of a dictionary of them. Raises `UnpicklingError`."""
    if isinstance(found, dict):
        named = {
            name.decode("latin1") if isinstance(name, bytes) else str(name): value for name, value in found.items()
        }
        pictures, flags = (next((name for name in names if name in named), None) for names in (_PICTURES, _FLAGS))
        if pictures is None or flags is None or len(named) != 2:
            raise Refused(
                tr("a dictionary of {names}, not of bins and issame_list", names=", ".join(sorted(named)[:5]))
            )
        return named[pictures], named[flags]
    if not isinstance(found, list | tuple) or len(found) != 2:
        raise Refused(tr("a {type} in place of two lists", type=type(found).__name__))
    return found[0], found[1]


def as_list(found: Any) -> list[Any]:
    """Return a list, or an array's numbers. Raises `UnpicklingError`."""
    if isinstance(found, _Array):
        return list(found.values.ravel().tolist())
    if isinstance(found, list | tuple):
        return list(found)
    raise Refused(tr("a {type} in place of a list", type=type(found).__name__))
