"""The corrections that make a version's clusters what a review thinks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.store import UNCLUSTERED, Regrouping

Numbers = npt.NDArray[np.int64]


def corrections(faces: Numbers, at: Numbers, labels: Numbers) -> list[Regrouping]:
    """Return what to move; each cluster that stays is the one with most of its faces.

    Parameters
    ----------
    faces, at, labels
        Shape (n,): the id of each face, the version's cluster that it is in (`UNCLUSTERED`: none), and who the review takes it for.
    """
    _, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    out: list[Regrouping] = []
    lonely = np.flatnonzero((sizes[place] == 1) & (at != UNCLUSTERED))
    if len(lonely):
        out.append(Regrouping(UNCLUSTERED, faces[lonely].tolist()))
    several = np.flatnonzero(sizes[place] > 1)
    wide = int(at.max(initial=0)) + 2
    cells, counts = np.unique(place[several] * wide + at[several] + 1, return_counts=True)
    new, old = cells // wide, cells % wide - 1
    target = np.full(len(sizes), -1)
    alone = (np.bincount(new)[new] == 1) & (np.bincount(old + 1)[old + 1] == 1) & (old >= 0)
    target[new[alone]] = old[alone]
    taken: set[int] = set()
    shared = np.flatnonzero(~alone & (old >= 0))
    for cell in shared[np.argsort(-counts[shared], kind="stable")].tolist():
        if target[new[cell]] < 0 and int(old[cell]) not in taken:
            target[new[cell]] = old[cell]
            taken.add(int(old[cell]))
    moving = several[at[several] != target[place[several]]]
    fresh = several[target[place[several]] < 0]
    moving = np.union1d(moving, fresh)
    rows = moving[np.argsort(place[moving], kind="stable")]
    for some in np.split(rows, np.flatnonzero(np.diff(place[rows])) + 1):
        if len(some):
            home = int(target[place[some[0]]])
            out.append(Regrouping(None if home < 0 else home, faces[some].tolist()))
    return sorted(out, key=lambda one: one.cluster == UNCLUSTERED)  # as `regroup` takes them
