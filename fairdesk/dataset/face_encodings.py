"""Encodings from elsewhere: the original scripts' pickle (imagePath, loc, encoding of each face), the same as JSON or CSV, and .npz.

A pickle is never run: it goes through `images/careful_pickles.py`, which knows lists, texts and numbers only.
"""

from __future__ import annotations

import csv
import json
import pickle
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.near_vectors import Rows
from fairdesk.dataset.table_files import read_table, read_text
from fairdesk.errors import RequestError, reason
from fairdesk.images import careful_pickles
from fairdesk.images.table_cells import safe_row
from fairdesk.plain_json import parse
from fairdesk.project.finite import to_float32, unsound, why_unsound
from fairdesk.project.npz import NOT_NPZ, numbers, open_npz, texts
from fairdesk.words import mark, tr

Vector = npt.NDArray[np.float32]
Box = tuple[int, int, int, int]
_AT_ONCE = 4096  # faces whose vectors are in memory while they are written
PICKLES, OTHERS = (".pickle", ".pkl", ".dat"), (".json", ".csv", ".npz")
BOX = ("top", "right", "bottom", "left")
CONTENT = "sha256"  # of each face's image, as hex: an array of an .npz
_MOST = 2**31
_KINDS = {
    dict: mark("a dictionary"),
    set: mark("a set"),
    str: mark("text"),
    int: mark("a number"),
    type(None): mark("empty"),
}


class Encoding(NamedTuple):
    """One face: the path of its image, its box (top, right, bottom, left) where it is known, its vector, and the image's SHA-256 where that is said."""

    path: str
    box: tuple[int, int, int, int] | None
    vector: Vector
    sha256: str | None = None


def read_encodings(path: Path) -> list[Encoding]:
    """Read encodings; those of one file have one dimension. Their numbers need not be finite: ask `fault_of`.

    Raises
    ------
    RequestError
        If the file is none of these, needs code to be run, or an entry is not what it must be; names the entry.
    """
    ending = path.suffix.lower()
    try:
        if ending in PICKLES:
            found = _of_dictionaries(path, careful_pickles.plain(careful_pickles.load(path.read_bytes())))
        elif ending == ".json":
            found = _of_dictionaries(path, parse(read_text(path)))
        elif ending == ".csv":
            found = _of_table(path)
        elif ending == ".npz":
            found = _of_npz(path)
        else:
            raise RequestError(
                tr("{path}: encodings are read from {endings}.", path=path, endings=", ".join((*PICKLES, *OTHERS)))
            )
    except pickle.UnpicklingError as error:
        raise RequestError(
            tr(
                "{path} is no list of {{imagePath, loc, encoding}} that can be read without running code: {error}. "
                "Save the encodings as lists or numpy arrays of numbers, or as .json or .npz.",
                path=path,
                error=error,
            )
        ) from error
    except _DAMAGED as error:
        raise RequestError(tr("{path} cannot be read as encodings: {error}", path=path, error=reason(error))) from error
    if not found:
        raise RequestError(tr("{path} holds no encodings.", path=path))
    sizes = {len(one.vector) for one in found}
    if len(sizes) > 1:
        raise RequestError(
            tr(
                "{path} holds encodings of different lengths: {sizes}.",
                path=path,
                sizes=", ".join(map(str, sorted(sizes))),
            )
        )
    return found


def fault_of(one: Encoding) -> str | None:
    """Return why an encoding's vector cannot be compared with others."""
    if len(unsound(one.vector[None])):
        return why_unsound()
    return None if one.vector.any() else tr("its embedding is all zeros")


_DAMAGED = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    MemoryError,
    RecursionError,
    *NOT_NPZ,
)


def _of_dictionaries(path: Path, found: Any) -> list[Encoding]:
    if not isinstance(found, list):
        raise RequestError(
            tr(
                "{path} must be a list of {{imagePath, loc, encoding}}; it is {type}.",
                path=path,
                type=tr(_KINDS.get(type(found), mark("something else"))),
            )
        )
    return [_entry(path, number, one) for number, one in enumerate(found, 1)]


def _entry(path: Path, number: int, one: Any) -> Encoding:
    if not isinstance(one, dict) or "imagePath" not in one or "encoding" not in one:
        raise RequestError(tr("{path}: entry {number} has no imagePath and encoding.", path=path, number=number))
    name = one["imagePath"]
    if not isinstance(name, str) or not name:
        raise RequestError(tr("{path}: the imagePath of entry {number} is no text.", path=path, number=number))
    return Encoding(name, _box(path, number, one.get("loc")), _vector(path, number, one["encoding"]))


def _box(path: Path, number: int, given: Any) -> tuple[int, int, int, int] | None:
    """Return a box as (top, right, bottom, left); None where none is given."""
    if given is None:
        return None
    try:
        top, right, bottom, left = (round(float(side)) for side in given)
    except (TypeError, ValueError, OverflowError):
        top = right = bottom = left = 0
    if not (top < bottom and left < right) or max(map(abs, (top, right, bottom, left))) >= _MOST:
        raise RequestError(
            tr(
                "{path}: the box of entry {number} is not (top, right, bottom, left) of a face.",
                path=path,
                number=number,
            )
        )
    return top, right, bottom, left


def _vector(path: Path, number: int, given: Any) -> Vector:
    try:
        vector = to_float32(given)
        sound = vector.ndim == 1 and 2 <= len(vector) <= 65536
    except (TypeError, ValueError, OverflowError):
        sound = False
    if not sound:
        raise RequestError(
            tr("{path}: the encoding of entry {number} is not a list of numbers.", path=path, number=number)
        )
    return vector


def _of_table(path: Path) -> list[Encoding]:
    table = read_table(path)
    at = {name.lower(): place for place, name in reversed(list(enumerate(table.header)))}
    where = next((at[name] for name in ("path", "imagepath", "image") if name in at), None)
    numbers = [at[f"v{n}"] for n in range(len(table.header)) if f"v{n}" in at]
    if where is None or len(numbers) < 2:
        raise RequestError(
            tr("{path} needs the columns path, v0, v1, ..., and perhaps top, right, bottom, left.", path=path)
        )
    boxed = all(side in at for side in BOX)
    out = []
    for number, row in enumerate(table.rows, 1):
        sides = [row[at[side]] for side in BOX] if boxed else []
        box = _box(path, number, sides) if any(sides) else None
        out.append(Encoding(row[where], box, _vector(path, number, [row[place] for place in numbers])))
    return out


def _of_npz(path: Path) -> list[Encoding]:
    with open_npz(path) as data:
        vectors, paths = to_float32(numbers(data, "vectors")), texts(data, "paths")
        boxes = numbers(data, "boxes").tolist() if "boxes" in data else [None] * len(vectors)
        sums = texts(data, CONTENT).tolist() if CONTENT in data else [""] * len(vectors)
    if vectors.ndim != 2 or paths.ndim != 1 or not len(vectors) == len(paths) == len(boxes) == len(sums):
        raise RequestError(tr("{path}: vectors, paths and boxes must be of the same faces.", path=path))
    rows = zip(paths.tolist(), boxes, vectors, sums, strict=True)
    return [
        Encoding(name, _box(path, n, box), _vector(path, n, vector), str(content).strip().lower() or None)
        for n, (name, box, vector, content) in enumerate(rows, 1)
    ]


class Written(NamedTuple):
    """Faces to write: the paths of their images, their boxes, and their vectors, which are read as they are written."""

    paths: Sequence[str]
    boxes: Sequence[Box | None]
    vectors: Rows
    dim: int

    def each(self) -> Iterator[Encoding]:
        """Yield them one by one."""
        for start in range(0, len(self.paths), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            rows = zip(self.paths[part], self.boxes[part], self.vectors[part], strict=True)
            yield from (Encoding(path, box, vector) for path, box, vector in rows)


def written(found: Sequence[Encoding]) -> Written:
    """Return encodings that were read as faces to write."""
    vectors = np.array([one.vector for one in found], dtype=np.float32)
    return Written([one.path for one in found], [one.box for one in found], vectors, vectors.shape[1])


def write_encodings(path: Path, found: Written, more: dict[str, Any] | None = None) -> None:
    """Write encodings as .json (the original's list), .csv or .npz; `more` are further columns of a .csv or .npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    if path.suffix.lower() == ".json":
        with part.open("w", encoding="utf-8") as file:
            for number, one in enumerate(found.each()):
                box = None if one.box is None else list(one.box)
                entry = {"imagePath": one.path, "loc": box, "encoding": one.vector.tolist()}
                file.write(("[" if not number else ", ") + json.dumps(entry, ensure_ascii=False))
            file.write("]" if len(found.paths) else "[]")
    elif path.suffix.lower() == ".csv":
        with part.open("w", encoding="utf-8", newline="") as file:
            _write_rows(csv.writer(file, lineterminator="\n"), found, more or {})
    else:
        _write_npz(part, found, more or {})
    part.replace(path)


def _write_rows(writer: Any, found: Written, more: dict[str, Sequence[str]]) -> None:
    writer.writerow(["path", *BOX, *more, *(f"v{n}" for n in range(found.dim))])
    columns: Iterable[tuple[str, ...]] = zip(*more.values(), strict=True) if more else [()] * len(found.paths)
    for one, cells in zip(found.each(), columns, strict=True):
        writer.writerow([*safe_row([one.path, *(one.box or ("",) * 4), *cells]), *map(str, one.vector)])


def _write_npz(path: Path, found: Written, more: dict[str, Any]) -> None:
    """Write what `numpy.savez` would, a part of each array at a time."""
    count = len(found.paths)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        _write_texts(archive, "paths", found.paths)
        parts = (found.vectors[slice(start, start + _AT_ONCE)] for start in range(0, count, _AT_ONCE))
        _write_array(archive, "vectors", np.dtype("<f4"), (count, found.dim), parts)
        for name, values in more.items():
            if isinstance(values, str | bool | np.ndarray):
                array = np.asarray(values)
                starts = range(0, len(array), _AT_ONCE) if array.ndim else ()
                _write_array(
                    archive,
                    name,
                    array.dtype,
                    array.shape,
                    (array[at : at + _AT_ONCE] for at in starts) if array.ndim else [array],
                )
            else:
                _write_texts(archive, name, values)
        if all(box is not None for box in found.boxes):
            boxes = (
                np.array(found.boxes[start : start + _AT_ONCE], dtype="<i4") for start in range(0, count, _AT_ONCE)
            )
            _write_array(archive, "boxes", np.dtype("<i4"), (count, 4) if count else (0,), boxes)


def _write_texts(archive: zipfile.ZipFile, name: str, texts: Sequence[str]) -> None:
    """Write texts as numpy keeps them: all as long as the longest."""
    kind = np.dtype(f"<U{max(map(len, texts), default=1) or 1}")
    parts = (np.array(texts[start : start + _AT_ONCE], dtype=kind) for start in range(0, len(texts), _AT_ONCE))
    _write_array(archive, name, kind, (len(texts),), parts)


def _write_array(
    archive: zipfile.ZipFile, name: str, kind: np.dtype[Any], shape: tuple[int, ...], parts: Iterable[npt.NDArray[Any]]
) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        head = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, head)
        for part in parts:
            file.write(np.ascontiguousarray(part, dtype=kind).tobytes())
