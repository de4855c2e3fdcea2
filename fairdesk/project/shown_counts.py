"""How many faces, vectors and people there are in the images that are shown: those of hidden ones are counted in nothing that a window says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk.project.detections import Search
from fairdesk.project.main_face import NAMED, WHO
from fairdesk.project.recipes import VectorSet

if TYPE_CHECKING:
    from fairdesk.project.project import Project

_SHOWN = (
    "WITH shown AS MATERIALIZED (SELECT p.id, p.group_id FROM identity p WHERE EXISTS"
    f" (SELECT 1 FROM image i{NAMED} WHERE i.identity_id = p.id AND i.hidden = 0 AND named.id IS NULL)"
    " OR EXISTS (SELECT 1 FROM face f JOIN image i ON i.id = f.image_id"
    "   WHERE f.identity_id = p.id AND f.label_source IS NOT NULL AND i.hidden = 0)),"
    " of_people AS MATERIALIZED (SELECT DISTINCT group_id FROM shown WHERE group_id IS NOT NULL)"
)
_SHOWN_GROUPS = (
    f"{_SHOWN} SELECT g.name FROM grp g WHERE g.id IN of_people OR EXISTS"
    f" (SELECT 1 FROM image i{NAMED} LEFT JOIN identity who ON who.id = {WHO}"
    "   WHERE i.hidden = 0 AND i.group_id = g.id AND who.group_id IS NULL) ORDER BY 1"
)


class Hiding(Protocol):
    """Which images there are, and which of them are hidden; a `LabelSnapshot` says it too."""

    @property
    def images(self) -> npt.NDArray[np.int64]:
        """The ids of all images, ascending."""

    @property
    def hidden(self) -> npt.NDArray[np.bool_]:
        """Whether each is hidden."""


@dataclass(frozen=True)
class HiddenImages:
    """Which images there are, and which of them are hidden, where nothing else is asked."""

    images: npt.NDArray[np.int64]
    hidden: npt.NDArray[np.bool_]

    @classmethod
    def read(cls, project: Project) -> HiddenImages:
        """Read it from the catalogue."""
        rows = project.db.integers(("id", "hidden"), "FROM image ORDER BY id")
        return cls(rows[:, 0].copy(), rows[:, 1] == 1)


def shown_identities(project: Project) -> int:
    """Return how many identities the images that are shown have, and the faces on them, as `LabelSnapshot.totals` counts."""
    return int(project.db.value(f"{_SHOWN} SELECT count(*) FROM shown"))


def shown_groups(project: Project) -> list[str]:
    """Return the groups of the images that are shown, and of the identities of faces on them, by name."""
    return [row[0] for row in project.db.rows(_SHOWN_GROUPS)]


def shown_tags(project: Project, every: Sequence[tuple[str, int]], labels: Hiding) -> list[tuple[str, int]]:
    """Return how many of the images that are shown have each tag, those of none left out; `every` counts all images."""
    there = _counted(
        project, labels, "SELECT t.tag, count(*) FROM carray(?) c CROSS JOIN image_tag t ON t.image_id = c.value GROUP BY 1"
    )  # fmt: skip
    counts = [(tag, _rest(labels, (images,), there.get(tag, (0,)))[0]) for tag, images in every]
    return [(tag, images) for tag, images in counts if images]


def shown_searches(project: Project, every: Sequence[Search], labels: Hiding) -> list[Search]:
    """Return what each detector found in the images that are shown; `every` counts all images."""
    faces = _counted(
        project, labels, "SELECT f.detector, count(*) FROM carray(?) c CROSS JOIN face f ON f.image_id = c.value GROUP BY 1"
    )  # fmt: skip
    looked = _counted(
        project,
        labels,
        "SELECT d.detector, count(*), sum(d.faces = 0 AND d.why IS NULL), count(d.why)"
        " FROM carray(?) c CROSS JOIN detection d ON d.image_id = c.value GROUP BY 1",
    )
    none = (0, 0, 0)
    return [
        Search(one.detector, *_rest(labels, (one.images, one.faces, one.without_face, one.not_read), (images, *count, *failed)))
        for one in every
        for (images, *failed), count in [(looked.get(one.detector, none), faces.get(one.detector, (0,)))]
    ]  # fmt: skip


def shown_vectors(
    project: Project, every: Sequence[VectorSet], searches: Sequence[Search], labels: Hiding
) -> list[VectorSet]:
    """Return how many vectors, and faces that could have one, there are in the images that are shown; `every` counts all."""
    there = _counted(
        project,
        labels,
        "SELECT r.id, count(*) FROM carray(?) c CROSS JOIN face f ON f.image_id = c.value JOIN recipe r ON r.detector = f.detector"
        " JOIN vector v ON v.recipe_id = r.id AND v.face_id = f.id GROUP BY 1",
    )
    faces = {one.detector: one.faces for one in searches}
    return [
        replace(one, vectors=vectors, faces=faces.get(one.recipe.detector, 0))
        for one in every
        for (vectors,) in [_rest(labels, (one.vectors,), there.get(one.recipe.id, (0,)))]
    ]


def _most_are_shown(labels: Hiding) -> bool:
    return 2 * int(np.count_nonzero(labels.hidden)) <= len(labels.hidden)


def _counted(project: Project, labels: Hiding, sql: str) -> dict[object, tuple[int, ...]]:
    """Count in the images that are hidden or in those that are shown, whichever are fewer."""
    images = labels.images[labels.hidden if _most_are_shown(labels) else ~labels.hidden]
    if not len(images):
        return {}
    return {key: tuple(counts) for key, *counts in project.db.rows(sql, (apsw.carray(np.ascontiguousarray(images)),))}


def _rest(labels: Hiding, every: tuple[int, ...], counted: tuple[int, ...]) -> tuple[int, ...]:
    """Return the counts of images that are shown, from those of all and of the fewer."""
    if not _most_are_shown(labels):
        return counted
    return tuple(one - other for one, other in zip(every, counted, strict=True))
