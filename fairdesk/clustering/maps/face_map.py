"""The map of a project's faces: near ones look alike. It is laid out for all faces of a recipe, and kept with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version as version_of

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.maps.map_layouts import principal_components, t_sne
from fairdesk.clustering.methods.by_name import directed, unit_length
from fairdesk.clustering.params import MapParams
from fairdesk.clustering.store import (
    UNCLUSTERED,
    clusters,
    membership,
)
from fairdesk.clustering.vector_counts import need_faces
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.faces import names_of_faces
from fairdesk.project.layouts import Layout, keep_layout, kept_layout
from fairdesk.project.recipes import StoredRecipe
from fairdesk.project.verdicts import Said, Verdict, of_detector, verdicts
from fairdesk.words import tr, tr_n

Ids = npt.NDArray[np.int64]
METHODS = ("pca", "tsne")


@dataclass(frozen=True)
class Coloured:
    """A category of each point, by number, and what the categories are called; -1 is none of them."""

    of: Ids
    titles: list[str]
    numbers: list[int]  # what the categories stand for: ids of clusters, or their place

    def sizes(self) -> Ids:
        """Return how many points each category has."""
        return np.bincount(self.of[self.of >= 0], minlength=len(self.titles))


@dataclass(frozen=True)
class MapPoints:
    """Faces with their places, and the clusters that they are in."""

    faces: Ids  # ascending
    places: npt.NDArray[np.float32]  # (n, 2)
    layout: Layout
    later: int  # faces of the version that have no place: they came after the layout was made
    clusters: Coloured


COLOUR_BY = ("cluster", "identity", "group", "verdict")


def lay_out(project: Project, recipe: StoredRecipe, params: MapParams, context: Context) -> Layout:
    """Lay out all faces of a recipe whose images are not hidden, and keep the layout."""
    faces, vectors = _drawn(project, recipe)
    need_faces(project, recipe, len(faces), 1)
    if left := len(project.vectors.faces(recipe, hidden=False)) - len(faces):
        context.message(
            tr_n(
                "{n:,} face is not on the map: its embedding is all zeros, and so has no direction.",
                "{n:,} faces are not on the map: their embeddings are all zeros, and so have no direction.",
                left,
            )
        )
    if params.method == "pca":
        return read_layout(project, recipe, "pca") or _pca(faces, vectors)
    about = f"perplexity {params.perplexity:g}, openTSNE {version_of('openTSNE')}"
    before = kept_layout(project, recipe, params.method)
    if (
        before is not None
        and (before.seed, before.about) == (params.seed, about)
        and np.array_equal(before.faces, faces)
    ):
        context.message(tr("This map was made before, and is used again."))
        return before

    def tell(done: int, of: int) -> None:
        context.check()
        context.progress(done, of, tr("steps"))

    places = t_sne(vectors, params.perplexity, params.seed, tell)
    layout = Layout(faces, places, "tsne", params.seed, about)
    keep_layout(project, recipe, layout)
    return layout


def _drawn(project: Project, recipe: StoredRecipe) -> tuple[Ids, npt.NDArray[np.float32]]:
    """Return the faces that have a place on a map, and their embeddings as they are compared."""
    faces, vectors = project.vectors.load(recipe, hidden=False)
    there = directed(vectors, recipe.metric)
    return faces[there], unit_length(vectors[there], recipe.metric)


def _pca(faces: Ids, vectors: npt.NDArray[np.float32]) -> Layout:
    return Layout(faces, principal_components(vectors), "pca", 0)


def read_layout(project: Project, recipe: StoredRecipe, method: str) -> Layout | None:
    """Return a kept layout; that of principal components is made at once, and anew where faces have come."""
    if method != "pca":
        return kept_layout(project, recipe, method)
    layout = kept_layout(project, recipe, method)
    if layout is None or not np.array_equal(layout.faces, project.vectors.faces(recipe, hidden=False)):
        faces, vectors = _drawn(project, recipe)
        if layout is not None and np.array_equal(layout.faces, faces):
            return layout
        layout = _pca(faces, vectors)
        keep_layout(project, recipe, layout)
    return layout


def map_points(project: Project, recipe: StoredRecipe, version: int | None, layout: Layout) -> MapPoints:
    """Return the faces of a version (or all of a layout) that have a place, and their clusters."""
    at = {} if version is None else membership(project, version)
    faces = np.array(sorted(at), dtype=np.int64) if version is not None else layout.faces
    known, places = layout.of(faces)
    later = 0 if known.all() else int(np.isin(faces[~known], _drawn(project, recipe)[0]).sum())
    faces = faces[known]
    return MapPoints(faces, places, layout, later, _clusters(project, version, [at.get(f, -1) for f in faces.tolist()]))


def coloured(project: Project, recipe: StoredRecipe, points: MapPoints, by: str) -> Coloured:
    """Return what a map's points are coloured by: cluster, identity, group or verdict."""
    if by == "cluster":
        return points.clusters
    if by == "verdict":
        return _judged(of_detector(project, verdicts(project), recipe.detector), points.faces)
    names = names_of_faces(project, recipe.detector)
    who = [names.get(face, (None, None)) for face in points.faces.tolist()]
    if by == "group":
        return _named([group for _, group in who])
    return _named([one if one is None or group is None else f"{one} ({group})" for one, group in who])


def _clusters(project: Project, version: int | None, homes: Sequence[int]) -> Coloured:
    found = [] if version is None else [one for one in clusters(project, version) if one.label != UNCLUSTERED]
    place = {one.id: number for number, one in enumerate(found)}
    of = np.array([place.get(home, -1) for home in homes], dtype=np.int64)
    return Coloured(of, [one.told for one in found], [one.id for one in found])


def _named(said: Sequence[str | None]) -> Coloured:
    """Number names, the commonest first."""
    counted = Counter(one for one in said if one is not None)
    ordered = sorted(counted, key=lambda name: (-counted[name], name))
    place: dict[str | None, int] = {name: number for number, name in enumerate(ordered)}
    of = np.array([place.get(one, -1) for one in said], dtype=np.int64)
    return Coloured(of, ordered, list(range(len(ordered))))


_JUDGED = (Said.CONFIRMED, Said.NOT, Said.IGNORED, Said.SAME, Said.DIFFERENT)


def _judged(found: Sequence[Verdict], faces: Ids) -> Coloured:
    """Return what was said of each face: the newest word on the face itself, else of the cluster that it was in."""
    of = np.full(len(faces), -1, dtype=np.int64)
    itself = np.zeros(len(faces), dtype=bool)
    for verdict in found:
        if verdict.said not in _JUDGED:
            continue
        single = verdict.said in _JUDGED[:3]
        about = np.array(verdict.faces if single else [*verdict.faces, *verdict.others], dtype=np.int64)
        rows = np.searchsorted(faces, about)
        rows = (
            rows[(rows < len(faces)) & (faces[np.minimum(rows, len(faces) - 1)] == about)] if len(faces) else rows[:0]
        )
        rows = rows if single else rows[~itself[rows]]
        of[rows] = _JUDGED.index(verdict.said)
        itself[rows] |= single
    return Coloured(of, [said.words for said in _JUDGED], list(range(len(_JUDGED))))


def told_later(points: MapPoints) -> str:
    """Say that faces have come since the layout was made; empty where none has."""
    if not points.later:
        return ""
    return tr_n(
        "{n:,} face came after this map was made and is not on it. Make it again.",
        "{n:,} faces came after this map was made and are not on it. Make it again.",
        points.later,
    )
