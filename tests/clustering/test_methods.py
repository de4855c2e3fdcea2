"""The methods against scikit-learn and SciPy: the same labels, up to their names."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.metrics import adjusted_rand_score

from fairdesk.clustering import density, methods
from fairdesk.clustering.methods import cluster_vectors
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import versions
from fairdesk.clustering.ward import ward_tree
from fairdesk.jobs.context import QuietContext
from tests.clustering.test_review import people


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("min_samples", [1, 2, 5])
def test_dbscan(monkeypatch, seed, min_samples):
    monkeypatch.setattr(density, "ROWS", 100)  # several blocks
    vectors, _ = people(seed)
    for eps in (0.2, 0.45, 0.5, 0.6, 2.0):
        expected = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(vectors)
        assert (density.dbscan(vectors, eps, min_samples) == expected).all()  # border faces and numbers too


def test_dbscan_far_from_the_origin():
    vectors, _ = people(1)
    moved = vectors + np.float32(20)
    assert (density.dbscan(moved, 0.5, 2) == DBSCAN(eps=0.5, min_samples=2).fit_predict(moved)).mean() > 0.99


@pytest.mark.parametrize("size", [2, 3, 8])
def test_hdbscan(monkeypatch, size):
    monkeypatch.setattr(density, "ROWS", 100)
    vectors, _ = people(3)
    expected = HDBSCAN(min_cluster_size=size, copy=True).fit_predict(vectors)
    found = density.hdbscan(vectors, size)
    assert adjusted_rand_score(expected, found) > 0.999 and (expected < 0).sum() == (found < 0).sum()
    twice = np.repeat(vectors[:40], 2, axis=0)  # equal faces
    assert len(np.unique(density.hdbscan(twice, size))) >= 2


def test_ward_without_distances(monkeypatch):
    vectors, _ = people(2)
    expected, found = linkage(vectors.astype(float), "ward"), ward_tree(vectors)
    assert np.abs(expected[:, 2] - found[:, 2]).max() < 1e-5 and found[-1, 3] == len(vectors)
    for count in (2, 7, 60):
        a, b = fcluster(expected, count, "maxclust"), fcluster(found, count, "maxclust")
        assert adjusted_rand_score(a, b) == 1
    params = ClusterParams(method="hierarchical", n_clusters=20, pca=1)
    plain = cluster_vectors(vectors, params, "euclidean").labels
    monkeypatch.setattr(methods, "WARD_WITH_DISTANCES", 10)
    assert adjusted_rand_score(plain, cluster_vectors(vectors, params, "euclidean").labels) == 1


@pytest.mark.parametrize("kind", ["average", "complete", "ward"])
def test_linkage_and_distance(kind):
    vectors, _ = people(2)
    expected = fcluster(linkage(vectors.astype(float), kind), 0.8, "distance")
    params = ClusterParams(method="hierarchical", linkage=kind, distance=0.8, pca=1)
    assert adjusted_rand_score(expected, cluster_vectors(vectors, params, "euclidean").labels) == 1


def test_versions_say_method_and_parameters(filled):
    for params in (
        ClusterParams(eps=0.8, min_samples=3), ClusterParams(method="kmeans", n_clusters=4), ClusterParams(method="hdbscan"),
        ClusterParams(method="hierarchical", linkage="average", distance=0.5), ClusterParams(method="hierarchical", n_clusters=4),
    ):  # fmt: skip
        cluster(params, QuietContext(filled))
    names = [one.name for one in reversed(versions(filled))]
    assert names == [
        "1: dbscan 0.8, 3",
        "2: kmeans, 4 clusters",
        "3: hdbscan 2",
        "4: average, 0.5",
        "5: ward, 4 clusters",
    ]
