"""A table as a header and rows of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.words import tr

SUFFIXES = (".csv", ".tsv", ".parquet")


@dataclass(frozen=True)
class Table:
    """A table's columns and cells; `lines` are the line numbers a message names."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]


def need_one_of_each(path: Path, header: Sequence[str], places: Iterable[int]) -> None:
    """Refuse a table in which another column has the same name as one that is used: nobody knows which is meant.

    Raises
    ------
    RequestError
        Naming the column.
    """
    for name in (header[place] for place in places):
        if header.count(name) > 1:
            raise RequestError(
                tr(
                    "{path}: line 1 names more than one column {name!r}. Rename or delete the others.",
                    path=path,
                    name=name,
                )
            )
