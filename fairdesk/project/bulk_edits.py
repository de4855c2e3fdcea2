"""Edits of many rows at once, written down row by row in the catalogue itself.

The session extension costs as much again as the edit, and twice that to take it back. Where many rows get
the same values these statements keep the old and the new values beside each other, so that 100,000 labels
change, and change back, in less than 200 ms. They run inside a journal step.

A step is taken back as a whole if it fails, so that no statement needs to be taken back alone: `OR FAIL` spares SQLite a
copy of every page that it changes, and what it keeps for the references' sake is let go after each stretch of rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import apsw
import numpy as np
import numpy.typing as npt

SCHEMA = """
CREATE TABLE journal_bulk (
    step_id INTEGER NOT NULL REFERENCES journal_step(id) ON DELETE CASCADE, seq INTEGER NOT NULL,
    tbl TEXT NOT NULL, columns TEXT NOT NULL, PRIMARY KEY (step_id, seq)) WITHOUT ROWID;
CREATE TABLE journal_row (
    step_id INTEGER NOT NULL REFERENCES journal_step(id) ON DELETE CASCADE, seq INTEGER NOT NULL, id INTEGER NOT NULL,
    a0, a1, a2, b0, b1, b2, PRIMARY KEY (step_id, seq, id)) WITHOUT ROWID;
CREATE TABLE journal_tag (
    step_id INTEGER NOT NULL REFERENCES journal_step(id) ON DELETE CASCADE, seq INTEGER NOT NULL, added INTEGER NOT NULL,
    image_id INTEGER NOT NULL, tag TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (step_id, seq, image_id, tag)) WITHOUT ROWID;
"""

_MOST = 3  # columns
_ALLOWED = {
    "face": ("identity_id", "label_source"),
    "identity": ("group_id",),
    "image": ("identity_id", "group_id", "label_source", "hidden", "gender", "gender_source", "age", "age_source"),
}
_POINTS_TO = {"identity_id": "identity", "group_id": "grp"}
_MANY = 50_000  # rows: so many are not put into an index one by one
_STRETCH = 100_000  # rows that one statement changes
_LARGE_SHARE = 3  # where they are a third of the table and more, making the index anew takes less time


class ChangedSinceError(Exception):
    """Rows are not as the step left them: it cannot be taken back."""


def choose(db: apsw.Connection, ids: Sequence[int] | npt.NDArray[np.int64]) -> None:
    """Say which rows the next edits of this step are about: they stand in the temporary table `chosen`."""
    db.execute("DROP TABLE IF EXISTS temp.chosen; CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY)")
    if len(ids):
        numbers = apsw.carray(np.sort(np.asarray(ids, dtype=np.int64)))
        db.execute("INSERT OR IGNORE INTO chosen SELECT value FROM carray(?)", (numbers,))


def update(db: apsw.Connection, step: int, table: str, values: dict[str, Any], *, differing: bool = False) -> int:
    """Give the chosen rows of a table the same values; returns how many there are (of those that have others, if asked)."""
    assert len(values) <= _MOST
    assert all(name in _ALLOWED[table] for name in values)
    seq = _open(db, step, table, list(values))
    none = ", NULL" * (_MOST - len(values))
    given = tuple(values.values())
    others = " OR ".join(f"{name} IS NOT ?" for name in values)
    which, wanted = ("id IN chosen", ()) if not differing else (f"id IN chosen AND ({others})", given)
    db.execute(
        f"INSERT OR FAIL INTO journal_row SELECT ?, ?, id, {', '.join(values)}{none}, {', '.join('?' * len(values))}{none}"
        f" FROM {table} WHERE {which}",
        (step, seq, *given, *wanted),
    )
    return _copy_rows(db, step, seq, table, list(values), undo=False)


def update_to(
    db: apsw.Connection, step: int, table: str, columns: Sequence[str], rows: str, args: tuple[Any, ...]
) -> int:
    """Give rows of a table values of their own: `rows` is a SELECT of id and the new values; returns how many there are."""
    assert len(columns) <= _MOST
    assert all(name in _ALLOWED[table] for name in columns)
    seq = _open(db, step, table, list(columns))
    none = ", NULL" * (_MOST - len(columns))
    places = ("b0", "b1", "b2")[: len(columns)]
    db.execute(
        f"WITH wanted (id, {', '.join(places)}) AS ({rows})"
        f" INSERT OR FAIL INTO journal_row SELECT {step}, {seq}, t.id, {', '.join('t.' + name for name in columns)}{none},"
        f" {', '.join('w.' + place for place in places)}{none} FROM wanted w CROSS JOIN {table} t ON t.id = w.id",
        args,
    )
    return _copy_rows(db, step, seq, table, columns, undo=False)


def add_tag(db: apsw.Connection, step: int, tag: str, source: str) -> int:
    """Tag the chosen images that do not have this tag; returns how many got it."""
    seq = _open(db, step, "image_tag", [])
    db.execute(
        "INSERT OR FAIL INTO journal_tag SELECT ?1, ?2, 1, i.id, ?3, ?4 FROM image i WHERE i.id IN chosen"
        " AND NOT EXISTS (SELECT 1 FROM image_tag t WHERE t.image_id = i.id AND t.tag = ?3)",
        (step, seq, tag, source),
    )
    return _copy_tags(db, step, seq)


def remove_tag(db: apsw.Connection, step: int, tag: str) -> int:
    """Take a tag from the chosen images; returns how many had it."""
    seq = _open(db, step, "image_tag", [])
    db.execute(
        "INSERT INTO journal_tag SELECT ?, ?, 0, image_id, tag, source FROM image_tag WHERE image_id IN chosen AND tag = ?",
        (step, seq, tag),
    )
    return _drop_tags(db, step, seq)


def last_edit(db: apsw.Connection, step: int) -> int:
    """Return the number of a step's newest bulk edit; 0 where it has none."""
    seq: int = db.execute("SELECT ifnull(max(seq), 0) FROM journal_bulk WHERE step_id = ?", (step,)).get
    return seq


def _open(db: apsw.Connection, step: int, table: str, columns: list[str]) -> int:
    seq = last_edit(db, step) + 1
    db.execute("INSERT INTO journal_bulk VALUES (?, ?, ?, ?)", (step, seq, table, json.dumps(columns)))
    return seq


_TAGS_IN_STRETCH = "step_id = ? AND seq = ? AND image_id BETWEEN ? AND ?"


def _stretches(db: apsw.Connection, table: str, number: str, step: int, seq: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of the rows of an edit, so many rows at a time."""
    rows = f"FROM {table} WHERE step_id = ? AND seq = ? AND {number} > ? ORDER BY {number} LIMIT 1"
    last = -1
    while (first := db.execute(f"SELECT {number} {rows}", (step, seq, last)).get) is not None:
        end = db.execute(f"SELECT {number} {rows} OFFSET {_STRETCH - 1}", (step, seq, last)).get
        last = int(str(end)) if end is not None else 2**62
        yield int(str(first)), last


def _copy_tags(db: apsw.Connection, step: int, seq: int) -> int:
    done = 0
    for ends in _stretches(db, "journal_tag", "image_id", step, seq):
        db.execute(
            f"INSERT OR FAIL INTO image_tag SELECT image_id, tag, source FROM journal_tag WHERE {_TAGS_IN_STRETCH}",
            (step, seq, *ends),
        )
        done += db.changes()
    return done


def _drop_tags(db: apsw.Connection, step: int, seq: int) -> int:
    done = 0
    for ends in _stretches(db, "journal_tag", "image_id", step, seq):
        db.execute(
            "DELETE FROM image_tag WHERE (image_id, tag) IN"
            f" (SELECT image_id, tag FROM journal_tag WHERE {_TAGS_IN_STRETCH})",
            (step, seq, *ends),
        )
        done += db.changes()
    return done


def apply(db: apsw.Connection, step: int, *, undo: bool) -> None:
    """Take a step's bulk edits back, newest first, or make them again.

    Raises
    ------
    ChangedSinceError
        If a row is not as the step left it.
    """
    order = "DESC" if undo else "ASC"
    edits = db.execute(f"SELECT seq, tbl, columns FROM journal_bulk WHERE step_id = ? ORDER BY seq {order}", (step,))
    for seq, table, names in edits.fetchall():
        assert isinstance(seq, int) and isinstance(table, str) and isinstance(names, str)
        if table == "image_tag":
            wanted = _count(db, "journal_tag", step, seq)
            added = db.execute("SELECT added FROM journal_tag WHERE step_id = ? AND seq = ? LIMIT 1", (step, seq)).get
            done = (_drop_tags if bool(added) == undo else _copy_tags)(db, step, seq)
        else:
            done = _copy_rows(db, step, seq, table, json.loads(names), undo=undo)
            wanted = _count(db, "journal_row", step, seq)
        if done != wanted:
            raise ChangedSinceError


def _copy_rows(db: apsw.Connection, step: int, seq: int, table: str, columns: Sequence[str], *, undo: bool) -> int:
    """Write the new values (or the old ones) to the rows that still have the others; returns how many these are."""
    to, since = ("a", "b") if undo else ("b", "a")
    count, done = _count(db, "journal_row", step, seq), 0
    pointing = {f"{to}{n}": _POINTS_TO[name] for n, name in enumerate(columns) if name in _POINTS_TO}
    with _indexes_made_anew(db, table, columns, count), _references_checked_at_once(db, step, seq, pointing, count):
        for ends in _stretches(db, "journal_row", "id", step, seq):
            db.execute(
                f"UPDATE OR FAIL {table} SET {', '.join(f'{name} = r.{to}{n}' for n, name in enumerate(columns))}"
                f" FROM journal_row r WHERE r.step_id = ? AND r.seq = ? AND r.id BETWEEN ? AND ? AND r.id = {table}.id AND "
                + " AND ".join(f"{table}.{name} IS r.{since}{n}" for n, name in enumerate(columns)),
                (step, seq, *ends),
            )
            done += db.changes()
    return done


@contextmanager
def _indexes_made_anew(db: apsw.Connection, table: str, columns: Iterable[str], rows: int) -> Iterator[None]:
    """While so many rows change that it takes less time: do without the indexes of the columns, and make them afterwards.

    It is part of the transaction, so that an edit that fails leaves them as they were.
    """
    indexes: list[tuple[str, str]] = []
    if rows >= _MANY and rows * _LARGE_SHARE >= int(str(db.execute(f"SELECT count(*) FROM {table}").get)):
        found = db.execute(
            "SELECT DISTINCT s.name, s.sql FROM sqlite_schema s, json_each(?2) c"  # in its columns or its condition
            " WHERE s.type = 'index' AND s.tbl_name = ?1 AND s.sql LIKE 'CREATE INDEX %' AND instr(s.sql, c.value)",
            (table, json.dumps(list(columns))),
        )
        indexes = [(str(name), str(sql)) for name, sql in found]
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    yield
    for _, sql in indexes:
        db.execute(sql)


@contextmanager
def _references_checked_at_once(
    db: apsw.Connection, step: int, seq: int, pointing: Mapping[str, str], rows: int
) -> Iterator[None]:
    """While many rows change: look for what their new values point to (a table each) at once, not for every row by itself.

    That takes half the time of the edit. Raises `apsw.ConstraintError` as SQLite does.
    """
    many = rows >= _MANY and bool(pointing)
    if many:
        lost = " OR ".join(f"{value} NOT IN (SELECT id FROM {table})" for value, table in pointing.items())
        if db.execute(f"SELECT 1 FROM journal_row WHERE step_id = ? AND seq = ? AND ({lost}) LIMIT 1", (step, seq)).get:
            raise apsw.ConstraintError("FOREIGN KEY constraint failed")
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 0)  # the pragma does nothing within a transaction
    try:
        yield
    finally:
        if many:
            db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)


def _count(db: apsw.Connection, table: str, step: int, seq: int) -> int:
    found = db.execute(f"SELECT count(*) FROM {table} WHERE step_id = ? AND seq = ?", (step, seq)).get
    assert isinstance(found, int)
    return found
