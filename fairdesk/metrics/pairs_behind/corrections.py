"""What people have corrected since scores were made: labels set by a person, and comparisons left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.results import Corrections
from fairdesk.metrics.scores.grouped_scores import number_texts
from fairdesk.metrics.scores.score_set import ScoreSet, Strings
from fairdesk.metrics.store import ComparisonMark, MarkKind, comparison_marks
from fairdesk.project import Project
from fairdesk.project.images import hidden_images, labelled_images
from fairdesk.project.labels import names_ever_used, other_labels, set_by_people
from fairdesk.project.project import CATALOG
from fairdesk.words import tr

Ints = npt.NDArray[np.int64]


_BELONGING = tuple(f"{kind}{side}" for kind in ("group", "gender", "age") for side in (1, 2))


@dataclass(frozen=True)
class Known:
    """What a project says of its images: their ids by path, the labels that people set, and comparisons left out."""

    images: dict[str, int]
    labels: dict[int, tuple[str, str]]
    """(identity, group) of images that have one."""
    people: frozenset[int]
    """Images whose label a person set."""
    marks: dict[tuple[int, int], ComparisonMark]
    nameless: frozenset[int] = frozenset()
    """Images without an identity since a person touched their label."""
    names: frozenset[str] = frozenset()
    """Every identity that the project has or had."""
    groups: frozenset[str] = frozenset()
    """Every group that the project has or had."""
    others: dict[str, dict[int, str]] = field(default_factory=dict)
    """What people set as "gender" and "age", by image; empty where they removed it."""
    hidden: frozenset[int] = frozenset()
    project: str | None = None
    """The name of the project's folder, where it was asked for by that."""
    digest: str | None = None
    """The SHA-256 of what people said in it."""

    def __bool__(self) -> bool:
        return bool(self.people or self.marks or self.nameless or self.hidden or any(self.others.values()))


def read_known(project: Project) -> Known:
    """Read what a project says of its images."""
    sources = other_labels(project)
    images, labels = {}, {}
    for one in labelled_images(project, hidden=True):
        images[str(one.path)] = one.id
        if one.identity is not None:
            labels[one.id] = (one.identity, one.group or "")
    said = {image for image in images.values() if sources[image].source == "person"}
    names, groups = names_ever_used(project)
    others = {kind: set_by_people(project, kind) for kind in ("gender", "age")}
    people, nameless = frozenset(said & labels.keys()), frozenset(said - labels.keys())
    hidden = frozenset(hidden_images(project).tolist())
    return Known(images, labels, people, comparison_marks(project), nameless, names, groups, others, hidden)


def read_known_of(folder: Path) -> Known:
    """Read the same of the project in a folder, and which project that is."""
    if not (folder / CATALOG).is_file():  # a new project would have no labels either
        raise RequestError(
            tr(
                "{path} is not a FairDesk project. --labels-of takes the folder of the one whose labels count.",
                path=folder,
            )
            if folder.exists()
            else tr(
                "There is no folder {path}. --labels-of takes the folder of the project whose labels count.",
                path=folder,
            )
        )
    project = Project.open(folder)
    try:
        known = read_known(project)
        return replace(known, project=project.folder.resolve().name, digest=_digest(known))
    finally:
        project.close()


def _digest(known: Known) -> str:
    """Return the SHA-256 of what people said in a project, without places: the same words, the same digest."""
    said = [
        sorted((image, *known.labels[image]) for image in known.people), sorted(known.nameless), sorted(known.hidden),
        sorted((*pair, mark.kind, mark.reason) for pair, mark in known.marks.items()),
        sorted((kind, *one) for kind, of in known.others.items() for one in of.items()),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


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
    project. Where a person changed the group alone, so that one name is in two groups, the list's word stays, unless both
    groups had a person of that name anyway. Where no person set a label, where an image never had an identity there, and where one of them has no group
    and the scores name none either, the list's word stays. An image whose identity a person removed leaves its
    comparisons out, and so does a hidden one; one whose group a person removed is in no group, and is who it was in the
    scores' group.

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
    kinds = _marks(first, second, known)
    nobody = _nobody(scores, first, second, known)
    for row in np.flatnonzero(nobody).tolist():
        if not kinds[row][0]:
            kinds[row] = (MarkKind.WRONG_LABEL.value, tr("a face has no identity any more"))
    hidden = list(known.hidden)
    for row in np.flatnonzero(np.isin(first, hidden) | np.isin(second, hidden)).tolist():
        if not kinds[row][0]:
            kinds[row] = (MarkKind.EXCLUDED.value, tr("an image is hidden"))
    before = [getattr(scores, name) for name in _BELONGING]
    changed, kept = _relabel(scores, first, second, known)
    reasons: dict[str, int] = {}
    for kind, reason in kinds:
        if kind:
            reasons[reason] = reasons.get(reason, 0) + 1
    told = Corrections(
        excluded=sum(kind == MarkKind.EXCLUDED for kind, _ in kinds),
        wrong_label=sum(kind == MarkKind.WRONG_LABEL for kind, _ in kinds),
        relabelled_images=len(_said(scores, known).intersection(np.concatenate([first, second]).tolist())),
        relabelled=changed,
        regrouped=_differing(before, [getattr(scores, name) for name in _BELONGING]) or None,
        word_kept=kept or None,
        reasons=reasons,
        project=known.project,
        project_sha256=known.digest,
    )
    strange = (first < 0) | (second < 0)
    if strange.any() and not ((first < 0) & (second < 0)).all():
        told.comparisons_elsewhere = int(strange.sum())
        told.images_elsewhere = len(np.unique(np.concatenate([scores.path1[first < 0], scores.path2[second < 0]])))
    return Corrected(scores, [reason for _, reason in kinds], told)


def _differing(before: Sequence[Strings | None], after: Sequence[Strings | None]) -> int:
    """Return how many comparisons have another group, gender or age of a face than before."""
    moved = [one != two for one, two in zip(before, after, strict=True) if one is not None and two is not None]
    return int(np.logical_or.reduce(moved).sum()) if moved else 0


def _said(scores: ScoreSet, known: Known) -> set[int]:
    """Return the images of which a person set a label that these scores have."""
    kinds = [kind for kind in known.others if getattr(scores, f"{kind}1") is not None]
    return set(known.people).union(*(known.others[kind] for kind in kinds))


def _nobody(scores: ScoreSet, first: Ints, second: Ints, known: Known) -> npt.NDArray[np.bool_]:
    """Return which comparisons rest on an identity that a person removed: shape (n,).

    A list with names of its own goes on knowing who it is, where the project never had that name.
    """
    found = np.zeros(len(first), dtype=bool)
    for ids, subject in ((first, scores.subject1), (second, scores.subject2)):
        for row in np.flatnonzero(np.isin(ids, list(known.nameless))).tolist():
            found[row] |= subject is None or str(subject[row]) in known.names
    return found


def _relabel(scores: ScoreSet, first: Ints, second: Ints, known: Known) -> tuple[int, int]:
    """Set the labels that people gave; returns how many comparisons became genuine or impostor by them.

    And how many stay as they are listed though a person put their one name into two groups, where the scores name no
    subjects: whether the list meant one person nobody can tell.
    """
    for kind, said in known.others.items():
        for side, ids in enumerate((first, second), 1):
            name = f"{kind}{side}"
            setattr(scores, name, _renamed(getattr(scores, name), ids, _given(said), list(said)))
    if not known.people:
        return 0, 0
    assert scores.label is not None
    kept, told = 0, scores.subject1 is not None and scores.subject2 is not None
    people, named = list(known.people), list(known.labels)
    touched = (np.isin(first, people) | np.isin(second, people)) & np.isin(first, named) & np.isin(second, named)
    label = scores.label.copy()
    anyway = {said for image, said in known.labels.items() if image not in known.people}
    for row in np.flatnonzero(touched).tolist():
        (one, group), (two, other) = known.labels[int(first[row])], known.labels[int(second[row])]
        if scores.group1 is not None and scores.group2 is not None:
            group, other = group or str(scores.group1[row]), other or str(scores.group2[row])
        if one == two and group != other and not {(one, group), (two, other)} <= anyway and _named(scores, row, one):
            kept += not told
            continue  # it is still who it was
        if one != two or (group and other):
            label[row] = (one, group) == (two, other)
    changed = int((label != scores.label).sum())
    scores.label = label

    def identity(image: int, _: str) -> str:
        return known.labels[image][0]

    def group_of(image: int, before: str) -> str:
        return known.labels[image][1] or ("" if before in known.groups else before)

    for side, ids in enumerate((first, second), 1):
        for name, now in ((f"subject{side}", identity), (f"group{side}", group_of)):
            setattr(scores, name, _renamed(getattr(scores, name), ids, now, people))
    return changed, kept


def _named(scores: ScoreSet, row: int, name: str) -> bool:
    """Whether a list says nothing else of whom both faces of a comparison show."""
    return all(names is None or names[row] == name for names in (scores.subject1, scores.subject2))


def _given(said: dict[int, str]) -> Callable[[int, str], str]:
    return lambda image, _: said[image]


def _renamed(column: Strings | None, ids: Ints, now: Callable[[int, str], str], images: list[int]) -> Strings | None:
    """Return a column with what some images are called now, which goes by the image and its name before."""
    if column is None:
        return None
    names = column.astype(object)
    for row in np.flatnonzero(np.isin(ids, images)).tolist():
        names[row] = now(int(ids[row]), names[row])
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
