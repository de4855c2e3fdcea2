"""Undo and redo of everything: each edit is one transaction whose changes SQLite itself records.

SQLite's session extension writes down every changed row, so no edit can forget to. A step is undone
by applying its inverted changes; a row that somebody changed since makes that a refusal, never a guess.
Steps live in the catalogue, so they outlast a restart and a crash. Edits that give many rows the same
values are recorded by `bulk` instead, which is faster.
"""

from __future__ import annotations

import json
import threading
import time
import zlib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.project import bulk_edits as bulk
from fairdesk.project.changes import SMALL, rows_touched
from fairdesk.project.database import Database
from fairdesk.project.schema import JOURNALED
from fairdesk.project.step_targets import whole
from fairdesk.words import tr

Ids = npt.NDArray[np.int64]
MAX_STEPS = 200
MAX_BYTES = 200_000_000
LARGE = 100_000  # bytes of packed changes, some 30,000 rows
_AS_A_WHOLE = apsw.SQLITE_CHANGESETAPPLY_NOSAVEPOINT  # the transaction goes back if one fails: no page is copied for it

_FAILURES = ("detection WHERE why IS NOT NULL AND faces = 0", "quality WHERE why IS NOT NULL")  # that could not be read


class NoStepError(RequestError):
    """There is nothing to undo or redo."""


class OtherStepError(RequestError):
    """The step that would be undone or redone is none of those that were meant."""

    def __init__(self, step: str) -> None:
        super().__init__(
            tr("“{step}” was not done here. Nothing was changed. Undo or redo it in the main window: Edit.", step=step)
        )


@dataclass(frozen=True)
class Step:
    """One edit as the history shows it."""

    id: int
    text: str
    created: float
    undone: bool
    target: dict[str, Any]


class _Edit:
    """A step that is being made; it gets its row when there is something to keep."""

    def __init__(
        self,
        connection: apsw.Connection,
        session: apsw.Session,
        text: str,
        target: dict[str, Any],
        merge_key: str | None,
    ) -> None:
        self.connection, self.session = connection, session
        self._text, self._target, self._merge_key = text, target, merge_key
        self.number: int | None = None
        self.chosen: bulk.Chosen | None = None
        self.bulk_before: int | None = None  # the last bulk edit before this part of the step; None: this part has none
        self._gone: list[int] = []  # steps that cannot be made again, as this one was made

    def step(self) -> int:
        """Return the step's number; what was undone cannot be made again from here on."""
        if self.number is not None:
            return self.number
        db = self.connection
        undone = db.execute("UPDATE journal_step SET undone = 2 WHERE undone = 1 RETURNING id")  # deleted by prune
        self._gone = [int(str(row[0])) for row in undone.fetchall()]
        last = db.execute("SELECT id, merge_key FROM journal_step WHERE undone = 0 ORDER BY id DESC LIMIT 1").fetchone()
        if self._merge_key is not None and last is not None and last[1] == self._merge_key:
            assert isinstance(last[0], int)
            self.number = last[0]
            db.execute("UPDATE journal_step SET text = ? WHERE id = ?", (self._text, self.number))
        else:
            db.execute(
                "INSERT INTO journal_step (text, created, merge_key, target) VALUES (?, ?, ?, ?)",
                (self._text, time.time(), self._merge_key, json.dumps(self._target)),
            )
            self.number = int(db.last_insert_rowid())
        return self.number

    def call(self, text: str) -> None:
        """Give the step another text."""
        self._text = text
        if self.number is not None:
            self.connection.execute("UPDATE journal_step SET text = ? WHERE id = ?", (text, self.number))

    def discard(self) -> None:
        """Forget the step, whose bulk edits found everything as it should be: what was undone can be made again."""
        db, before = self.connection, self.bulk_before
        assert self.number is not None and before is not None
        bulk.forget(db, self.number, before)
        if before == 0 and not db.execute("SELECT 1 FROM journal_part WHERE step_id = ?", (self.number,)).get:
            db.execute("DELETE FROM journal_step WHERE id = ?", (self.number,))
            db.execute(
                "UPDATE journal_step SET undone = 1 WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(self._gone),),
            )
        self.number = self.bulk_before = None

    def keep(self, changes: bytes) -> None:
        """Write down what the session recorded."""
        self.connection.execute(
            "INSERT INTO journal_part SELECT ?1, ifnull(max(seq), 0) + 1, ?2 FROM journal_part WHERE step_id = ?1",
            (self.step(), zlib.compress(changes, 1)),
        )


def _abort(_reason: int, _change: Any) -> int:
    return apsw.SQLITE_CHANGESET_ABORT


def _forget_failures(connection: apsw.Connection, parts: Sequence[tuple[Any, ...]]) -> None:
    """Forget why nothing could be read of the images that undoing some parts of a step removes: that is no work that would be lost."""
    noted = [table for table in _FAILURES if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").get]
    if not noted:
        return
    added = [
        change.new[0]
        for (packed,) in parts
        for change in apsw.Changeset.iter(zlib.decompress(packed))
        if change.name == "image" and change.op == "INSERT" and change.new is not None
    ]
    for table in noted:
        connection.execute(
            f"DELETE FROM {table} AND image_id IN (SELECT value FROM json_each(?))", (json.dumps(added),)
        )


class Journal:
    """The edits of one project."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._local = threading.local()

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
            edit = self._local.edit = _Edit(connection, session, text, target or {}, merge_key)
            try:
                for table in JOURNALED:
                    session.attach(table)
                yield connection
                changes = session.changeset()
            finally:
                self._local.edit = None
                session.close()
            if (
                edit.bulk_before is not None
                and not changes
                and not bulk.changes_any(connection, edit.step(), edit.bulk_before)
            ):
                edit.discard()
            bulk_step = edit.step() if edit.bulk_before is not None else None
            self._db.touched(rows_touched(connection, [changes], bulk_step, edit.bulk_before or 0))
            if changes:
                edit.keep(changes)
            self._local.made = edit.number

    def call(self, text: str) -> None:
        """Give the step that is being made another text: what it comes to is known when it is done."""
        self._local.edit.call(text)

    @property
    def made(self) -> int | None:
        """The number of the step that this thread made last; None where it changed nothing."""
        found: int | None = getattr(self._local, "made", None)
        return found

    def choose(self, ids: Sequence[int] | Ids) -> None:
        """Within a step: say which rows the edits that follow are about."""
        edit: _Edit = self._local.edit
        edit.chosen = bulk.choose(edit.connection, ids)

    def among(self, column: str) -> str:
        """Within a step: return SQL that is true where a column has the number of a chosen row."""
        return self._chosen.among(column)

    @property
    def _chosen(self) -> bulk.Chosen:
        edit: _Edit = self._local.edit
        assert edit.chosen is not None
        return edit.chosen

    def update(self, table: str, values: dict[str, Any], *, differing: bool = False) -> int:
        """Within a step: give the chosen rows of `face` or `image` the same values; returns how many there are.

        With `differing` only the rows that have other values, so that undo leaves the rest alone.
        """
        chosen = self._chosen
        return self._bulk(lambda db, step: bulk.update(db, step, chosen, table, values, differing=differing))

    def update_chosen(self, table: str, values: Mapping[str, str], joined: str) -> int:
        """Within a step: give the chosen rows values of their own, by SQL (`bulk_edits.update_chosen`); returns how many there are."""
        chosen = self._chosen
        return self._bulk(lambda db, step: bulk.update_chosen(db, step, chosen, table, values, joined=joined))

    def update_to(self, table: str, values: Mapping[str, str], rows: str, args: Mapping[str, Any] | None = None) -> int:
        """Within a step: give rows values of their own, by SQL (`bulk_edits.update_to`); returns how many there are."""
        return self._bulk(lambda db, step: bulk.update_to(db, step, table, values, rows, args or {}))

    def add_tag(self, tag: str, source: str) -> int:
        """Within a step: tag the chosen images that do not have this tag; returns how many got it."""
        chosen = self._chosen
        return self._bulk(lambda db, step: bulk.add_tag(db, step, chosen, tag, source))

    def remove_tag(self, tag: str) -> int:
        """Within a step: take a tag from the chosen images; returns how many had it."""
        chosen = self._chosen
        return self._bulk(lambda db, step: bulk.remove_tag(db, step, chosen, tag))

    def _bulk(self, work: Callable[[apsw.Connection, int], int]) -> int:
        edit: _Edit = self._local.edit
        edit.session.enabled = False
        try:
            step = edit.step()
            if edit.bulk_before is None:
                edit.bulk_before = bulk.last_edit(edit.connection, step)
            return work(edit.connection, step)
        finally:
            edit.session.enabled = True

    def undo(self, among: Container[int] | None = None) -> Step:
        """Take back the newest edit that is not undone yet.

        Parameters
        ----------
        among
            The numbers of the steps that may be taken back; None: any.

        Raises
        ------
        NoStepError
            If there is none.
        OtherStepError
            If the newest is not `among` those that may be.
        RequestError
            If its rows were changed or used by later work.
        """
        return self._apply("undone = 0 ORDER BY id DESC", among, undo=True)

    def redo(self, among: Container[int] | None = None) -> Step:
        """Make the oldest undone edit again. Raises as `undo` does."""
        return self._apply("undone = 1 ORDER BY id", among, undo=False)

    def _apply(self, which: str, among: Container[int] | None, *, undo: bool) -> Step:
        with self._references_checked_afterwards(which) as afterwards, self._db.transaction() as connection:
            row = connection.execute(
                f"SELECT id, text, created, undone, target FROM journal_step WHERE {which} LIMIT 1"
            ).fetchone()
            if row is None:
                raise NoStepError(tr("There is nothing to undo.") if undo else tr("There is nothing to redo."))
            if among is not None and row[0] not in among:
                raise OtherStepError(str(row[1]))
            parts = connection.execute(
                "SELECT changes FROM journal_part WHERE step_id = ? ORDER BY seq" + (" DESC" if undo else ""), (row[0],)
            ).fetchall()
            try:
                if undo:  # rows first, then what they point to
                    _forget_failures(connection, parts)
                    bulk.apply(connection, row[0], undo=True)
                for (packed,) in parts:
                    assert isinstance(packed, bytes)
                    changes = zlib.decompress(packed)
                    if undo:
                        changes = apsw.Changeset.invert(changes)
                    apsw.Changeset.apply(changes, connection, conflict=_abort, flags=_AS_A_WHOLE)
                if not undo:
                    bulk.apply(connection, row[0], undo=False)
                if afterwards and connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                    raise apsw.ConstraintError
            except (apsw.AbortError, apsw.ConstraintError, bulk.ChangedSinceError) as error:
                refused = (
                    tr(
                        "Cannot undo “{edit}”: later work changed or uses what it would remove (for example faces found in "
                        "imported images). Nothing was changed.",
                        edit=row[1],
                    )
                    if undo
                    else tr(
                        "Cannot redo “{edit}”: later work changed or uses what it would change (for example faces found in "
                        "imported images). Nothing was changed.",
                        edit=row[1],
                    )
                )
                raise RequestError(refused) from error
            packed_parts = [packed for (packed,) in parts if isinstance(packed, bytes)]
            small = sum(map(len, packed_parts)) <= SMALL
            self._db.touched(
                rows_touched(connection, list(map(zlib.decompress, packed_parts)), row[0]) if small else None
            )
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
        return Step(row[0], row[1], row[2], bool(row[3]), whole(json.loads(row[4] or "{}")))

    def history(self) -> list[Step]:
        """Return all kept steps, oldest first."""
        rows = self._db.rows("SELECT id, text, created, undone, target FROM journal_step WHERE undone < 2 ORDER BY id")
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
        """Forget undone steps that cannot be made again, and the oldest beyond 200 steps or 200 MB."""
        if self._db.value("SELECT 1 FROM journal_step WHERE undone = 2 LIMIT 1"):
            with self._db.transaction() as connection:
                connection.execute("DELETE FROM journal_step WHERE undone = 2")
        sizes = self._db.rows(
            "SELECT s.id, (SELECT ifnull(sum(length(changes)), 0) FROM journal_part WHERE step_id = s.id)"
            " + 30 * (SELECT count(*) FROM journal_row WHERE step_id = s.id)"
            " + 60 * (SELECT count(*) FROM journal_tag WHERE step_id = s.id) FROM journal_step s ORDER BY s.id DESC"
        )
        total = 0
        for place, (step, size) in enumerate(sizes):
            total += size
            if place >= MAX_STEPS or (total > MAX_BYTES and place > 0):
                with self._db.transaction() as connection:
                    connection.execute("DELETE FROM journal_step WHERE id <= ?", (step,))
                return
