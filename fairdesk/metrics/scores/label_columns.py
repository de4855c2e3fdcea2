"""Which column of a score table holds the labels where none is called `label`: by what people call it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.difference_columns import difference_column
from fairdesk.metrics.pair_lists.pairs import known_label
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr, tr_n

_LABELS = re.compile(
    "(is|are|es|son|pair|true|gold|gt)*"
    "(labels?|same(id|ids)?|match(ed|es|ing)?|mated|genuine|identical|groundtruth|gt|truth|ytrue|actual|decision"
    "|mism[oa]s?|genuin[oa]s?|coinciden?|etiquetas?)"
    "(person|persons|people|subjects?|identity|identities|pairs?|labels?|flag|truth|personas?|sujetos?|identidad)*"
)
"""What such a column is called, without blanks, underscores and hyphens."""
_MAYBE = {"class", "target", "y", "diff", "positive", "negative"}
"""What may be labels and may as well be another thing."""


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def is_called_labels(name: str) -> bool:
    """Tell whether a column is called as labels are ("ground_truth", "is_match", "Decision", "is_impostor")."""
    plain = _plain(name)
    return plain not in _MAYBE and (_LABELS.fullmatch(plain) is not None or difference_column(name) is not None)


def may_be_labels(name: str) -> bool:
    """Tell whether a column may hold labels by its name, surely or not ("target")."""
    return is_called_labels(name) or _plain(name) in _MAYBE


def sole_label(path: Path, header: Sequence[str], taken: Iterable[int], *, subjects: bool) -> int | None:
    """Return the place of the one column that is called as labels are, of those that are not taken; None where none is.

    Where `subjects` are there, which tell it too, the name must say it surely.

    Raises
    ------
    RequestError
        If several columns are called so beside the subjects: which of them says it is not known.
    """
    free = [place for place in range(len(header)) if place not in set(taken)]
    found = [place for place in free if is_called_labels(header[place])]
    if len(found) > 1 and subjects:
        raise RequestError(
            tr(
                "{path}: which column holds the labels is not known; {names} may. Say it: --columns label={first}",
                path=path,
                names=", ".join(header[place] for place in found),
                first=header[found[0]],
            )
        )
    if not found and not subjects:
        found = [place for place in free if may_be_labels(header[place])]
    return found[0] if len(found) == 1 else None


def passed_over(header: Sequence[str], row: Sequence[str], taken: Iterable[int]) -> list[str]:
    """Say which columns may hold labels and are not taken, if any; one of a doubtful name only where its first cell is a label."""
    names = [
        name
        for place, (name, cell) in enumerate(zip(header, row, strict=False))
        if place not in set(taken) and (is_called_labels(name) or (may_be_labels(name) and holds_label(cell)))
    ]
    if not names:
        return []
    return [
        tr(
            "The two subjects tell which comparisons are genuine; what may be labels is not read: {names}. "
            "If it says so, name it: --columns label={first}",
            names=", ".join(names),
            first=names[0],
        )
    ]


def holds_label(cell: str) -> bool:
    """Tell whether a cell is a label, by whatever word."""
    return known_label(cell) is not None


def told_label(name: str) -> str:
    """Say which column was taken for the labels."""
    return tr("The labels are those of the column {name}: 1 means the same person.", name=name)


def label_by_subjects(scores: ScoreSet) -> None:
    """Label comparisons by their two subjects, in place: genuine are those of one name within one group.

    The same name in two groups is two subjects, which is told; where one of the two has no group it is one.
    """
    assert scores.subject1 is not None
    assert scores.subject2 is not None
    scores.label = np.asarray(scores.subject1 == scores.subject2)
    if scores.group1 is None or scores.group2 is None:
        return
    differ = np.flatnonzero(scores.label & (scores.group1 != scores.group2))
    apart = [row for row in differ.tolist() if _two_groups(str(scores.group1[row]), str(scores.group2[row]))]
    if not apart:
        return
    scores.label[apart] = False
    scores.told.append(
        tr_n(
            "{n:,} comparison is of the same name in two groups: it counts as impostor, since a subject is a name within its "
            "group. If they are one person, give a column of labels.",
            "{n:,} comparisons are of the same name in two groups: they count as impostors, since a subject is a name within its "
            "group. If they are one person, give a column of labels.",
            len(apart),
        )
    )


def _two_groups(one: str, other: str) -> bool:
    """Tell whether two names are of two groups: both are there, and differ in more than case or blanks."""
    plain = [" ".join(name.split()).casefold() for name in (one, other)]
    return all(plain) and plain[0] != plain[1]
