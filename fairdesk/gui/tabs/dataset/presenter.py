"""What the Dataset tab shows, worked out without Qt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fairdesk.clustering.versions import clusters
from fairdesk.dataset.sets import ImageSet, all_sets
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.changes import Change, Kind
from fairdesk.project.image_queries import (
    Filter,
    Ids,
    found_values,
    group_counts,
    identity_counts,
    image_ids,
    more_like,
    overview,
    saved_views,
)
from fairdesk.project.quality import MEASURES
from fairdesk.project.recipes import VectorSet
from fairdesk.project.searches import Search, searches
from fairdesk.words import mark, tr, tr_n

NONE: Ids = np.empty(0, dtype=np.int64)
_MOST_VECTORS = 3  # in the line of counts; all of them stand under Faces and vectors
_MOST_CLUSTERS = 1000  # in the filter's list; the largest come first


@dataclass(frozen=True)
class Wish:
    """What to show, and in which order; `like` is an image and the recipe of the vectors to compare."""

    wanted: Filter
    order: str = "added"
    like: tuple[int, str] | None = None


@dataclass
class View:
    """Counts, groups with their identities, sets, views, what filters can choose from, and the ids in the grid."""

    counts: dict[str, Any] = field(default_factory=dict)
    groups: list[tuple[str | None, int, int]] = field(default_factory=list)
    identities: dict[str | None, list[tuple[str, int]]] = field(default_factory=dict)
    sets: list[ImageSet] = field(default_factory=list)
    views: list[tuple[str, Filter]] = field(default_factory=list)
    tags: list[tuple[str, int]] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    clusters: list[tuple[int, str]] = field(default_factory=list)
    measured: bool = False
    searches: list[Search] = field(default_factory=list)
    ids: Ids = field(default_factory=lambda: NONE)

    def tree(self) -> tuple[Any, ...]:
        """What the tree is made from: it is filled again only when this changes."""
        return self.groups, self.identities, self.sets, self.views, self.tags, self.counts.get("images")


def list_rests_on(wish: Wish) -> frozenset[Kind]:
    """What the list of images rests on: where nothing of it was touched, it is the same."""
    wanted = wish.wanted
    by_label = (wanted.group, wanted.identity, wanted.gender, wanted.age, wanted.source)
    labels = wanted.text or wanted.state == "unnamed" or wish.order == "identity"
    when: list[tuple[Kind, object]] = [
        (Kind.IMAGES, True),
        (Kind.SETTINGS, wanted.rests_on_faces or wish.order in MEASURES),  # whose faces are shown
        (Kind.LABELS, labels or any(value is not None for value in by_label)),
        (Kind.TAGS, wanted.tag is not None),
        (Kind.SETS, wanted.in_set is not None),
        (Kind.FACES, wanted.rests_on_faces),
        (Kind.QUALITY, wanted.quality or wish.order in MEASURES),
        (Kind.PREDICTIONS, wanted.predicted is not None),
        (Kind.CLUSTERS, wanted.cluster is not None),
        (Kind.VECTORS, wish.like is not None),
    ]
    return frozenset(kind for kind, does in when if does)


def look(project: Project, wish: Wish) -> View:
    """Read everything the tab shows."""
    return look_again(project, wish, View(), Change.everything())


def look_again(project: Project, wish: Wish, before: View, change: Change) -> View:
    """Read what the tab shows of a change; the rest is as before."""
    view = replace(before)
    touched = change.touched.keys()
    if touched & {Kind.IMAGES, Kind.LABELS}:
        view.groups, view.identities = _people(project)
    if touched & {Kind.IMAGES, Kind.LABELS, Kind.FACES, Kind.SETTINGS}:
        view.counts = overview(project)
    elif Kind.VECTORS in touched:
        view.counts = before.counts | {"vectors": project.vectors.sets()}
    if touched & {Kind.IMAGES, Kind.LABELS, Kind.SETS}:
        view.sets = all_sets(project)
    if Kind.VIEWS in touched:
        view.views = saved_views(project)
    if touched & {Kind.IMAGES, Kind.TAGS}:
        view.tags = project.db.rows("SELECT tag, count(*) FROM image_tag GROUP BY tag ORDER BY tag")
    if touched & {Kind.IMAGES, Kind.LABELS, Kind.TAGS, Kind.PREDICTIONS}:
        view.values = found_values(project)
    if touched & {Kind.CLUSTERS, Kind.LABELS}:
        view.clusters = _clusters(project)
    if touched & {Kind.IMAGES, Kind.QUALITY, Kind.SETTINGS}:
        sql = "SELECT 1 FROM quality WHERE detector = ? LIMIT 1"
        view.measured = bool(project.db.value(sql, (project.shown_detector(),)))
    if touched & {Kind.IMAGES, Kind.FACES}:
        view.searches = searches(project.db)
    if touched & list_rests_on(wish):
        view.ids = ids(project, wish)
    return view


def _people(
    project: Project,
) -> tuple[list[tuple[str | None, int, int]], dict[str | None, list[tuple[str, int]]]]:
    groups = group_counts(project)
    identities: dict[str | None, list[tuple[str, int]]] = {}
    for name, _, people in groups:
        if people and name is not None:
            identities[name] = identity_counts(project, name)
    if any(name is None and people for name, _, people in groups):
        grouped = {identity for found in identities.values() for identity, _ in found}
        identities[None] = [row for row in identity_counts(project) if row[0] not in grouped]
    return groups, identities


def _clusters(project: Project) -> list[tuple[int, str]]:
    newest = project.db.value("SELECT max(id) FROM clustering")
    if newest is None:
        return []
    return [(c.id, f"{c.title} ({c.faces:,})") for c in clusters(project, newest)[:_MOST_CLUSTERS]]


def ids(project: Project, wish: Wish) -> Ids:
    """Return the ids of the images to show; alone, it is what a change of the filter needs."""
    order = wish.order if wish.order not in MEASURES or project.db.value("SELECT 1 FROM quality LIMIT 1") else "added"
    found = image_ids(project, wish.wanted, order)
    if wish.like is None:
        return found
    try:
        return more_like(project, *wish.like, found)
    except RequestError:  # its vector went meanwhile
        return found


def headline(view: View, selected: int) -> str:
    """Return the line of counts at the top."""
    counts = view.counts
    if not counts.get("images"):
        return ""
    parts = [
        tr_n("{n:,} image", "{n:,} images", counts["images"]),
        tr_n("{n:,} identity", "{n:,} identities", counts["identities"]),
    ]
    if counts["groups"]:
        parts.append(tr_n("{n:,} group", "{n:,} groups", counts["groups"]))
    if counts["searched"]:
        parts.append(
            tr_n("{n:,} face ({detector})", "{n:,} faces ({detector})", counts["faces"], detector=counts["detector"])
        )
        if counts["without_face"]:
            parts.append(tr("{without_face:,} without a face", without_face=counts["without_face"]))
    sets: list[VectorSet] = counts["vectors"]
    parts += [
        tr(
            "{vectors:,} {encoder} embeddings ({detector})",
            vectors=one.vectors,
            encoder=one.recipe.encoder,
            detector=one.recipe.detector,
        )
        for one in sets[:_MOST_VECTORS]
    ]
    if len(sets) > _MOST_VECTORS:
        parts.append(tr_n("{n} more set of embeddings", "{n} more sets of embeddings", len(sets) - _MOST_VECTORS))
    for key, text in (
        ("synthetic", mark("{n:,} synthetic")),
        ("hidden", mark("{n:,} hidden")),
        ("unreadable", mark("{n:,} unreadable")),
    ):
        if counts[key]:
            parts.append(tr(text, n=counts[key]))
    if len(view.ids) != counts["images"]:
        parts.append(tr("{count:,} shown", count=len(view.ids)))
    if selected:
        parts.append(tr("{selected:,} selected", selected=selected))
    return "  ·  ".join(parts)


def likeness(sets: list[VectorSet], shown: str) -> VectorSet | None:
    """Return the vectors that "more like this" compares: the newest of the faces shown, else the newest."""
    return next((one for one in sets if one.recipe.detector == shown), sets[0] if sets else None)


def main_faces(project: Project, images: list[int]) -> list[int]:
    """Return the largest face of each image, of those shown."""
    rows = project.db.rows(
        "SELECT id FROM face WHERE place = 0 AND detector = ? AND image_id IN (SELECT value FROM json_each(?))",
        (project.shown_detector(), json.dumps(images)),
    )
    return [row[0] for row in rows]


def images_of(project: Project, faces: list[int]) -> list[int]:
    """Return the images some faces are in."""
    rows = project.db.rows(
        "SELECT image_id FROM face WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(faces),)
    )
    return [row[0] for row in rows]
