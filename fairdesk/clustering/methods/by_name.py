"""The clustering methods behind one function, with the originals' parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods.density import dbscan, hdbscan
from fairdesk.clustering.methods.pair_chain import bytes_needed, pair_tree
from fairdesk.clustering.methods.room import need_memory, need_room
from fairdesk.clustering.methods.ward import ward_tree
from fairdesk.clustering.methods.whispers import strangers_begin, whispers
from fairdesk.clustering.neighbours.kept import KEPT
from fairdesk.clustering.neighbours.search import nearest
from fairdesk.clustering.params import DBSCAN_EPS, ClusterParams
from fairdesk.clustering.stages import Check, Stages, stoppable
from fairdesk.errors import RequestError
from fairdesk.words import tr, tr_n

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

Near = tuple[npt.NDArray[np.int64], Floats]
WITH_ALL_DISTANCES = 12_000  # faces: SciPy needs 8 bytes for each pair, twice


@dataclass(frozen=True)
class Clustered:
    """Labels of n faces (-1: unclustered) and, for hierarchical, SciPy's linkage matrix (n - 1, 4)."""

    labels: Labels
    linkage: npt.NDArray[np.float64] | None = None
    eps: float | None = None  # that was used


def cluster_vectors(
    vectors: Floats,
    params: ClusterParams,
    metric: str,
    n_clusters: int | None = None,
    near: Callable[[Floats, Check | None], Near] | None = None,
    check: Check | None = None,
) -> Clustered:
    """Cluster vectors of shape (n, dim).

    Parameters
    ----------
    metric
        "euclidean", or "cosine": then vectors are scaled to length 1 first.
    n_clusters
        Used where the parameters name none.
    near
        Gives the nearest neighbours of the vectors, where they are kept; else they are looked for.
    check
        Told how far it is; it may raise.

    Raises
    ------
    RequestError
        If there are too few vectors, or the number of clusters is missing.
    JobFailed
        If the method would need more memory than there is.
    """
    if len(vectors) < 2:
        raise RequestError(
            tr_n(
                "There is {n} face with an embedding; clustering needs at least 2.",
                "There are {n} faces with an embedding; clustering needs at least 2.",
                len(vectors),
            )
        )
    vectors = unit_length(vectors, metric)
    if params.method == "dbscan":
        eps = DBSCAN_EPS if params.eps is None else params.eps
        return Clustered(dbscan(vectors, eps, params.min_samples, check), eps=eps)
    if params.method == "hdbscan":
        return Clustered(hdbscan(vectors, params.min_samples, check))
    if params.method == "graph":
        need_room(
            (12.0 * vectors.shape[1] + 100.0 * KEPT) * len(vectors),
            tr("Graph clustering of {faces:,} faces.", faces=len(vectors)),
            tr("Cluster fewer faces at a time."),
        )
        stages = Stages(check)
        tell = stages.next(0.8)
        found, squared = near(vectors, tell) if near is not None else nearest(vectors, KEPT, tell)
        eps = strangers_begin(vectors, squared) if params.eps is None else params.eps
        return Clustered(whispers(found, squared, eps, params.seed, stages.next(0.2)), eps=eps)
    cut = params.distance if params.method == "hierarchical" else None
    wanted = None if cut is not None else params.n_clusters or n_clusters
    if wanted is None and cut is None:
        raise RequestError(
            tr("{method} must be told how many clusters to make. Give --n-clusters N.", method=params.method)
        )
    if wanted is not None and wanted > len(vectors):
        raise RequestError(
            tr("--n-clusters {n} is more than the {faces} faces there are.", n=wanted, faces=len(vectors))
        )
    if params.method == "kmeans":
        from sklearn.cluster import KMeans

        reduced = _pca(vectors, params.pca, check)
        model = KMeans(wanted, random_state=params.seed, n_init="auto")
        return Clustered(stoppable(check, lambda: model.fit_predict(reduced), of=0).astype(np.int64))
    from scipy.cluster.hierarchy import fcluster

    tree = linkage_tree(vectors, params.linkage, params.pca, check)
    raw = fcluster(tree, cut or wanted or 1, criterion="maxclust" if cut is None else "distance")
    _, labels = np.unique(raw, return_inverse=True)
    return Clustered(labels.astype(np.int64), tree)


def linkage_tree(
    vectors: Floats, linkage: Literal["ward", "average", "complete"], pca: float, check: Check | None = None
) -> npt.NDArray[np.float64]:
    """Return SciPy's linkage matrix; that of many faces is made with less memory than SciPy's own, which takes longer.

    Raises
    ------
    JobFailed
        If the distances would not fit into the memory that is free.
    """
    n, many = len(vectors), len(vectors) > WITH_ALL_DISTANCES
    if linkage == "ward" and many:
        return ward_tree(_pca(vectors, pca, check), check)
    need_memory(bytes_needed(n) if many else 8.0 * n**2, n, tr("Hierarchical clustering"))
    reduced = _pca(vectors, pca, check)
    if linkage != "ward" and many:
        return pair_tree(reduced, linkage, check)
    from scipy.cluster import hierarchy

    exact = reduced.astype(np.float64)
    found: npt.NDArray[np.float64] = stoppable(check, lambda: hierarchy.linkage(exact, method=linkage))
    return found


def unit_length(vectors: Floats, metric: str) -> Floats:
    """Return vectors scaled to length 1 where they are compared by their angle ("cosine"), else as they are."""
    if metric != "cosine":
        return vectors
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)
    return scaled


def directed(vectors: Floats, metric: str) -> npt.NDArray[np.bool_]:
    """Return which vectors can be compared: by their angle those of zeros alone cannot, as they have no direction."""
    out = np.ones(len(vectors), dtype=np.bool_)
    if metric == "cosine":
        np.any(vectors, axis=1, out=out)
    return out


def why_undirected(count: int) -> str:
    """Say why faces were left out of a comparison by angle."""
    return tr_n(
        "{n:,} face is left unclustered: its embedding is all zeros, and so has no direction to compare by cosine.",
        "{n:,} faces are left unclustered: their embeddings are all zeros, and so have no direction to compare by cosine.",
        count,
    )


def _pca(vectors: Floats, share: float, check: Check | None = None) -> Floats:
    if share >= 1:
        return vectors
    from sklearn.decomposition import PCA

    need_room(
        20.0 * vectors.size,
        tr("PCA of {faces:,} faces.", faces=len(vectors)),
        tr("Give --pca 1 to do without, or use dbscan or graph."),
    )
    model = PCA(n_components=share, svd_solver="full")
    reduced: Floats = stoppable(check, lambda: model.fit_transform(vectors)).astype(np.float32)
    return reduced


def by_size(labels: Labels) -> Labels:
    """Renumber clusters 0, 1, ... from the largest on; ties keep their order; -1 stays."""
    found, places, counts = np.unique(labels[labels >= 0], return_inverse=True, return_counts=True)
    rank = np.empty(len(found), dtype=np.int64)
    rank[np.lexsort((found, -counts))] = np.arange(len(found))
    renamed = labels.copy()
    renamed[labels >= 0] = rank[places]
    return renamed
