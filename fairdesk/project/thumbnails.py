"""Small JPEG pictures in a file of their own, and what an inspection of a file found. Always rebuildable."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import apsw

from fairdesk.project.database import close_all

SIDE = 160  # pixels of the longer side

_SCHEMA = """
CREATE TABLE IF NOT EXISTS thumbnail (kind TEXT, id INTEGER, jpeg BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inspected (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT, width INTEGER, height INTEGER,
    synthetic TEXT, why TEXT, jpeg BLOB);
"""


class ThumbnailStore:
    """Thumbnails by kind (``image`` or ``face``) and id. One connection a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[apsw.Connection] = []
        self._opening = threading.Lock()

    @property
    def connection(self) -> apsw.Connection:
        """This thread's connection; a missing or damaged file is made anew."""
        found: apsw.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            with self._opening:  # switching a new file to WAL must not meet another thread doing so
                try:
                    found = self._open()
                except (apsw.NotADBError, apsw.CorruptError):
                    self.path.unlink(missing_ok=True)
                    found = self._open()
                self._all.append(found)
            self._local.connection = found
        return found

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(30_000)
        if connection.pragma("journal_mode") != "wal":
            connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "off")
        connection.execute(_SCHEMA)
        return connection

    def get(self, kind: str, number: int) -> bytes | None:
        """Return one thumbnail's JPEG bytes, or None."""
        value = self.connection.execute("SELECT jpeg FROM thumbnail WHERE kind = ? AND id = ?", (kind, number)).get
        return value if isinstance(value, bytes) else None

    def put(self, items: Iterable[tuple[str, int, bytes]]) -> None:
        """Keep several thumbnails (kind, id, JPEG bytes) in one transaction."""
        with self.connection as connection:
            connection.executemany("INSERT OR REPLACE INTO thumbnail VALUES (?, ?, ?)", items)

    def close(self) -> None:
        """Close all connections."""
        close_all(self._all)
        self._all.clear()
        self._local = threading.local()
