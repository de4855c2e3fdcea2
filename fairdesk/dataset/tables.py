"""A table as a header and rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SUFFIXES = (".csv", ".tsv", ".parquet")


@dataclass(frozen=True)
class Table:
    """A table's columns and cells; `lines` are the line numbers a message names."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
