"""What the grid shows of the selected clusters, worked out without Qt: order, distances, and what people have said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods import unit_length
from fairdesk.clustering.store import Cluster, Version, faces_of, members
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
    away: npt.NDArray[np.float32]  # of each face, from the middle of its cluster
    every: Ids  # all faces of the version, those without embedding too

    @classmethod
    def read(cls, project: Project, version: Version, earlier: Centres | None = None) -> Centres | None:
        """Read them; None where the version rests on no embeddings. Embeddings read earlier are not read again."""
        if version.recipe is None:
            return None
        there, homes = members(project, version.id)
        if earlier is not None and np.array_equal(there, earlier.every):
            faces, vectors = earlier.faces, earlier.vectors
        else:
            recipe = project.vectors.find(version.recipe)
            every, vectors = project.vectors.load(recipe)
            kept = np.isin(every, there)
            faces, vectors = every[kept], unit_length(vectors[kept], recipe.metric)
        home = homes[np.searchsorted(there, faces)]
        numbers, place = np.unique(home, return_inverse=True)
        middle = np.zeros((len(numbers), vectors.shape[1]), dtype=np.float32)
        np.add.at(middle, place, vectors)
        sizes = np.bincount(place, minlength=len(numbers)).astype(np.float32)
        middle /= np.maximum(sizes, 1)[:, None]
        away = np.linalg.norm(vectors - middle[place], axis=1)
        spread = np.bincount(place, away, minlength=len(numbers)).astype(np.float32) / np.maximum(sizes, 1)
        return cls(faces, vectors, home, numbers, middle, spread.astype(np.float32), away, there)

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


class Notes(Mapping[int, list[str]]):
    """What the tips of faces say: how far each is from the middle of its cluster and the next one, worked out when it is asked for."""

    def __init__(
        self, faces: set[int], centres: Centres | None, titles: dict[int, str], said: dict[int, list[str]]
    ) -> None:
        self._faces, self._centres, self._titles, self._said = faces, centres, titles, said

    def __getitem__(self, face: int) -> list[str]:
        if face not in self._faces:
            raise KeyError(face)
        return self._measured(face) + self._said.get(face, [])

    def __iter__(self) -> Iterator[int]:
        return iter(self._faces)

    def __len__(self) -> int:
        return len(self._faces)

    def _measured(self, face: int) -> list[str]:
        centres = self._centres
        row = -1 if centres is None else int(np.searchsorted(centres.faces, face))
        if centres is None or row >= len(centres.faces) or centres.faces[row] != face:
            return []
        home = int(centres.home[row])
        if home not in self._titles:  # unclustered
            return []
        away = np.linalg.norm(centres.middle - centres.vectors[row], axis=1)
        place = int(np.searchsorted(centres.numbers, home))
        own = float(away[place])
        away[place] = np.inf
        away[~np.isin(centres.numbers, list(self._titles))] = np.inf
        lines = [tr("Distance from the middle of its cluster: {distance:.3f}", distance=own)]
        following = int(away.argmin())
        if np.isfinite(away[following]):
            title, margin = self._titles[int(centres.numbers[following])], float(away[following]) - own
            lines.append(tr("Next cluster: {cluster}, {margin:+.3f} farther", cluster=title, margin=margin))
        return lines


@dataclass(frozen=True)
class Shown:
    """Faces in order, the signs they bear and what their tips say."""

    ids: Ids
    marks: dict[int, str] = field(default_factory=dict)
    notes: Mapping[int, list[str]] = field(default_factory=dict)


def shown_faces(
    project: Project,
    chosen: list[Cluster],
    centres: Centres | None,
    titles: dict[int, str],
    only: dict[int, list[int]] | None = None,
) -> Shown:
    """Return the faces of some clusters (or `only` some of each), cluster after cluster, those farthest from their middle first."""
    ids: list[int] = []
    for cluster in chosen:
        mine = faces_of(project, cluster.id) if only is None else only.get(cluster.id, [])
        ids += _outliers_first(mine, centres) if centres is not None and cluster.label >= 0 else mine
    among = set(ids)
    marks, said = _signs(verdicts(project), among)
    return Shown(np.array(ids, dtype=np.int64), marks, Notes(among, centres, titles, said))


def by_cluster(project: Project, version: int, faces: Ids) -> dict[int, list[int]]:
    """Return some faces by the cluster of a version that each is in; those that it lacks are left out."""
    there, homes = members(project, version)
    some = np.isin(there, faces)
    there, homes = there[some], homes[some]
    if not len(there):
        return {}
    order = np.argsort(homes, kind="stable")
    numbers, starts = np.unique(homes[order], return_index=True)
    parts = np.split(there[order], starts[1:])
    return {number: part.tolist() for number, part in zip(numbers.tolist(), parts, strict=True)}


def _outliers_first(mine: list[int], centres: Centres) -> list[int]:
    """Return faces by their distance from the middle of their cluster, the farthest first; those without embedding last."""
    faces = np.array(mine, dtype=np.int64)
    rows = np.minimum(np.searchsorted(centres.faces, faces), len(centres.faces) - 1)
    own = np.where(centres.faces[rows] == faces, centres.away[rows], -1)
    return [int(face) for face in faces[np.argsort(-own, kind="stable")]]


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
