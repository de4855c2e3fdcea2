"""Whose faces are compared: the subjects of a score set by number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.scores.grouped_scores import Grouped, number_texts
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr, tr_n

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
MOST_UNNAMED = 0.05
"""The share of genuine, or of impostor comparisons, that may lack a name where subjects are drawn."""


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
    named: int
    """How many subjects have a name: the first ones."""
    unnamed: Mask
    """Which comparisons do not name both of their subjects."""
    names: Ints | None = None
    """The number of each subject's name among all names in order; it does not fall from one to the next."""

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
    """Return the subjects of a score set, or None where it does not name them (`why_unknown`).

    A face without a name, of a few comparisons (`MOST_UNNAMED`), is the subject of the other face where the pair is
    genuine, and else a subject of its own: what it shares with others is not known.
    `grouped` are its comparisons by what they are evaluated by. Of both, only those with a score (`with_scores`).
    """
    if scores.subject1 is None or scores.subject2 is None or scores.score is None or scores.label is None:
        return None
    if _too_many_unnamed(scores) is not None:
        return None
    names, codes = number_texts([scores.subject1, scores.subject2])
    n = len(scores.score)
    lacking = codes.reshape(2, n) == names.index("") if "" in names else np.zeros((2, n), dtype=bool)
    codes = _with_strangers(codes.reshape(2, n), lacking, scores.label, len(names)).reshape(-1)
    if grouped is not None and by == "group":
        homes = np.concatenate([grouped.code1, grouped.code2]) + 1
    elif scores.group1 is not None and scores.group2 is not None:
        homes = number_texts([scores.group1, scores.group2])[1]
    else:
        homes = np.zeros(2 * n, dtype=np.int64)
    wide = int(homes.max(initial=0)) + 1
    codes *= wide
    codes += homes
    there = np.zeros(int(codes.max(initial=-1)) + 1, dtype=bool)
    there[codes] = True
    named = int(there[: len(names) * wide].sum())
    codes = (np.cumsum(there) - 1)[codes]
    nowhere = np.full(n, -1, dtype=np.int64)
    sides = (nowhere, nowhere) if grouped is None else (grouped.code1, grouped.code2)
    groups = 0 if grouped is None else len(grouped.names)
    whose = np.flatnonzero(there) // wide
    return Subjects(codes[:n], codes[n:], *sides, len(whose), groups, named, np.any(lacking, axis=0), whose)


def _with_strangers(codes: Ints, lacking: Mask, label: Mask, known: int) -> Ints:
    """Return the names of both sides with new numbers, from `known` on, where one is lacking: shape (2, n)."""
    if not lacking.any():
        return codes
    out = codes.copy()
    new = known + np.cumsum(lacking).reshape(lacking.shape) - 1
    out[lacking] = new[lacking]
    for side, other in ((0, 1), (1, 0)):
        mated = lacking[side] & label & ~lacking[other]
        out[side, mated] = codes[other, mated]
    both = lacking.all(0) & label
    out[1, both] = out[0, both]
    return out


def _too_many_unnamed(scores: ScoreSet) -> tuple[int, int] | None:
    """Return how many comparisons of a kind do not name both subjects, and of how many, where that is too many."""
    assert scores.subject1 is not None and scores.subject2 is not None and scores.label is not None
    unnamed = (scores.subject1 == "") | (scores.subject2 == "")
    for kind in (scores.label, ~scores.label):
        count, total = int((unnamed & kind).sum()), int(kind.sum())
        if count > MOST_UNNAMED * total:
            return int(unnamed.sum()), len(unnamed)
    return None


def why_unknown(scores: ScoreSet) -> str | None:
    """Say how many comparisons do not name both subjects where too many do not; None where no subject is named at all."""
    if scores.subject1 is None or scores.subject2 is None:
        return None
    found = _too_many_unnamed(scores)
    if found is None:
        return None
    return tr_n(
        "{n:,} of {total:,} comparisons with a score does not name both of its subjects",
        "{n:,} of {total:,} comparisons with a score do not name both of their subjects",
        found[0],
        total=found[1],
    )


def strangers_line(subjects: Subjects, grouped: Grouped | None) -> str:
    """Say how many comparisons do not name both subjects, and in which groups these are many; empty where all do."""
    count = int(subjects.unnamed.sum())
    if not count:
        return ""
    said = tr_n(
        "{n:,} comparison does not name both of its subjects: a face without a name counts as a person of its own",
        "{n:,} comparisons do not name both of their subjects: each face without a name counts as a person of its own",
        count,
    )
    many = [] if grouped is None else [
        name
        for number, name in enumerate(grouped.names)
        if any(
            (subjects.unnamed & kind).sum() > MOST_UNNAMED * kind.sum()
            for kind in (grouped.within(number) & grouped.label, grouped.within(number) & ~grouped.label)
        )
    ]  # fmt: skip
    if many:
        said += "; " + tr("too narrow where these are many: {groups}", groups=", ".join(many))
    return said
