"""Two versions side by side: how alike they are, which clusters went where, and which faces moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.comparison_results import ComparedClusters, ComparisonResult, MovedFaces
from fairdesk.clustering.results import Agreement
from fairdesk.clustering.store import UNCLUSTERED, Cluster, clusters, members, need_version
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.words import tr

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SideBySide:
    """The faces that two versions have in common, and the labels of their clusters."""

    first: int
    second: int
    faces: Ids  # ascending
    labels: tuple[Ids, Ids]
    moved: npt.NDArray[np.bool_]
    only: tuple[int, int]  # faces that one of the two alone has
    titles: tuple[dict[int, str], dict[int, str]]  # of the clusters, by label
    alike: Agreement  # of the second with the first

    def cells(self) -> list[ComparedClusters]:
        """Return how many faces each two clusters have in common, the most first."""
        found, counts = np.unique(np.stack(self.labels, axis=1), axis=0, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return [
            ComparedClusters(first=int(found[at][0]), second=int(found[at][1]), faces=int(counts[at]))
            for at in order.tolist()
        ]

    def of(self, first: int, second: int) -> Ids:
        """Return the faces that two clusters have in common, by label."""
        found: Ids = self.faces[(self.labels[0] == first) & (self.labels[1] == second)]
        return found


def side_by_side(project: Project, first: int, second: int) -> SideBySide:
    """Put two versions side by side, on the faces that both have.

    A face has moved where its cluster is not the one that most faces of its cluster in the first version are in now;
    of clusters that fell apart the larger part stayed.

    Raises
    ------
    RequestError
        If they have no face in common, as those of different detectors.
    """
    first, second = need_version(project, first), need_version(project, second)
    (before, homes), (after, there) = members(project, first), members(project, second)
    faces, mine, theirs = np.intersect1d(before, after, assume_unique=True, return_indices=True)
    if not len(faces):
        raise RequestError(
            tr("Clusterings {first} and {second} have no face in common: they are of faces of different detectors.",
               first=first, second=second)
        )  # fmt: skip
    known = [clusters(project, version) for version in (first, second)]
    a, b = (_labels(of, at) for of, at in zip(known, (homes[mine], there[theirs]), strict=True))
    loose_a, loose_b = a == UNCLUSTERED, b == UNCLUSTERED
    stays = _stays(a, b)
    moved = np.array([stays.get(int(x)) != int(y) for x, y in zip(a, b, strict=True)]) | (loose_a != loose_b)
    moved &= ~(loose_a & loose_b)
    return SideBySide(
        first,
        second,
        faces,
        (a, b),
        moved,
        (len(before) - len(faces), len(after) - len(faces)),
        (_titles(known[0]), _titles(known[1])),
        agreement(np.where(loose_b, -1, b), _alone(a, loose_a)),
    )


def _titles(of: list[Cluster]) -> dict[int, str]:
    return {one.label: one.told for one in of}


def compare_versions(project: Project, first: int, second: int, limit: int | None = None) -> ComparisonResult:
    """Compare two versions as `side_by_side` does; raises as it does."""
    both = side_by_side(project, first, second)
    rows = np.flatnonzero(both.moved)[:limit]
    return ComparisonResult(
        first=both.first,
        second=both.second,
        faces=len(both.faces),
        only_first=both.only[0],
        only_second=both.only[1],
        clusters_first=len(np.unique(both.labels[0][both.labels[0] != UNCLUSTERED])),
        clusters_second=len(np.unique(both.labels[1][both.labels[1] != UNCLUSTERED])),
        unclustered_first=int((both.labels[0] == UNCLUSTERED).sum()),
        unclustered_second=int((both.labels[1] == UNCLUSTERED).sum()),
        moved=int(both.moved.sum()),
        moved_faces=[
            MovedFaces(face=int(both.faces[row]), first=int(both.labels[0][row]), second=int(both.labels[1][row]))
            for row in rows.tolist()
        ],
        contingency=both.cells()[:limit],
        **both.alike.model_dump(exclude={"known_faces", "known_people"}),  # they are of all faces, known or not
    )


def _labels(found: list[Cluster], homes: Ids) -> Ids:
    label = {one.id: one.label for one in found}
    return np.array([label[home] for home in homes.tolist()], dtype=np.int64)


def _alone(homes: Ids, loose: npt.NDArray[np.bool_]) -> Ids:
    """Give unclustered faces clusters of their own."""
    out = homes.copy()
    out[loose] = homes.max(initial=0) + 1 + np.arange(int(loose.sum()))
    return out


def _stays(a: Ids, b: Ids) -> dict[int, int]:
    """Return, for each cluster of the first version, the one of the second that has most of its faces."""
    cells, counts = np.unique(np.stack([a, b], axis=1), axis=0, return_counts=True)
    out: dict[int, int] = {}
    taken: set[int] = set()
    for at in np.argsort(-counts, kind="stable").tolist():
        old, new = int(cells[at][0]), int(cells[at][1])
        if old not in out and new not in taken:
            out[old] = new
            taken.add(new)
    return out
