"""Clusters of dense places, on exact distances computed in blocks: DBSCAN, and the tree that HDBSCAN needs.

Labels are scikit-learn's but for pairs at the very edge of the radius.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods.room import need_memory
from fairdesk.clustering.neighbours.close_pairs import close_pairs
from fairdesk.clustering.stages import Check, Stages, stoppable
from fairdesk.words import tr

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
ROWS = 2048  # of a block
OFTEN = 100  # steps of the tree after which it is said how far it is


def dbscan(vectors: Floats, eps: float, min_samples: int, check: Check | None = None) -> Labels:
    """Cluster by DBSCAN; labels of shape (n,), numbered in the order of their first core face, -1 for noise."""
    first, second, _ = close_pairs(vectors, eps, check)
    return from_pairs(len(vectors), first, second, min_samples)


def from_pairs(n: int, first: npt.NDArray[np.int32], second: npt.NDArray[np.int32], min_samples: int) -> Labels:
    """Return DBSCAN's labels from the pairs of neighbours, each once."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    counts = 1 + np.bincount(first, minlength=n) + np.bincount(second, minlength=n)  # a face is its own neighbour
    core = counts >= min_samples
    both = core[first] & core[second]
    graph = coo_matrix((np.ones(int(both.sum()), dtype=np.int8), (first[both], second[both])), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    labels = np.full(n, -1, dtype=np.int64)
    places = np.flatnonzero(core)
    numbers, firsts = np.unique(part[places], return_index=True)
    order = np.empty(len(numbers), dtype=np.int64)
    order[np.argsort(firsts, kind="stable")] = np.arange(len(numbers))
    labels[places] = order[np.searchsorted(numbers, part[places])]
    edge = np.full(n, np.iinfo(np.int64).max)  # a border face goes to the first cluster that reaches it
    for a, b in ((first, second), (second, first)):
        reach = core[a] & ~core[b]
        np.minimum.at(edge, b[reach], labels[a[reach]])
    border = ~core & (edge < np.iinfo(np.int64).max)
    labels[border] = edge[border]
    return labels


def hdbscan(vectors: Floats, min_cluster_size: int, check: Check | None = None) -> Labels:
    """Cluster by HDBSCAN, as scikit-learn does, which is given the tree that it would look for; -1 for noise.

    Raises
    ------
    JobFailed
        If the distances would not fit into the memory that is free.
    """
    if len(vectors) < max(3, min_cluster_size):
        return np.full(len(vectors), -1, dtype=np.int64)
    stages = Stages(check)
    return AllDistances(vectors, min_cluster_size, stages.next(0.4)).hdbscan(min_cluster_size, stages.next(0.6))


class AllDistances:
    """The squared distances of all pairs of n vectors, which HDBSCAN of any smallest size is made from."""

    def __init__(self, vectors: Floats, most: int, check: Check | None = None) -> None:
        """Compute them; `most` is the largest smallest size that will be asked for.

        Raises
        ------
        JobFailed
            If they would not fit into the memory that is free.
        """
        n = len(vectors)
        need_memory(4 * n * n, n, tr("HDBSCAN"))
        vectors = np.ascontiguousarray(vectors - vectors.mean(axis=0), dtype=np.float32)
        squares = np.einsum("ij,ij->i", vectors, vectors)
        self.squared = np.empty((n, n), dtype=np.float32)
        self._nearest = np.empty((n, most), dtype=np.float32)  # ascending, from itself on
        for start in range(0, n, ROWS):
            if check is not None:
                check(start, n)
            block = self.squared[start : start + ROWS]
            np.matmul(vectors[start : start + ROWS], vectors.T, out=block)
            block *= -2
            block += squares
            block += squares[start : start + ROWS, None]
            np.maximum(block, 0, out=block)
            block[np.arange(len(block)), start + np.arange(len(block))] = 0
            self._nearest[start : start + ROWS] = np.sort(np.partition(block, most - 1, axis=1)[:, :most], axis=1)

    def hdbscan(self, min_cluster_size: int, check: Check | None = None) -> Labels:
        """Cluster by HDBSCAN."""
        from scipy.sparse import coo_matrix
        from sklearn.cluster import HDBSCAN

        n = len(self.squared)
        first, second, length = self._tree(min_cluster_size, check)
        order = np.argsort(length)  # of equal lengths too: scikit-learn takes them in this order, and it matters
        length[order] += np.arange(1, n) * (1e-13 * float(length.max()))
        both = coo_matrix(
            (np.append(length, length), (np.append(first, second), np.append(second, first))), shape=(n, n)
        )
        model = HDBSCAN(min_cluster_size=min_cluster_size, min_samples=1, metric="precomputed", copy=True)
        found: Labels = stoppable(check, lambda: model.fit_predict(both.tocsr()), done=1).astype(np.int64)
        return found

    def _tree(self, min_samples: int, check: Check | None) -> tuple[Labels, Labels, npt.NDArray[np.float64]]:
        """Return the edges of the shortest spanning tree of mutual reachability, by Prim's algorithm on all distances."""
        n = len(self.squared)
        core = self._nearest[:, min_samples - 1]
        near = np.full(n, np.inf, dtype=np.float32)
        source = np.zeros(n, dtype=np.int64)
        open_ = np.ones(n, dtype=bool)
        edges = np.empty((n - 1, 2), dtype=np.int64)
        length = np.empty(n - 1)
        now = 0
        for step in range(n - 1):
            if check is not None and step % OFTEN == 0:
                check(step, n)
            open_[now] = False
            near[now] = np.inf
            reach = np.maximum(self.squared[now], core)
            np.maximum(reach, core[now], out=reach)
            closer = np.flatnonzero((reach < near) & open_)
            near[closer] = reach[closer]
            source[closer] = now
            following = int(near.argmin())
            edges[step] = source[following], following
            length[step] = near[following]
            now = following
        return edges[:, 0], edges[:, 1], np.maximum(np.sqrt(length), 1e-12)  # a zero would be no edge
