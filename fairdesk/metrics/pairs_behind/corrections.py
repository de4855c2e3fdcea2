"""What people have corrected since scores were made: labels set by a person, and comparisons left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.results import Corrections
from fairdesk.metrics.scores.grouped_scores import number_texts
from fairdesk.metrics.scores.score_set import ScoreSet, Strings
from fairdesk.metrics.store import ComparisonMark, MarkKind, comparison_marks
from fairdesk.project import Project
from fairdesk.project.images import labelled_images
from fairdesk.project.labels import other_labels
from fairdesk.words import tr

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Known:
    """What a project says of its images: their ids by path, the labels that people set, and comparisons left out."""

    images: dict[str, int]
    labels: dict[int, tuple[str, str]]
    """(identity, group) of images that have one."""
    people: frozenset[int]
    """Images whose label a person set."""
    marks: dict[tuple[int, int], ComparisonMark]

    def __bool__(self) -> bool:
        return bool(self.people or self.marks)


def read_known(project: Project) -> Known:
    """Read what a project says of its images."""
    sources = other_labels(project)
    images, labels = {}, {}
    for one in labelled_images(project, hidden=True):
        images[str(one.path)] = one.id
        if one.identity is not None:
            labels[one.id] = (one.identity, one.group or "")
    people = frozenset(image for image in labels if sources[image].source == "person")
    return Known(images, labels, people, comparison_marks(project))


def read_known_of(folder: Path) -> Known:
    """Read the same of the project in a folder."""
    project = Project.open(folder)
    try:
        return read_known(project)
    finally:
        project.close()


def image_ids(scores: ScoreSet, known: Known) -> tuple[Ints, Ints]:
    """Return the images of each comparison; -1 for those that are not the project's."""
    assert scores.path1 is not None
    assert scores.path2 is not None
    names, codes = number_texts([scores.path1, scores.path2])
    ids = np.array([known.images.get(name, -1) for name in names], dtype=np.int64)[codes]
    half = len(scores.path1)
    return ids[:half], ids[half:]


@dataclass(frozen=True)
class Corrected:
    """Comparisons by the labels that people set; those left out are still among them."""

    whole: ScoreSet
    reasons: list[str]
    """Why each is left out; empty where it counts."""
    told: Corrections

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Which comparisons count, of shape (n,)."""
        return np.array([not reason for reason in self.reasons], dtype=bool)

    @property
    def scores(self) -> ScoreSet:
        """Those that count."""
        counted = self.counted
        return self.whole if counted.all() else self.whole.part(counted)


def correct(scores: ScoreSet, known: Known, *, needed: bool = False) -> tuple[ScoreSet, Corrections]:
    """Return scores by the labels that people set, without the comparisons that they left out, and what was done.

    With `needed`, scores that name no image of the project are refused; see `corrected`.
    """
    if not needed and (scores.path1 is None or scores.path2 is None or scores.score is None or scores.label is None):
        return scores, Corrections(excluded=0, wrong_label=0, relabelled_images=0, relabelled=0, reasons={})
    found = corrected(scores, known, needed=needed)
    return found.scores, found.told


def corrected(scores: ScoreSet, known: Known, *, needed: bool = True) -> Corrected:
    """Return scores by the labels that people set, which of them people left out, and what was done.

    A comparison with an image that a person labelled is genuine where both images are of one identity and group in the
    project. Where either has no identity there, and where no person set a label, the list's word stays.

    Raises
    ------
    RequestError
        If the scores do not name the images of each comparison, or, with `needed`, none of the project.
    """
    if scores.path1 is None or scores.path2 is None or scores.score is None or scores.label is None:
        raise RequestError(tr("These scores do not name the images of each comparison (path1, path2)."))
    first, second = image_ids(scores, known)
    if needed and not (first >= 0).any() and not (second >= 0).any():
        raise RequestError(
            tr("None of the images of these scores is in the project, for example {path}", path=str(scores.path1[0]))
        )
    changed = _relabel(scores, first, second, known)
    kinds = _marks(first, second, known)
    reasons: dict[str, int] = {}
    for kind, reason in kinds:
        if kind:
            reasons[reason] = reasons.get(reason, 0) + 1
    told = Corrections(
        excluded=sum(kind == MarkKind.EXCLUDED for kind, _ in kinds),
        wrong_label=sum(kind == MarkKind.WRONG_LABEL for kind, _ in kinds),
        relabelled_images=len({image for image in (*first.tolist(), *second.tolist()) if image in known.people}),
        relabelled=changed,
        reasons=reasons,
    )
    return Corrected(scores, [reason for _, reason in kinds], told)


def _relabel(scores: ScoreSet, first: Ints, second: Ints, known: Known) -> int:
    """Set the labels that people gave; returns how many comparisons became genuine or impostor by them."""
    if not known.people:
        return 0
    assert scores.label is not None
    people, named = list(known.people), list(known.labels)
    touched = (np.isin(first, people) | np.isin(second, people)) & np.isin(first, named) & np.isin(second, named)
    rows = np.flatnonzero(touched)
    same = [
        known.labels[int(one)] == known.labels[int(two)] for one, two in zip(first[rows], second[rows], strict=True)
    ]
    label = scores.label.copy()
    label[rows] = same
    changed = int((label != scores.label).sum())
    scores.label = label
    for side, ids in enumerate((first, second), 1):
        mine = np.flatnonzero(np.isin(ids, people))
        for place, name in enumerate((f"subject{side}", f"group{side}")):
            setattr(scores, name, _renamed(getattr(scores, name), ids, mine, known, place))
    return changed


def _renamed(column: Strings | None, ids: Ints, rows: Ints, known: Known, place: int) -> Strings | None:
    """Return a column with what people called the images of some rows: the identity (place 0) or the group (1)."""
    if column is None:
        return None
    names = column.astype(object)
    for row in rows:
        names[row] = known.labels[int(ids[row])][place] or names[row]
    return np.array(names.tolist(), dtype=str)


def _marks(first: Ints, second: Ints, known: Known) -> list[tuple[str, str]]:
    """Return kind and reason of the mark on each comparison; empty where there is none."""
    if not known.marks:
        return [("", "")] * len(first)
    low, high = np.minimum(first, second).tolist(), np.maximum(first, second).tolist()
    found = []
    for pair in zip(low, high, strict=True):
        mark = known.marks.get(pair)
        found.append(("", "") if mark is None else (mark.kind.value, mark.reason))
    return found
