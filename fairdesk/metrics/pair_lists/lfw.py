"""Lists of names and image numbers: LFW's pairs.txt with its header, and RFW's, which have none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fairdesk.errors import RequestError
from fairdesk.images.image_reading import is_picture
from fairdesk.metrics.pair_lists.pairs import FOLDS, Pair, PairList
from fairdesk.words import tr, tr_n

_HEADER = re.compile(r"\s*\d+(\s+\d+)?\s*")
_RFW = re.compile(r"(?P<group>.+)_pairs", re.IGNORECASE)
_RFW_EACH = 300  # pairs of each kind in a fold
_NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>\d{4,})")


class Line(NamedTuple):
    """A line that is not empty."""

    number: int
    fields: list[str]

    @property
    def text(self) -> str:
        """The line as a message shows it."""
        return " ".join(self.fields)


def fields_of(line: str) -> list[str]:
    """Return a line's fields: between tabs where it has some, else between blanks."""
    by_tab = [one.strip() for one in line.split("\t")]
    return [one for one in by_tab if one] if len(by_tab) > 2 else line.split()


def is_header(line: str) -> bool:
    """Whether a line is one or two numbers."""
    return _HEADER.fullmatch(line) is not None


def is_body(lines: Sequence[Line]) -> bool:
    """Whether lines are a name and two numbers, or two names with a number each; image numbers begin with 1."""
    first = lines[0].fields
    if len(first) == 4:
        return first[1].isdigit() and first[3].isdigit()
    return (
        len(first) == 3 and not is_picture(first[0]) and first[1].isdigit() and first[2].isdigit()
        and not any(len(line.fields) == 3 and line.fields[2] in ("0", "-1") for line in lines)
    )  # fmt: skip


def lfw_name(person: str, number: int) -> str:
    """Return the path of an image as LFW names it; numbers above 9999 keep all their digits."""
    return f"{person}/{person}_{number:04d}.jpg"


def _pair(path: Path, line: Line, fold: int, group: str = "") -> Pair:
    fields = line.fields
    if len(fields) not in (3, 4):
        raise RequestError(
            tr(
                "{path}: line {number} has {count} fields, expected 3 (genuine) or 4 (impostor).",
                path=path,
                number=line.number,
                count=len(fields),
            )
        )
    genuine = len(fields) == 3
    a, b = (fields[1], fields[2]) if genuine else (fields[1], fields[3])
    if not (a.isdecimal() and b.isdecimal()):
        raise RequestError(
            tr(
                "{path}: line {number}: image numbers must be whole numbers: {fields}",
                path=path,
                number=line.number,
                fields=line.text,
            )
        )
    other = fields[0] if genuine else fields[2]
    return Pair(
        lfw_name(fields[0], int(a)), lfw_name(other, int(b)), int(genuine), fold, fields[0], other, group, group, line.number
    )  # fmt: skip


def read_with_header(path: Path, lines: Sequence[Line]) -> PairList:
    """Read pairs.txt (`folds N`, then N genuine and N impostor lines a fold) or pairsDevTest.txt (`N`)."""
    header = [int(one) for one in lines[0].fields]
    folds, each = (header[0], header[1]) if len(header) == 2 else (1, header[0])
    pairs = []
    for place, line in enumerate(lines[1:]):
        fold, genuine = (place // (2 * each), place % (2 * each) < each) if each else (0, True)
        pair = _pair(path, line, fold)
        if pair.label != genuine:
            kind = tr("genuine (3 fields)") if genuine else tr("impostor (4 fields)")
            raise RequestError(
                tr(
                    "{path}: line {number} has {count} fields where the header promises a {kind} pair.",
                    path=path,
                    number=line.number,
                    count=len(line.fields),
                    kind=kind,
                )
            )
        pairs.append(pair)
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
    return PairList(pairs, "lfw")


def read_without_header(path: Path, lines: Sequence[Line]) -> PairList:
    """Read the same without a header: a fold ends where genuine pairs follow impostor ones. RFW's name tells the group."""
    named = _RFW.fullmatch(path.stem)
    group = named["group"] if named else ""
    pairs: list[Pair] = []
    fold = 0
    for line in lines:
        pair = _pair(path, line, fold, group)
        if pairs and pair.label and not pairs[-1].label:
            fold += 1
            pair = _pair(path, line, fold, group)
        pairs.append(pair)
    return PairList(pairs, "rfw")


def _parts(path: str, form: str) -> tuple[str, int]:
    """Return the person and number of NAME/NAME_0001.jpg."""
    file = Path(path.replace("\\", "/"))
    match = _NUMBERED.fullmatch(file.stem)
    if (
        match is None
        or match["name"] != file.parent.name
        or file.suffix.lower() != ".jpg"
        or re.search(r"\s", file.stem)
    ):
        raise RequestError(
            tr(
                "The format {form} names images NAME/NAME_0001.jpg, without blanks; {path} is not named so. Use --format csv.",
                form=form,
                path=path,
            )
        )
    return match["name"], int(match["number"])


def _line(pair: Pair, form: str) -> str:
    (name, a), (other, b) = _parts(pair.path1, form), _parts(pair.path2, form)
    if pair.label and name != other:
        raise RequestError(
            tr(
                "The format {form} tells genuine pairs by one name; {path1} and {path2} have two. Use --format csv.",
                form=form,
                path1=pair.path1,
                path2=pair.path2,
            )
        )
    return f"{name}\t{a}\t{b}" if pair.label else f"{name}\t{a}\t{other}\t{b}"


def told_folds(pairs: Sequence[Pair], form: str) -> list[str]:
    """Say where a list in RFW's format, which has no header, has other folds than its readers count on."""
    by_fold: dict[int, list[int]] = {}
    for pair in pairs if form == "rfw" else ():
        by_fold.setdefault(pair.fold, [0, 0])[not pair.label] += 1
    shapes = {(genuine, impostor) for genuine, impostor in by_fold.values()}
    if not by_fold or (shapes == {(_RFW_EACH, _RFW_EACH)} and len(by_fold) == FOLDS):
        return []
    shown = ", ".join(
        tr("{genuine:,} genuine and {impostor:,} impostor", genuine=genuine, impostor=impostor)
        for genuine, impostor in sorted(shapes)[:3]
    )
    return [
        tr(
            "RFW's own lists have {folds} folds of {each} genuine and {each} impostor pairs, and its programs count on that, as "
            "the format has no header; this one has {shape}. Ask for such numbers, or use --format csv.",
            folds=FOLDS,
            each=_RFW_EACH,
            shape=tr_n("{n:,} fold ({shown})", "{n:,} folds ({shown})", len(by_fold), shown=shown),
        )
    ]


def _why_no_lfw(by_fold: Mapping[int, tuple[list[Pair], list[Pair]]]) -> str:
    """Say why pairs in such folds do not fit LFW's format, and what to ask for."""
    folds = len(by_fold)
    genuine, impostor = (sum(len(fold[kind]) for fold in by_fold.values()) for kind in (0, 1))
    if genuine != impostor:
        return tr(
            "The format lfw needs as many impostor as genuine pairs, the same in each fold; there are {count} "
            "genuine and {impostor} impostor pairs for {folds} fold(s). Ask for equal numbers, or use --format csv.",
            count=genuine,
            impostor=impostor,
            folds=folds,
        )
    if genuine % folds:
        return tr(
            "The format lfw needs the same number of pairs in each fold; {count} of each kind do not divide by {folds} folds. "
            "Ask for {more} of each, or use --format csv.",
            count=genuine,
            folds=folds,
            more=genuine - genuine % folds + folds,
        )
    return tr(
        "The format lfw needs the same number of pairs in each fold, as many impostor as genuine ones; the folds of this list "
        "hold different numbers. Use --format csv."
    )


def text_of(pairs: Sequence[Pair], form: str) -> str:
    """Return pairs as LFW's or RFW's text, fold by fold, genuine pairs first. Raises `RequestError` where they do not fit."""
    by_fold: dict[int, tuple[list[Pair], list[Pair]]] = {}
    for pair in pairs:
        by_fold.setdefault(pair.fold, ([], []))[not pair.label].append(pair)
    each = {(len(genuine), len(impostor)) for genuine, impostor in by_fold.values()}
    lines = []
    if form == "lfw":
        genuine, impostor = next(iter(each))
        if len(each) > 1 or genuine != impostor:
            raise RequestError(_why_no_lfw(by_fold))
        lines.append(f"{len(by_fold)}\t{genuine}")
    for fold in sorted(by_fold):
        for same in by_fold[fold]:
            lines += [_line(pair, form) for pair in same]
    return "\n".join(lines) + "\n"
