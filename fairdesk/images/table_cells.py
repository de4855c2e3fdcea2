"""Cells of tables that a spreadsheet opens: text that it would run as a formula is quoted, and read back as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_RUN = re.compile(r"'*[=+\-@\t\r]")


def safe_cell(value: Any) -> Any:
    """Return a cell with an apostrophe before it if a spreadsheet would run it; numbers stay as they are."""
    if not isinstance(value, str) or not _RUN.match(value):
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value


def safe_row(cells: Iterable[Any]) -> list[Any]:
    """Return a row of safe cells."""
    return [safe_cell(cell) for cell in cells]


def safe_rows(rows: Iterable[Iterable[Any]]) -> Iterator[list[Any]]:
    """Yield rows of safe cells."""
    for row in rows:
        yield safe_row(row)


def plain_cell(text: str) -> str:
    """Return the text that `safe_cell` was given."""
    return text[1:] if text.startswith("'") and _RUN.match(text, 1) else text
