"""Pair lists that are tables: CSV of any making, Parquet, and BFW's data table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from fairdesk.dataset.table_files import parse_table, read_beginning, read_head
from fairdesk.dataset.tables import SUFFIXES, Table
from fairdesk.errors import RequestError
from fairdesk.images.image_reading import is_picture
from fairdesk.images.table_cells import safe_rows
from fairdesk.metrics.pair_lists.columns import FIELDS, find_columns, guess_columns
from fairdesk.metrics.pair_lists.difference_columns import difference_column
from fairdesk.metrics.pair_lists.pairs import LeftOutLine, Pair, PairList, known_label, label_of
from fairdesk.words import tr

_BFW = {"p1", "p2", "label", "att1", "att2"}
_BFW_GROUPS = {
    f"{race}{gender}": f"{['asian', 'black', 'indian', 'white']['ABIW'.index(race)]}_{'females' if gender == 'F' else 'males'}"
    for race in "ABIW"
    for gender in "FM"
}
_BFW_HEADER = ("fold", "p1", "p2", "label", "id1", "id2", "att1", "att2", "a1", "a2", "g1", "g2", "e1", "e2")


def table_in(path: Path, text: str, mapping: Mapping[str, str]) -> Table | None:
    """Return the table that a text is, or None where it is none: by its name, its header, or its first row."""
    named = path.suffix.lower() in SUFFIXES or bool(mapping)
    first = next((line for line in text.split("\n") if line.strip()), "")
    cells = _cells(first)
    if mapping or {"path1", "path2", "label"} <= set(guess_columns(cells)):
        return parse_table(path, text)
    pictures = len(cells) > 2 and is_picture(cells[0]) and is_picture(cells[1]) and known_label(cells[2]) is not None
    if pictures or (named and len(cells) > 2 and cells[2] in ("0", "1", "-1")):
        return parse_table(path, text, header=False) if named or "\t" not in first else None
    return parse_table(path, text) if named else None


def _cells(line: str) -> list[str]:
    """Return the cells of a header, or nothing where it has fewer than three."""
    if (hint := re.match(r"\"?sep=(.)", line, re.IGNORECASE)) is not None:
        return [hint[1]]
    found = max(
        (next(csv.reader([line], delimiter=one, skipinitialspace=True), []) for one in ",;\t"), key=len, default=[]
    )
    return [cell.strip().strip("'") for cell in found] if len(found) > 2 else []


def first_rows(path: Path) -> Table | None:
    """Return the first rows of the table that a list is; None where it is no table. Raises `RequestError` if it cannot be read."""
    if path.suffix.lower() == ".parquet":
        return read_head(path)
    return table_in(path, read_beginning(path), {})


def columns_of(table: Table) -> dict[str, str]:
    """Return the name of each field's column, as far as the names tell."""
    header = table.header
    if all(name == str(place) for place, name in enumerate(header, 1)) and len(header) > 2:
        return {"path1": "1", "path2": "2", "label": "3"}
    if set(header) >= _BFW:
        found = {"path1": "p1", "path2": "p2", "label": "label", "fold": "fold", "subject1": "id1", "subject2": "id2"}
        found |= {f"group{side}": f"a{side}" if f"a{side}" in header else f"att{side}" for side in "12"}
        return {field: name for field, name in found.items() if name in header}
    return {field: header[place] for field, place in guess_columns(header).items()}


def read_pair_table(table: Table, mapping: Mapping[str, str]) -> PairList:
    """Read a table's pairs. A row without a label or a path is left out and told; a label that says neither is an error."""
    where = find_columns(table.path, table.header, mapping or columns_of(table))
    fold, differences = _fold_reader(table), difference_column(table.header[where["label"]])
    read = label_of if differences is None else differences.label_of
    pairs: list[Pair] = []
    left_out: list[LeftOutLine] = []
    for row, line in zip(table.rows, table.lines, strict=True):
        cell = {field: row[place] for field, place in where.items()}
        lacking = [field for field in ("path1", "path2", "label") if not cell[field]]
        if lacking:
            left_out.append(LeftOutLine(line, tr("it has no {fields}", fields=", ".join(lacking))))
            continue
        label = int(read(table.path, line, cell.pop("label")))
        pairs.append(Pair(label=label, fold=fold(line, cell.pop("fold", "")), line=line, **cell))
    kind = (
        "bfw"
        if not mapping and set(table.header) >= _BFW
        else "parquet"
        if table.path.suffix.lower() == ".parquet"
        else "csv"
    )
    return PairList(pairs, kind, left_out, [] if differences is None else differences.told())


def _fold_reader(table: Table) -> Callable[[int, str], int]:
    """Return a function that reads a fold: a whole number, or a name, which is given the next number."""
    names: dict[str, int] = {}

    def read(line: int, text: str) -> int:
        if not text:
            return 0
        if re.fullmatch(r"-?\d+(\.0+)?", text):
            return int(float(text))
        if re.fullmatch(r"[-+\d.,eE]+", text):
            raise RequestError(
                tr(
                    "{path}: line {line}: the fold {fold!r} is not a whole number.",
                    path=table.path,
                    line=line,
                    fold=text,
                )
            )
        return names.setdefault(text, len(names))

    return read


def csv_text(pairs: Sequence[Pair]) -> str:
    """Return pairs as this program's own table."""
    return _table_text(FIELDS, ([getattr(pair, name) for name in FIELDS] for pair in pairs))


def _table_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(safe_rows(rows))
    return buffer.getvalue()


def write_parquet(path: Path, pairs: Sequence[Pair]) -> None:
    """Write the same as Parquet."""
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({name: [getattr(pair, name) for pair in pairs] for name in FIELDS})
    pyarrow.parquet.write_table(table, path)


def bfw_text(pairs: Sequence[Pair], genders: Mapping[str, str]) -> str:
    """Return pairs as BFW's data table, without scores. `genders` has the gender of a path where it is known."""
    return _table_text(_BFW_HEADER, (_bfw_row(pair, genders) for pair in pairs))


def _bfw_row(pair: Pair, genders: Mapping[str, str]) -> list[object]:
    sides = [_bfw_side(pair.group1, genders.get(pair.path1, "")), _bfw_side(pair.group2, genders.get(pair.path2, ""))]
    columns = zip(*sides, strict=True)
    subjects = (pair.subject1, pair.subject2)
    return [pair.fold, pair.path1, pair.path2, pair.label, *subjects, *(cell for column in columns for cell in column)]


def _bfw_side(group: str, gender: str) -> tuple[str, str, str, str]:
    """Return att, a, g and e: BFW's own names where the group is one of its eight, else the group and the gender known."""
    short = group if group in _BFW_GROUPS else next((key for key, name in _BFW_GROUPS.items() if name == group), None)
    if short is not None:
        return _BFW_GROUPS[short], short, short[1], short[0]
    return group, group, {"female": "F", "male": "M"}.get(gender.lower(), gender), group
