"""Comparisons by group, and each group's own scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.error_rates import Floats, Scores, sort_scores
from fairdesk.metrics.score_set import ScoreSet, Strings
from fairdesk.words import tr

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Grouped:
    """Comparisons by group: genuine ones within it, impostor ones within it."""

    names: list[str]
    code1: npt.NDArray[np.int64]
    code2: npt.NDArray[np.int64]
    score: Floats
    label: Mask

    def within(self, group: int) -> Mask:
        """Comparisons whose two faces are of one group."""
        same: Mask = (self.code1 == group) & (self.code2 == group)
        return same


def number_texts(columns: list[Strings]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the texts of columns in order, and each row's number among them, one column after the other.

    A dictionary: sorting two million texts takes several times as long.
    """
    seen: dict[str, int] = {}
    raw = [seen.setdefault(text, len(seen)) for column in columns for text in column.tolist()]
    names = sorted(seen)
    place = np.empty(len(names), dtype=np.int64)
    for number, name in enumerate(names):
        place[seen[name]] = number
    return names, place[np.array(raw, dtype=np.int64)]


def group_comparisons(scores: ScoreSet) -> Grouped:
    """Number the groups of a score set, in order of their names. Raises `RequestError` if it has none."""
    if scores.group1 is None or scores.group2 is None or scores.score is None or scores.label is None:
        raise RequestError(tr("These scores do not name groups: they need group1 and group2 for each comparison."))
    names, codes = number_texts([scores.group1, scores.group2])
    n = len(scores.score)
    kept = [name for name in names if name]
    if not kept:
        raise RequestError(tr("These scores do not name groups: group1 and group2 are empty."))
    shift = 1 if len(kept) < len(names) else 0  # the empty name sorts first: code -1
    return Grouped(kept, codes[:n] - shift, codes[n:] - shift, scores.score, scores.label)


def per_group_scores(grouped: Grouped) -> dict[str, Scores]:
    """Return each group's own scores: genuine, and impostor within the group."""
    out = {}
    for number, name in enumerate(grouped.names):
        within = grouped.within(number)
        out[name] = sort_scores(grouped.score[within & grouped.label], grouped.score[within & ~grouped.label])
    return out
