"""Tables that people bring along: CSV, TSV and Parquet, as a header and rows of text."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from fairdesk.dataset.published_tables import published_rows, published_table
from fairdesk.dataset.tables import SUFFIXES, Table
from fairdesk.errors import RequestError
from fairdesk.images.table_cells import plain_cell
from fairdesk.words import tr


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
    text = read_text(path)
    return published_table(path, text) or parse_table(path, text)


def read_beginning(path: Path) -> str:
    """Return the first whole lines of a text file. Raises as `read_text` does."""
    text = read_text(path, _BEGINNING)
    return text if len(text) < _BEGINNING // 4 or "\n" not in text else text[: text.rindex("\n")]


def read_head(path: Path) -> Table:
    """Return a table's first rows. Raises as `read_table` does."""
    if path.suffix.lower() == ".parquet":
        return _parquet(path, _HEAD_ROWS)
    text = read_beginning(path)
    found = published_table(path, text) or parse_table(path, text)
    return Table(path, found.header, found.rows[:_HEAD_ROWS], found.lines[:_HEAD_ROWS])


def parse_table(path: Path, text: str, *, header: bool = True) -> Table:
    """Read the text of a table; one without a header gets numbers for names. Raises as `read_table` does."""
    names, numbered = _parsed(path, text, _lines(_without_hint(text)), header=header)
    rows, lines = [], []
    texts: dict[str, str] = {}  # names come again and again: each is kept once
    for line, row in numbered:
        rows.append([texts.setdefault(cell, cell) for cell in row])
        lines.append(line)
    return Table(path, names, rows, lines)


def open_table(path: Path) -> tuple[list[str], Iterator[list[str]]]:
    """Return a table's header and its rows, which are read one by one: of a long one few are ever in memory.

    So is a list as published (`published_tables.py`); any other text is read whole. Raises as `read_table` does, also while rows are read.
    """
    if path.suffix.lower() == ".parquet":
        names, parts = _open_parquet(path, _PART)
        return names, itertools.chain.from_iterable(parts)
    if not is_table(path):
        published = published_rows(path, read_beginning(path), _lines_of_file(path))
        if published is not None:
            return published[0], (row for _, row in published[1])
        whole = read_table(path)
        return whole.header, iter(whole.rows)
    names, numbered = _parsed(path, read_beginning(path), _lines_of_file(path), header=True)
    return names, (row for _, row in numbered)


def _parsed(
    path: Path, beginning: str, lines: Iterator[str], *, header: bool
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the header and the numbered rows of a table's lines; its beginning tells how they are written."""
    beginning = _without_hint(beginning)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(beginning)
    quote = "'" if _APOSTROPHES.match(beginning) else '"'
    reader = csv.reader(lines, strict=True, delimiter=delimiter, quotechar=quote, skipinitialspace=True)

    def read() -> Iterator[list[str]]:
        try:
            yield from (row for row in reader if row)
        except csv.Error as error:
            raise RequestError(
                tr("{path}: line {line}: {error}", path=path, line=reader.line_num, error=error)
            ) from error

    rows = read()
    first = next(rows, [])
    names = [cell.strip() for cell in first] if header else [str(place) for place in range(1, len(first) + 1)]

    def numbered() -> Iterator[tuple[int, list[str]]]:
        for row in rows if header or not first else itertools.chain([first], rows):
            if len(row) != len(names):
                raise RequestError(
                    tr(
                        "{path}: line {line} has {count} fields, the header has {header}.",
                        path=path,
                        line=reader.line_num,
                        count=len(row),
                        header=len(names),
                    )
                )
            yield reader.line_num, [plain_cell(cell.strip()) for cell in row]

    return names, numbered()


def _lines_of_file(path: Path) -> Iterator[str]:
    """Yield the lines of a text file as `read_text` would give them, without Excel's hint. Raises as that does."""
    beginning = read_beginning(path)
    hint = _HINT.match(beginning)
    with path.open("rb") as file:
        encoding = encoding_of(file.read(4))
    try:
        with path.open(encoding=encoding) as lines:
            yield from itertools.islice(lines, hint[0].count("\n") if hint else 0, None)
    except UnicodeDecodeError:
        read_text(path)  # which says where
        raise


def read_text(path: Path, most: int | None = None) -> str:
    """Return a text file's text: UTF-8 with or without its mark, or UTF-16, with any line ends. `most`: bytes to read.

    Raises
    ------
    RequestError
        If it cannot be read, or is in another encoding.
    """
    try:
        with path.open("rb") as file:
            data = file.read() if most is None else file.read(most)
    except OSError as error:
        raise RequestError(tr("{path} cannot be read: {strerror}", path=path, strerror=error.strerror)) from error
    encoding = encoding_of(data)
    try:
        cut = most is not None and len(data) == most  # perhaps within a letter
        text = data.decode(encoding, "ignore" if cut else "strict")
    except UnicodeDecodeError as error:
        raise RequestError(
            tr(
                "{path} is neither UTF-8 nor UTF-16 text ({reason} at byte {start:,}). "
                "Save it as UTF-8; Excel calls that CSV UTF-8.",
                path=path,
                reason=error.reason,
                start=error.start,
            )
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(data: bytes) -> str:
    """Return in which encoding a text begins: UTF-8, or UTF-16 with its mark or without."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if len(data) > 1 and 0 in data[:2] and data[:2] != b"\0\0":  # no mark: text begins with a letter
        return "utf-16-be" if data[0] == 0 else "utf-16-le"
    return "utf-8-sig"


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends; `StringIO` would keep four bytes for each letter."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


_BEGINNING = 1 << 16  # bytes
_HEAD_ROWS = 8
_PART = 4096  # rows of a Parquet file that are in memory at once
_BUFFER = 1 << 20  # bytes
_APOSTROPHES = re.compile(r"\s*'[^'\n]*'\s*[,;\t]\s*'")
_HINT = re.compile(r"\s*\"?sep=(.)\"?[ ]*\n", re.IGNORECASE)  # Excel's own first line


def _without_hint(text: str) -> str:
    return _HINT.sub("", text, count=1) if _HINT.match(text) else text


def _delimiter(text: str) -> str:
    """Return what separates the header's fields: a comma, or Excel's semicolon, or a tab."""
    header = re.sub(r'"[^"]*"|\'[^\']*\'', "", text.lstrip().split("\n", 1)[0])
    return max((",", ";", "\t"), key=lambda one: header.count(one))


def _parquet(path: Path, most: int | None = None) -> Table:
    header, parts = _open_parquet(path, most or _PART)
    rows = next(parts, []) if most is not None else list(itertools.chain.from_iterable(parts))
    return Table(path, header, rows, list(range(1, len(rows) + 1)))


def _open_parquet(path: Path, part: int) -> tuple[list[str], Iterator[list[list[str]]]]:
    """Return the header and the rows, so many at a time, of a Parquet file's columns that are no vectors or pictures."""
    import pyarrow
    import pyarrow.parquet

    def refused(error: Exception) -> RequestError:
        return RequestError(
            tr("{path} cannot be read as Parquet: {error}", path=path, error=str(error).splitlines()[0])
        )

    try:
        file = pyarrow.parquet.ParquetFile(path, memory_map=True, pre_buffer=False, buffer_size=_BUFFER)
        kinds = file.schema_arrow
    except (OSError, pyarrow.ArrowException) as error:
        raise refused(error) from error
    types = pyarrow.types
    header = [
        column.name
        for column in kinds
        if not (types.is_nested(column.type) or types.is_binary(column.type) or types.is_large_binary(column.type))
    ]

    def parts() -> Iterator[list[list[str]]]:
        try:
            for batch in file.iter_batches(part, columns=header):
                columns = [
                    ["" if value is None else str(value).strip() for value in column.to_pylist()]
                    for column in batch.columns
                ]
                yield [list(row) for row in zip(*columns, strict=True)]
        except (OSError, pyarrow.ArrowException) as error:
            raise refused(error) from error

    return header, parts()
