"""Scores in plain text: ours, bob's 2, 4 and 5 columns, and pyeer's files of one kind each."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from fairdesk.dataset.table_files import encoding_of
from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.pairs import known_label
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.score_tables import label_of, score_of
from fairdesk.words import tr, tr_n


def _lines(path: Path, file: Iterable[str]) -> list[tuple[int, list[str]]]:
    """Return the fields of each line that has some, with its number; all have as many. Raises `RequestError`."""
    found: list[tuple[int, list[str]]] = []
    for number, line in enumerate(file, 1):
        fields = line.split()
        if not fields:
            continue
        if found and len(fields) != len(found[0][1]):
            raise RequestError(
                tr_n(
                    "{path}: line {number} has {n} field, the lines before have {width}.",
                    "{path}: line {number} has {n} fields, the lines before have {width}.",
                    len(fields),
                    path=path,
                    number=number,
                    width=len(found[0][1]),
                )
            )
        found.append((number, fields))
    if not found:
        raise RequestError(tr("{path} holds no scores.", path=path))
    return found


def read_score_text(path: Path, file: Iterable[str]) -> ScoreSet:
    """Read `score label`, bob's `label score`, its 4 columns (claimed real probe score) and 5 (claimed model real probe score).

    Of two columns the one that holds only labels is the label; where both do, the second.
    """
    lines = _lines(path, file)
    width = len(lines[0][1])
    if width in (4, 5):
        claimed = [fields[0] for _, fields in lines]
        real = [fields[1 if width == 4 else 2] for _, fields in lines]
        score = np.array([score_of(path, number, fields[-1]) for number, fields in lines])
        label = np.array([one == two for one, two in zip(claimed, real, strict=True)], dtype=bool)
        return ScoreSet(score=score, label=label, subject1=np.array(claimed), subject2=np.array(real))
    if width == 2:
        first, second = (all(known_label(fields[side]) is not None for _, fields in lines) for side in (0, 1))
        at = 0 if first and not second else 1
        score = np.array([score_of(path, number, fields[1 - at]) for number, fields in lines])
        labels = [label_of(path, number, fields[at]) for number, fields in lines]
        return ScoreSet(score=score, label=np.array(labels, dtype=bool))
    raise RequestError(
        tr_n(
            "{path}: line {number} has {n} field and does not say which scores are genuine. Known text "
            "files: `score label`, bob's 2, 4 or 5 columns, and two files, of genuine scores and (--impostor) of impostor ones.",
            "{path}: line {number} has {n} fields and does not say which scores are genuine. Known text "
            "files: `score label`, bob's 2, 4 or 5 columns, and two files, of genuine scores and (--impostor) of impostor ones.",
            width,
            path=path,
            number=lines[0][0],
        )
    )


def read_two_texts(genuine: Path, impostor: Path) -> ScoreSet:
    """Read a file of genuine scores and one of impostor scores: the last field of each line (pyeer). Raises `RequestError`."""
    sides = []
    for path in (genuine, impostor):
        with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding_of(raw.peek(2)[:2])) as file:
            lines = [(number, line.split()) for number, line in enumerate(file, 1)]
        values = [score_of(path, number, fields[-1]) for number, fields in lines if fields]
        if not values:
            raise RequestError(tr("{path} holds no scores.", path=path))
        sides.append(np.array(values))
    return ScoreSet(genuine=sides[0], impostor=sides[1])
