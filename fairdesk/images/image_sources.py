"""Where a picture's bytes come from: a file, or a member of an archive that is never unpacked.

A member's path is the archive's path and then its name within it: ``faces.zip/African/m.01/1.jpg``,
``train.rec/12/345.jpg`` (label and record of a `.rec`), ``lfw.bin/000012.jpg`` (picture of a verification list). Everything that opens pictures goes through here.
An archive is listed once and then looked up by name; one that was replaced since is opened anew.
"""

from __future__ import annotations

import bz2
import gzip
import io
import os
import re
import stat
import tarfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Protocol, cast

import numpy as np

from fairdesk.errors import RequestError, reason
from fairdesk.images.insightface_bins import Picture, encoded_picture, member_names, read_bin
from fairdesk.images.reading_reasons import archive_is_cut, archive_is_damaged
from fairdesk.images.recordio import RecordCutError, RecordFile, RecordNames
from fairdesk.images.system_places import system_place
from fairdesk.images.xz_files import XzFile
from fairdesk.project.archive_names import ARCHIVE_ENDINGS
from fairdesk.project.kept_facts import Stamp
from fairdesk.words import tr

_ARCHIVE = re.compile(
    rf"[^{re.escape(os.sep)}](?:{'|'.join(map(re.escape, ARCHIVE_ENDINGS))})(?={re.escape(os.sep)})", re.IGNORECASE
)
_as_path = lru_cache(maxsize=64)(Path)
_DIGITS = 18  # of a record's number
_KEPT = 4  # archives held open in a process
_PASSED = 64 << 20  # bytes of a compressed tar's members that were passed on the way to another one
MAX_FILE = 1 << 30  # bytes: a larger file or member is a film or a bomb, not a photograph
_SMALL = 4 << 20  # bytes: a member of fewer is unpacked however well it was packed
_PACKED = 100  # times: photographs hardly get smaller; more than that, and more than _SMALL, is a bomb
_LISTED = 256 << 20  # bytes a compressed tar may unpack to, however small it is


class MemberError(OSError):
    """A member that cannot be read; the text says why."""


class Archive(Protocol):
    """A file that holds pictures."""

    def members(self) -> Sequence[str]:
        """Return the names of its files, in its own order."""
        ...

    def place(self, name: str) -> int | None:
        """Return where a file stands in that order; None: the archive does not hold it."""
        ...

    def read(self, name: str) -> bytes:
        """Return a member's bytes. Raises `MemberError`."""
        ...

    def head(self, name: str, count: int) -> bytes:
        """Return a member's first bytes. Raises `MemberError`."""
        ...

    def notes(self) -> list[str]:
        """Return what a person should know of how it was read."""
        ...

    def empty(self, name: str) -> bool:
        """Whether its list says that a file has no bytes."""
        ...


class _Zip:
    def __init__(self, path: Path) -> None:
        self._file = zipfile.ZipFile(path)
        # A name that was written twice means its last version, as for every unpacking program.
        names = (name for name, item in self._file.NameToInfo.items() if not item.is_dir())
        self._places = {name: place for place, name in enumerate(names)}

    def members(self) -> list[str]:
        return list(self._places)

    def notes(self) -> list[str]:
        return []

    def empty(self, name: str) -> bool:
        return not self._file.NameToInfo[name].file_size

    def place(self, name: str) -> int | None:
        return self._places.get(name)

    def read(self, name: str) -> bytes:
        return self._unpacked(name, None)

    def head(self, name: str, count: int) -> bytes:
        return self._unpacked(name, count)

    def _unpacked(self, name: str, count: int | None) -> bytes:
        try:
            item = self._file.getinfo(name)
            if count is None and item.file_size > MAX_FILE:
                raise MemberError(tr("more than 1 GB inside the archive"))
            if count is None and item.file_size > max(_SMALL, _PACKED * item.compress_size):
                raise MemberError(
                    tr(
                        "it unpacks from {packed:,} bytes to {size:,}: no photograph does",
                        packed=item.compress_size,
                        size=item.file_size,
                    )
                )
            if not item.file_size:
                return b""
            with self._file.open(item) as member:
                return member.read(item.file_size if count is None else count)
        except KeyError:
            raise MemberError(tr("the archive does not hold it any more")) from None
        except MemberError:
            raise
        except RuntimeError as error:
            if isinstance(error, NotImplementedError):
                raise MemberError(
                    tr("packed in a way that is not read here ({error}); unpack it first", error=reason(error))
                ) from error
            raise MemberError(tr("the archive is protected by a password; unpack it first")) from error
        except Exception as error:
            raise MemberError(tr("damaged in the archive ({error})", error=reason(error))) from error


class _Guarded(io.RawIOBase):
    """A file that refuses to be read in pieces larger than a tar's header ever is: a name of gigabytes is none."""

    def __init__(self, file: BinaryIO) -> None:
        self._inner = file

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _SMALL:
            raise tarfile.ReadError(tr("a header of more than 4 MB"))
        return self._inner.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()


def _decompressor(path: Path) -> BinaryIO:
    """Open a tar's data, unpacked where it is packed."""
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.open(path))
    if head.startswith(b"BZh"):
        return cast(BinaryIO, bz2.open(path))
    if head.startswith((b"\xfd7zXZ\0", b"\x5d\0\0\x80")):
        return cast(BinaryIO, XzFile(path))
    return path.open("rb")


class _Tar:
    """A tar file. In a compressed one going back means reading from the start.

    So what is passed on the way forward is kept for a while: threads and processes ask nearly in order.
    """

    def __del__(self) -> None:
        if hasattr(self, "_data"):
            self._data.close()

    def __init__(self, path: Path) -> None:
        self._data = _decompressor(path)
        self._packed = not isinstance(self._data, io.BufferedReader)
        self._file = tarfile.open(fileobj=cast(IO[bytes], _Guarded(self._data)), mode="r:")  # noqa: SIM115 - held open
        self._lock = threading.Lock()
        self._bodies: dict[str, tuple[int, int]] = {}  # first byte and length
        self._sparse: dict[str, tarfile.TarInfo] = {}
        most = max(_LISTED, _PACKED * path.stat().st_size)
        while (item := self._file.next()) is not None:
            self._list(item)
            if self._packed and item.offset_data + item.size > most:  # said before it is passed over
                raise tarfile.ReadError(
                    tr("it unpacks to more than {most:,} bytes, which no photographs do", most=most)
                )
            vars(self._file)["members"].clear()  # else it keeps 1 KB a member
        self._names = list(self._bodies)
        self._places = {name: place for place, name in enumerate(self._names)}
        self._next = len(self._names)  # the reader stands at the end
        self._passed: OrderedDict[str, bytes] = OrderedDict()
        self._passed_bytes = 0

    def _list(self, item: tarfile.TarInfo) -> None:
        name, target = item.name.removeprefix("./"), item.linkname.removeprefix("./")
        if item.isfile():
            self._bodies.pop(name, None)  # the last version counts, at its own place
            self._bodies[name] = (item.offset_data, item.size)
            self._sparse.pop(name, None)
            if item.issparse():
                self._sparse[name] = item
        elif item.islnk() and target in self._bodies and target not in self._sparse:
            self._bodies[name] = self._bodies[target]  # a second name of the same file

    def members(self) -> list[str]:
        return list(self._names)

    def notes(self) -> list[str]:
        return []

    def empty(self, name: str) -> bool:
        return not self._bodies[name][1]

    def place(self, name: str) -> int | None:
        return self._places.get(name)

    def read(self, name: str) -> bytes:
        place = self._places.get(name)
        if place is None:
            raise MemberError(tr("the archive does not hold it any more"))
        size = self._bodies[name][1]
        if size > MAX_FILE:
            raise MemberError(tr("more than 1 GB inside the archive"))
        try:
            with self._lock:
                data = self._read_packed(name, place) if self._packed else self._body(name)
        except Exception as error:
            raise MemberError(tr("damaged in the archive ({error})", error=reason(error))) from error
        if len(data) != size:
            raise MemberError(tr("cut off in the archive"))
        return data

    def head(self, name: str, count: int) -> bytes:
        if self._packed or name in self._sparse or name not in self._bodies:
            return self.read(name)[:count]
        start, size = self._bodies[name]
        with self._lock:
            self._data.seek(start)
            return self._data.read(min(count, size))

    def _body(self, name: str) -> bytes:
        if name in self._sparse:
            file = self._file.extractfile(self._sparse[name])
            return b"" if file is None else file.read()
        start, size = self._bodies[name]
        self._data.seek(start)
        return self._data.read(size)

    def _read_packed(self, name: str, place: int) -> bytes:
        passed = self._passed.pop(name, None)
        if passed is not None:
            self._passed_bytes -= len(passed)
            return passed
        if place < self._next:
            self._next = 0  # back to the start; what is passed again may be asked for next
        for other in self._names[self._next : place]:
            if self._bodies[other][1] <= _PASSED and other not in self._passed:
                self._passed[other] = self._body(other)
                self._passed_bytes += len(self._passed[other])
            while self._passed_bytes > _PASSED:
                self._passed_bytes -= len(self._passed.popitem(last=False)[1])
        self._next = place + 1
        return self._body(name)


class _Rec:
    """A RecordIO file: identity folders named by label, pictures by record number."""

    def __init__(self, path: Path) -> None:
        self._file = RecordFile(path)
        self._lock = threading.Lock()
        self._names: RecordNames | None = None

    def members(self) -> RecordNames:
        return self._listed()

    def _listed(self) -> RecordNames:
        with self._lock:
            if self._names is None:
                self._names = RecordNames(*self._file.images())
            return self._names

    def notes(self) -> list[str]:
        self._listed()
        return self._file.notes

    def empty(self, name: str) -> bool:
        return False

    def place(self, name: str) -> int | None:
        names, stem = self._listed(), PurePosixPath(name).stem
        if not stem.isdecimal() or len(stem) > _DIGITS:
            return None
        place = int(np.searchsorted(names.keys, int(stem)))
        return place if place < len(names) and names[place] == name else None

    def read(self, name: str) -> bytes:
        stem = PurePosixPath(name).stem
        if not stem.isdecimal():
            raise MemberError(tr("a .rec file has numbered records only"))
        return self._file.record(int(stem)).data

    def head(self, name: str, count: int) -> bytes:
        return self.read(name)[:count]


class _Bin:
    """A verification list: its pictures by their number, two a pair."""

    def __init__(self, path: Path) -> None:
        pictures, _ = read_bin(path)
        self._pictures: dict[str, Picture] = dict(zip(member_names(pictures), pictures, strict=True))
        self._places = {name: place for place, name in enumerate(self._pictures)}

    def members(self) -> list[str]:
        return list(self._pictures)

    def notes(self) -> list[str]:
        return []

    def empty(self, name: str) -> bool:
        return not len(self._pictures[name])

    def place(self, name: str) -> int | None:
        return self._places.get(name)

    def read(self, name: str) -> bytes:
        if name not in self._pictures:
            raise MemberError(tr("the archive does not hold it any more"))
        return encoded_picture(self._pictures[name])

    def head(self, name: str, count: int) -> bytes:
        return self.read(name)[:count]


_open: OrderedDict[str, tuple[Stamp, Archive]] = OrderedDict()
_guard = threading.Lock()


def is_archive(path: Path) -> bool:
    """Whether a path names an archive this program reads."""
    return path.name.lower().endswith(ARCHIVE_ENDINGS) and path.is_file()


def split(path: Path) -> tuple[Path, str] | None:
    """Return the archive and the member's name of a path that leads into one, else None."""
    text = str(path)
    for found in _ARCHIVE.finditer(text):
        if os.path.isfile(text[: found.end()]):
            return _as_path(text[: found.end()]), text[found.end() + 1 :].replace(os.sep, "/")
    return None


def open_archive(path: Path) -> Archive:
    """Open an archive; the last few stay open, and one that was replaced since is opened anew.

    Raises
    ------
    RequestError
        If it is damaged, or not what its name says.
    """
    key, now = str(path), Stamp.of(os.stat(path))
    with _guard:
        kept = _open.pop(key, None)
        if kept is None or kept[0] != now:
            kept = now, _opened(path)
        _open[key] = kept
        while len(_open) > _KEPT:
            _open.popitem(last=False)  # closed when the last reader is done with it
        return kept[1]


def _opened(path: Path) -> Archive:
    readers: dict[str, Callable[[Path], Archive]] = {".zip": _Zip, ".rec": _Rec, ".bin": _Bin}
    try:
        return readers.get(path.suffix.lower(), _Tar)(path)
    except (RequestError, FileNotFoundError, PermissionError):
        raise
    except NotImplementedError as error:
        raise RequestError(
            tr(
                "{path} is an archive of a kind that is not read here: {error}. Unpack it first.",
                path=path,
                error=reason(error),
            )
        ) from error
    except Exception as error:  # whatever a damaged or hostile archive makes its reader raise
        raise RequestError(
            tr(
                "{path} cannot be read as an archive: {error}. Is the download complete? Download it again.",
                path=path,
                error=reason(error),
            )
        ) from error


def close_archives() -> None:
    """Let go of the archives that are held open."""
    with _guard:
        _open.clear()


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file or of a member. Raises `OSError`."""
    return _read(path, None)


def read_head(path: Path, count: int) -> bytes:
    """Return the first bytes of a file or of a member. Raises `OSError`."""
    return _read(path, count)


def _read(path: Path, count: int | None) -> bytes:
    inside = split(path)
    if inside is None:
        need_file(path)
        with path.open("rb") as file:
            return file.read() if count is None else file.read(count)
    try:
        archive = open_archive(inside[0])
        return archive.read(inside[1]) if count is None else archive.head(inside[1], count)
    except RecordCutError as error:
        raise MemberError(archive_is_cut()) from error
    except RequestError as error:
        raise MemberError(archive_is_damaged()) from error


def read_checked(path: Path, count: int, check: Callable[[bytes], object]) -> bytes:
    """Return the bytes of a file or of a member whose first bytes a check lets pass. Raises `OSError`, and what it raises."""
    if split(path) is not None:
        check(read_head(path, count))
        return read_bytes(path)
    need_file(path)
    with path.open("rb") as file:
        head = file.read(count)
        check(head)
        return head + file.read()


def need_file(path: Path) -> None:
    """Refuse what is no photograph: a device, a pipe, one of more than 1 GB, a file of the system. Raises `OSError`."""
    if why := why_no_file(path):
        raise MemberError(why)
    if os.stat(path).st_size > MAX_FILE:
        raise MemberError(tr("more than 1 GB: no photograph"))


def why_no_file(path: Path) -> str | None:
    """Return why nothing is read at a path that exists: a folder, a device, a pipe, a place of the system; else None. Raises `OSError`."""
    if place := system_place(path):
        return tr("it lies in {place}, a place of the system, where nothing is read", place=place)
    mode = os.stat(path).st_mode
    if stat.S_ISREG(mode):
        return None
    return tr("a folder") if stat.S_ISDIR(mode) else tr("a device or a pipe, no file")


def exists(path: Path) -> bool:
    """Whether a file, or a member of an archive, is there."""
    inside = split(path)
    if inside is None:
        return path.exists()
    return open_archive(inside[0]).place(inside[1]) is not None


def reading_order(paths: Sequence[Path]) -> list[int]:
    """Return the places of some paths in the order in which they are read fastest.

    Members of an archive come together and in the archive's own order, everything else stays where it is.
    """
    archives: dict[Path, int] = {}
    keys: list[tuple[int, int]] = []
    for number, path in enumerate(paths):
        inside = split(path)
        if inside is None:
            keys.append((number, 0))
            continue
        place = open_archive(inside[0]).place(inside[1])
        keys.append((archives.setdefault(inside[0], number), -1 if place is None else place))
    return sorted(range(len(paths)), key=lambda number: (keys[number], number))


def stamp(path: Path) -> Stamp:
    """Return what tells whether a file has changed; a member changes when its archive does. Raises `OSError`."""
    inside = split(path)
    return Stamp.of(os.stat(path if inside is None else inside[0]))


def safe_member(name: str) -> bool:
    """Whether a member's name stays inside the archive."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return bool(parts) and not name.startswith(("/", "\\")) and ".." not in parts and ":" not in parts[0]
