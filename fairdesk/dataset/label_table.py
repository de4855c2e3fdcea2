"""Labels from a table: which column says what, and whom each row means."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.odd_labels import odd_lines, possible_age
from fairdesk.dataset.path_matching import NONE, FilesBelow, KnownFiles, plain
from fairdesk.dataset.table_files import open_table
from fairdesk.dataset.tables import Table, need_one_of_each
from fairdesk.errors import JobFailed, RequestError
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.made_sequences import MadeSequence
from fairdesk.packed_texts import PackedTexts, Places
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
_PARTS = ("identity", "group", "gender", "age", "tags")
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


def find_columns(path: Path, header: Sequence[str], given: dict[str, str]) -> dict[str, int]:
    """Return the place of each field's column: as given, else by its usual names.

    Raises
    ------
    RequestError
        If a given column is not there, or none holds the paths or any label.
    """
    lowered = [name.lower() for name in header]
    out: dict[str, int] = {}
    for field, names in GUESSES.items():
        if field in given:
            if given[field].lower() not in lowered:
                raise RequestError(
                    tr(
                        "{path} has no column {given!r} for {field}. It has: {header}",
                        path=path,
                        given=given[field],
                        field=field,
                        header=", ".join(header),
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
                path=path,
                header=", ".join(header[:20]) or "nothing",
            )
        )
    need_one_of_each(path, header, out.values())
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


Rows = Iterator[
    tuple[str | None, Label]
]  # the path of a row, None where it means all files of an identity; and what it says


def _rows(path: Path, given: dict[str, str]) -> tuple[bool, Rows]:
    """Return whether the rows of a table have paths, and what each means; BFW's pair table gives its two images."""
    header, rows = open_table(path)
    if not given and set(header) >= _BFW:
        return True, _bfw(header, rows)
    places = find_columns(path, header, given)
    at = places.get("path")
    return at is not None, ((None if at is None else row[at], _label(row, places, header)) for row in rows)


def _bfw(header: list[str], rows: Iterator[list[str]]) -> Rows:
    """The images of a BFW data table: group from `att`, identity from the folder, gender from `g`."""
    at = {name: header.index(name) for name in header}
    seen: set[str] = set()
    for row in rows:
        for n in "12":
            path = row[at[f"p{n}"]].replace("\\", "/")
            if path not in seen:
                seen.add(path)
                parts = path.split("/")
                who = parts[-2] if len(parts) > 1 else row[at[f"id{n}"]]
                gender = row[at[f"g{n}"]] if f"g{n}" in at else ""
                yield path, Label(who, row[at[f"att{n}"]], {"F": "female", "M": "male"}.get(gender, gender or None))


def read_labels(path: Path, tree: Tree, given: dict[str, str] | None = None) -> tuple[TreeLabels, list[str]]:
    """Read labels for the files of a tree.

    Which file a row means is told in `path_matching.KnownFiles`; a table without paths is keyed by identity. Returns the
    labels of the files, and what names no file. The table is read twice, row by row, and of a row only its words' numbers
    are kept. Raises as `open_table` and `find_columns` do.
    """
    with_paths, rows = _rows(path, given or {})
    said = LabelRows()
    if not with_paths:
        return _by_person(tree, rows, said)
    files = KnownFiles(FilesBelow(tree.root.as_posix(), _paths_of(tree)))
    place = files.match_rows(said.keep(rows))
    row_of = np.full(len(tree.entries), NONE, dtype=np.int32)
    known = np.flatnonzero(place != NONE)
    row_of[place[known]] = known  # of several rows of one file the last counts
    unmatched: list[str] = []
    if len(known) < len(place):
        _, again = _rows(path, given or {})
        unmatched = [name or "" for (name, _), at in zip(again, place, strict=True) if at == NONE]
    return TreeLabels(tree, said, row_of), unmatched


def _paths_of(tree: Tree) -> Sequence[str]:
    paths: Sequence[str] | None = getattr(tree.entries, "paths", None)
    return PackedTexts(entry.path for entry in tree.entries) if paths is None else paths


def _by_person(tree: Tree, rows: Rows, said: LabelRows) -> tuple[TreeLabels, list[str]]:
    """Give each row's labels to all files of its identity: labelled so, or in a folder of that name."""
    last: dict[str, int] = {}
    names = []
    for row, (_, label) in enumerate(rows):
        said.add(label)
        names.append(label.identity or "")
        last[plain(label.identity or "")] = row
    last.pop("", None)
    row_of, seen = np.full(len(tree.entries), NONE, dtype=np.int32), set[str]()
    for place, entry in enumerate(tree.entries):
        theirs = {plain(entry.identity or ""), *plain(entry.path).split("/")[:-1]} & last.keys()
        seen |= theirs
        row_of[place] = max((last[one] for one in theirs), default=NONE)
    return TreeLabels(tree, said, row_of, by_person=True), [name for name in names if plain(name) not in seen]


class LabelRows:
    """What the rows of a table say: four bytes a field, and each different word once."""

    def __init__(self) -> None:
        self._words: list[dict[Any, int]] = [{None: 0} for _ in _PARTS]
        self._numbers = [array("i") for _ in _PARTS]
        self._known: list[list[Any]] = []

    def __len__(self) -> int:
        return len(self._numbers[0])

    def add(self, label: Label) -> None:
        """Keep what one row says."""
        for name, words, numbers in zip(_PARTS, self._words, self._numbers, strict=True):
            numbers.append(words.setdefault(getattr(label, name) or None, len(words)))

    def counts(self, part: str) -> dict[str, int]:
        """Return how many rows say each word of "gender" or another part, as it is written."""
        place = _PARTS.index(part)
        rows = np.bincount(np.array(self._numbers[place]), minlength=len(self._words[place])).tolist()
        return {word: count for word, count in zip(self._words[place], rows, strict=True) if word is not None}

    def keep(self, rows: Rows) -> Iterator[str]:
        """Keep what rows say, and yield the path of each."""
        for path, label in rows:
            self.add(label)
            yield path or ""

    def __getitem__(self, row: int) -> Label:
        if not self._known or sum(map(len, self._known)) != sum(map(len, self._words)):
            self._known = [list(words) for words in self._words]
            ages = self._known[_PARTS.index("age")]
            ages[1:] = [age if possible_age(age) else None for age in ages[1:]]
        identity, group, gender, age, tags = (
            known[numbers[row]] for known, numbers in zip(self._known, self._numbers, strict=True)
        )
        return Label(identity, group, gender, age, tags or ())


class TreeLabels(Mapping[str, Label]):
    """The labels that a table has for the files of a tree: by place in it, or by path."""

    def __init__(self, tree: Tree, said: LabelRows, row_of: npt.NDArray[np.int32], *, by_person: bool = False) -> None:
        self._tree, self._said, self._row_of, self._by_person = tree, said, row_of, by_person

    def at(self, place: int) -> Label | None:
        """Return the labels of a file by its place; None where no row means it."""
        row = int(self._row_of[place])
        if row == NONE:
            return None
        label = self._said[row]
        if not self._by_person:
            return label
        # who they are is known already; an identity is a name within its group, so a group needs it
        who = None if label.group is None else self._tree.entries[place].identity or label.identity
        return replace(label, identity=who)

    def odd(self) -> list[str]:
        """Say what is odd about the ages, genders and groups of the table's rows."""
        return odd_lines(*map(self._said.counts, ("age", "gender", "group")))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {self._tree.entries[place].path: place for place in np.flatnonzero(self._row_of != NONE).tolist()}

    def __getitem__(self, path: str) -> Label:
        label = self.at(self._places[path])
        assert label is not None
        return label

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._row_of != NONE))


def need_matches(labelled: int, unmatched: Sequence[str], table: Path, where: str) -> None:
    """Refuse a table of which no row names a file.

    Raises
    ------
    JobFailed
        Naming some rows and the remedy.
    """
    if not labelled:
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


def read_manifest(path: Path, given: dict[str, str], base: Path | None) -> tuple[Tree, TreeLabels]:
    """Read a table as the list of images to import, with their labels.

    Paths are relative to `base` (default: the folder the table lies in) or absolute; the root is the
    folder that holds them all. A path that comes again counts once, with what its last row says.

    Raises
    ------
    RequestError
        As `open_table` and `find_columns` do, or if the table has no rows.
    """
    home = base or path.parent
    with_paths, rows = _rows(path, given)
    if not with_paths:
        raise RequestError(
            tr("{path} has no column of paths. Give the folder, and this table with --labels.", path=path)
        )
    said, files, last, known = LabelRows(), PackedTexts(), array("i"), Places()
    folders: set[str] = set()
    for where, label in rows:
        if not where:
            continue
        file = os.path.normpath(os.path.join(home, where.replace("\\", "/")))
        place = next((place for place in known.of(file) if files[place] == file), None)
        if place is None:
            known.add(file, len(files))
            files.append(file)
            last.append(len(said))
            folders.add(os.path.dirname(file))
        else:
            last[place] = len(said)
        said.add(label)
    if not files:
        raise RequestError(tr("{path} names no images.", path=path))
    root = home if all(Path(folder).is_relative_to(home) for folder in folders) else Path(os.path.commonpath(folders))
    inside = {folder: PurePosixPath(Path(folder).relative_to(root)) for folder in folders}
    below = PackedTexts((inside[os.path.dirname(file)] / os.path.basename(file)).as_posix() for file in files)
    tree = Tree(root, "manifest", _Listed(below, said, last))
    return tree, TreeLabels(tree, said, np.array(last, dtype=np.int32))


class _Listed(MadeSequence[Entry]):
    """The files that a table lists, each with the identity and group of its row."""

    def __init__(self, paths: PackedTexts, said: LabelRows, row_of: array[int]) -> None:
        self.paths, self._said, self._row_of = paths, said, row_of

    def __len__(self) -> int:
        return len(self.paths)

    def item(self, place: int) -> Entry:
        """Make the one at a place."""
        label = self._said[self._row_of[place]]
        return Entry(self.paths[place], label.identity, label.group)
