"""Who each image of a project is, where some are in no group: a name within a group is a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.results import Corrections
from fairdesk.metrics.store import MarkKind, comparison_marks
from fairdesk.project import Project
from fairdesk.project.images import LabelledImage
from fairdesk.project.labels import other_labels
from fairdesk.words import tr

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class People:
    """The people of some images, and which of their comparisons are left out."""

    names: list[str]
    """The groups, in order."""
    group: Ints
    """The group of each image; `len(names)` where it is in none."""
    home: Ints
    """The group that its person is of: another one only for an image that is in none."""
    who: Ints
    """The person of each image; one number in two homes is two people."""
    without: Ints
    """Comparisons that are left out, as two places among the images: shape (k, 2)."""
    told: Corrections
    subjects: int = field(default=0)


def people_of(project: Project, images: Sequence[LabelledImage], named: Sequence[LabelledImage]) -> People:
    """Return who some images are; `named` are all images of the project with an identity.

    One that is in no group is the person of its name, as it was before its group was removed. Where several groups have
    that name nobody can tell which, so that its comparisons with them are left out. So are those of an image whose group
    a person set, where no other image has its name there, with images of its name in other groups: whether they are one
    person nobody can tell either.
    """
    sources = other_labels(project)
    anyway: dict[str, set[str]] = {}
    for one in named:
        if one.group and sources[one.id].source != "person":
            anyway.setdefault(one.identity or "", set()).add(one.group)
    groups_of: dict[str, set[str]] = {}
    for one in named:
        groups_of.setdefault(one.identity or "", set()).update({one.group} if one.group else ())
    names = sorted({one.group for one in images if one.group})
    homes = [one.group or _only(groups_of[one.identity or ""]) for one in images]
    number = {name: place for place, name in enumerate(sorted(set(homes)))}
    place_of = {name: place for place, name in enumerate(names)}
    who = np.unique(np.array([one.identity for one in images], dtype=str), return_inverse=True)[1].astype(np.int64)
    home = np.array([number[name] for name in homes], dtype=np.int64)
    group = np.array([place_of.get(one.group or "", len(names)) for one in images], dtype=np.int64)
    without, told = _left_out(project, images, groups_of, anyway)
    subjects = len(np.unique(np.stack([home, who]), axis=1).T)
    return People(names, group, home, who, without, told, subjects)


def _only(groups: set[str]) -> str:
    return next(iter(groups)) if len(groups) == 1 else ""


def _left_out(
    project: Project, images: Sequence[LabelledImage], groups_of: dict[str, set[str]], anyway: dict[str, set[str]]
) -> tuple[Ints, Corrections]:
    """Return the comparisons that are left out, and what is told of them."""
    row = {one.id: place for place, one in enumerate(images)}
    marks = {pair: one for pair, one in comparison_marks(project).items() if pair[0] in row and pair[1] in row}
    kinds = Counter(one.kind for one in marks.values())
    reasons = Counter(one.reason for one in marks.values())
    pairs = {(row[one], row[two]) for one, two in marks}
    several = {name for name, groups in groups_of.items() if len(groups) > 1}
    lost: dict[str, tuple[list[int], list[int]]] = {}
    for place, one in enumerate(images):
        if one.identity in several:
            lost.setdefault(one.identity, ([], []))[bool(one.group)].append(place)
    unknown = {pair for grouped in lost.values() for pair in product(*grouped)}
    unknown -= pairs | {(two, one) for one, two in pairs}
    if unknown:
        reasons[tr("a face is in no group, and several groups have its name")] += len(unknown)
    unsettled = {name for name in several & anyway.keys() if not groups_of[name] <= anyway[name]}
    of_name: dict[str, list[int]] = {}
    for place, one in enumerate(images):
        if one.group and one.identity in unsettled:
            of_name.setdefault(one.identity, []).append(place)
    moved = {
        (a, b)
        for name, places in of_name.items()
        for a, b in combinations(places, 2)
        if images[a].group != images[b].group and not {images[a].group, images[b].group} <= anyway[name]
    }
    moved -= pairs | {(two, one) for one, two in pairs}
    if moved:
        reasons[tr("a person set a face's group, and another group has its name")] += len(moved)
        unknown |= moved
    told = Corrections(
        excluded=kinds[MarkKind.EXCLUDED] + len(unknown), wrong_label=kinds[MarkKind.WRONG_LABEL], relabelled_images=0,
        relabelled=0, reasons=dict(reasons),
    )  # fmt: skip
    return np.array(sorted(pairs | unknown), dtype=np.int64).reshape(-1, 2), told
