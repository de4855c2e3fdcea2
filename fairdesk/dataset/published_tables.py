"""Lists of labels as data sets are published with them, in text without commas or headers: CelebA's and RFW's."""

from __future__ import annotations

import re
from pathlib import Path

from fairdesk.dataset.tables import Table
from fairdesk.errors import RequestError
from fairdesk.words import tr

_PICTURE = re.compile(r"\S+\.(?:jpe?g|png|bmp|webp)", re.IGNORECASE)
_RFW_IMAGE = re.compile(r"(?P<who>.+)_\d{3,5}\.(?:jpe?g|png)", re.IGNORECASE)
_RFW_LISTS = re.compile(r"(?P<group>[^_]+)_(?P<what>images|people)\.txt", re.IGNORECASE)


def published_table(path: Path, text: str) -> Table | None:
    """Return the table that a published list means, or None if it is none of those known.

    - CelebA's attributes: a count, the attributes' names, then a picture and a 1 or -1 for each.
    - CelebA's identities: a picture and a number a line.
    - RFW's ``GROUP_images.txt`` (a picture and its person's number) and ``GROUP_people.txt`` (a person, how many pictures):
      the group is in the file's name.

    Raises
    ------
    RequestError
        If it begins as one and a line does not fit.
    """
    if path.suffix.lower() not in (".txt", ".lst", ""):
        return None
    lines = text.split("\n")
    numbered = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    if len(numbered) > 2 and len(numbered[0][1]) == 1 and numbered[0][1][0].isdigit():
        return _attributes(path, numbered[1:])
    rfw = _RFW_LISTS.fullmatch(path.name)
    if rfw is not None:
        return _rfw(path, numbered, rfw["group"], people=rfw["what"].lower() == "people")
    if numbered and all(len(cells) == 2 and _PICTURE.fullmatch(cells[0]) for _, cells in numbered):
        rows = [[cells[0], cells[1]] for _, cells in numbered]
        return Table(path, ["path", "identity"], rows, [number for number, _ in numbered])
    return None


def _attributes(path: Path, numbered: list[tuple[int, list[str]]]) -> Table | None:
    (_, names), *rest = numbered
    if not rest or len(rest[0][1]) != len(names) + 1:
        return None
    for number, cells in rest:
        if len(cells) != len(names) + 1:
            raise RequestError(
                tr(
                    "{path}: line {number} has {fields} fields, and not {wanted}.",
                    path=path,
                    number=number,
                    fields=len(cells),
                    wanted=len(names) + 1,
                )
            )
    return Table(path, ["path", *names], [cells for _, cells in rest], [number for number, _ in rest])


def _rfw(path: Path, numbered: list[tuple[int, list[str]]], group: str, *, people: bool) -> Table:
    rows = []
    for number, cells in numbered:
        name = cells[0]
        match = _RFW_IMAGE.fullmatch(name)
        if len(cells) != 2 or (match is None) != people:
            wrong = tr("{path}: line {number} is not an image and a number.", path=path, number=number)
            if people:
                wrong = tr("{path}: line {number} is not a person and a number.", path=path, number=number)
            raise RequestError(wrong)
        rows.append([name, group] if match is None else [name, match["who"], group])
    header = ["identity", "group"] if people else ["path", "identity", "group"]
    return Table(path, header, rows, [number for number, _ in numbered])
