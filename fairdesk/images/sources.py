"""Where a picture's bytes come from: a file, or a member of an archive that is never unpacked.

A member's path is the archive's path and then its name within it: ``faces.zip/African/m.01/1.jpg``,
``train.rec/12/345.jpg`` (label and record of a `.rec`). Everything that opens pictures goes through here.
"""

from __future__ import annotations

import os
import tarfile
import threading
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path, PurePosixPath
from typing import Protocol

from fairdesk.errors import RequestError
from fairdesk.images.recordio import RecordFile

_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".rec")
_KEPT = 4  # archives held open in a process
MAX_MEMBER = 1 << 30  # bytes: a larger member is a film or a bomb, not a photograph


class MemberError(OSError):
    """A member that cannot be read; the text says why."""


class Archive(Protocol):
    """A file that holds pictures."""

    def members(self) -> list[tuple[str, int]]:
        """Return (name, bytes) of its files, in its own order; bytes may be 0 where they are not known."""
        ...

    def read(self, name: str) -> bytes:
        """Return a member's bytes. Raises `MemberError`."""
        ...


class _Zip:
    def __init__(self, path: Path) -> None:
        self._file = zipfile.ZipFile(path)

    def members(self) -> list[tuple[str, int]]:
        return [(item.filename, item.file_size) for item in self._file.infolist() if not item.is_dir()]

    def read(self, name: str) -> bytes:
        try:
            if self._file.getinfo(name).file_size > MAX_MEMBER:
                raise MemberError("more than 1 GB inside the archive")
            return self._file.read(name)
        except KeyError:
            raise MemberError("the archive does not hold it any more") from None
        except RuntimeError as error:
            raise MemberError("the archive is protected by a password; unpack it first") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise MemberError(f"damaged in the archive ({error})") from error


class _Tar:
    """A tar file. In a compressed one going back means reading from the start, so it is read in order."""

    _members: dict[str, tarfile.TarInfo]

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def __init__(self, path: Path) -> None:
        self._file = tarfile.open(path)  # noqa: SIM115 - held open
        self._lock = threading.Lock()
        try:
            self._members = {item.name.removeprefix("./"): item for item in self._file if item.isfile()}
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise tarfile.ReadError(str(error)) from error

    def members(self) -> list[tuple[str, int]]:
        return [(name, item.size) for name, item in self._members.items()]

    def read(self, name: str) -> bytes:
        item = self._members.get(name)
        if item is None:
            raise MemberError("the archive does not hold it any more")
        if item.size > MAX_MEMBER:
            raise MemberError("more than 1 GB inside the archive")
        try:
            with self._lock:
                file = self._file.extractfile(item)
                data = b"" if file is None else file.read()
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise MemberError(f"damaged in the archive ({error})") from error
        if len(data) != item.size:
            raise MemberError("cut off in the archive")
        return data


class _Rec:
    """A RecordIO file: identity folders named by label, pictures by record number."""

    def __init__(self, path: Path) -> None:
        self._file = RecordFile(path)

    def members(self) -> list[tuple[str, int]]:
        keys, labels = self._file.images()
        return [
            (f"{label}/{key}.jpg" if label is not None else f"{key}.jpg", 0)
            for key, label in zip(keys, labels, strict=True)
        ]

    def read(self, name: str) -> bytes:
        stem = PurePosixPath(name).stem
        if not stem.isdecimal():
            raise MemberError("a .rec file has numbered records only")
        return self._file.record(int(stem)).data


_open: OrderedDict[tuple[str, int, int], Archive] = OrderedDict()
_guard = threading.Lock()


def is_archive(path: Path) -> bool:
    """Whether a path names an archive this program reads."""
    return path.name.lower().endswith(_SUFFIXES) and path.is_file()


def split(path: Path) -> tuple[Path, str] | None:
    """Return the archive and the member's name of a path that leads into one, else None."""
    text = str(path).lower()
    if not any(suffix + os.sep in text for suffix in _SUFFIXES):
        return None
    for parent in path.parents:
        if is_archive(parent):
            return parent, path.relative_to(parent).as_posix()
    return None


def open_archive(path: Path) -> Archive:
    """Open an archive; the last few stay open.

    Raises
    ------
    RequestError
        If it is damaged, or not what its name says.
    """
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    with _guard:
        if key in _open:
            _open.move_to_end(key)
            return _open[key]
        name = path.name.lower()
        try:
            found: Archive = (
                _Zip(path) if name.endswith(".zip") else _Rec(path) if name.endswith(".rec") else _Tar(path)
            )
        except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
            raise RequestError(
                f"{path} cannot be read as an archive: {error}. Was it downloaded whole? Fetch it again."
            ) from error
        _open[key] = found
        while len(_open) > _KEPT:
            _open.popitem(last=False)
        return found


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file or of a member. Raises `OSError`."""
    inside = split(path)
    if inside is None:
        return path.read_bytes()
    try:
        return open_archive(inside[0]).read(inside[1])
    except RequestError as error:
        raise MemberError(str(error)) from error


def exists(path: Path) -> bool:
    """Whether a file, or a member of an archive, is there."""
    inside = split(path)
    if inside is None:
        return path.exists()
    return any(name == inside[1] for name, _ in open_archive(inside[0]).members())


def stamp(path: Path) -> tuple[int, int]:
    """Return (bytes, time of change in ns) of a file; a member changes when its archive does. Raises `OSError`."""
    inside = split(path)
    stat = os.stat(path if inside is None else inside[0])
    return stat.st_size, stat.st_mtime_ns


def safe_member(name: str) -> bool:
    """Whether a member's name stays inside the archive."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and ":" not in parts[0]
