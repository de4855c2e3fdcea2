"""Benchmark pair lists on disk: csv, the original's `path1 path2 1`, and LFW's pairs.txt."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fairdesk.errors import RequestError, reason
from fairdesk.images.image_sources import exists as there
from fairdesk.images.table_cells import plain_cell, safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.words import tr, tr_n

COLUMNS = ("path1", "path2", "label", "fold", "subject1", "subject2", "group1", "group2")


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison: label 1 is genuine (same person), 0 impostor."""

    path1: str
    path2: str
    label: int
    fold: int = 0
    subject1: str = ""
    subject2: str = ""
    group1: str = ""
    group2: str = ""


def read_pairs(path: Path) -> list[Pair]:
    """Read a pair list; its kind is found by itself. A BOM, CRLF, blank lines and runs of blanks are fine.

    Raises
    ------
    RequestError
        Naming the file, the line and what is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RequestError(tr("There is no pair list {path}.", path=path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(
            tr("{path} cannot be read as a UTF-8 text file: {error}", path=path, error=reason(error))
        ) from error
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise RequestError(tr("{path} is empty.", path=path))
    if first.lower().replace(" ", "").replace('"', "").startswith("path1,path2"):
        pairs = _read_csv(path, text)
    elif re.fullmatch(r"\s*\d+(\s+\d+)?\s*", first):
        pairs = _read_lfw(path, lines)
    else:
        pairs = [_three_tokens(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not pairs:
        raise RequestError(tr("{path} holds no pairs.", path=path))
    return pairs


def _label(path: Path, line: int, text: str) -> int:
    if text.strip() in ("1", "0", "-1"):
        return int(text.strip() == "1")
    raise RequestError(
        tr(
            "{path}: line {line}: the label {text!r} is not 1 (genuine), 0 or -1 (impostor).",
            path=path,
            line=line,
            text=text.strip(),
        )
    )


def _read_csv(path: Path, text: str) -> list[Pair]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    pairs = []
    try:
        header = [cell.strip().lower() for cell in next(rows)]
        where = {name: header.index(name) for name in COLUMNS if name in header}
        if "label" not in where:
            raise RequestError(tr("{path}: line 1 must name the columns path1, path2 and label.", path=path))
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise RequestError(
                    tr(
                        "{path}: line {line_num} has {count} fields, the header has {header}.",
                        path=path,
                        line_num=rows.line_num,
                        count=len(row),
                        header=len(header),
                    )
                )
            values = {name: plain_cell(row[column]) for name, column in where.items()}
            fold = values.pop("fold", "").strip() or "0"
            if not fold.lstrip("-").isdigit():
                raise RequestError(
                    tr(
                        "{path}: line {line}: the fold {fold!r} is not a whole number.",
                        path=path,
                        line=rows.line_num,
                        fold=fold,
                    )
                )
            label = _label(path, rows.line_num, values.pop("label"))
            if not values["path1"].strip() or not values["path2"].strip():
                raise RequestError(tr("{path}: line {line} lacks a path.", path=path, line=rows.line_num))
            pairs.append(Pair(label=label, fold=int(fold), **values))
    except csv.Error as error:
        raise RequestError(
            tr("{path}: line {line}: {error}", path=path, line=rows.line_num, error=reason(error))
        ) from error
    return pairs


_SPLIT = re.compile(r"(?<=\.)(jpe?g|png|bmp|webp|tiff?|gif|ppm|pgm)[ ]+", re.IGNORECASE)


def _three_tokens(path: Path, number: int, line: str, exists: Callable[[str], bool] | None = None) -> Pair:
    """Read `path1 path2 label`, also where paths hold blanks (the original wrote such lines and could not read them)."""
    exists = exists or (lambda name: there(Path(name)))
    line = line.strip()
    if "\t" in line:
        fields = [field.strip() for field in line.split("\t") if field.strip()]
        if len(fields) != 3:
            raise RequestError(
                tr(
                    "{path}: line {number} has {count} fields, expected path1, path2 and a label: {line}",
                    path=path,
                    number=number,
                    count=len(fields),
                    line=line,
                )
            )
        return Pair(fields[0], fields[1], _label(path, number, fields[2]))
    body, _, label = line.rpartition(" ")
    fields = body.split()
    if len(fields) < 2:
        found = len(fields) + bool(label)
        raise RequestError(
            tr(
                "{path}: line {number} has {found} fields, expected path1, path2 and a label: {line}",
                path=path,
                number=number,
                found=found,
                line=line,
            )
        )
    value = _label(path, number, label)
    if len(fields) == 2:
        return Pair(fields[0], fields[1], value)
    body = body.strip()
    splits = [(body[: match.end()].rstrip(), body[match.end() :]) for match in _SPLIT.finditer(body)]
    if len(splits) > 1:
        on_disk = [split for split in splits if exists(split[0]) and exists(split[1])]
        splits = on_disk if len(on_disk) == 1 else splits
    if len(splits) != 1:
        ways = tr("in more than one way") if splits else "nowhere"
        raise RequestError(
            tr(
                "{path}: line {number} can be split into two paths {ways}; put a tab between them: {line}",
                path=path,
                number=number,
                ways=ways,
                line=line,
            )
        )
    return Pair(splits[0][0], splits[0][1], value)


def lfw_name(person: str, number: int) -> str:
    """Path of an image as LFW names it; numbers above 9999 keep all their digits."""
    return f"{person}/{person}_{number:04d}.jpg"


def _read_lfw(path: Path, lines: list[str]) -> list[Pair]:
    """Read pairs.txt (`folds N`, then N genuine and N impostor lines a fold) or pairsDevTest.txt (`N`)."""
    numbered = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    header = [int(field) for field in numbered[0][1]]
    folds, each = (header[0], header[1]) if len(header) == 2 else (1, header[0])
    pairs = []
    for place, (number, fields) in enumerate(numbered[1:]):
        fold, genuine = (place // (2 * each), place % (2 * each) < each) if each else (0, True)
        if len(fields) not in (3, 4):
            raise RequestError(
                tr(
                    "{path}: line {number} has {count} fields, expected 3 (genuine) or 4 (impostor).",
                    path=path,
                    number=number,
                    count=len(fields),
                )
            )
        if len(fields) != (3 if genuine else 4):
            kind = tr("genuine (3 fields)") if genuine else tr("impostor (4 fields)")
            raise RequestError(
                tr(
                    "{path}: line {number} has {count} fields where the header promises a {kind} pair.",
                    path=path,
                    number=number,
                    count=len(fields),
                    kind=kind,
                )
            )
        a, b = (fields[1], fields[2]) if genuine else (fields[1], fields[3])
        if not (a.isdigit() and b.isdigit()):
            raise RequestError(
                tr(
                    "{path}: line {number}: image numbers must be whole numbers: {fields}",
                    path=path,
                    number=number,
                    fields=" ".join(fields),
                )
            )
        other = fields[0] if genuine else fields[2]
        pairs.append(Pair(lfw_name(fields[0], int(a)), lfw_name(other, int(b)), int(genuine), fold, fields[0], other))
    if len(pairs) != 2 * folds * each:
        raise RequestError(
            tr_n(
                "{path}: the header promises {n} pair, the file has {found}.",
                "{path}: the header promises {n} pairs, the file has {found}.",
                2 * folds * each,
                path=path,
                found=len(pairs),
            )
        )
    return pairs


def write_pairs(path: Path, pairs: list[Pair], form: str, folds: int = 1) -> None:
    """Write a pair list.

    Raises
    ------
    RequestError
        If the pairs cannot be said in that format: blanks in paths (`pairs`), names (`lfw`).
    """
    if form == "csv":
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(safe_rows([getattr(pair, name) for name in COLUMNS] for pair in pairs))
        text = buffer.getvalue()
    elif form == "pairs":
        blank = next((p for pair in pairs for p in (pair.path1, pair.path2) if re.search(r"\s", p)), None)
        if blank is not None:
            raise RequestError(
                tr("The format `pairs` cannot hold a path with a blank: {blank}\nUse --format csv.", blank=blank)
            )
        text = "".join(f"{pair.path1} {pair.path2} {pair.label}\n" for pair in pairs)
    else:
        text = _lfw_text(pairs, folds)
    write_text(path, text)


def _lfw_text(pairs: list[Pair], folds: int) -> str:
    genuine = [pair for pair in pairs if pair.label]
    impostor = [pair for pair in pairs if not pair.label]
    if len(genuine) != len(impostor) or len(genuine) % folds:
        raise RequestError(
            tr(
                "The format lfw needs as many impostor as genuine pairs, the same in each fold; there are {count} "
                "genuine and {impostor} impostor pairs for {folds} fold(s). Ask for equal numbers, or use --format csv.",
                count=len(genuine),
                impostor=len(impostor),
                folds=folds,
            )
        )
    lines = [f"{folds}\t{len(genuine) // folds}"]
    for fold in range(folds):
        for pair in (p for p in genuine if p.fold == fold):
            (name, a), (_, b) = _lfw_parts(pair.path1), _lfw_parts(pair.path2)
            lines.append(f"{name}\t{a}\t{b}")
        for pair in (p for p in impostor if p.fold == fold):
            (name, a), (other, b) = _lfw_parts(pair.path1), _lfw_parts(pair.path2)
            lines.append(f"{name}\t{a}\t{other}\t{b}")
    return "\n".join(lines) + "\n"


def _lfw_parts(path: str) -> tuple[str, int]:
    """Return the person and number of NAME/NAME_0001.jpg."""
    file = Path(path)
    match = re.fullmatch(re.escape(file.parent.name) + r"_(\d{4,})", file.stem)
    if match is None or file.suffix.lower() != ".jpg" or re.search(r"\s", file.parent.name):
        raise RequestError(
            tr(
                "The format lfw names images NAME/NAME_0001.jpg, without blanks; {path} is not named so. Use --format csv.",
                path=path,
            )
        )
    return file.parent.name, int(match[1])
