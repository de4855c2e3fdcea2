"""Whose faces are compared: the subjects of a score set by number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.scores.grouped_scores import Grouped, number_texts
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Subjects:
    """The two subjects of each comparison, and the group of each subject (-1: none).

    A subject is a name within a group: the same name in two groups is two subjects.
    """

    first: Ints
    second: Ints
    group: Ints

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.group)


def number_subjects(scores: ScoreSet, grouped: Grouped | None) -> Subjects | None:
    """Return the subjects of a score set, or None where a comparison does not name both of its own."""
    if scores.subject1 is None or scores.subject2 is None or scores.score is None:
        return None
    names, codes = number_texts([scores.subject1, scores.subject2])
    if "" in names:
        return None
    if grouped is None:
        group = np.full(len(names), -1, dtype=np.int64)
    else:
        own = np.concatenate([grouped.code1, grouped.code2])
        keys, codes = np.unique(codes * (len(grouped.names) + 1) + own + 1, return_inverse=True)
        group = keys % (len(grouped.names) + 1) - 1
    n = len(scores.score)
    return Subjects(codes[:n], codes[n:], group)


def why_unknown(scores: ScoreSet) -> str:
    """Say why there are no subjects."""
    if scores.subject1 is None or scores.subject2 is None:
        return tr("These scores do not name subjects (subject1, subject2), so subjects cannot be resampled.")
    return tr("Some of these scores do not name both of their subjects, so subjects cannot be resampled.")
