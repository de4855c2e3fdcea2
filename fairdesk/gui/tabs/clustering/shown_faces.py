"""What the grid shows of the selected clusters, worked out without Qt: order, distances, and what people have said."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods import unit_length
from fairdesk.clustering.store import Cluster, Version, faces_of, membership
from fairdesk.project import Project
from fairdesk.project.image_queries import Ids
from fairdesk.project.verdicts import Said, Verdict, verdicts
from fairdesk.words import tr

SIGNS = {Said.CONFIRMED: "✓", Said.NOT: "✕", Said.IGNORED: "⊘"}


@dataclass(frozen=True)
class Centres:
    """The embeddings of a version's faces, and the middle of each cluster."""

    faces: Ids  # ascending
    vectors: npt.NDArray[np.float32]
    home: Ids  # of each face
    numbers: Ids  # of the clusters, ascending
    middle: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32]  # mean distance of its faces from its middle

    @classmethod
    def read(cls, project: Project, version: Version, earlier: Centres | None = None) -> Centres | None:
        """Read them; None where the version rests on no embeddings. Embeddings read earlier are not read again."""
        if version.recipe is None:
            return None
        at = membership(project, version.id)
        if earlier is not None and len(at) == len(earlier.faces) and all(int(face) in at for face in earlier.faces):
            faces, vectors = earlier.faces, earlier.vectors
        else:
            recipe = project.vectors.find(version.recipe)
            every, vectors = project.vectors.load(recipe)
            kept = np.array([int(face) in at for face in every], dtype=bool)
            faces, vectors = every[kept], unit_length(vectors[kept], recipe.metric)
        home = np.array([at[int(face)] for face in faces], dtype=np.int64)
        numbers, place = np.unique(home, return_inverse=True)
        middle = np.zeros((len(numbers), vectors.shape[1]), dtype=np.float32)
        np.add.at(middle, place, vectors)
        sizes = np.bincount(place, minlength=len(numbers)).astype(np.float32)
        middle /= np.maximum(sizes, 1)[:, None]
        away = np.linalg.norm(vectors - middle[place], axis=1)
        spread = np.bincount(place, away, minlength=len(numbers)).astype(np.float32) / np.maximum(sizes, 1)
        return cls(faces, vectors, home, numbers, middle, spread.astype(np.float32))

    def spreads(self) -> dict[int, float]:
        """Return how wide each cluster is."""
        return dict(zip(self.numbers.tolist(), self.spread.tolist(), strict=True))

    def nearest(self, cluster: int) -> dict[int, float]:
        """Return how far the middle of each other cluster is from that of one."""
        place = np.searchsorted(self.numbers, cluster)
        if place >= len(self.numbers) or self.numbers[place] != cluster:
            return {}
        away = np.linalg.norm(self.middle - self.middle[place], axis=1)
        return {int(n): float(a) for n, a in zip(self.numbers, away, strict=True) if n != cluster}


@dataclass(frozen=True)
class Shown:
    """Faces in order, the signs they bear and what their tips say."""

    ids: Ids
    marks: dict[int, str] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)


def shown_faces(
    project: Project,
    chosen: list[Cluster],
    centres: Centres | None,
    titles: dict[int, str],
    only: dict[int, list[int]] | None = None,
) -> Shown:
    """Return the faces of some clusters (or `only` some of each), cluster after cluster, those farthest from their middle first."""
    ids: list[int] = []
    notes: dict[int, list[str]] = {}
    for cluster in chosen:
        members = faces_of(project, cluster.id) if only is None else only.get(cluster.id, [])
        if not members:
            continue
        ordered = members
        if centres is not None and cluster.label >= 0:
            ordered = _outliers_first(members, cluster, centres, titles, notes)
        ids += ordered
    marks, said = _signs(verdicts(project), set(ids))
    for face, lines in said.items():
        notes[face] = notes.get(face, []) + lines
    return Shown(np.array(ids, dtype=np.int64), marks, notes)


def by_cluster(project: Project, version: int, faces: Ids) -> dict[int, list[int]]:
    """Return some faces by the cluster of a version that each is in; those that it lacks are left out."""
    at, found = membership(project, version), dict[int, list[int]]()
    for face in faces.tolist():
        if face in at:
            found.setdefault(at[face], []).append(face)
    return found


def _outliers_first(
    members: list[int], cluster: Cluster, centres: Centres, titles: dict[int, str], notes: dict[int, list[str]]
) -> list[int]:
    rows = np.searchsorted(centres.faces, members)
    known = rows < len(centres.faces)
    known[known] = centres.faces[rows[known]] == np.array(members)[known]
    place = int(np.searchsorted(centres.numbers, cluster.id))
    if not known.any() or place >= len(centres.numbers) or centres.numbers[place] != cluster.id:
        return members
    vectors = centres.vectors[rows[known]]
    squares = (vectors**2).sum(axis=1)[:, None] + (centres.middle**2).sum(axis=1) - 2 * vectors @ centres.middle.T
    away = np.sqrt(np.maximum(squares, 0))
    own = away[:, place].copy()
    away[:, place] = np.inf
    loose = [n for n, number in enumerate(centres.numbers.tolist()) if number not in titles]
    away[:, loose] = np.inf
    following = away.argmin(axis=1)
    faces = np.array(members)[known]
    margins = away[np.arange(len(faces)), following] - own
    for face, mine, other, margin in zip(
        faces.tolist(), own.tolist(), following.tolist(), margins.tolist(), strict=True
    ):
        notes[face] = [tr("Distance from the middle of its cluster: {distance:.3f}", distance=mine)]
        if np.isfinite(margin):
            title = titles[int(centres.numbers[other])]
            notes[face].append(tr("Next cluster: {cluster}, {margin:+.3f} farther", cluster=title, margin=margin))
    order = np.argsort(-own, kind="stable")
    return [*faces[order].tolist(), *np.array(members)[~known].tolist()]


def _signs(found: list[Verdict], among: set[int]) -> tuple[dict[int, str], dict[int, list[str]]]:
    """Return the sign of each face that was judged by itself (the newest counts), and all that was said of it."""
    marks: dict[int, str] = {}
    notes: dict[int, list[str]] = {}
    for verdict in found:
        for face in among.intersection(verdict.faces):
            if verdict.said in SIGNS:
                marks[face] = SIGNS[verdict.said]
            notes.setdefault(face, []).append(tr("Verdict {verdict}", verdict=verdict.title))
        for face in among.intersection(verdict.others) if verdict.said in (Said.SAME, Said.DIFFERENT) else ():
            notes.setdefault(face, []).append(tr("Verdict {verdict}", verdict=verdict.title))
    return marks, notes
