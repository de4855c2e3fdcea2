"""What the grid shows of the selected clusters, worked out without Qt: order, distances, and what people have said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods.by_name import unit_length
from fairdesk.clustering.store import Cluster, Version, faces_of, has_version
from fairdesk.clustering.version_basis import recipe_of_version, verdicts_of_version
from fairdesk.errors import JobFailed, RequestError
from fairdesk.project import Project
from fairdesk.project.image_queries import Ids
from fairdesk.project.verdicts import Said, Verdict
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
    recipe: str
    members: tuple[Ids, Ids]  # all faces of the version, those without embedding too, and the cluster of each

    @classmethod
    def read(
        cls,
        project: Project,
        version: Version,
        there: Ids,
        homes: Ids,
        earlier: Centres | None = None,
        tell: Callable[[BaseException], object] | None = None,
    ) -> Centres | None:
        """Read them, by the embeddings that the map is drawn by; None where there are none. What was read earlier is not read again.

        Where their file is damaged that is told (by `tell`, else raised), and the faces can be seen all the same.
        """
        try:
            recipe = recipe_of_version(project, version.id)
        except RequestError:
            return None
        if earlier is not None and earlier.recipe != recipe.hash:
            earlier = None
        if earlier is not None and earlier.members[0] is there and earlier.members[1] is homes:
            return earlier
        if earlier is not None and np.array_equal(there, earlier.members[0]):
            faces, vectors = earlier.faces, earlier.vectors
        else:
            try:
                every, vectors = project.vectors.load(recipe)
            except JobFailed as error:
                if tell is None:
                    raise
                tell(error)
                return None
            kept = np.isin(every, there)
            faces, vectors = every[kept], unit_length(vectors[kept], recipe.metric)
        home = homes[np.searchsorted(there, faces)]
        numbers, place = np.unique(home, return_inverse=True)
        sizes = np.bincount(place, minlength=len(numbers)).astype(np.float32)
        middle = np.zeros((len(numbers), vectors.shape[1]), dtype=np.float32)
        if len(place):
            order = np.argsort(place, kind="stable")
            starts = np.searchsorted(place[order], np.arange(len(numbers)))
            middle[:] = np.add.reduceat(vectors[order], starts) / sizes[:, None]
        away = np.linalg.norm(vectors - middle[place], axis=1)
        spread = np.bincount(place, away, minlength=len(numbers)).astype(np.float32) / np.maximum(sizes, 1)
        return cls(faces, vectors, home, numbers, middle, spread.astype(np.float32), away, recipe.hash, (there, homes))

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


def why_not_nearest(centres: Centres | None, cluster: Cluster) -> str:
    """Say why other clusters cannot be put in the order of their distance from one; nothing where they can."""
    if centres is not None and centres.nearest(cluster.id):
        return ""
    if centres is not None and cluster.id in centres.numbers:
        return tr("No other cluster has faces with embeddings, so none is nearest to {cluster}.", cluster=cluster.told)
    return tr(
        "The faces of {cluster} have no embeddings, so it is not known which clusters are nearest. "
        "Compute them in the Dataset tab: Compute embeddings.",
        cluster=cluster.told,
    )


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
    version: int,
    chosen: list[Cluster],
    centres: Centres | None,
    titles: dict[int, str],
    only: tuple[Ids, Ids] | None = None,
) -> Shown:
    """Return the faces of some clusters of a version, cluster after cluster, those farthest from their middle first.

    With `only` (faces, and the cluster of each) these instead of all. Of a version that was undone meanwhile there are none.
    """
    with project.db.moment():
        if not has_version(project, version):
            return Shown(np.empty(0, dtype=np.int64))
        parts = [faces_of(project, cluster.id) for cluster in chosen] if only is None else []
        heard = verdicts_of_version(project, version)
    if only is None:
        homes = np.repeat([cluster.id for cluster in chosen], [len(part) for part in parts])
        only = np.array([face for part in parts for face in part], dtype=np.int64), homes
    numbers = np.array([cluster.id for cluster in chosen], dtype=np.int64)
    ids = _outliers_first(*only, numbers, {one.id for one in chosen if one.label >= 0}, centres)
    among = set(ids.tolist())
    marks, said = _signs(heard, among)
    return Shown(ids, marks, Notes(among, centres, titles, said))


def _outliers_first(faces: Ids, homes: Ids, order: Ids, real: set[int], centres: Centres | None) -> Ids:
    """Return faces by their cluster (in the order given), then by their distance from its middle, the farthest first.

    Those without embedding come last; unclustered faces, and faces of clusters without embeddings, stay in order of id.
    """
    sorter = np.argsort(order)
    place = sorter[np.minimum(np.searchsorted(order, homes, sorter=sorter), len(order) - 1)] if len(order) else homes
    kept = order[place] == homes if len(order) else np.zeros(len(faces), dtype=bool)
    faces, homes, place = faces[kept], homes[kept], place[kept]
    own = np.zeros(len(faces))
    if centres is not None and len(centres.faces):
        rows = np.minimum(np.searchsorted(centres.faces, faces), len(centres.faces) - 1)
        own = np.where(centres.faces[rows] == faces, centres.away[rows], -1)
        own[~np.isin(homes, list(real))] = 0
    return faces[np.lexsort((faces, -own, place))]


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
