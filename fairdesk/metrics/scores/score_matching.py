"""The comparisons that two score files share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.pairs_behind.corrections import Known, corrected
from fairdesk.metrics.results import Corrections
from fairdesk.metrics.scores.grouped_scores import number_texts
from fairdesk.metrics.scores.score_set import PAIRWISE, PATHS, ScoreSet, Strings
from fairdesk.words import tr

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Matched:
    """Two score sets over the same comparisons, row by row; both have a score for each."""

    first: ScoreSet
    second: ScoreSet
    by: str
    left_out: tuple[int, int, int]
    """Only in the first, only in the second, without a score in one of them."""
    other_groups: int = 0
    """Comparisons whose groups the two files name differently."""
    corrections: Corrections | None = None
    """What people corrected, of the comparisons that both have."""
    in_order: bool = False
    """The files name no images: a row of the one is taken for the same row of the other."""
    repeated: tuple[int, int] = (0, 0)
    """Rows of each file whose two images stand in an earlier row: that one counts."""


def match_comparisons(
    first: ScoreSet, second: ScoreSet, names: tuple[Path, Path], known: Known | None = None, *, needed: bool = True
) -> Matched:
    """Match comparisons by the two images, else row by row where both files name the same list.

    A comparison that the second file lists the other way round is turned, with all that it says of its two sides. With
    `known` both follow what people said in a project; without `needed` only where they name images of it.

    Raises
    ------
    RequestError
        If the files do not say which comparisons are the same, or share none; with `known` and `needed`, if they name
        none of the project's images.
    """
    for scores, name in zip((first, second), names, strict=True):
        if scores.score is None or scores.label is None:
            raise RequestError(
                tr(
                    "{path} does not have the comparisons in order: it only holds genuine and impostor scores.",
                    path=name,
                )
            )
    assert first.score is not None
    assert second.score is not None
    keys = [_by_images(one) for one in (first, second)]
    by, repeated = tr("the two images of each comparison"), (0, 0)
    in_order = keys[0] is None or keys[1] is None
    if keys[0] is None or keys[1] is None:
        if not _same_rows(first, second):
            raise RequestError(_other_rows(names))
        rows = (np.arange(len(first.score)), np.arange(len(second.score)))
        by = tr("the order of the rows")
    else:
        rows, repeated = _shared(keys[0], keys[1])
    if not len(rows[0]):
        raise RequestError(tr("{first} and {second} share no comparison.", first=names[0], second=names[1]))
    left = len(first.score) - len(rows[0]) - repeated[0], len(second.score) - len(rows[1]) - repeated[1]
    one, two = first.part(rows[0]), second.part(rows[1])
    if one.path1 is not None and two.path1 is not None:
        two.turn(one.path1 != two.path1)
    corrections, counted = None, np.ones(len(rows[0]), dtype=bool)
    if known is not None:
        for field in PATHS:
            value = _of_either(one, two, field)
            setattr(one, field, value)
            setattr(two, field, value)
        if needed or (known and one.path1 is not None and one.path2 is not None):
            made = [corrected(scores, known, needed=needed) for scores in (one, two)]
            (one, two), corrections, counted = [each.whole for each in made], made[0].told, made[0].counted
    assert one.label is not None
    assert two.label is not None
    assert one.score is not None
    assert two.score is not None
    scored = ~np.isnan(one.score) & ~np.isnan(two.score)
    differing = (one.label != two.label) & counted & scored
    if differing.any():
        if keys[0] is None or keys[1] is None:
            raise RequestError(_other_rows(names, int(np.flatnonzero(differing)[0]) + 1))
        raise RequestError(
            tr(
                "{first} and {second} disagree on which comparisons are genuine, for example comparison {row:,}.",
                first=names[0],
                second=names[1],
                row=int(rows[0][np.flatnonzero(differing)[0]]) + 1,
            )
        )
    if not (scored & counted).any():
        raise RequestError(tr("No comparison has a score in both files."))
    one, two = one.part(scored & counted), two.part(scored & counted)
    other = _other_groups(one, two)
    for field in (*PAIRWISE, *PATHS, "fold"):  # what one file knows counts for both
        value = _of_either(one, two, field)
        setattr(one, field, value)
        setattr(two, field, value)
    return Matched(one, two, by, (*left, int((~scored & counted).sum())), other, corrections, in_order, repeated)


def _of_either(one: ScoreSet, two: ScoreSet, field: str) -> Any:
    """Return what is known of comparisons by the first file, or else by the second."""
    value = getattr(one, field)
    return getattr(two, field) if value is None else value


def _other_groups(one: ScoreSet, two: ScoreSet) -> int:
    """Return how many comparisons have other groups in the second file."""
    if one.group1 is None or one.group2 is None or two.group1 is None or two.group2 is None:
        return 0
    return int(((one.group1 != two.group1) | (one.group2 != two.group2)).sum())


def _by_images(scores: ScoreSet) -> tuple[Strings, Strings] | None:
    return None if scores.path1 is None or scores.path2 is None else (scores.path1, scores.path2)


def _other_rows(names: tuple[Path, Path], row: int | None = None) -> str:
    """Say that rows are not of the same comparisons; `row` is the first whose labels differ, from 1."""
    said = tr(
        "{first} and {second} are not scores of the same list: their rows differ in number, label or subject, and "
        "they do not name the images (path1, path2).",
        first=names[0],
        second=names[1],
    )
    if row is not None:
        said += " " + tr("The first such row, of those that count, is comparison {row:,}.", row=row)
    return said


def _same_rows(first: ScoreSet, second: ScoreSet) -> bool:
    """Tell whether rows have the same subjects, as far as both files name them; labels are compared where they count."""
    assert first.label is not None
    assert second.label is not None
    if len(first.label) != len(second.label):
        return False
    return all(
        one is None or two is None or bool((one == two).all())
        for one, two in ((first.subject1, second.subject1), (first.subject2, second.subject2))
    )


def _shared(one: tuple[Strings, Strings], two: tuple[Strings, Strings]) -> tuple[tuple[Ints, Ints], tuple[int, int]]:
    """Return the rows of the comparisons that both have, in the first's order, and how many of each repeat an earlier one.

    The order of two images does not matter.
    """
    names, codes = number_texts([*one, *two])
    sizes = [len(one[0]), len(two[0])]
    places = np.cumsum([0, sizes[0], sizes[0], sizes[1], sizes[1]])
    sides = [codes[places[k] : places[k + 1]] for k in range(4)]
    keys = [np.minimum(a, b) * len(names) + np.maximum(a, b) for a, b in ((sides[0], sides[1]), (sides[2], sides[3]))]
    _, rows1, rows2 = np.intersect1d(keys[0], keys[1], return_indices=True)
    order = np.argsort(rows1, kind="stable")
    repeated = len(keys[0]) - len(np.unique(keys[0])), len(keys[1]) - len(np.unique(keys[1]))
    return (rows1[order], rows2[order]), repeated
