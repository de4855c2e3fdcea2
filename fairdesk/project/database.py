"""One SQLite catalogue: opening, migrating, short write transactions, one connection a thread."""

from __future__ import annotations

import ctypes
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import numpy.typing as npt
import psutil

from fairdesk.errors import RequestError, reason
from fairdesk.project.changes import Touched, Watch
from fairdesk.project.schema import JOURNALED, MIGRATIONS, VERSION
from fairdesk.words import tr

BUSY_MS = 30_000
_LARGE = 100_000  # rows
_LARGE_FILE = 64 << 20  # bytes: looked through in a tenth of a second
_READ_KIB = 16_000  # a connection's cache; each thread has one
_WRITE_KIB = 96_000  # while it writes: with the usual 2 MB an edit of 100,000 rows spills over
_LOG_PAGES = 16_000  # pages of the write-ahead log before it is written back: it takes a tenth of a second, in a thread
_LONGEST_LOG = 8 * _LOG_PAGES  # then whoever writes waits for it: 500 MB
_APPLICATION_ID = 0x46414952  # "FAIR"
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "fuse.sshfs", "fuse.rclone", "9p", "ncpfs", "afs"}

Row = tuple[Any, ...]


def on_network(path: Path) -> bool:
    """Tell whether a folder lies on a network file system, where SQLite's WAL is unsafe."""
    place = path.resolve()
    if place.drive.startswith("\\\\"):  # Windows: a share without a letter
        return True
    try:
        mounts = psutil.disk_partitions(all=True)
    except (OSError, psutil.Error):
        return False
    holding = [mount for mount in mounts if place.is_relative_to(mount.mountpoint)]
    if not holding:
        return False
    best = max(holding, key=lambda mount: len(Path(mount.mountpoint).parts))
    return best.fstype in _NETWORK or "remote" in best.opts.split(",")  # the option is Windows' word for it


class DamagedError(RequestError):
    """A catalogue that SQLite cannot read any more."""


class Database:
    """The catalogue file. Connections are made one a thread, on first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.network = on_network(path.parent)
        self._local = threading.local()
        self._all: list[apsw.Connection] = []
        self._writing_back: threading.Thread | None = None
        self._lock = threading.Lock()
        self.unchecked = False  # its pages are still to be looked at

    def create(self) -> None:
        """Make a new catalogue with the current schema."""
        connection = self._open(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        connection.pragma("application_id", _APPLICATION_ID)
        self._migrate(connection)

    def check(self, *, large_later: bool = False) -> None:
        """Open the catalogue and bring it to the current version.

        `large_later` leaves the pages of a large one to `check_pages`: a million images take a second.

        Raises
        ------
        RequestError
            If the file is not a FairDesk catalogue, is damaged, or was made by a newer FairDesk.
        """
        try:
            connection = self.connection
            if connection.pragma("application_id") != _APPLICATION_ID:
                raise RequestError(
                    tr("{path} is not a FairDesk catalogue. Choose a FairDesk project folder.", path=self.path)
                )
            version = int(connection.pragma("user_version"))
            if version > VERSION:
                raise RequestError(
                    tr(
                        "{project} was made by a newer FairDesk (catalogue version {version}, this one reads "
                        "up to {known}). Install the newer FairDesk to open it.",
                        project=self.path.parent,
                        version=version,
                        known=VERSION,
                    )
                )
            if version < VERSION:
                self._migrate(connection)
        except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError) as error:
            raise self._damaged(error) from error
        self.unchecked = large_later and self.path.stat().st_size > _LARGE_FILE
        if not self.unchecked:
            self.check_pages()

    def check_pages(self) -> None:
        """Look at every page of the catalogue. Raises `DamagedError`."""
        self.unchecked = False
        try:
            if self.connection.pragma("quick_check", 1) != "ok":
                raise apsw.CorruptError
        except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> DamagedError:
        return DamagedError(
            tr(
                "The catalogue of {parent} is damaged ({error}). Put back "
                "a copy of catalog.sqlite from a backup; the original photographs were not touched.",
                parent=self.path.parent,
                error=reason(error) or tr("failed its integrity check"),
            )
        )

    @staticmethod
    def _migrate(connection: apsw.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for number in range(int(connection.pragma("user_version")), VERSION):
                connection.execute(MIGRATIONS[number])
                connection.pragma("user_version", number + 1)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def _open(self, flags: int) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), flags=flags)
        connection.set_busy_timeout(BUSY_MS)
        mode = "delete" if self.network else "wal"
        if connection.pragma("journal_mode") != mode:
            connection.pragma("journal_mode", mode)
        connection.pragma("synchronous", "normal")
        connection.pragma("temp_store", "memory")
        connection.pragma("foreign_keys", True)
        connection.pragma("cache_size", -_READ_KIB)
        connection.set_wal_hook(self._after_commit())
        self._local.connection = connection
        with self._lock:
            self._all.append(connection)
        return connection

    @property
    def connection(self) -> apsw.Connection:
        """This thread's connection."""
        found: apsw.Connection | None = getattr(self._local, "connection", None)
        return found if found is not None else self._open(apsw.SQLITE_OPEN_READWRITE)

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """Write in one short `BEGIN IMMEDIATE` transaction; an exception takes all of it back.

        What it touched is written down with it (`project/changes.py`).
        """
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        before = connection.total_changes()
        watch = self._local.watch = Watch(connection)
        try:
            connection.pragma("cache_size", -_WRITE_KIB)
            yield connection
            watch.keep(JOURNALED)
            connection.execute("COMMIT")
        except BaseException:
            watch.stop()
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.pragma("cache_size", -_READ_KIB)
            if connection.total_changes() - before > _LARGE:
                give_back_memory()

    def _after_commit(self) -> Callable[[apsw.Connection, str, int], int]:
        """Return what a connection calls after its commits; it must not keep this alive, which keeps the connection."""
        committed = weakref.WeakMethod(self._committed)

        def called(connection: apsw.Connection, database: str, pages: int) -> int:
            method = committed()
            return apsw.SQLITE_OK if method is None else method(connection, database, pages)

        return called

    def _committed(self, connection: apsw.Connection, _database: str, pages: int) -> int:
        """After a commit: have a long log written back into the file, beside what goes on."""
        if pages >= _LONGEST_LOG:  # others write all the time: the log begins anew only where it is all written back
            with suppress(apsw.BusyError):
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        elif pages >= _LOG_PAGES:
            self._write_back()
        return apsw.SQLITE_OK

    def _write_back(self) -> None:
        """Bring what was written from the log into the file, in a thread of its own."""

        def work() -> None:
            with suppress(apsw.Error):  # else the next large edit does it, or the last who closes the file
                connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE)
                try:
                    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                finally:
                    connection.close()

        if self._writing_back is None or not self._writing_back.is_alive():
            self._writing_back = threading.Thread(target=work, name="fairdesk-write-back")
            self._writing_back.start()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Read several times from the catalogue of one moment, whatever others write meanwhile."""
        connection = self.connection
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")

    def touched(self, rows: Touched | None) -> None:
        """Within a transaction: say which rows a journal step touched; None where they are many."""
        self._local.watch.rows(rows)

    def rows(self, sql: str, bindings: Any = ()) -> list[Row]:
        """Run a query and return its rows."""
        return self.connection.execute(sql, bindings).fetchall()

    def each(self, sql: str, bindings: Any = ()) -> Iterator[Row]:
        """Run a query and return its rows one by one: where there are many, they are never all in memory."""
        return iter(self.connection.execute(sql, bindings))

    def numbers(self, sql: str, bindings: Any = ()) -> npt.NDArray[np.int64]:
        """Run a query of one column of integers and return them in order: a million in half the time of rows.

        SQLite keeps the order of a subquery that `group_concat` reads (rule 6 of its ORDER BY omission, select.c).
        """
        text = self.value(f"SELECT group_concat(n) FROM ({sql})", bindings)
        return np.fromstring(text or "", dtype=np.int64, sep=",")

    def integers(self, columns: Sequence[str], rest: str, bindings: Any = ()) -> npt.NDArray[np.int64]:
        """Run a query of several columns of integers, none of them NULL, that goes on with `rest`: a row of the result each."""
        joined = " || ',' || ".join(f"({column})" for column in columns)
        return self.numbers(f"SELECT {joined} AS n {rest}", bindings).reshape(-1, len(columns))

    def value(self, sql: str, bindings: Any = ()) -> Any:
        """Return the first column of the first row, or None."""
        return self.connection.execute(sql, bindings).get

    def data_version(self) -> int:
        """A number that changes when another connection has written."""
        return int(self.connection.pragma("data_version"))

    def being_written(self) -> bool:
        """Tell whether another connection is in the middle of a write transaction."""
        connection = self.connection
        if connection.in_transaction:
            return False
        connection.set_busy_timeout(0)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except apsw.BusyError:
            return True
        finally:
            connection.set_busy_timeout(BUSY_MS)
        return False

    def close(self) -> None:
        """Close every connection of every thread."""
        if self._writing_back is not None:
            self._writing_back.join()
        with self._lock:
            close_all(self._all)
            self._all.clear()
        self._local = threading.local()


def give_back_memory() -> None:
    """Return freed memory to the system, where the C library is glibc: after an edit of a million rows it keeps 200 MB."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def close_all(connections: list[apsw.Connection]) -> None:
    """Close connections, also those that another thread is just reading with: wait for it, at most a second each."""
    for connection in connections:
        for _ in range(100):
            try:
                connection.close(True)
                break
            except apsw.ThreadingViolationError:
                time.sleep(0.01)


def compact(connection: apsw.Connection) -> None:
    """Write a database file anew without what was deleted, and empty its write-ahead log."""
    connection.execute("VACUUM")
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
