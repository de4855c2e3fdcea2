"""Reading a pair list of any format of the field: which one it is is found out from the list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fairdesk.dataset.table_files import read_table, read_text
from fairdesk.errors import RequestError
from fairdesk.images.insightface_bins import member_names, read_bin
from fairdesk.metrics.pair_lists import agedb, cfp, ijb, lfw, path_lines, tables
from fairdesk.metrics.pair_lists.lfw import Line
from fairdesk.metrics.pair_lists.pairs import Pair, PairList, published_folds
from fairdesk.metrics.pair_lists.repeats import told_repeats
from fairdesk.words import tr

FORMATS = ("csv", "parquet", "bfw", "lfw", "rfw", "pairs", "cplfw", "cfp", "agedb", "ijb", "insightface-bin")
"""What `read_as` may say. `pairs` is the original's text, InsightFace's and AgeDB-30's; `rfw` is LFW's without a header."""


def read_list(path: Path, mapping: Mapping[str, str] | None = None) -> PairList:
    """Read a pair list; UTF-8 and UTF-16, a BOM, CRLF, blank lines and runs of blanks are fine.

    Parameters
    ----------
    mapping
        Columns of a table by field, where their names do not tell.

    Raises
    ------
    RequestError
        Naming the file, the line and what is wrong with it.
    """
    found = _read(path, mapping or {})
    if not found.pairs:
        more = (
            tr(" Line {line}: {why}.", line=found.left_out[0].line, why=found.left_out[0].why) if found.left_out else ""
        )
        raise RequestError(tr("{path} holds no pairs.", path=path) + more)
    if not found.templates:
        found.notes += told_repeats(found.pairs)
    return found


def _read(path: Path, mapping: Mapping[str, str]) -> PairList:
    split = cfp.split_of(path)
    if split is not None and not mapping:
        return cfp.read_split(split)
    cfp.need_split(path)
    if path.is_dir():
        raise RequestError(
            tr("{path} is a folder, and no pair list lies in one but CFP's. Give the list's file.", path=path)
        )
    if not path.is_file():
        raise RequestError(tr("There is no pair list {path}.", path=path))
    suffix = path.suffix.lower()
    if suffix == ".bin":
        return _read_bin(path)
    if suffix == ".mat":
        return agedb.read_splits(path)
    if suffix in (".pkl", ".pickle"):
        raise RequestError(
            tr("{path} is a pickle, which can run programs and is not read. Save it as CSV or Parquet.", path=path)
        )
    if suffix == ".parquet":
        return tables.read_pair_table(read_table(path), mapping)
    return _read_text(path, read_text(path), mapping)


def _read_text(path: Path, text: str, mapping: Mapping[str, str]) -> PairList:
    rows = text.split("\n")
    lines = [Line(number, lfw.fields_of(row)) for number, row in enumerate(rows, 1) if row.strip()]
    if not lines:
        raise RequestError(tr("{path} is empty.", path=path))
    first = rows[lines[0].number - 1]
    table = tables.table_in(path, text, mapping)
    if table is not None:
        return tables.read_pair_table(table, mapping)
    if lfw.is_header(first):
        return lfw.read_with_header(path, lines)
    if ijb.is_template_pairs(path, lines):
        return ijb.read_template_pairs(path, lines)
    if lfw.is_body(lines):
        return lfw.read_without_header(path, lines)
    if path_lines.is_two_lines(lines):
        return path_lines.read_two_lines(path, lines)
    return path_lines.read_triples(path, rows)


def _read_bin(path: Path) -> PairList:
    """Read InsightFace's `.bin`: its pictures are members of the file, as of an archive."""
    pictures, same = read_bin(path)
    names = [str(path / name) for name in member_names(pictures)]
    folds = published_folds([int(one) for one in same])
    pairs = [
        Pair(names[2 * place], names[2 * place + 1], int(flag), folds[place])
        for place, flag in enumerate(same.tolist())
    ]
    notes = []
    if any(not isinstance(one, bytes) for one in pictures):
        notes.append(tr("{file} holds decoded images: they are taken as RGB (OpenCV's are BGR).", file=path.name))
    return PairList(pairs, "insightface-bin", notes=notes)


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs of a list. Raises as `read_list` does."""
    return read_list(path).pairs
