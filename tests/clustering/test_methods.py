"""The methods against scikit-learn and SciPy: the same labels, up to their names."""

import threading
import time

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans
from sklearn.metrics import adjusted_rand_score

from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.methods import by_name as methods
from fairdesk.clustering.methods import density
from fairdesk.clustering.methods.by_name import by_size, cluster_vectors
from fairdesk.clustering.methods.pair_chain import pair_tree
from fairdesk.clustering.methods.ward import ward_tree
from fairdesk.clustering.methods.whispers import _join, whispers
from fairdesk.clustering.neighbours import close_pairs
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.stages import stoppable
from fairdesk.clustering.store import clusters, faces_of, membership, versions
from fairdesk.errors import Stopped
from fairdesk.jobs.context import QuietContext
from fairdesk.project.verdicts import Said, keep_verdict
from tests.clustering.test_review import people


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("min_samples", [1, 2, 5])
def test_dbscan(monkeypatch, seed, min_samples):
    monkeypatch.setattr(density, "ROWS", 100)  # several blocks
    vectors, _ = people(seed)
    for eps in (0.2, 0.45, 0.5, 0.6, 2.0):
        expected = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(vectors)
        assert (density.dbscan(vectors, eps, min_samples) == expected).all()  # border faces and numbers too


@pytest.mark.parametrize("dims", [192, 256])
def test_dbscan_looks_at_few_components_first(monkeypatch, dims):
    """Many faces in many dimensions: most pairs are left out by the first components, some by those after, and none is lost."""
    monkeypatch.setattr(close_pairs, "ROWS", 300)
    monkeypatch.setattr(close_pairs, "COLUMNS", 400)
    vectors, _ = people(3, count=250, dims=dims)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    short, middle = close_pairs._shortened(vectors, squares, 0.5)
    assert middle is not None and short.shape[1] < dims
    rows = np.random.default_rng(0).choice(len(vectors), (2, 500))
    whole = ((vectors[rows[0]] - vectors[rows[1]]) ** 2).sum(axis=1)
    first = ((short[rows[0]] - short[rows[1]]) ** 2).sum(axis=1)
    more = first - 2 * middle.further(rows[0], rows[1])
    assert (first <= whole + 1e-5).all() and (more <= whole + 1e-5).all() and (more > first + 0.01).any()
    assert (density.dbscan(vectors, 0.5, 2) == DBSCAN(eps=0.5, min_samples=2).fit_predict(vectors)).all()


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
    monkeypatch.setattr(methods, "WITH_ALL_DISTANCES", 10)
    assert adjusted_rand_score(plain, cluster_vectors(vectors, params, "euclidean").labels) == 1


@pytest.mark.parametrize("kind", ["average", "complete", "ward"])
def test_linkage_and_distance(kind):
    vectors, _ = people(2)
    expected = fcluster(linkage(vectors.astype(float), kind), 0.8, "distance")
    params = ClusterParams(method="hierarchical", linkage=kind, distance=0.8, pca=1)
    assert adjusted_rand_score(expected, cluster_vectors(vectors, params, "euclidean").labels) == 1


@pytest.mark.parametrize("kind", ["average", "complete"])
def test_trees_in_less_memory(monkeypatch, kind):
    vectors, _ = people(2)
    expected, found = linkage(vectors.astype(float), kind), pair_tree(vectors, kind)
    assert np.abs(expected[:, 2] - found[:, 2]).max() < 1e-3 and found[-1, 3] == len(vectors)
    for count in (2, 7, 60, 200):
        a, b = fcluster(expected, count, "maxclust"), fcluster(found, count, "maxclust")
        assert adjusted_rand_score(a, b) > 0.999
    params = ClusterParams(method="hierarchical", linkage=kind, distance=0.8, pca=1)
    plain = cluster_vectors(vectors, params, "euclidean").labels
    monkeypatch.setattr(methods, "WITH_ALL_DISTANCES", 10)
    assert adjusted_rand_score(plain, cluster_vectors(vectors, params, "euclidean").labels) == 1
    few = vectors[:3]
    assert np.allclose(pair_tree(few, kind), linkage(few.astype(float), kind), atol=1e-3)


def test_versions_say_method_and_parameters(filled):
    for params in (
        ClusterParams(eps=0.8, min_samples=3), ClusterParams(method="kmeans", n_clusters=4), ClusterParams(method="hdbscan"),
        ClusterParams(method="hierarchical", linkage="average", distance=0.5), ClusterParams(method="hierarchical", n_clusters=4),
        ClusterParams(method="graph", eps=0.5), ClusterParams(metric="cosine"),
    ):  # fmt: skip
        cluster(params, QuietContext(filled))
    names = [one.name for one in reversed(versions(filled))]
    assert names == [
        "1: dbscan 0.8, 3",
        "2: kmeans, 4 clusters",
        "3: hdbscan 2",
        "4: average, 0.5, pca 0.95",
        "5: ward, 4 clusters",
        "6: graph 0.5",
        "7: dbscan 0.5, 2, cosine",
    ]


def f1(labels, truth):
    found = agreement(labels, truth).bcubed_f1
    assert found is not None
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_graph_is_no_worse_than_dbscan(seed):
    vectors, truth = people(seed, count=200)
    exact = f1(density.dbscan(vectors, 0.5, 2), truth)
    same = cluster_vectors(vectors, ClusterParams(method="graph", eps=0.5), "euclidean")
    assert f1(same.labels, truth) > exact - 0.01 and same.eps == 0.5
    own = cluster_vectors(vectors, ClusterParams(method="graph"), "euclidean")
    assert f1(own.labels, truth) > exact + 0.01 and 0.5 < own.eps < 0.8
    again = cluster_vectors(vectors, ClusterParams(method="graph"), "euclidean").labels
    assert (again == own.labels).all()


def test_graph_of_few_faces():
    lone = np.eye(4, dtype=np.float32)
    assert (cluster_vectors(lone, ClusterParams(method="graph", eps=0.5), "euclidean").labels == -1).all()
    equal = np.zeros((3, 4), dtype=np.float32)
    assert (cluster_vectors(equal, ClusterParams(method="graph"), "euclidean").labels == 0).all()
    pair = cluster_vectors(lone[:2], ClusterParams(method="graph", eps=2), "euclidean").labels
    assert (pair == 0).all()


def test_whispers_join_what_is_linked_and_part_what_hangs_by_a_thread():
    two_cliques = [(a, b) for part in (range(9), range(9, 18)) for a in part for b in part if a != b] + [(0, 9), (9, 0)]
    found, squared = np.zeros((18, 9), dtype=np.int64), np.full((18, 9), 9, dtype=np.float32)
    place = np.zeros(18, dtype=int)
    for a, b in two_cliques:
        found[a, place[a]], squared[a, place[a]] = b, 0.2 if (a, b) not in ((0, 9), (9, 0)) else 0.24
        place[a] += 1
    labels = whispers(found, squared, 0.5)
    assert len(set(labels[:9])) == len(set(labels[9:])) == 1 and labels[0] != labels[9]


def test_clusters_with_many_links_for_their_size_are_joined():
    labels, first, second = np.array([7, 7, 7, 3, 3, 3, 9]), np.array([0, 1, 3, 4, 2]), np.array([1, 2, 4, 5, 3])
    for weight, together in ((0.31, True), (0.29, False)):
        joined = _join(labels, first, second, np.array([1, 1, 1, 1, weight], dtype=np.float32))
        assert (joined[0] == joined[3]) == together and joined[6] not in joined[:6]
        assert len(set(joined[:3])) == len(set(joined[3:6])) == 1


def test_graph_honours_verdicts_and_keeps_its_eps(filled):
    cluster(ClusterParams(method="graph"), QuietContext(filled))
    newest = versions(filled)[0]
    assert newest.params["eps"] > 0 and newest.name == f"1: graph {newest.params['eps']:.4g}"
    whole = max(clusters(filled, newest.id), key=lambda one: (one.label >= 0, one.faces))
    first, *rest = faces_of(filled, whole.id)
    assert rest
    with filled.journal.step("Part") as connection:
        keep_verdict(connection, Said.DIFFERENT, [first], rest)
    done = cluster(ClusterParams(method="graph"), QuietContext(filled))
    at = membership(filled, done.version)
    assert all(at[first] != at[face] for face in rest) and done.verdicts == 1


def test_a_metric_can_be_chosen(filled):
    recipe = filled.vectors.find("made-up")
    vectors = filled.vectors.load(recipe)[1]
    done = cluster(ClusterParams(metric="cosine", eps=0.1), QuietContext(filled))
    scaled = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = DBSCAN(eps=0.1, min_samples=2).fit_predict(scaled)
    assert done.clusters == expected.max() + 1 and done.noise == (expected < 0).sum()
    assert done.noise != (DBSCAN(eps=0.1, min_samples=2).fit_predict(vectors) < 0).sum()


def test_numbers_by_size_are_those_of_the_largest_first():
    labels = np.array([5, 5, -1, 9, 9, 9, 2, 2, 7])
    assert by_size(labels).tolist() == [2, 2, -1, 0, 0, 0, 1, 1, 3]


def test_the_graph_method_tells_few_people_apart():
    """Ten of ten images each: others are among everybody's nearest, as far away as in photographs (.36 and .76)."""
    rng = np.random.default_rng(1)
    people = np.repeat(rng.normal(0, 0.0418, (10, 128)), 10, axis=0)
    vectors = (people + rng.normal(0, 0.0225, (100, 128))).astype(np.float32)
    found = cluster_vectors(vectors, ClusterParams(method="graph"), "euclidean")
    assert len(set(found.labels.tolist())) == 10 and 0.4 < found.eps < 0.65
    assert all(len(set(part.tolist())) == 1 for part in found.labels.reshape(10, 10))


@pytest.mark.parametrize("method", ["dbscan", "hdbscan", "ward", "average", "complete", "graph"])
def test_methods_say_how_far_they_are_and_stop_when_asked(monkeypatch, method):
    monkeypatch.setattr(methods, "WITH_ALL_DISTANCES", 10)
    monkeypatch.setattr(density, "ROWS", 100)
    monkeypatch.setattr(close_pairs, "ROWS", 100)
    vectors, _ = people(1)
    linked = method in ("ward", "average", "complete")
    params = ClusterParams(method="hierarchical" if linked else method, n_clusters=60, pca=1, min_samples=2)
    if linked:
        params = params.model_copy(update={"linkage": method})
    told = []
    cluster_vectors(vectors, params, "euclidean", check=lambda done, of: told.append(done / of))
    assert len(told) >= 5 and told == sorted(told) and 0.5 < told[-1] <= 1

    def stop(_done, _of):
        stop.calls += 1
        if stop.calls == 4:
            raise Stopped

    stop.calls = 0
    with pytest.raises(Stopped):
        cluster_vectors(vectors, params, "euclidean", check=stop)
    assert stop.calls == 4


def test_a_clustering_says_how_many_faces_are_done(filled):
    context = QuietContext(filled)
    seen = []
    context.progress = lambda done, total, unit="": seen.append((done, total, unit))
    cluster(ClusterParams(method="hierarchical", n_clusters=3), context)
    assert {(total, unit) for _, total, unit in seen} == {(seen[-1][0], "faces")}
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)


@pytest.mark.parametrize(
    ("owner", "call", "params"),
    [
        ("sklearn.cluster.KMeans", "fit_predict", {"method": "kmeans", "n_clusters": 9, "pca": 1}),
        ("sklearn.decomposition.PCA", "fit_transform", {"method": "kmeans", "n_clusters": 9, "pca": 0.9}),
        ("sklearn.cluster.HDBSCAN", "fit_predict", {"method": "hdbscan"}),
        ("scipy.cluster.hierarchy", "linkage", {"method": "hierarchical", "n_clusters": 9, "pca": 1}),
    ],
)
def test_what_a_library_does_in_one_call_is_stopped_at_once(monkeypatch, owner, call, params):
    gate, begun = threading.Event(), threading.Event()

    def endless(*_given, **_more):
        begun.set()
        gate.wait(20)

    def stop(_done, _of):
        if begun.is_set():
            raise Stopped

    monkeypatch.setattr(f"{owner}.{call}", endless)
    begin = time.perf_counter()
    with pytest.raises(Stopped):
        cluster_vectors(people(1)[0], ClusterParams(**params), "euclidean", check=stop)
    assert time.perf_counter() - begin < 5
    gate.set()


def test_k_means_gives_the_labels_of_scikit_learn_when_it_can_be_stopped():
    vectors = people(1)[0]
    found = cluster_vectors(
        vectors, ClusterParams(method="kmeans", n_clusters=40, pca=1, seed=3), "euclidean", check=lambda *_: None
    )
    assert (found.labels == KMeans(40, random_state=3, n_init="auto").fit_predict(vectors)).all()


def test_k_means_does_not_claim_to_know_how_far_it_is(filled):
    context = QuietContext(filled)
    seen = []
    context.progress = lambda done, total, unit="": seen.append((done, total, unit))
    cluster(ClusterParams(method="kmeans", n_clusters=4), context)
    assert (0, 0, "k-means, its one run: 40 faces into 4 clusters") in seen
    assert [one for one in seen if one[1] and one[0] not in (0, 40)] == []  # no share that nobody knows
    assert seen[-1] == (40, 40, "faces")


def test_what_goes_wrong_in_a_stoppable_call_is_raised_where_it_was_asked_for():
    with pytest.raises(ZeroDivisionError):
        stoppable(lambda *_: None, lambda: 1 // 0)
