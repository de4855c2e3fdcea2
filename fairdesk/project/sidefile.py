"""An SQLite file of what can be computed again: missing, damaged or made by another version, it is simply made anew."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import apsw

from fairdesk.project.database import BUSY_MS, close_all, on_network

_log = logging.getLogger(__name__)

DAMAGED = (apsw.NotADBError, apsw.CorruptError)
Result = TypeVar("Result")


@contextmanager
def written(connection: apsw.Connection) -> Iterator[apsw.Connection]:
    """Write in one transaction; an exception takes all of it back.

    Where a disk is full SQLite takes it back by itself; apsw's own `with` then fails on what is not there, and hides why.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class SideFile:
    """One such file. A connection a thread, so that several threads and processes may use it at once."""

    SCHEMA = ""

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
                except DAMAGED:
                    self._remove()
                    found = self._open()
                self._all.append(found)
            self._local.connection = found
        return found

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        try:
            connection.set_busy_timeout(BUSY_MS)
            mode = "delete" if on_network(self.path.parent) else "wal"
            if connection.pragma("journal_mode") != mode:
                connection.pragma("journal_mode", mode)
            connection.pragma("synchronous", "off")
            connection.execute(self.SCHEMA)
        except apsw.Error:
            connection.close()
            raise
        return connection

    def attempt(self, work: Callable[[apsw.Connection], Result]) -> Result:
        """Do something with the file; if it turns out to be damaged, once more with a new one."""
        try:
            return work(self.connection)
        except DAMAGED as error:
            _log.warning("%s is damaged (%s) and is made anew", self.path, error)
            self.close()
            self._remove()
            return work(self.connection)

    def _remove(self) -> None:
        """Remove a damaged file, unless another process has just done so."""
        import filelock  # seldom needed, and helper processes import this module

        with filelock.FileLock(str(self.path) + ".lock"):
            try:
                probe = apsw.Connection(str(self.path))
                try:
                    sound = probe.pragma("quick_check", 1) == "ok"
                finally:
                    probe.close()
            except DAMAGED:
                sound = False
            if not sound:
                for end in ("", "-wal", "-shm"):
                    Path(str(self.path) + end).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        close_all(self._all)
        self._all.clear()
        self._local = threading.local()
