"""Undo and redo of everything: each edit is one transaction whose changes SQLite itself records.

SQLite's session extension writes down every changed row, so no edit can forget to. A step is undone
by applying its inverted changes; a row that somebody changed since makes that a refusal, never a guess.
Steps live in the catalogue, so they outlast a restart and a crash.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import apsw

from fairdesk.errors import RequestError
from fairdesk.project.database import Database
from fairdesk.project.schema import JOURNALED

MAX_STEPS = 200
MAX_BYTES = 200_000_000
LARGE = 100_000  # bytes of packed changes, some 30,000 rows


@dataclass(frozen=True)
class Step:
    """One edit as the history shows it."""

    id: int
    text: str
    created: float
    undone: bool
    target: dict[str, Any]


def _abort(_reason: int, _change: Any) -> int:
    return apsw.SQLITE_CHANGESET_ABORT


class Journal:
    """The edits of one project."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @contextmanager
    def step(
        self, text: str, *, target: dict[str, Any] | None = None, merge_key: str | None = None
    ) -> Iterator[apsw.Connection]:
        """Make one undoable edit; all writes go to the connection this yields.

        Parameters
        ----------
        text
            What the history shows ("Merge 3 clusters"). An edit that changes nothing leaves no step.
        target
            What a window should show after undo or redo, e.g. ``{"tab": "clustering", "cluster": 4}``.
        merge_key
            Parts of one long job share a key and stay one step, unless another edit came between.
        """
        with self._db.transaction() as connection:
            session = apsw.Session(connection, "main")
            try:
                for table in JOURNALED:
                    session.attach(table)
                yield connection
                changes = session.changeset()
            finally:
                session.close()
            if changes:
                self._keep(connection, text, changes, target or {}, merge_key)

    @staticmethod
    def _keep(
        connection: apsw.Connection, text: str, changes: bytes, target: dict[str, Any], merge_key: str | None
    ) -> None:
        connection.execute("DELETE FROM journal_step WHERE undone = 1")
        last = connection.execute("SELECT id, merge_key FROM journal_step ORDER BY id DESC LIMIT 1").fetchone()
        if merge_key is not None and last is not None and last[1] == merge_key:
            step = last[0]
            connection.execute("UPDATE journal_step SET text = ? WHERE id = ?", (text, step))
        else:
            connection.execute(
                "INSERT INTO journal_step (text, created, merge_key, target) VALUES (?, ?, ?, ?)",
                (text, time.time(), merge_key, json.dumps(target)),
            )
            step = connection.last_insert_rowid()
        connection.execute(
            "INSERT INTO journal_part SELECT ?1, ifnull(max(seq), 0) + 1, ?2 FROM journal_part WHERE step_id = ?1",
            (step, zlib.compress(changes, 1)),
        )

    def undo(self) -> Step:
        """Take back the newest edit that is not undone yet.

        Raises
        ------
        RequestError
            If there is none, or if its rows were changed or used by later work.
        """
        return self._apply("undone = 0 ORDER BY id DESC", undo=True)

    def redo(self) -> Step:
        """Make the oldest undone edit again. Raises as `undo` does."""
        return self._apply("undone = 1 ORDER BY id", undo=False)

    def _apply(self, which: str, *, undo: bool) -> Step:
        word = "undo" if undo else "redo"
        with self._references_checked_afterwards(which) as afterwards, self._db.transaction() as connection:
            row = connection.execute(
                f"SELECT id, text, created, undone, target FROM journal_step WHERE {which} LIMIT 1"
            ).fetchone()
            if row is None:
                raise RequestError(f"There is nothing to {word}.")
            parts = connection.execute(
                "SELECT changes FROM journal_part WHERE step_id = ? ORDER BY seq" + (" DESC" if undo else ""), (row[0],)
            ).fetchall()
            try:
                for (packed,) in parts:
                    assert isinstance(packed, bytes)
                    changes = zlib.decompress(packed)
                    apsw.Changeset.apply(
                        apsw.Changeset.invert(changes) if undo else changes, connection, conflict=_abort
                    )
                if afterwards and connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                    raise apsw.ConstraintError
            except (apsw.AbortError, apsw.ConstraintError) as error:
                raise RequestError(
                    f"Cannot {word} “{row[1]}”: later work changed or uses what it would "
                    f"{'remove' if undo else 'change'} (for example faces found in imported images). "
                    "Nothing was changed."
                ) from error
            connection.execute("UPDATE journal_step SET undone = ? WHERE id = ?", (int(undo), row[0]))
        return self._step(row)

    @contextmanager
    def _references_checked_afterwards(self, which: str) -> Iterator[bool]:
        """For a large step, check references once at the end: row by row that takes most of the time."""
        connection = self._db.connection
        size = connection.execute(
            "SELECT sum(length(changes)) FROM journal_part WHERE step_id ="
            f" (SELECT id FROM journal_step WHERE {which} LIMIT 1)"
        ).get
        large = isinstance(size, int) and size > LARGE
        if large:
            connection.pragma("foreign_keys", False)
        try:
            yield large
        finally:
            if large:
                connection.pragma("foreign_keys", True)

    @staticmethod
    def _step(row: tuple[Any, ...]) -> Step:
        return Step(row[0], row[1], row[2], bool(row[3]), json.loads(row[4] or "{}"))

    def history(self) -> list[Step]:
        """Return all kept steps, oldest first."""
        rows = self._db.rows("SELECT id, text, created, undone, target FROM journal_step ORDER BY id")
        return [self._step(row) for row in rows]

    def next_undo(self) -> Step | None:
        """The step that `undo` would take back."""
        rows = self._db.rows(
            "SELECT id, text, created, undone, target FROM journal_step WHERE undone = 0 ORDER BY id DESC LIMIT 1"
        )
        return self._step(rows[0]) if rows else None

    def next_redo(self) -> Step | None:
        """The step that `redo` would make again."""
        rows = self._db.rows(
            "SELECT id, text, created, undone, target FROM journal_step WHERE undone = 1 ORDER BY id LIMIT 1"
        )
        return self._step(rows[0]) if rows else None

    def prune(self) -> None:
        """Forget the oldest steps beyond 200 steps or 200 MB."""
        sizes = self._db.rows(
            "SELECT step_id, sum(length(changes)) FROM journal_part GROUP BY step_id ORDER BY step_id DESC"
        )
        total = 0
        for place, (step, size) in enumerate(sizes):
            total += size
            if place >= MAX_STEPS or (total > MAX_BYTES and place > 0):
                with self._db.transaction() as connection:
                    connection.execute("DELETE FROM journal_step WHERE id <= ?", (step,))
                return
