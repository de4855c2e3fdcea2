"""The comparisons behind a number: which they are, the worst first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import mark, tr

KINDS = {
    "false match": mark("False matches"),
    "false non-match": mark("False non-matches"),
    "impostor": mark("Impostor comparisons"),
    "genuine": mark("Genuine comparisons"),
    "one": mark("One comparison"),
}


def cell_key(first: str, second: str) -> str:
    """Return the key of the cell of two groups: "A|B"; a bar or a backslash in a name has a backslash before it."""
    return "|".join(name.replace("\\", "\\\\").replace("|", "\\|") for name in (first, second))


@dataclass(frozen=True)
class PairQuery:
    """Comparisons of a kind, between two groups ("" for all); `near` a score, where a curve was clicked.

    Of the kind "one" it is the comparison of a `row` of the file, from 1.
    """

    kind: str
    first: str = ""
    second: str = ""
    near: float | None = None
    row: int | None = None

    def title(self) -> str:
        """Say which they are."""
        if self.row is not None:
            return tr("Comparison {row:,} of the file", row=self.row)
        kind = tr(KINDS[self.kind])
        if not self.first:
            return kind
        if self.first == self.second:
            return tr("{kind} within {group}", kind=kind, group=self.first)
        return tr("{kind} between {first} and {second}", kind=kind, first=self.first, second=self.second)


def find_pairs(scores: ScoreSet, query: PairQuery, accepted: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the rows of the comparisons, the worst first: the highest impostor scores, the lowest genuine ones.

    With `near` those whose scores are nearest to it come first. `accepted` tells which scores are matches.
    """
    score, label = scores.score, scores.label
    assert score is not None
    assert label is not None
    if query.row is not None:
        return np.array([query.row - 1], dtype=np.int64)
    genuine = query.kind in ("genuine", "false non-match")
    use = ~np.isnan(score) & (label == genuine)
    if query.kind == "false match":
        use &= accepted
    elif query.kind == "false non-match":
        use &= ~accepted
    if query.first and scores.group1 is not None and scores.group2 is not None:
        use &= (scores.group1 == query.first) & (scores.group2 == query.second) | (
            (scores.group1 == query.second) & (scores.group2 == query.first)
        )
    rows = np.flatnonzero(use)
    if query.near is not None:
        order = np.argsort(np.abs(score[rows] - query.near), kind="stable")
    else:
        order = np.argsort(score[rows] if genuine else -score[rows], kind="stable")
    return rows[order]
