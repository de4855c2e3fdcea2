"""Whose faces are compared: the subjects of a score set by number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.scores.grouped_scores import Grouped, number_texts
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr_n

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Subjects:
    """The two subjects of each comparison, and the group of each of its faces (-1: none).

    A subject is a name within a group as labelled: the same name in two groups is two subjects. Where comparisons are
    grouped by what may change (an age band), a subject may have faces in several groups, and is still one.
    """

    first: Ints
    second: Ints
    group1: Ints
    group2: Ints
    count: int
    """How many subjects there are."""
    groups: int
    """How many groups there are, also those that no comparison is of."""

    def as_one_group(self) -> Subjects:
        """Return the same subjects and comparisons without groups."""
        nowhere = np.full(len(self.first), -1, dtype=np.int64)
        return replace(self, group1=nowhere, group2=nowhere, groups=0)

    @cached_property
    def _faces(self) -> Ints:
        """How many faces of comparisons each subject has in each group: (subjects, groups)."""
        wide = self.groups + 1
        sides = ((self.first, self.group1), (self.second, self.group2))
        counted = [np.bincount(who * wide + group + 1, minlength=self.count * wide) for who, group in sides]
        return np.asarray((counted[0] + counted[1]).reshape(self.count, wide)[:, 1:])

    @cached_property
    def members(self) -> list[Ints]:
        """The subjects with faces in each group."""
        return [np.flatnonzero(self._faces[:, group]) for group in range(self.groups)]

    @cached_property
    def stratum(self) -> Ints:
        """The group in which each subject has most faces, -1 for none: subjects are drawn within it."""
        if not self.groups:
            return np.full(self.count, -1, dtype=np.int64)
        return np.where(self._faces.any(1), self._faces.argmax(1), -1)


def number_subjects(scores: ScoreSet, grouped: Grouped | None, by: str) -> Subjects | None:
    """Return the subjects of a score set, or None where a comparison does not name both of its own.

    `grouped` are its comparisons by what they are evaluated by. Of both, only those with a score (`with_scores`).
    """
    if scores.subject1 is None or scores.subject2 is None or scores.score is None:
        return None
    names, codes = number_texts([scores.subject1, scores.subject2])
    if "" in names:
        return None
    n = len(scores.score)
    if grouped is not None and by == "group":
        homes = np.concatenate([grouped.code1, grouped.code2]) + 1
    elif scores.group1 is not None and scores.group2 is not None:
        homes = number_texts([scores.group1, scores.group2])[1]
    else:
        homes = np.zeros(2 * n, dtype=np.int64)
    codes *= int(homes.max(initial=0)) + 1
    codes += homes
    there = np.zeros(int(codes.max(initial=-1)) + 1, dtype=bool)
    there[codes] = True
    codes = (np.cumsum(there) - 1)[codes]
    nowhere = np.full(n, -1, dtype=np.int64)
    sides = (nowhere, nowhere) if grouped is None else (grouped.code1, grouped.code2)
    return Subjects(codes[:n], codes[n:], *sides, int(there.sum()), 0 if grouped is None else len(grouped.names))


def why_unknown(scores: ScoreSet) -> str | None:
    """Say how many comparisons do not name both subjects where others do; None where none is named at all."""
    if scores.subject1 is None or scores.subject2 is None:
        return None
    return tr_n(
        "{n:,} comparison with a score does not name both of its subjects, so subjects cannot be resampled.",
        "{n:,} comparisons with a score do not name both of their subjects, so subjects cannot be resampled.",
        int(((scores.subject1 == "") | (scores.subject2 == "")).sum()),
    )
