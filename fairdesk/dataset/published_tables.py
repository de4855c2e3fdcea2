"""Lists of labels as data sets are published with them, in text without commas or headers: CelebA's and RFW's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from fairdesk.dataset.tables import Table
from fairdesk.errors import RequestError
from fairdesk.words import tr

_PICTURE = re.compile(r"\S+\.(?:jpe?g|png|bmp|webp)", re.IGNORECASE)
_RFW_IMAGE = re.compile(r"(?P<who>.+)_\d{3,5}\.(?:jpe?g|png)", re.IGNORECASE)
_RFW_LISTS = re.compile(r"(?P<group>[^_]+)_(?P<what>images|people)\.txt", re.IGNORECASE)


Numbered = Iterator[tuple[int, list[str]]]  # lines as their numbers and cells
Rows = tuple[list[str], Numbered]  # with a header


def published_table(path: Path, text: str) -> Table | None:
    """Return the table that a published list means, or None if it is none of those known. Raises as `published_rows` does."""
    found = published_rows(path, text, text.split("\n"))
    if found is None:
        return None
    header, numbered = found
    lines, rows = [], []
    for line, row in numbered:
        lines.append(line)
        rows.append(row)
    return Table(path, header, rows, lines)


def published_rows(path: Path, beginning: str, lines: Iterable[str]) -> Rows | None:
    """Return the header and the rows, read one by one, that a published list means, or None if it is none of those known.

    - CelebA's attributes: a count, the attributes' names, then a picture and a 1 or -1 for each.
    - CelebA's identities: a picture and a number a line.
    - RFW's ``GROUP_images.txt`` (a picture and its person's number) and ``GROUP_people.txt`` (a person, how many pictures):
      the group is in the file's name.

    Its `beginning` tells which it is.

    Raises
    ------
    RequestError
        If it begins as one and a line does not fit; while rows are read.
    """
    if path.suffix.lower() not in (".txt", ".lst", ""):
        return None
    first = [line.split() for line in beginning.split("\n") if line.strip()]
    numbered = ((number, line.split()) for number, line in enumerate(lines, 1) if line.strip())
    if len(first) > 2 and len(first[0]) == 1 and first[0][0].isdigit():
        names = first[1]
        if len(first[2]) != len(names) + 1:
            return None
        return ["path", *names], _attributes(path, len(names) + 1, islice(numbered, 2, None))
    rfw = _RFW_LISTS.fullmatch(path.name)
    if rfw is not None:
        people = rfw["what"].lower() == "people"
        header = ["identity", "group"] if people else ["path", "identity", "group"]
        return header, _rfw(path, numbered, rfw["group"], people=people)
    if first and all(_is_identity(cells) for cells in first):
        return ["path", "identity"], _identities(path, numbered)
    return None


def _is_identity(cells: list[str]) -> bool:
    return len(cells) == 2 and _PICTURE.fullmatch(cells[0]) is not None


def _identities(path: Path, numbered: Numbered) -> Numbered:
    for number, cells in numbered:
        if not _is_identity(cells):
            raise RequestError(tr("{path}: line {number} is not an image and a number.", path=path, number=number))
        yield number, cells


def _attributes(path: Path, wanted: int, numbered: Numbered) -> Numbered:
    for number, cells in numbered:
        if len(cells) != wanted:
            raise RequestError(
                tr(
                    "{path}: line {number} has {fields} fields, and not {wanted}.",
                    path=path,
                    number=number,
                    fields=len(cells),
                    wanted=wanted,
                )
            )
        yield number, cells


def _rfw(path: Path, numbered: Numbered, group: str, *, people: bool) -> Numbered:
    for number, cells in numbered:
        name = cells[0]
        match = _RFW_IMAGE.fullmatch(name)
        if len(cells) != 2 or (match is None) != people:
            wrong = tr("{path}: line {number} is not an image and a number.", path=path, number=number)
            if people:
                wrong = tr("{path}: line {number} is not a person and a number.", path=path, number=number)
            raise RequestError(wrong)
        yield number, [name, group] if match is None else [name, match["who"], group]
