"""Labels from a table: which column says what, and whom each row means."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fairdesk.dataset.table_files import Table, read_table
from fairdesk.errors import RequestError
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.words import tr

# What a column may be called, where nobody says which one it is.
GUESSES: dict[str, tuple[str, ...]] = {
    "path": ("path", "image", "file", "filename", "image_path", "file_name", "img"),
    "identity": ("identity", "subject", "person", "id", "name", "subject_id", "label"),
    "group": ("group", "race", "ethnicity"),
    "gender": ("gender", "sex"),
    "age": ("age",),
    "tags": ("tags", "tag"),
}
FIELDS = tuple(GUESSES)
_BFW = {"p1", "p2", "att1", "att2"}


@dataclass(frozen=True)
class Label:
    """What one row says; None where its cell is empty."""

    identity: str | None = None
    group: str | None = None
    gender: str | None = None
    age: str | None = None
    tags: tuple[str, ...] = ()

    def others(self) -> list[tuple[str, str]]:
        """Return (kind, value) of what is neither identity nor group."""
        found = [("gender", self.gender), ("age", self.age)]
        return [(kind, value) for kind, value in found if value] + [("tag", tag) for tag in self.tags]


def find_columns(table: Table, given: dict[str, str]) -> dict[str, int]:
    """Return the place of each field's column: as given, else by its usual names.

    Raises
    ------
    RequestError
        If a given column is not there, or none holds the paths or any label.
    """
    lowered = [name.lower() for name in table.header]
    out: dict[str, int] = {}
    for field, names in GUESSES.items():
        if field in given:
            if given[field].lower() not in lowered:
                raise RequestError(
                    tr(
                        "{path} has no column {given!r} for {field}. It has: {header}",
                        path=table.path,
                        given=given[field],
                        field=field,
                        header=", ".join(table.header),
                    )
                )
            out[field] = lowered.index(given[field].lower())
        else:
            place = next((lowered.index(name) for name in names if name in lowered), None)
            if place is not None and place not in out.values():
                out[field] = place
    if "path" not in out or len(out) < 2:
        raise RequestError(
            tr(
                "{path}: line 1 must name a column of paths and one of identity, group, gender, age or tags; it has: "
                "{header}. Say which is which, e.g. --columns path=FILE identity=WHO",
                path=table.path,
                header=", ".join(table.header) or "nothing",
            )
        )
    return out


def _label(row: list[str], places: dict[str, int]) -> Label:
    cell = {field: row[place] or None for field, place in places.items()}
    tags = tuple(dict.fromkeys(tag.strip() for tag in (cell.get("tags") or "").split(";") if tag.strip()))
    return Label(cell.get("identity"), cell.get("group"), cell.get("gender"), cell.get("age"), tags)


def _rows(table: Table, given: dict[str, str]) -> Iterator[tuple[str, Label]]:
    """Yield (path, label) of each row; BFW's pair table gives its two images."""
    if not given and set(table.header) >= _BFW:
        yield from _bfw(table)
        return
    places = find_columns(table, given)
    for row in table.rows:
        yield row[places["path"]].replace("\\", "/"), _label(row, places)


def _bfw(table: Table) -> Iterator[tuple[str, Label]]:
    """The images of a BFW data table: group from `att`, identity from the folder, gender from `g`."""
    at = {name: table.header.index(name) for name in table.header}
    seen: set[str] = set()
    for row in table.rows:
        for n in "12":
            path = row[at[f"p{n}"]].replace("\\", "/")
            if path not in seen:
                seen.add(path)
                parts = path.split("/")
                who = parts[-2] if len(parts) > 1 else row[at[f"id{n}"]]
                gender = row[at[f"g{n}"]] if f"g{n}" in at else ""
                yield path, Label(who, row[at[f"att{n}"]], {"F": "female", "M": "male"}.get(gender, gender or None))


def read_labels(path: Path, tree: Tree, given: dict[str, str] | None = None) -> tuple[dict[str, Label], list[str]]:
    """Read labels for the files of a tree.

    A row's path may be absolute, relative to the folder, or a file name that occurs once in it.
    Returns the labels by relative path, and the paths that name no file. Raises as `read_table` and
    `find_columns` do.
    """
    names: dict[str, list[str]] = {}
    for entry in tree.entries:
        names.setdefault(entry.path.rsplit("/", 1)[-1], []).append(entry.path)
    known = {entry.path for entry in tree.entries}
    labels: dict[str, Label] = {}
    unmatched = []
    for where, label in _rows(read_table(path), given or {}):
        found = _match(where, tree.root, known, names)
        if found is None:
            unmatched.append(where)
        else:
            labels[found] = label
    return labels, unmatched


def _match(given: str, root: Path, known: set[str], names: dict[str, list[str]]) -> str | None:
    if given in known:
        return given
    prefix = root.as_posix().rstrip("/") + "/"
    if given.startswith(prefix) and given[len(prefix) :] in known:
        return given[len(prefix) :]
    same = names.get(given.rsplit("/", 1)[-1], [])
    return same[0] if len(same) == 1 and "/" not in given else None


def read_manifest(path: Path, given: dict[str, str], base: Path | None) -> tuple[Tree, dict[str, Label]]:
    """Read a table as the list of images to import, with their labels.

    Paths are relative to `base` (default: the folder the table lies in) or absolute; the root is the
    folder that holds them all.

    Raises
    ------
    RequestError
        As `read_table` and `find_columns` do, or if the table has no rows.
    """
    home = base or path.parent
    found: dict[str, Label] = {}
    for where, label in _rows(read_table(path), given):
        if where:
            found[os.path.normpath(home / where)] = label
    if not found:
        raise RequestError(tr("{path} names no images.", path=path))
    folders = {os.path.dirname(where) for where in found}
    root = home if all(Path(folder).is_relative_to(home) for folder in folders) else Path(os.path.commonpath(folders))
    labels = {PurePosixPath(Path(where).relative_to(root)).as_posix(): label for where, label in found.items()}
    entries = [Entry(where, label.identity, label.group) for where, label in labels.items()]
    return Tree(root, "manifest", entries), labels
