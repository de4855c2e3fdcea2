"""Scores in tables: our own, BFW's and bob's CSV, and any other whose columns are named."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from fairdesk.dataset.tables import need_one_of_each
from fairdesk.errors import RequestError
from fairdesk.images.table_cells import plain_cell
from fairdesk.metrics.pair_lists.columns import guess_columns
from fairdesk.metrics.pair_lists.difference_columns import difference_column
from fairdesk.metrics.pair_lists.pairs import known_label
from fairdesk.metrics.scores.label_columns import (
    holds_label,
    label_by_subjects,
    passed_over,
    sole_label,
    told_label,
)
from fairdesk.metrics.scores.polarity import holds_distances, measure_of_column, names_measure
from fairdesk.metrics.scores.score_set import ABOUT, PAIRWISE, PATHS, ScoreSet, known_about
from fairdesk.words import tr, tr_n

KNOWN = ("score", "label", *PAIRWISE, *PATHS, "fold", "measure", *ABOUT)
"""What a column can be."""
_BFW = {"path1": "p1", "path2": "p2", "subject1": "id1", "subject2": "id2", "group1": "att1", "group2": "att2"}
_BFW_OTHERS = {
    "fold", "p1", "p2", "label", "id1", "id2", "att1", "att2", "a1", "a2", "g1", "g2", "e1", "e2", "id", "fname1",
    "fname2", "same_gender", "same_ethnicity",
}  # fmt: skip
_NONE = ("", "na", "n/a", "null", "none")
_IMAGES = re.compile("path|file|image|img|photo|pic")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_BOB = {"subject1": "bio_ref_subject_id", "subject2": "probe_subject_id"}


def parse_score_columns(text: str) -> dict[str, str]:
    """Read `score=NAME,label=NAME`: ours to theirs. Raises `ValueError` with what is wrong."""
    found: dict[str, str] = {}
    for part in text.split(","):
        ours, equals, theirs = (one.strip() for one in part.partition("="))
        if not equals or not theirs:
            raise ValueError(
                tr("must be NAME=COLUMN, such as score=similarity,label=same; this is neither: {part}", part=part)
            )
        if ours not in KNOWN:
            raise ValueError(tr("{name} is no known column. Known are: {known}", name=ours, known=", ".join(KNOWN)))
        if found.get(ours, theirs) != theirs:
            raise ValueError(
                tr(
                    "names two columns for {name}: {first} and {second}. Give one.",
                    name=ours,
                    first=found[ours],
                    second=theirs,
                )
            )
        found[ours] = theirs
    return found


def _delimiter(line: str) -> str:
    """Return what parts the cells of a header."""
    return max((",", ";", "\t"), key=line.count) if line else ","


def places_of_columns(path: Path, header: list[str], columns: dict[str, str] | None) -> dict[str, int]:
    """Return the place of each column that is known or named."""
    lowered = [cell.lower() for cell in header]
    where = {name: lowered.index(name) for name in KNOWN if name in lowered}
    if {"p1", "p2", "att1", "att2"} <= set(lowered):
        where |= {ours: lowered.index(theirs) for ours, theirs in _BFW.items() if theirs in lowered}
        models = [cell for cell in lowered if cell not in _BFW_OTHERS and cell]
        if "score" not in where and not (columns and "score" in columns):
            if len(models) != 1:
                raise RequestError(
                    tr(
                        "{path}: say which column holds the scores, for example --columns score={first}. It has: {models}",
                        path=path,
                        first=models[0] if models else "NAME",
                        models=", ".join(models) or tr("none"),
                    )
                )
            where["score"] = lowered.index(models[0])
    elif set(_BOB.values()) <= set(lowered):
        where |= {ours: lowered.index(theirs) for ours, theirs in _BOB.items()}
    for ours, theirs in (columns or {}).items():
        if theirs.lower() not in lowered:
            raise RequestError(
                tr(
                    "{path}: line 1 has no column {name!r}; it has: {header}",
                    path=path,
                    name=theirs,
                    header=", ".join(header),
                )
            )
        where[ours] = header.index(theirs) if theirs in header else lowered.index(theirs.lower())
    if "score" not in where and (sole := _sole_scores(header, where)) is not None:
        where["score"] = sole
    where |= {
        name: place for name, place in _paths(header).items() if name not in where and place not in where.values()
    }
    if "label" not in where:
        subjects = {"subject1", "subject2"} <= set(where)
        label = sole_label(path, header, where.values(), subjects=subjects)
        where |= {} if label is None else {"label": label}
    need_one_of_each(path, header, where.values())
    return where


def _paths(header: list[str]) -> dict[str, int]:
    """Return the places of both images where the names of columns tell them ("file_x", "image_b"), as those of pair lists."""
    found = {name: place for name, place in guess_columns(header).items() if name in PATHS}
    return found if all(_IMAGES.search(header[place].lower()) for place in found.values()) else {}


def _sole_scores(header: list[str], where: dict[str, int]) -> int | None:
    """Return the place of the one column that is called by a measure alone (`distance`, `l2`), where none else may be scores."""
    others = [place for place in range(len(header)) if place not in where.values()]
    found = [place for place in others if names_measure(header[place])]
    if len(found) != 1 or any("score" in header[place].lower() for place in others if place not in found):
        return None
    return found[0]


def _told_sole(name: str, measure: str) -> str:
    """Say which column was taken for the scores, and what they are."""
    distances = holds_distances(measure)
    if distances is None:
        return tr("The scores are those of the column {name}.", name=name)
    if distances:
        return tr("The scores are those of the column {name}: distances, small means alike.", name=name)
    return tr("The scores are those of the column {name}: similarities, large means alike.", name=name)


def read_score_table(path: Path, file: Iterable[str], paths: bool, columns: dict[str, str] | None) -> ScoreSet:
    """Read a table with a header. Where no column says what is genuine, both subjects do. Raises `RequestError`."""
    lines = iter(file)
    first = next(lines, "")
    rows = csv.reader(itertools.chain([first], lines), delimiter=_delimiter(first))
    header = [cell.strip() for cell in next(rows, [])]
    where = places_of_columns(path, header, columns)
    first_row = next(filter(None, rows), [])
    guessed = _guessed_label(where, header, first_row, columns or {})
    by_subject = "label" not in where and {"subject1", "subject2"} <= set(where)
    if "score" not in where or not ("label" in where or by_subject):
        raise RequestError(
            tr(
                "{path}: line 1 must name the columns score and label; it has: {header}. Columns of other names are told "
                "with --columns score=NAME,label=NAME",
                path=path,
                header=", ".join(header) or tr("nothing"),
            )
        )
    differences = None if by_subject else difference_column(header[where["label"]])
    read_label = label_of if differences is None else differences.label_of
    scores: list[float] = []
    labels: list[bool] = []
    texts: dict[str, list[str]] = {name: [] for name in (*PAIRWISE, *(PATHS if paths else ())) if name in where}
    about: dict[str, set[str]] = {name: set() for name in ("measure", *ABOUT) if name in where}
    folds: list[int] = []
    for row in filter(None, itertools.chain([first_row], rows)):
        if len(row) != len(header):
            raise RequestError(
                tr_n(
                    "{path}: line {line} has {n} field, the header has {header}.",
                    "{path}: line {line} has {n} fields, the header has {header}.",
                    len(row),
                    path=path,
                    line=rows.line_num,
                    header=len(header),
                )
            )
        scores.append(score_of(path, rows.line_num, row[where["score"]]))
        for name, column in texts.items():
            cell = plain_cell(row[where[name]])
            column.append(cell if name in PATHS else cell.strip())
        if not by_subject:
            labels.append(read_label(path, rows.line_num, row[where["label"]]))
        if "fold" in where:
            folds.append(_fold(path, rows.line_num, plain_cell(row[where["fold"]])))
        for name, values in about.items():
            if len(values) < 2:
                values.add(plain_cell(row[where[name]].strip()))
    single = {name: next(iter(values)) for name, values in about.items() if len(values) == 1}
    out = ScoreSet(
        score=np.array(scores), label=np.array(labels, dtype=bool),
        measure=single.pop("measure", "") or measure_of_column(header[where["score"]]), about=known_about(single),
    )  # fmt: skip
    if names_measure(header[where["score"]]) and not (columns and "score" in columns):
        out.told.append(_told_sole(header[where["score"]], out.measure))
    out.told += [told_label(header[where["label"]])] if guessed and differences is None else []
    out.told += [] if differences is None else differences.told()
    for name, column in texts.items():
        setattr(out, name, np.array(column, dtype=str))
    if by_subject:
        label_by_subjects(out)
        out.told += passed_over(header, first_row, where.values())
    if "fold" in where:
        out.fold = np.array(folds, dtype=np.int64)
    return out


def _guessed_label(where: dict[str, int], header: list[str], row: list[str], columns: dict[str, str]) -> bool:
    """Tell whether the column of the labels follows from its name; where subjects are there and it holds none, it is none."""
    guessed = "label" in where and "label" not in columns and header[where["label"]].lower() != "label"
    if guessed and {"subject1", "subject2"} <= set(where) and len(row) == len(header):
        guessed = holds_label(row[where["label"]])
        if not guessed:
            del where["label"]
    return guessed


def _fold(path: Path, line: int, text: str) -> int:
    try:
        return int(text.strip() or 0)
    except ValueError:
        raise RequestError(
            tr("{path}: line {line}: the fold {fold!r} is not a whole number.", path=path, line=line, fold=text)
        ) from None


def score_of(path: Path, line: int, text: str) -> float:
    """Read a score; an empty one, or a word for none, is none. Raises `RequestError` naming the line."""
    text = text.strip()
    if text.lower() in _NONE:
        return float("nan")
    try:
        return float(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text)
    except ValueError:
        raise RequestError(
            tr("{path}: line {line}: the score {text!r} is not a number.", path=path, line=line, text=text)
        ) from None


def label_of(path: Path, line: int, text: str) -> bool:
    """Read a label. Raises `RequestError` naming the line."""
    known = known_label(text)
    if known is not None:
        return known
    raise RequestError(
        tr(
            "{path}: line {line}: the label {text!r} is neither 1 (genuine) nor 0 or -1 (impostor).",
            path=path,
            line=line,
            text=text,
        )
    )
