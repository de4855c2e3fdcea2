"""Lists of paths in text: `path1 path2 label` (the original, InsightFace, AgeDB-30), and a line an image (CALFW, CPLFW)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.images.image_reading import is_picture
from fairdesk.images.image_sources import exists as there
from fairdesk.metrics.pair_lists.lfw import Line
from fairdesk.metrics.pair_lists.pairs import Pair, PairList, label_of, published_folds
from fairdesk.words import tr, tr_n

_SPLIT = re.compile(r"(?<=\.)(jpe?g|png|bmp|webp|tiff?|gif|ppm|pgm|heic|jxl)[ ]+", re.IGNORECASE)
_TITLES = ("label", "same", "issame", "is_same", "match")


def read_triples(path: Path, lines: Sequence[str]) -> PairList:
    """Read `path1 path2 label` a line; a first line of titles is passed over."""
    pairs: list[Pair] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or (not pairs and line.split()[-1].lower() in _TITLES):
            continue
        pairs.append(_triple(path, number, line))
    folds = published_folds([pair.label for pair in pairs])
    return PairList([replace(pair, fold=fold) for pair, fold in zip(pairs, folds, strict=True)], "pairs")


def _triple(path: Path, number: int, line: str, exists: Callable[[str], bool] | None = None) -> Pair:
    """Read `path1 path2 label`, also where paths hold blanks (the original wrote such lines and could not read them)."""
    exists = exists or (lambda name: there(Path(name)))
    line = line.strip()
    if "\t" in line:
        fields = [field.strip() for field in line.split("\t") if field.strip()]
        if len(fields) != 3:
            raise _wrong_count(path, number, len(fields), line)
        return Pair(fields[0], fields[1], label_of(path, number, fields[2]), line=number)
    first, *rest = line.split()
    if len(rest) == 2 and is_picture(rest[1]) and first in ("0", "1", "-1"):  # the label comes first
        return Pair(rest[0], rest[1], label_of(path, number, first), line=number)
    body, _, label = line.rpartition(" ")
    fields = body.split()
    if len(fields) < 2:
        raise _wrong_count(path, number, len(fields) + bool(label), line)
    value = label_of(path, number, label)
    if len(fields) == 2:
        return Pair(fields[0], fields[1], value, line=number)
    body = body.strip()
    splits = [(body[: match.end()].rstrip(), body[match.end() :]) for match in _SPLIT.finditer(body)]
    if splits and not any(is_picture(second) for _, second in splits):  # more columns than three
        raise _wrong_count(path, number, len(fields) + 1, line)
    if len(splits) > 1:
        on_disk = [split for split in splits if exists(split[0]) and exists(split[1])]
        splits = on_disk if len(on_disk) == 1 else splits
    if len(splits) != 1:
        ways = tr("in more than one way") if splits else tr("nowhere")
        raise RequestError(
            tr(
                "{path}: line {number} can be split into two paths {ways}; put a tab between them: {line}",
                path=path,
                number=number,
                ways=ways,
                line=line,
            )
        )
    return Pair(splits[0][0], splits[0][1], value, line=number)


def _wrong_count(path: Path, number: int, count: int, line: str) -> RequestError:
    return RequestError(
        tr_n(
            "{path}: line {number} has {n} field, expected path1, path2 and a label: {line}",
            "{path}: line {number} has {n} fields, expected path1, path2 and a label: {line}",
            count,
            path=path,
            number=number,
            line=line,
        )
    )


def is_two_lines(lines: Sequence[Line]) -> bool:
    """Whether each line is a picture and a number."""
    return all(len(line.fields) == 2 and is_picture(line.fields[0]) and line.fields[1].isdecimal() for line in lines)


def read_two_lines(path: Path, lines: Sequence[Line]) -> PairList:
    """Read a picture and a number a line, two lines a pair: 0 is an impostor pair; CALFW's genuine ones have any other number."""
    if len(lines) % 2:
        raise RequestError(
            tr("{path} has {count} lines, and two lines are a pair: one is missing.", path=path, count=len(lines))
        )
    pairs = []
    for one, other in zip(lines[::2], lines[1::2], strict=True):
        if one.fields[1] != other.fields[1]:
            raise RequestError(
                tr(
                    "{path}: lines {number} and {other} are a pair but their numbers differ: {a} and {b}.",
                    path=path,
                    number=one.number,
                    other=other.number,
                    a=one.fields[1],
                    b=other.fields[1],
                )
            )
        pairs.append(Pair(one.fields[0], other.fields[0], int(int(one.fields[1]) != 0), line=one.number))
    folds = published_folds([pair.label for pair in pairs])
    return PairList([replace(pair, fold=fold) for pair, fold in zip(pairs, folds, strict=True)], "cplfw")


def _need_no_blank(pairs: Sequence[Pair], form: str) -> None:
    blank = next((p for pair in pairs for p in (pair.path1, pair.path2) if re.search(r"\s", p)), None)
    if blank is not None:
        raise RequestError(
            tr(
                "The format `{form}` cannot hold a path with a blank: {blank}\nUse --format csv.",
                form=form,
                blank=blank,
            )
        )


def triples_text(pairs: Sequence[Pair], form: str) -> str:
    """Return pairs as `path1 path2 label` lines. Raises `RequestError` where a path has a blank."""
    _need_no_blank(pairs, form)
    return "".join(f"{pair.path1} {pair.path2} {pair.label}\n" for pair in pairs)


def two_lines_text(pairs: Sequence[Pair], form: str) -> str:
    """Return pairs as two lines each. Raises `RequestError` where a path has a blank."""
    _need_no_blank(pairs, form)
    return "".join(f"{pair.path1} {pair.label}\n{pair.path2} {pair.label}\n" for pair in pairs)
