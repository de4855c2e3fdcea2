"""Tables that people bring along: CSV, TSV and Parquet, as a header and rows of text."""

from __future__ import annotations

import csv
import io
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


def is_table(path: Path) -> bool:
    """Whether a path names a table by its suffix."""
    return path.suffix.lower() in SUFFIXES


def read_table(path: Path) -> Table:
    """Read a whole table.

    Raises
    ------
    RequestError
        If it cannot be read or a line has another number of fields than the header; names the line.
    """
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(tr("{path} cannot be read as a UTF-8 text file: {error}", path=path, error=error)) from error
    reader = csv.reader(io.StringIO(text), strict=True, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    rows, lines = [], []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise RequestError(
                    tr(
                        "{path}: line {line} has {count} fields, the header has {header}.",
                        path=path,
                        line=reader.line_num,
                        count=len(row),
                        header=len(header),
                    )
                )
            rows.append([cell.strip() for cell in row])
            lines.append(reader.line_num)
    except csv.Error as error:
        raise RequestError(tr("{path}: line {line}: {error}", path=path, line=reader.line_num, error=error)) from error
    return Table(path, header, rows, lines)


def _parquet(path: Path) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        found = pyarrow.parquet.ParquetFile(path).read()
    except (OSError, pyarrow.ArrowException) as error:
        raise RequestError(
            tr("{path} cannot be read as Parquet: {error}", path=path, error=str(error).splitlines()[0])
        ) from error
    columns, header = [], []
    for name, column in zip(found.column_names, found.columns, strict=True):
        kind = column.type
        if pyarrow.types.is_nested(kind) or pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
            continue  # a picture inside the table, or a vector: no label
        header.append(name)
        columns.append(["" if value is None else str(value).strip() for value in column.to_pylist()])
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Table(path, header, rows, list(range(1, len(rows) + 1)))
