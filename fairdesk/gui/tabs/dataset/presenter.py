"""What the Dataset tab shows, worked out without Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from fairdesk.clustering.store import clusters, newest_version
from fairdesk.errors import RequestError
from fairdesk.faces.changed_originals import ChangedNow
from fairdesk.images.reading_reasons import file_is_missing
from fairdesk.project import Project
from fairdesk.project.changes import Change, Kind
from fairdesk.project.detections import Search, searches, unread_images
from fairdesk.project.identities import GroupCount
from fairdesk.project.image_queries import Filter, Ids, face_counts, image_ids, more_like, partly_of_age
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.labels import tag_counts
from fairdesk.project.originals import NONE_MISSING, Missing
from fairdesk.project.predictions import predicted_values
from fairdesk.project.quality import MEASURES, any_measured
from fairdesk.project.recipes import VectorSet
from fairdesk.project.saved_views import saved_views
from fairdesk.project.set_contents import ImageSet, SetContents, describe, read_contents
from fairdesk.project.shown_counts import shown_searches, shown_tags, shown_vectors
from fairdesk.words import mark, tr, tr_n

_AS_IMPORTED = ChangedNow()
NONE: Ids = np.empty(0, dtype=np.int64)
_WHO = frozenset({Kind.IMAGES, Kind.HIDDEN, Kind.LABELS})
_COUNTED = frozenset({Kind.IMAGES, Kind.FACES, Kind.VECTORS, Kind.SETTINGS})
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
    unread: Ids = field(default_factory=lambda: NONE)  # images that the detector shown could not search, ascending
    groups: list[GroupCount] = field(default_factory=list)
    identities: dict[str | None, list[tuple[str, int]]] = field(default_factory=dict)
    sets: list[ImageSet] = field(default_factory=list)
    views: list[tuple[str, Filter]] = field(default_factory=list)
    tags: list[tuple[str, int]] = field(default_factory=list)  # of images that are shown
    every_tag: list[tuple[str, int]] = field(default_factory=list)  # of hidden ones too
    genders: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    predicted: list[str] = field(default_factory=list)  # kind: value
    clusters: list[tuple[int, str]] = field(default_factory=list)
    measured: bool = False
    searches: list[Search] = field(default_factory=list)  # of images that are shown
    every_search: list[Search] = field(default_factory=list)  # of hidden ones too
    every_vector: list[VectorSet] = field(default_factory=list)
    ids: Ids = field(default_factory=lambda: NONE)
    wish: Wish | None = None  # what the ids answer
    partly_of_age: int = 0  # of them: a range of ages that lies only partly in the one asked for
    labels: LabelSnapshot | None = None
    contents: list[SetContents] = field(default_factory=list)  # of the sets

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
        (Kind.HIDDEN, True),
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
    many = _of_many(change)
    _look_at_people(project, view, before, change)
    if Kind.VIEWS in many:
        view.views = saved_views(project)
    if many & {Kind.IMAGES, Kind.TAGS}:
        view.every_tag = tag_counts(project)
    if many & {Kind.IMAGES, Kind.TAGS} or Kind.HIDDEN in change.touched:
        assert view.labels is not None
        view.tags = shown_tags(project, view.every_tag, view.labels)
    if many & {Kind.IMAGES, Kind.PREDICTIONS}:
        view.predicted = predicted_values(project)
    renamed = before.labels is None or view.labels is None or view.labels.renames(before.labels)
    if Kind.CLUSTERS in many or Kind.HIDDEN in change.touched or renamed:  # a cluster may show the name of an identity
        view.clusters = _clusters(project)
    if many & {Kind.IMAGES, Kind.QUALITY, Kind.SETTINGS}:
        view.measured = any_measured(project, project.shown_detector())
    if rests := change.within(list_rests_on(wish)):
        known = before.ids if wish == before.wish else None
        view.ids = ids_after(project, wish, known, rests, view.labels)
        view.wish, view.partly_of_age = wish, partly_of_age(project, wish.wanted)
    return view


def _of_many(change: Change) -> set[Kind]:
    """Return what has to be read anew as a whole: all but hiding, and labels of images that are known."""
    return {
        kind for kind, images in change.touched.items() if kind not in _WHO or (images is None and kind != Kind.HIDDEN)
    }


def _look_at_people(project: Project, view: View, before: View, change: Change) -> None:
    """Read the labels, and what follows from them: groups, sets, counts."""
    many = _of_many(change)
    if many & {Kind.IMAGES, Kind.FACES}:
        view.every_search = searches(project)
    if many & {Kind.IMAGES, Kind.FACES, Kind.VECTORS}:
        view.every_vector = project.vectors.sets()
    relabelled = change.within(_WHO)
    if relabelled or before.labels is None:
        labels = view.labels = _labels(project, before.labels, relabelled)
        view.groups, view.identities = labels.group_counts(), labels.people(before.labels, before.identities)
        view.genders, view.sources = labels.genders_used(), labels.sources_used()
    else:
        labels = before.labels
    if many & _COUNTED or Kind.HIDDEN in change.touched or not before.counts:
        view.searches = shown_searches(project, view.every_search, labels)
        vectors = shown_vectors(project, view.every_vector, view.searches, labels)
        view.counts = face_counts(project, view.searches, vectors)
        view.unread = NONE  # what was missing then is told as long as it is missing, and is searched once it is back
        if view.counts["not_searched"]:
            view.unread = unread_images(project, view.counts["detector"], but=file_is_missing())
    view.counts = view.counts | labels.totals()
    if many & {Kind.IMAGES, Kind.SETS}:
        view.contents = read_contents(project)
    if relabelled or Kind.SETS in many:
        view.sets = describe(view.contents, labels)


def _labels(project: Project, before: LabelSnapshot | None, change: Change) -> LabelSnapshot:
    images = change.images()
    if before is not None and images is not None:
        return before.after(project, images)
    if before is not None and change.touched.keys() == {Kind.HIDDEN}:
        return before.with_hidden(project)
    return LabelSnapshot.read(project)


def ids_after(
    project: Project, wish: Wish, before: Ids | None, change: Change, labels: LabelSnapshot | None = None
) -> Ids:
    """Return the ids of the images to show after a change; where few images changed, only these are looked at."""
    images = change.images()
    placed = wish.order == "added" and wish.like is None  # elsewhere a label may move an image
    if before is None or images is None or not placed:
        return ids(project, wish, labels)
    asked = images if wish.wanted.ids is None else images & set(wish.wanted.ids)
    matching = image_ids(project, replace(wish.wanted, ids=tuple(sorted(asked))))
    rest = before[~np.isin(before, np.array(sorted(images), dtype=np.int64))]
    return np.insert(rest, np.searchsorted(rest, matching), matching)


def _clusters(project: Project) -> list[tuple[int, str]]:
    newest = newest_version(project)
    if newest is None:
        return []
    return [(c.id, f"{c.told} ({c.faces:,})") for c in clusters(project, newest)[:_MOST_CLUSTERS]]


def ids(project: Project, wish: Wish, labels: LabelSnapshot | None = None) -> Ids:
    """Return the ids of the images to show; alone, it is what a change of the filter needs.

    `labels`, as they are now, spare the catalogue where they tell which these are.
    """
    order = wish.order if wish.order not in MEASURES or any_measured(project) else "added"
    found = image_ids(project, wish.wanted, order, labels)
    if wish.like is None:
        return found
    try:
        return more_like(project, *wish.like, found)
    except RequestError:  # its vector went meanwhile
        return found


def unread_originals(view: View, missing: Missing, now: ChangedNow = _AS_IMPORTED) -> int:
    """Return how many images the detector shown could not search though their originals are there, and are those that were imported."""
    return len(view.unread) - missing.count(view.unread) - len(np.intersect1d(view.unread, now.images + now.damaged))


def explanation(view: View, missing: Missing, now: ChangedNow = _AS_IMPORTED) -> str:
    """Return what to do about files that are missing, cannot be read, or were not imported, a line each: a tip."""
    lines = []
    if len(missing):
        lines.append(
            tr(
                "Missing: the file is not where it was. “Find moved originals” looks for it; what was found in it stays."
            )
        )
    if now.images:
        lines.append(
            tr(
                "Changed: the file is another one than was imported. Importing its folder again takes it as it is now; labels stay."
            )
        )
    if now.damaged:
        lines.append(
            tr(
                "Not readable: something else than a picture is in the place of the file, or it is damaged. Put a good copy in its place, or "
                "hide or purge the image; what was found in it stays."
            )
        )
    if unread_originals(view, missing, now):
        lines.append(
            tr(
                "Could not be searched: the file is there, but {detector} could not read it. Put a good copy in its place and search again; the job says why.",
                detector=view.counts["detector"],
            )
        )
    if view.counts.get("unreadable"):
        lines.append(
            tr(
                "Not imported: files beside the images that could not be read. “Files that could not be imported” in the menu says why."
            )
        )
    return "\n".join(lines)


def headline(
    view: View,
    selected: int,
    missing: Missing = NONE_MISSING,
    now: ChangedNow = _AS_IMPORTED,
    lost: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """Return the line of counts at the top; an image whose original is missing counts as that alone, as does an embedding that is `lost` (by recipe)."""
    counts = view.counts
    if not (counts.get("images") or counts.get("hidden")):
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
    every = [replace(one, vectors=one.vectors - lost.get(one.recipe.hash, 0)) for one in counts["vectors"]]
    sets: list[VectorSet] = [one for one in every if one.vectors > 0]
    alike = Counter((one.named, one.recipe.detector) for one in sets)
    parts += [
        tr(
            "{vectors:,} {encoder} embeddings ({detector})",
            vectors=one.vectors,
            encoder=one.named,
            detector=one.recipe.detector
            if alike[one.named, one.recipe.detector] == 1
            else f"{one.recipe.detector}, {one.recipe.hash[:8]}",  # the dialog of embeddings says how they differ
        )
        for one in sets[:_MOST_VECTORS]
    ]
    if len(sets) > _MOST_VECTORS:
        parts.append(tr_n("{n} more set of embeddings", "{n} more sets of embeddings", len(sets) - _MOST_VECTORS))
    for key, text in (
        ("synthetic", mark("{n:,} synthetic")),
        ("hidden", mark("{n:,} hidden")),
    ):
        if counts[key]:
            parts.append(tr(text, n=counts[key]))
    if gone := sum(lost.values()):
        parts.append(tr_n("{n:,} embedding lost", "{n:,} embeddings lost", gone))
    parts += _of_originals(view, missing, now)
    if len(view.ids) != counts["images"]:
        parts.append(tr("{count:,} shown", count=len(view.ids)))
    if view.partly_of_age:
        parts.append(tr("{n:,} of them by a range of ages that overlaps", n=view.partly_of_age))
    if selected:
        parts.append(tr("{selected:,} selected", selected=selected))
    return "  ·  ".join(parts)


def _of_originals(view: View, missing: Missing, now: ChangedNow) -> list[str]:
    parts = []
    if len(missing):
        parts.append(tr_n("{n:,} original missing", "{n:,} originals missing", len(missing)))
    if now.images:
        parts.append(tr_n("{n:,} original changed", "{n:,} originals changed", len(now.images)))
    if now.damaged:
        parts.append(tr_n("{n:,} original not readable", "{n:,} originals not readable", len(now.damaged)))
    if unread := unread_originals(view, missing, now):
        parts.append(tr_n("{n:,} could not be searched", "{n:,} could not be searched", unread))
    if unreadable := view.counts["unreadable"]:
        parts.append(tr_n("{n:,} file not imported", "{n:,} files not imported", unreadable))
    return parts


def likeness(sets: list[VectorSet], shown: str) -> VectorSet | None:
    """Return the vectors that "more like this" compares: the newest of the faces shown, else the newest."""
    return next((one for one in sets if one.recipe.detector == shown), sets[0] if sets else None)
