"""What is known of files without opening them again: by stamp their SHA-256, by content all that follows from it.

A project keeps the facts of its images beside its catalogue. What verbs learn of folders outside of any project
is kept in the user's cache folder, bounded in size. Neither holds a picture or a path: a file is named by the
hash of its path.
"""

from __future__ import annotations

import hashlib
import logging
import os
import struct
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import apsw

from fairdesk.project.sidefile import DAMAGED, SideFile, written

_log = logging.getLogger(__name__)
Result = TypeVar("Result")

NAME = "facts.sqlite"
MOST_FILES = 300_000  # in the user's cache: about 60 MB
_PRUNE_EVERY = 10_000  # files
_DAY = 86_400
_RACY_NS = 50_000_000  # a file changed again within this time may have the same stamp
_COARSE_NS = 2_500_000_000  # where a file system's clock has whole seconds

_UNUSABLE = (apsw.BusyError, apsw.CantOpenError, apsw.FullError, apsw.IOError, apsw.ReadOnlyError, OSError)
_STAMP = struct.Struct("<qqqQ")


class Stamp(NamedTuple):
    """What tells whether a file has changed, without reading it."""

    size: int
    mtime_ns: int
    ctime_ns: int  # of the last change of content or attributes; not to be set by hand, unlike mtime
    inode: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Stamp:
        """Return the stamp of a stat result."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)

    def settled(self, now_ns: int) -> bool:
        """Whether a change after `now_ns`, when the stamp was taken, would show in it."""
        changed = self.ctime_ns if os.name == "posix" else self.mtime_ns  # elsewhere ctime is when it was made
        return now_ns - changed > (_RACY_NS if changed % 1_000_000_000 else _COARSE_NS)

    def packed(self) -> bytes:
        """Return it as 32 bytes."""
        return _STAMP.pack(self.size, self.mtime_ns, self.ctime_ns, self.inode)


@dataclass(frozen=True, slots=True)  # there may be a million
class Facts:
    """What follows from a file's content. `why` is None for a readable picture."""

    sha256: str
    width: int = 0
    height: int = 0
    phash: int = 0  # 64 bits
    mark: str | None = None  # of a synthetic one; "" where the store keeps only that there is one
    why: str | None = None


class FactStore(SideFile):
    """Facts in one file; those that other versions of the decoder or the hash gave do not count.

    Parameters
    ----------
    path
        The file; its folder is made with the first fact.
    most
        How many files are remembered; the ones not asked for longest go first. None: all.
    marks
        Whether the text of a mark is kept; it can name whom a synthetic face stands for. Else only that there is one.
    """

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS file (
        key BLOB PRIMARY KEY, stamp BLOB NOT NULL, sha256 BLOB NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS content (
        sha256 BLOB PRIMARY KEY, maker TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
        phash BLOB NOT NULL, mark TEXT, why TEXT) WITHOUT ROWID;
    """

    def __init__(self, path: Path, *, most: int | None = None, marks: bool = True) -> None:
        super().__init__(path)
        self.most, self.marks = most, marks
        self._broken = False
        self._unpruned = _PRUNE_EVERY  # the first call looks how many there are

    def hashes(self, files: Sequence[tuple[Path, Stamp]]) -> dict[Path, str]:
        """Return the SHA-256 of those files that have not changed since it was kept."""
        return self._quietly(lambda connection: self._hashes(connection, files), {})

    def of_content(self, hashes: Iterable[str]) -> dict[str, Facts]:
        """Return what is known of some contents, by SHA-256."""
        return self._quietly(lambda connection: self._contents(connection, hashes), {})

    def of_files(self, files: Sequence[tuple[Path, Stamp]]) -> dict[Path, Facts]:
        """Return what is known of those files that have not changed since."""
        hashes = self.hashes(files)
        contents = self.of_content(set(hashes.values()))
        return {path: contents[sha] for path, sha in hashes.items() if sha in contents}

    def keep(
        self, files: Sequence[tuple[Path, Stamp, str]] = (), contents: Sequence[Facts] = (), *, now_ns: int
    ) -> None:
        """Keep the hashes of files and the facts of contents.

        A file that changed just before `now_ns`, when its stamp was taken, is left out: a further change might not show.
        """
        settled = [(path, stamp, sha) for path, stamp, sha in files if stamp.settled(now_ns)]
        if settled or contents:
            self._quietly(lambda connection: self._keep(connection, settled, contents), None)

    def forget(self, paths: Iterable[Path], hashes: Iterable[str]) -> None:
        """Remove files and contents so that nothing of them can be found in the file any more."""
        if not self.path.exists():
            return

        def work(connection: apsw.Connection) -> None:
            connection.pragma("secure_delete", True)
            with written(connection):
                connection.executemany("DELETE FROM file WHERE key = ?", ((_key(path),) for path in paths))
                for sha in {bytes.fromhex(one) for one in hashes}:
                    connection.execute("DELETE FROM file WHERE sha256 = ?", (sha,))
                    connection.execute("DELETE FROM content WHERE sha256 = ?", (sha,))
            connection.execute("VACUUM")  # a row that was replaced earlier goes too
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

        self.attempt(work)

    def _quietly(self, work: Callable[[apsw.Connection], Result], otherwise: Result) -> Result:
        """Do something with the file; where that cannot be (disk full, read only), go on without it and say so in the log."""
        if self._broken:
            return otherwise
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self.attempt(work)
        except (*DAMAGED, *_UNUSABLE) as error:
            _log.warning("%s cannot be used (%s); hashes are computed anew", self.path, error)
            self._broken = True
            return otherwise

    def _hashes(self, connection: apsw.Connection, files: Sequence[tuple[Path, Stamp]]) -> dict[Path, str]:
        today, found, old = _today(), {}, []
        for path, stamp in files:
            key = _key(path)
            row = connection.execute(
                "SELECT sha256, day FROM file WHERE key = ? AND stamp = ?", (key, stamp.packed())
            ).fetchone()
            if row is not None:
                found[path] = bytes(row[0]).hex()
                if row[1] != today:
                    old.append((today, key))
        if old and self.most is not None:
            with written(connection):
                connection.executemany("UPDATE file SET day = ? WHERE key = ?", old)
        return found

    def _contents(self, connection: apsw.Connection, hashes: Iterable[str]) -> dict[str, Facts]:
        found = {}
        for sha in hashes:
            row = connection.execute(
                "SELECT width, height, phash, mark, why FROM content WHERE sha256 = ? AND maker = ?",
                (bytes.fromhex(sha), maker()),
            ).fetchone()
            if row is not None:
                width, height, phash, mark, why = row
                found[sha] = Facts(sha, width, height, int.from_bytes(phash, "big"), mark, why)
        return found

    def _keep(
        self, connection: apsw.Connection, files: Sequence[tuple[Path, Stamp, str]], contents: Sequence[Facts]
    ) -> None:
        today = _today()
        with written(connection):
            connection.executemany(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)",
                ((_key(path), stamp.packed(), bytes.fromhex(sha), today) for path, stamp, sha in files),
            )
            connection.executemany(
                "INSERT OR REPLACE INTO content VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        bytes.fromhex(one.sha256),
                        maker(),
                        one.width,
                        one.height,
                        one.phash.to_bytes(8, "big"),
                        one.mark if self.marks or one.mark is None else "",
                        one.why,
                    )
                    for one in contents
                ),
            )
            self._unpruned += len(files)
            if self.most is not None and self._unpruned >= _PRUNE_EVERY:
                self._prune(connection, self.most)
                self._unpruned = 0

    @staticmethod
    def _prune(connection: apsw.Connection, most: int) -> None:
        """Forget the files not asked for longest, a tenth at a time, and contents no file has any more."""
        count = connection.execute("SELECT count(*) FROM file").get
        if count <= most:
            return
        connection.execute(
            "DELETE FROM file WHERE key IN (SELECT key FROM file ORDER BY day LIMIT ?)", (count - most + most // 10,)
        )
        connection.execute("DELETE FROM content WHERE sha256 NOT IN (SELECT sha256 FROM file)")


@cache
def maker() -> str:
    """Return the versions that decide what is decoded and hashed."""
    from importlib.metadata import version

    return f"1 {version('pillow')} {version('ImageHash')}"


def user_facts() -> FactStore:
    """Return the store of what is known of files outside of projects; close it after use."""
    return FactStore(user_cache() / NAME, most=MOST_FILES, marks=False)


def _today() -> int:
    return int(time.time()) // _DAY


def _key(path: Path) -> bytes:
    return hashlib.blake2b(os.fsencode(path.absolute()), digest_size=16).digest()


def user_cache() -> Path:
    """Return the folder for what a user's programs may throw away."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fairdesk"
