"""Labels from a table: which column says what, and whom each row means."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from fairdesk.dataset.path_matching import Files
from fairdesk.dataset.table_files import read_table
from fairdesk.dataset.tables import Table
from fairdesk.errors import JobFailed, RequestError
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.words import tr

# What a column may be called, where nobody says which one it is.
GUESSES: dict[str, tuple[str, ...]] = {
    "path": ("path", "image", "file", "filename", "image_path", "file_name", "img", "image_id", "full_path", "filepath",
             "file_path", "img_path", "image_name", "name_of_file", "photo"),
    "identity": ("identity", "subject", "person", "class_id", "identity_id", "person_id", "subject_id", "id", "name", "label",
                 "celeb_name", "class"),
    "group": ("group", "race", "ethnicity", "ethnic_group", "skin_tone", "fitzpatrick"),
    "gender": ("gender", "sex", "male"),
    "age": ("age", "age_group", "age_range"),
    "tags": ("tags", "tag"),
}  # fmt: skip
FIELDS = tuple(GUESSES)
_BFW = {"p1", "p2", "att1", "att2"}
_YES, _NO = ("1", "1.0", "true", "yes"), ("-1", "0", "-1.0", "0.0", "false", "no")


@dataclass(frozen=True, slots=True)
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
    said = set(out) - {"path", "identity"}
    if not (said and "identity" in out) and not ("path" in out and len(out) > 1):
        raise RequestError(
            tr(
                "{path}: line 1 must name a column of paths, or of identities, and one of group, gender, age or tags; it has: "
                "{header}. Say which is which, e.g. --columns path=FILE identity=WHO",
                path=table.path,
                header=", ".join(table.header[:20]) or "nothing",
            )
        )
    return out


def guess_labels(table: Table) -> dict[str, str]:
    """Return the name of each field's column, as far as the usual names tell."""
    taken: dict[str, str] = {}
    for field, names in GUESSES.items():
        guess = next(
            (name for word in names for name in table.header if name.lower() == word and name not in taken.values()),
            None,
        )
        if guess is not None:
            taken[field] = guess
    return taken


def _label(row: list[str], places: dict[str, int], header: list[str]) -> Label:
    cell = {field: row[place] or None for field, place in places.items()}
    tags = _tags(cell.get("tags") or "", header[places["tags"]] if "tags" in places else "")
    return Label(
        cell.get("identity"),
        cell.get("group"),
        _gender(cell.get("gender"), header[places["gender"]] if "gender" in places else ""),
        _age(cell.get("age")),
        tags,
    )


def _tags(text: str, column: str) -> tuple[str, ...]:
    """Return the tags of a cell; of a column of 1 and -1 (CelebA's attributes) its name, where it says 1."""
    if text in _YES + _NO and column.lower() not in GUESSES["tags"]:
        return (column,) if text in _YES else ()
    return tuple(dict.fromkeys(tag.strip() for tag in text.split(";") if tag.strip()))


def _gender(text: str | None, column: str) -> str | None:
    """Return a gender as it is written; of a column called Male that says 1 or -1 what that means."""
    if text is not None and column.lower() == "male" and text.lower() in _YES + _NO:
        return "male" if text.lower() in _YES else "female"
    return text


def _age(text: str | None) -> str | None:
    """Return an age; a decimal comma becomes a point. Ranges stay as they are written."""
    return re.sub(r"^(\d+),(\d+)$", r"\1.\2", text) if text else None


@dataclass(frozen=True, slots=True)
class _Row:
    """What a row means: a file, or all files of an identity."""

    path: str | None
    label: Label


def _rows(table: Table, given: dict[str, str]) -> Iterator[_Row]:
    """Yield what each row means; BFW's pair table gives its two images."""
    if not given and set(table.header) >= _BFW:
        yield from (_Row(path, label) for path, label in _bfw(table))
        return
    places = find_columns(table, given)
    for row in table.rows:
        path = row[places["path"]] if "path" in places else None
        yield _Row(path, _label(row, places, table.header))


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

    Which file a row means is told in `path_matching.Files`; a table without paths is keyed by identity. Returns the labels
    by relative path, and what names no file. Raises as `read_table` and `find_columns` do.
    """
    rows = list(_rows(read_table(path), given or {}))
    files = Files(tree.root, tree.entries)
    found = files.match(row.path for row in rows if row.path is not None)
    labels: dict[str, Label] = {}
    unmatched = []
    for row in rows:
        if row.path is not None:
            if row.path in found:
                labels[found[row.path]] = row.label
            else:
                unmatched.append(row.path)
            continue
        theirs = files.of_person(row.label.identity or "")
        if not theirs:
            unmatched.append(row.label.identity or "")
        for (
            name
        ) in theirs:  # who they are is known already; an identity is a name within its group, so a group needs it
            who = None if row.label.group is None else files.person_of(name) or row.label.identity
            labels[name] = replace(row.label, identity=who)
    return labels, unmatched


def need_matches(labels: Collection[object], unmatched: list[str], table: Path, where: str) -> None:
    """Refuse a table of which no row names a file.

    Raises
    ------
    JobFailed
        Naming some rows and the remedy.
    """
    if not labels:
        shown = ", ".join(repr(name) for name in unmatched[:3]) + (" ..." if len(unmatched) > 3 else "")
        raise JobFailed(
            tr(
                "None of the {n:,} rows of {table} names {what}: {shown}. "
                "Compare its paths (or identities) with the folder, or say which column holds them: --columns path=COLUMN",
                n=len(unmatched),
                table=table,
                what=where,
                shown=shown or tr("it has no rows"),
            )
        )


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
    for row in _rows(read_table(path), given):
        if row.path is None:
            raise RequestError(
                tr("{path} has no column of paths. Give the folder, and this table with --labels.", path=path)
            )
        if row.path:
            found[os.path.normpath(home / row.path.replace("\\", "/"))] = row.label
    if not found:
        raise RequestError(tr("{path} names no images.", path=path))
    folders = {os.path.dirname(where) for where in found}
    root = home if all(Path(folder).is_relative_to(home) for folder in folders) else Path(os.path.commonpath(folders))
    labels = {PurePosixPath(Path(where).relative_to(root)).as_posix(): label for where, label in found.items()}
    entries = [Entry(where, label.identity, label.group) for where, label in labels.items()]
    return Tree(root, "manifest", entries), labels
