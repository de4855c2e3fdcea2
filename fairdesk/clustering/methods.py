"""The clustering methods, with the originals' parameters. scikit-learn and SciPy do the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.params import ClusterParams
from fairdesk.errors import JobFailed, RequestError
from fairdesk.words import tr

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

WARD_LIMIT = 30_000  # faces; the distances of more would not fit the memory of a desk


@dataclass(frozen=True)
class Clustered:
    """Labels of n faces (-1: unclustered) and, for hierarchical, SciPy's linkage matrix (n - 1, 4)."""

    labels: Labels
    linkage: npt.NDArray[np.float64] | None = None


def cluster_vectors(vectors: Floats, params: ClusterParams, metric: str, n_clusters: int | None = None) -> Clustered:
    """Cluster vectors of shape (n, dim).

    Parameters
    ----------
    metric
        "euclidean", or "cosine": then vectors are scaled to length 1 first.
    n_clusters
        Used where the parameters name none.

    Raises
    ------
    RequestError
        If there are too few vectors, or the number of clusters is missing.
    JobFailed
        If the method would need more memory than there is.
    """
    if len(vectors) < 2:
        raise RequestError(
            tr("There are {count} faces with an embedding; clustering needs at least 2.", count=len(vectors))
        )
    vectors = unit_length(vectors, metric)
    if params.method == "dbscan":
        from sklearn.cluster import DBSCAN

        model = DBSCAN(eps=params.eps, min_samples=params.min_samples, metric="euclidean", n_jobs=-1)
        return Clustered(model.fit_predict(vectors).astype(np.int64))
    if params.method == "hdbscan":
        from sklearn.cluster import HDBSCAN

        return Clustered(HDBSCAN(min_cluster_size=params.min_samples, copy=True).fit_predict(vectors).astype(np.int64))
    wanted = params.n_clusters or n_clusters
    if wanted is None:
        raise RequestError(
            tr("{method} must be told how many clusters to make. Give --n-clusters N.", method=params.method)
        )
    if wanted > len(vectors):
        raise RequestError(
            tr("--n-clusters {n} is more than the {faces} faces there are.", n=wanted, faces=len(vectors))
        )
    reduced = _pca(vectors, params.pca)
    if params.method == "kmeans":
        from sklearn.cluster import KMeans

        return Clustered(KMeans(wanted, random_state=params.seed, n_init="auto").fit_predict(reduced).astype(np.int64))
    if len(reduced) > WARD_LIMIT:
        need = len(reduced) ** 2 * 4 / 1e9
        raise JobFailed(
            tr(
                "Hierarchical clustering of {faces:,} faces needs {gigabytes:,.0f} GB for their distances. "
                "Use dbscan, hdbscan or kmeans, or at most {most:,} faces.",
                faces=len(reduced),
                gigabytes=need,
                most=WARD_LIMIT,
            )
        )
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(reduced.astype(np.float64), method="ward")
    raw = fcluster(tree, wanted, criterion="maxclust")
    _, labels = np.unique(raw, return_inverse=True)
    return Clustered(labels.astype(np.int64), tree)


def unit_length(vectors: Floats, metric: str) -> Floats:
    """Return vectors scaled to length 1 where they are compared by their angle ("cosine"), else as they are."""
    if metric != "cosine":
        return vectors
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)
    return scaled


def _pca(vectors: Floats, share: float) -> Floats:
    if share >= 1:
        return vectors
    from sklearn.decomposition import PCA

    reduced: Floats = PCA(n_components=share, svd_solver="full").fit_transform(vectors).astype(np.float32)
    return reduced


def by_size(labels: Labels) -> Labels:
    """Renumber clusters 0, 1, ... from the largest on; ties keep their order; -1 stays."""
    found, counts = np.unique(labels[labels >= 0], return_counts=True)
    order = np.lexsort((found, -counts))
    renamed = labels.copy()
    for new, old in enumerate(found[order]):
        renamed[labels == old] = new
    return renamed
