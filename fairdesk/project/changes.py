"""What each write touched: SQLite says it, the catalogue keeps it, and a window reads only what it shows of it.

No writer declares anything. While a write transaction runs, SQLite's authorizer names the tables and columns that
its statements write; a journal step knows its rows as well. Both become rows of the table `change` in the same
transaction, so that a change and what is said of it appear together, whoever made it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from fairdesk.project.database import Database

FEW = 200  # rows that are named one by one
KEPT = 1000  # entries; a window that missed more reads everything again
SMALL = 20_000  # bytes of a changeset whose rows are looked at one by one
SCHEMA = """
-- What each write touched (project/changes.py). NULL images: any. Ids only, no names.
CREATE TABLE change (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, images TEXT);
"""


class Kind(StrEnum):
    """What can be touched, as a view would say it."""

    IMAGES = "images"  # which there are, and where they lie
    HIDDEN = "hidden"  # which of them are hidden
    LABELS = "labels"  # identity, group, gender, age
    TAGS = "tags"
    FACES = "faces"
    VECTORS = "vectors"
    PREDICTIONS = "predictions"
    QUALITY = "quality"
    SETS = "sets"
    CLUSTERS = "clusters"
    VERDICTS = "verdicts"
    LISTS = "lists"
    SCORES = "scores"
    VIEWS = "views"
    SETTINGS = "settings"
    HISTORY = "history"  # what can be undone
    RUNS = "runs"  # folders, not rows: told when a job that trains has ended


EVERY = frozenset(Kind)
Images = frozenset[int] | None
Touched = dict[Kind, Images]

_LABELS = ("identity_id", "group_id", "label_source", "gender", "gender_source", "age", "age_source")
_COLUMNS: dict[str, dict[str, Kind]] = {  # where an update of a column is of another kind than the table
    "image": dict.fromkeys(_LABELS, Kind.LABELS) | {"hidden": Kind.HIDDEN},
    "face": dict.fromkeys(("identity_id", "label_source"), Kind.LABELS),
}
TABLES: dict[str, Kind] = {
    "root": Kind.IMAGES, "image": Kind.IMAGES, "unreadable": Kind.IMAGES,
    "grp": Kind.LABELS, "identity": Kind.LABELS, "image_tag": Kind.TAGS,
    "face": Kind.FACES, "detection": Kind.FACES,
    "recipe": Kind.VECTORS, "vector": Kind.VECTORS, "vector_failure": Kind.VECTORS,
    "prediction": Kind.PREDICTIONS, "quality": Kind.QUALITY,
    "image_set": Kind.SETS, "set_member": Kind.SETS,
    "clustering": Kind.CLUSTERS, "cluster": Kind.CLUSTERS, "cluster_member": Kind.CLUSTERS,
    "verdict": Kind.VERDICTS, "verdict_outweighed": Kind.VERDICTS,
    "pair_list": Kind.LISTS, "score_set": Kind.SCORES, "comparison_mark": Kind.SCORES, "saved_view": Kind.VIEWS, "meta": Kind.SETTINGS,
    "journal_step": Kind.HISTORY, "journal_part": Kind.HISTORY, "journal_bulk": Kind.HISTORY,
    "journal_row": Kind.HISTORY, "journal_tag": Kind.HISTORY, "change": Kind.HISTORY,
}  # fmt: skip
_INTERNAL = ("sqlite_",)
_WRITES = (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)


@dataclass(frozen=True)
class Change:
    """What was touched, and for each kind which images (None: any)."""

    touched: Mapping[Kind, Images] = field(default_factory=dict)

    @classmethod
    def everything(cls) -> Change:
        """The change of which nothing is known."""
        return cls(dict.fromkeys(Kind))

    @classmethod
    def of(cls, *kinds: Kind) -> Change:
        """A change of some kinds, of any images."""
        return cls(dict.fromkeys(kinds))

    def __bool__(self) -> bool:
        return bool(self.touched)

    def __or__(self, other: Change) -> Change:
        return Change(_joined([*self.touched.items(), *other.touched.items()]))

    def within(self, kinds: frozenset[Kind]) -> Change:
        """Return the part of it that is of some kinds."""
        return Change({kind: images for kind, images in self.touched.items() if kind in kinds})

    def images(self) -> Images:
        """Return the images it is about, or None where they are not known or not few."""
        found: set[int] = set()
        for images in self.touched.values():
            if images is None:
                return None
            found |= images
        return frozenset(found) if len(found) <= FEW else None


def _joined(parts: Iterable[tuple[Kind, Images]]) -> Touched:
    out: Touched = {}
    for kind, images in parts:
        before = out.get(kind, frozenset())
        out[kind] = None if before is None or images is None or len(before | images) > FEW else before | images
    return out


def kind_of(table: str, column: str | None = None) -> Kind | None:
    """Return the kind of a table, or of one column that is updated; None for a table nobody has named a kind for."""
    known = _COLUMNS.get(table, {})
    return known[column] if column in known else TABLES.get(table)


class Watch:
    """Watches one write transaction, and writes down what it touched before it is committed."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._before = connection.total_changes()
        self._written: set[tuple[str, str | None]] = set()
        self._rows: Touched | None = None
        connection.authorizer = self._authorize  # it makes SQLite prepare kept statements anew, so none is missed

    def _authorize(
        self, operation: int, table: str | None, column: str | None, database: str | None, _trigger: str | None
    ) -> int:
        if operation in _WRITES and database == "main" and table is not None and not table.startswith(_INTERNAL):
            self._written.add((table, column if operation == apsw.SQLITE_UPDATE else None))
        return apsw.SQLITE_OK

    def stop(self) -> None:
        """Watch no longer."""
        self._connection.authorizer = None

    @property
    def tables(self) -> set[str]:
        """The tables that statements of this transaction may have written."""
        return {table for table, _ in self._written}

    def rows(self, touched: Touched | None) -> None:
        """Say exactly what the edits of a journal step touched; None where its rows are many."""
        self._rows = touched

    def keep(self, journaled: Sequence[str]) -> None:
        """Write down what was touched; nothing where no row was."""
        self.stop()
        if self._connection.total_changes() == self._before:
            return
        parts: list[tuple[Kind, Images]] = list((self._rows or {}).items())
        for table, column in sorted(self._written, key=repr):
            if self._rows is not None and table in journaled:
                continue  # its rows are known
            kind = kind_of(table, column)
            parts += [(kind, None)] if kind is not None else Change.everything().touched.items()
        for kind, images in _joined(parts).items():
            text = None if images is None else json.dumps(sorted(images))
            self._connection.execute("INSERT INTO change (kind, images) VALUES (?, ?)", (kind.value, text))
        self._connection.execute("DELETE FROM change WHERE id <= (SELECT max(id) FROM change) - ?", (KEPT,))


def rows_touched(db: apsw.Connection, changesets: Sequence[bytes], step: int | None, after: int = 0) -> Touched | None:
    """Return what a journal step touched, with the images where they are few.

    Parameters
    ----------
    changesets
        What the session extension recorded.
    step, after
        The step's bulk edits from the one behind number `after` on; None where it has none.

    Returns
    -------
    Touched or None
        None where there are more rows than are worth looking at.
    """
    if sum(map(len, changesets)) > SMALL:
        return None
    parts: list[tuple[Kind, Images]] = []
    for changes in changesets:
        for change in apsw.Changeset.iter(changes):
            parts += _of_row(db, change)
    if step is not None:
        for seq, table, columns in db.execute(
            "SELECT seq, tbl, columns FROM journal_bulk WHERE step_id = ? AND seq > ?", (step, after)
        ).fetchall():
            assert isinstance(table, str) and isinstance(columns, str)
            of, number = ("journal_tag", "image_id") if table == "image_tag" else ("journal_row", "id")
            found = db.execute(
                f"SELECT {number} FROM {of} WHERE step_id = ? AND seq = ? LIMIT ?", (step, seq, FEW + 1)
            ).fetchall()
            if len(found) > FEW:
                return None
            images = _images(db, table, [int(str(row[0])) for row in found])
            parts += [
                (kind, images) for kind in {kind_of(table, name) for name in json.loads(columns) or [None]} if kind
            ]
    return _joined(parts)


def _of_row(db: apsw.Connection, change: apsw.TableChange) -> Iterator[tuple[Kind, Images]]:
    names = [str(row[1]) for row in db.execute(f"PRAGMA table_info({change.name})")]
    old, new = change.old or (), change.new or ()
    if change.op == "UPDATE":
        columns: list[str | None] = [
            name for name, value in zip(names, new, strict=True) if value is not apsw.no_change
        ]
    else:
        columns = [None]
    known = dict(zip(names, old or new, strict=True))
    if change.name in ("image", "face") and change.op == "UPDATE":
        images = _images(db, change.name, [int(str(known["id"]))])
    elif change.name in ("identity", "grp"):  # one that is new or gone is nobody's
        images = _images(db, change.name, [int(str(known["id"]))]) if change.op == "UPDATE" else frozenset()
    elif change.name == "image_tag":
        images = frozenset([int(str(known["image_id"]))])
    else:
        images = None
    for name in columns:
        kind = kind_of(change.name, name)
        if kind is not None:
            yield kind, images


_IMAGES = {
    "face": "SELECT image_id FROM face WHERE id IN (SELECT value FROM json_each(?1))",
    "identity": "SELECT id FROM image WHERE identity_id IN (SELECT value FROM json_each(?1))"
    " UNION SELECT image_id FROM face WHERE identity_id IN (SELECT value FROM json_each(?1))",
}


def _images(db: apsw.Connection, table: str, ids: list[int]) -> Images:
    """Return the images that rows are about; None where they are many."""
    if table in ("image", "image_tag"):
        return frozenset(ids)
    if table not in _IMAGES:
        return None
    found = db.execute(f"{_IMAGES[table]} LIMIT {FEW + 1}", (json.dumps(ids),)).fetchall()
    return frozenset(int(str(row[0])) for row in found) if len(found) <= FEW else None


class ChangeReader:
    """Tells one thread what others have written since it last asked."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._version, self._last = -1, 0
        self._unexplained = False
        self.read()

    def read(self) -> Change:
        """Return what was touched since the last call; an empty change where nothing was."""
        if self._db.data_version() == self._version and not self._unexplained:
            return Change()
        with self._db.moment():  # number and entries
            last, change = changes_since(self._db, self._last)
            self._version = self._db.data_version()
        self._unexplained = last == self._last and self._db.being_written()
        if self._unexplained:  # a long write that starts the log anew moves the number too, and tells when it is done
            return Change()
        if last == self._last:
            return Change.everything()
        self._last = last
        return change


def changes_since(database: Database, last: int) -> tuple[int, Change]:
    """Return the number of the newest entry, and what was touched since the one of this number, whoever did it."""
    entries = database.rows("SELECT id, kind, images FROM change WHERE id > ? ORDER BY id", (last,))
    if not entries:
        return last, Change()
    known = {kind.value for kind in Kind}
    newest = entries[-1][0]
    if entries[0][0] != last + 1 or any(kind not in known for _, kind, _ in entries):
        return newest, Change.everything()
    return newest, Change(
        _joined((Kind(kind), None if text is None else frozenset(json.loads(text))) for _, kind, text in entries)
    )
