"""What is in each set of a project, apart from how its images are labelled: that may change while this stays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fairdesk.project.label_basis import LabelChange, Labels, LeftOut, compare, unpack
from fairdesk.project.label_snapshot import NOBODY, Ids, LabelSnapshot

if TYPE_CHECKING:
    from fairdesk.project.project import Project


@dataclass(frozen=True)
class ImageSet:
    """One set, and how far the labels have moved since it was made."""

    id: int
    name: str
    images: int
    identities: int
    frozen: bool
    change: LabelChange
    params: dict[str, Any]


@dataclass(frozen=True)
class SetContents:
    """One set, its images, ascending, and the labels all images had when it was made."""

    id: int
    name: str
    frozen: bool
    params: dict[str, Any]
    members: Ids
    kept: Labels | None


def read_contents(project: Project) -> list[SetContents]:
    """Return the contents of every set, in the order they were made."""
    with project.db.moment():
        sets = project.db.rows("SELECT id, name, frozen, params, basis FROM image_set ORDER BY id")
        members = {
            row[0]: project.db.numbers(
                "SELECT image_id AS n FROM set_member WHERE set_id = ? ORDER BY image_id", (row[0],)
            )
            for row in sets
        }
    kept: dict[bytes | None, Labels | None] = {basis: None for *_, basis in sets}  # sets of one split share theirs
    for basis in kept:
        kept[basis] = unpack(basis)
    return [
        SetContents(number, name, bool(frozen), json.loads(params), members[number], kept[basis])
        for number, name, frozen, params, basis in sets
    ]


def describe(contents: list[SetContents], labels: LabelSnapshot) -> list[ImageSet]:
    """Return the sets as they stand with these labels: hidden images are left out."""
    if not contents:
        return []
    now, synthetic = labels.basis(), labels.synthetic_images()
    changes: dict[tuple[int, LeftOut], LabelChange] = {}
    out = []
    for one in contents:
        place = np.searchsorted(labels.images, one.members)
        place = place[~labels.hidden[place]]
        people = np.bincount(labels.identity[place], minlength=1)[NOBODY + 1 :]
        rests = (id(one.kept), LeftOut.by_people(one.params))
        if rests not in changes:
            changes[rests] = compare(one.kept, now, rests[1], synthetic)
        out.append(
            ImageSet(
                one.id, one.name, len(place), int(np.count_nonzero(people)), one.frozen,
                changes[rests], one.params,
            )
        )  # fmt: skip
    return out
