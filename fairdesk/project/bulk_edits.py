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
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Chosen:
    """The rows that the next edits of a step are about: their numbers, ascending, each once."""

    ids: npt.NDArray[np.int64]

    @property
    def together(self) -> bool:
        """Whether no number is left out between the first and the last: then two numbers say it all."""
        return len(self.ids) > 0 and int(self.ids[-1] - self.ids[0]) == len(self.ids) - 1

    def among(self, column: str) -> str:
        """Return SQL that is true for those whose number stands in a column."""
        return f"{column} BETWEEN {self.ids[0]} AND {self.ids[-1]}" if self.together else f"{column} IN chosen"

    def rows(self, table: str) -> str:
        """Return the beginning of SQL that goes over them in a table, which is called `t`; `number` is theirs to ask for."""
        return f"FROM {table} t" if self.together else f"FROM chosen CROSS JOIN {table} t ON t.id = chosen.id"

    @property
    def number(self) -> str:
        """The column, in the SQL of `rows`, by which they are gone over."""
        return "t.id" if self.together else "chosen.id"

    def stretches(self) -> Iterator[tuple[int, int]]:
        """Yield the first and last number of so many rows at a time."""
        for start in range(0, len(self.ids), _STRETCH):
            part = self.ids[start : start + _STRETCH]
            yield int(part[0]), int(part[-1])


def choose(db: apsw.Connection, ids: Sequence[int] | npt.NDArray[np.int64]) -> Chosen:
    """Say which rows the next edits of this step are about; where they do not lie together, they stand in the temporary table `chosen`."""
    numbers = np.sort(np.asarray(ids, dtype=np.int64))
    if len(numbers) and not (np.diff(numbers) > 0).all():
        numbers = np.unique(numbers)
    chosen = Chosen(numbers)
    db.execute("DROP TABLE IF EXISTS temp.chosen; CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY)")
    if len(numbers) and not chosen.together:
        db.execute("INSERT INTO chosen SELECT value FROM carray(?)", (apsw.carray(numbers),))
    return chosen


def update(
    db: apsw.Connection, step: int, chosen: Chosen, table: str, values: dict[str, Any], *, differing: bool = False
) -> int:
    """Give the chosen rows of a table the same values; returns how many there are (of those that have others, if asked)."""
    new = {name: f":{name}" for name in values}
    only = f" AND ({' OR '.join(f't.{name} IS NOT {value}' for name, value in new.items())})" if differing else ""
    return update_chosen(db, step, chosen, table, new, only=only, args=values)


def update_chosen(
    db: apsw.Connection, step: int, chosen: Chosen, table: str, values: Mapping[str, str], *,
    joined: str = "", only: str = "", args: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Give the chosen rows of a table values of their own; returns how many there are.

    `values` are SQL by column, in which the table is called `t` and others may be `joined`; what they say of a row must not
    depend on another row, as some are written before others are read: each page of the catalogue is needed once.
    """
    seq = _open(db, step, table, list(values))
    which = f"WHERE {chosen.number} BETWEEN :first AND :last{only}"
    insert = f"{_insert(step, seq, values)} {chosen.rows(table)}{joined} {which}"
    said = (
        f"(SELECT {', '.join(values.values())} FROM (SELECT 1){joined})"
        if joined
        else f"({', '.join(values.values())})"
    )
    update = f"UPDATE OR FAIL {table} AS t SET ({', '.join(values)}) = {said} {which}"
    with _rows_written(db, step, seq, table, list(values), len(chosen.ids), "b"):
        done = 0
        for ends in chosen.stretches():
            given = {**(args or {}), "first": ends[0], "last": ends[1]}
            db.execute(insert, given)
            kept = db.changes()
            if chosen.together:  # as they stand in the table: half the time of finding each by its number
                db.execute(update, given)
            else:
                _copy_stretch(db, step, seq, table, list(values), "b", ends)
            assert db.changes() == kept
            done += kept
    return done


def update_to(
    db: apsw.Connection, step: int, table: str, values: Mapping[str, str], rows: str, args: Mapping[str, Any]
) -> int:
    """Give rows of a table values of their own; returns how many there are.

    `values` are SQL by column, and `rows` is the rest of a SELECT, in which the table is called `t`.
    """
    seq = _open(db, step, table, list(values))
    db.execute(f"{_insert(step, seq, values)} {rows}", args)
    return _copy_rows(db, step, seq, table, list(values), "b")


def _insert(step: int, seq: int, values: Mapping[str, str]) -> str:
    none = ", NULL" * (_MOST - len(values))
    return (
        f"INSERT OR FAIL INTO journal_row SELECT {step}, {seq}, t.id, {', '.join('t.' + name for name in values)}{none},"
        f" {', '.join(values.values())}{none}"
    )


def add_tag(db: apsw.Connection, step: int, chosen: Chosen, tag: str, source: str) -> int:
    """Tag the chosen images that do not have this tag; returns how many got it."""
    seq = _open(db, step, "image_tag", [])
    db.execute(
        f"INSERT OR FAIL INTO journal_tag SELECT ?1, ?2, 1, i.id, ?3, ?4 FROM image i WHERE {chosen.among('i.id')}"
        " AND NOT EXISTS (SELECT 1 FROM image_tag t WHERE t.image_id = i.id AND t.tag = ?3)",
        (step, seq, tag, source),
    )
    return _copy_tags(db, step, seq)


def remove_tag(db: apsw.Connection, step: int, chosen: Chosen, tag: str) -> int:
    """Take a tag from the chosen images; returns how many had it."""
    seq = _open(db, step, "image_tag", [])
    db.execute(
        "INSERT INTO journal_tag SELECT ?, ?, 0, image_id, tag, source FROM image_tag"
        f" WHERE {chosen.among('image_id')} AND tag = ?",
        (step, seq, tag),
    )
    return _drop_tags(db, step, seq)


def last_edit(db: apsw.Connection, step: int) -> int:
    """Return the number of a step's newest bulk edit; 0 where it has none."""
    seq: int = db.execute("SELECT ifnull(max(seq), 0) FROM journal_bulk WHERE step_id = ?", (step,)).get
    return seq


def changes_any(db: apsw.Connection, step: int, since: int) -> bool:
    """Return whether a step's bulk edits, those after the number `since`, gave a row another value or a tag."""
    these = "step_id = ?1 AND seq > ?2"
    differ = " OR ".join(f"a{n} IS NOT b{n}" for n in range(_MOST))
    found = db.execute(
        f"SELECT EXISTS (SELECT 1 FROM journal_row WHERE {these} AND ({differ}))"
        f" OR EXISTS (SELECT 1 FROM journal_tag WHERE {these})",
        (step, since),
    ).get
    return bool(found)


def forget(db: apsw.Connection, step: int, since: int) -> None:
    """Delete what was written down of a step's bulk edits after the number `since`, which changed nothing."""
    for table in ("journal_row", "journal_tag", "journal_bulk"):
        db.execute(f"DELETE FROM {table} WHERE step_id = ? AND seq > ?", (step, since))


def _open(db: apsw.Connection, step: int, table: str, columns: list[str]) -> int:
    assert len(columns) <= _MOST
    assert table == "image_tag" or all(name in _ALLOWED[table] for name in columns)
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
            done = _copy_rows(db, step, seq, table, json.loads(names), "ba" if undo else "ab")
            wanted = _count(db, "journal_row", step, seq)
        if done != wanted:
            raise ChangedSinceError


def _copy_rows(db: apsw.Connection, step: int, seq: int, table: str, columns: Sequence[str], way: str) -> int:
    """Write the new values (b) to the rows; returns how many these are.

    By the ways "ab" and "ba" (the old ones) only to those that still have the others, which an edit that is being made need not ask.
    """
    done = 0
    with _rows_written(db, step, seq, table, columns, _count(db, "journal_row", step, seq), way):
        for ends in _stretches(db, "journal_row", "id", step, seq):
            _copy_stretch(db, step, seq, table, columns, way, ends)
            done += db.changes()
    return done


def _copy_stretch(
    db: apsw.Connection, step: int, seq: int, table: str, columns: Sequence[str], way: str, ends: tuple[int, int]
) -> None:
    since, to = way[:-1], way[-1]
    db.execute(
        f"UPDATE OR FAIL {table} SET {', '.join(f'{name} = r.{to}{n}' for n, name in enumerate(columns))}"
        f" FROM journal_row r WHERE r.step_id = ? AND r.seq = ? AND r.id BETWEEN ? AND ? AND r.id = {table}.id"
        + "".join(f" AND {table}.{name} IS r.{since}{n}" for n, name in enumerate(columns) if since),
        (step, seq, *ends),
    )


@contextmanager
def _rows_written(
    db: apsw.Connection, step: int, seq: int, table: str, columns: Sequence[str], rows: int, way: str
) -> Iterator[None]:
    """While so many rows change (at most): indexes and references are seen to afterwards, where that takes less time."""
    pointing = {f"{way[-1]}{n}": _POINTS_TO[name] for n, name in enumerate(columns) if name in _POINTS_TO}
    with _indexes_made_anew(db, table, columns, rows), _references_checked_at_once(db, step, seq, pointing, rows):
        yield


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
    if rows < _MANY or not pointing:
        yield
        return
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 0)  # the pragma does nothing within a transaction
    try:
        yield
    finally:
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    lost = " OR ".join(f"{value} NOT IN (SELECT id FROM {table})" for value, table in pointing.items())
    if db.execute(f"SELECT 1 FROM journal_row WHERE step_id = ? AND seq = ? AND ({lost}) LIMIT 1", (step, seq)).get:
        raise apsw.ConstraintError("FOREIGN KEY constraint failed")


def _count(db: apsw.Connection, table: str, step: int, seq: int) -> int:
    found = db.execute(f"SELECT count(*) FROM {table} WHERE step_id = ? AND seq = ?", (step, seq)).get
    assert isinstance(found, int)
    return found
