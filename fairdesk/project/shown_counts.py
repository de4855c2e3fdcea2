"""How many faces and vectors there are in the images that are shown: those of hidden ones are counted in nothing that a window says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import apsw
import numpy as np

from fairdesk.project.detections import Search
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.recipes import VectorSet

if TYPE_CHECKING:
    from fairdesk.project.project import Project


def shown_searches(project: Project, every: Sequence[Search], labels: LabelSnapshot) -> list[Search]:
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
    project: Project, every: Sequence[VectorSet], searches: Sequence[Search], labels: LabelSnapshot
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


def _most_are_shown(labels: LabelSnapshot) -> bool:
    return 2 * int(np.count_nonzero(labels.hidden)) <= len(labels.hidden)


def _counted(project: Project, labels: LabelSnapshot, sql: str) -> dict[object, tuple[int, ...]]:
    """Count in the images that are hidden or in those that are shown, whichever are fewer."""
    images = labels.images[labels.hidden if _most_are_shown(labels) else ~labels.hidden]
    if not len(images):
        return {}
    return {key: tuple(counts) for key, *counts in project.db.rows(sql, (apsw.carray(np.ascontiguousarray(images)),))}


def _rest(labels: LabelSnapshot, every: tuple[int, ...], counted: tuple[int, ...]) -> tuple[int, ...]:
    """Return the counts of images that are shown, from those of all and of the fewer."""
    if not _most_are_shown(labels):
        return counted
    return tuple(one - other for one, other in zip(every, counted, strict=True))
