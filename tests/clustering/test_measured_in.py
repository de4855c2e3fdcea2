"""What a distance is measured in stands wherever it is shown."""

import json

import pytest

from fairdesk.cli import run
from fairdesk.clustering.measured_in import axis_title, between_clusters, between_faces, measured_in
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import versions
from fairdesk.jobs.context import QuietContext


def test_words():
    assert between_faces("euclidean") == "Euclidean distance of two embeddings"
    assert between_faces("cosine").endswith("scaled to length 1")
    ward = between_clusters("ward", "euclidean", 0.95)
    assert ward == (
        "Ward's distance of two clusters (Euclidean distance of two embeddings), after a PCA that keeps 0.95 of the variance"
    )
    assert "PCA" not in between_clusters("average", "cosine", 1)
    assert axis_title("complete", 0.9) == "distance of merged clusters (complete linkage, after PCA 0.9)"
    assert axis_title("ward", 1) == "distance of merged clusters (Ward's)"


@pytest.mark.parametrize(
    ("params", "inside"),
    [
        ({"method": "dbscan", "eps": 0.5}, "two embeddings"),
        ({"method": "graph"}, "two embeddings"),
        ({"method": "hierarchical", "linkage": "average", "distance": 0.8}, "after a PCA that keeps 0.95"),
        ({"method": "hierarchical", "linkage": "average", "distance": 0.8, "pca": 1.0}, "Average distance"),
        ({"method": "hierarchical", "n_clusters": 3}, None),
        ({"method": "kmeans", "n_clusters": 3}, None),
        ({"method": "hdbscan"}, None),
    ],
)
def test_which_parameters_have_one(filled, params, inside):
    said = measured_in(params, "euclidean")
    assert (said is None) == (inside is None) and (inside is None or inside in said)
    done = cluster(ClusterParams(**params), QuietContext(filled))
    assert done.measured_in == said and (done.distance is None) == (said is None)
    assert (said is None) or f"Distance {done.distance:.4g}: {said}." in done.text()


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"distance": 1.2}, "1: ward, 1.2, pca 0.95"),
        ({"distance": 1.2, "pca": 1.0}, "1: ward, 1.2, pca 1"),
        ({"n_clusters": 8}, "1: ward, 8 clusters"),
    ],
)
def test_the_name_of_a_version_says_that_it_is_after_pca(filled, more, name):
    cluster(ClusterParams(method="hierarchical", **more), QuietContext(filled))
    assert versions(filled)[0].name == name


def test_the_verbs_say_it(filled, capsys):
    assert run(["eps", str(filled.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measured_in"] == between_faces("euclidean")
    assert run(["eps", str(filled.folder)]) == 0
    assert "Epsilon: Euclidean distance of two embeddings." in capsys.readouterr().out
    words = ["--method", "hierarchical", "--linkage", "complete", "--distance", "0.9", "--metric", "cosine"]
    assert run(["cluster", str(filled.folder), *words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["distance"] == 0.9 and said["measured_in"] == between_clusters("complete", "cosine", 0.95)
