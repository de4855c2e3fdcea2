"""The comparisons behind a number, read to be shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fairdesk.errors import RequestError
from fairdesk.metrics.pairs_behind.corrections import Ints, Known, corrected, image_ids, read_known_of
from fairdesk.metrics.pairs_behind.pair_query import PairQuery, find_pairs
from fairdesk.metrics.pairs_behind.shown_figures import number
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr, tr_n

MOST = 200  # pairs that are shown


@dataclass(frozen=True)
class ShownPair:
    """One comparison; `images` are the project's, where it has both."""

    first: str
    second: str
    score: str
    labels: str
    mark: str
    images: tuple[int, int] | None
    identities: tuple[str, str]

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.first, self.second


@dataclass(frozen=True)
class ShownPairs:
    """Comparisons, and a line on them."""

    text: str
    pairs: list[ShownPair]


def need_images(params: EvaluateParams) -> ScoreSet:
    """Read scores with the images of each comparison. Raises `RequestError` where the file names none."""
    scores = read_scores(params.scores, paths=True, columns=params.named_columns(), impostor=params.impostor)
    if scores.path1 is None or scores.path2 is None or scores.score is None:
        raise RequestError(
            tr(
                "{path} does not name the images of each comparison (path1, path2), so they cannot be shown. Score the list "
                "in a project.",
                path=params.scores.name,
            )
        )
    return scores


def read_pairs_of(params: EvaluateParams, query: PairQuery, threshold: float | None) -> ShownPairs:
    """Read the comparisons behind a number, the worst first; those left out are shown as well.

    `threshold` and the query's `near` are in the file's own sense; a threshold that is NaN accepts nothing. Raises `RequestError` where the file names no images.
    """
    scores = need_images(params)
    if params.distance:
        scores.negate()
    sign = -1 if params.distance else 1
    known = None if params.labels_of is None else read_known_of(params.labels_of)
    said: list[str] = []
    if known is not None:
        kept = dict(known.marks)
        known.marks.clear()  # here those left out are shown, and say so
        found = corrected(scores, known, needed=False)
        known.marks.update(kept)
        scores = found.scores if query.row is None else found.whole
        said = found.reasons if query.row is not None else []
    assert scores.score is not None
    assert scores.path1 is not None
    assert scores.path2 is not None
    value = math.inf if threshold is None else sign * threshold
    accepted = np.asarray(scores.score >= np.float64(value))
    near = None if query.near is None else sign * query.near
    rows = find_pairs(scores, replace(query, near=near), accepted)
    shown = rows[:MOST]
    ids = None if known is None else image_ids(scores, known)
    pairs = []
    for row in shown.tolist():
        images = None if ids is None or ids[0][row] < 0 or ids[1][row] < 0 else (int(ids[0][row]), int(ids[1][row]))
        mark = said[row] if said else ""
        if images is not None and known is not None and (person := known.marks.get((min(images), max(images)))):
            mark = person.reason
        pairs.append(
            ShownPair(
                str(scores.path1[row]), str(scores.path2[row]), _score(sign * float(scores.score[row])),
                _labels(scores, row), mark, images, _identities(scores, row),
            )
        )  # fmt: skip
    out = 0 if known is None or ids is None else _left_out(ids[0][rows], ids[1][rows], known)
    text = tr("{what}: {n:,}, the worst first.", what=query.title(), n=len(rows) - out)
    if query.row is not None:
        text = tr("{what}.", what=query.title())
    elif query.near is not None:
        text = tr("{what} with scores nearest to {near}.", what=query.title(), near=number(query.near))
    if out and query.row is None:
        text += " " + tr_n("Beside them {n:,} that is left out.", "Beside them {n:,} that are left out.", out)
    if len(rows) > MOST:
        text += " " + tr_n("The first {n:,} is shown.", "The first {n:,} are shown.", MOST)
    if pairs and all(pair.images is None for pair in pairs):
        if all(one.isdecimal() for pair in pairs for one in (pair.first, pair.second)):
            text += " " + tr(
                "These are templates, by number: each stands for several images, which the list names and the scores do not."
            )
        else:
            text += " " + tr("Their images are not in the project that is open, so they cannot be edited here.")
    return ShownPairs(text, pairs)


def _left_out(first: Ints, second: Ints, known: Known) -> int:
    """Return how many comparisons of such images people left out."""
    if not known.marks:
        return 0
    marked = np.array(list(known.marks), dtype=np.int64)
    base = 1 + max(int(marked.max()), int(first.max(initial=0)), int(second.max(initial=0)))
    pairs = np.minimum(first, second) * base + np.maximum(first, second)
    return int((np.isin(pairs, marked[:, 0] * base + marked[:, 1]) & (first >= 0) & (second >= 0)).sum())


def _score(value: float) -> str:
    return "–" if math.isnan(value) else number(value)


def _identities(scores: ScoreSet, row: int) -> tuple[str, str]:
    if scores.subject1 is None or scores.subject2 is None:
        return "", ""
    return str(scores.subject1[row]), str(scores.subject2[row])


def _labels(scores: ScoreSet, row: int) -> str:
    sides = []
    for subject, group in zip(_identities(scores, row), (scores.group1, scores.group2), strict=True):
        where = "" if group is None else str(group[row])
        sides.append(" · ".join(part for part in (subject, where) if part) or tr("no label"))
    assert scores.label is not None
    return "\n".join([tr("genuine pair") if scores.label[row] else tr("impostor pair"), *sides])
