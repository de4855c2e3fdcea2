"""Two versions side by side: how alike they are, which clusters went where, and which faces moved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.results import ComparedClusters, ComparisonResult, MovedFaces
from fairdesk.clustering.store import UNCLUSTERED, clusters, membership, need_version
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.words import tr

Ids = npt.NDArray[np.int64]


def compare_versions(project: Project, first: int, second: int, limit: int | None = None) -> ComparisonResult:
    """Compare two versions on the faces that both have.

    A face has moved where its cluster is not the one that most faces of its cluster in the first version are in now;
    of clusters that fell apart the larger part stayed.

    Raises
    ------
    RequestError
        If they have no face in common, as those of different detectors.
    """
    first, second = need_version(project, first), need_version(project, second)
    before, after = membership(project, first), membership(project, second)
    faces = np.array(sorted(before.keys() & after.keys()), dtype=np.int64)
    if not len(faces):
        raise RequestError(
            tr("Clusterings {first} and {second} have no face in common: they are of faces of different detectors.",
               first=first, second=second)
        )  # fmt: skip
    titles = [{one.id: one for one in clusters(project, version)} for version in (first, second)]
    a, b = (np.array([at[int(face)] for face in faces], dtype=np.int64) for at in (before, after))
    loose_a, loose_b = (
        np.array([of[int(home)].label == UNCLUSTERED for home in homes], dtype=bool)
        for of, homes in zip(titles, (a, b), strict=True)
    )
    alike = agreement(np.where(loose_b, -1, b), _alone(a, loose_a))
    stays = _stays(a, b)
    moved = np.array([stays.get(int(x)) != int(y) for x, y in zip(a, b, strict=True)]) | (loose_a != loose_b)
    moved &= ~(loose_a & loose_b)
    cells, counts = np.unique(np.stack([a, b], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    table = [
        ComparedClusters(
            first=titles[0][int(cells[at][0])].label, second=titles[1][int(cells[at][1])].label, faces=int(counts[at])
        )
        for at in order.tolist()
    ]
    return ComparisonResult(
        first=first,
        second=second,
        faces=len(faces),
        only_first=len(before) - len(faces),
        only_second=len(after) - len(faces),
        moved=int(moved.sum()),
        moved_faces=[
            MovedFaces(face=int(face), first=titles[0][int(x)].label, second=titles[1][int(y)].label)
            for face, x, y in zip(faces[moved], a[moved], b[moved], strict=True)
        ][:limit],
        contingency=table[:limit],
        **dict(alike),
    )


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
