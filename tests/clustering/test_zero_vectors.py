"""Embeddings of zeros alone: by cosine they have no direction, so no method puts them anywhere, and that is counted."""

import numpy as np
import pytest

from fairdesk.clustering.choosing.job import list_radii
from fairdesk.clustering.maps.face_map import map_points, read_layout
from fairdesk.clustering.maps.job import draw_map
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams, EpsParams, MapParams
from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.store import UNCLUSTERED, clusters, faces_of
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project.image_queries import Filter, image_ids, more_like
from fairdesk.project.recipes import Recipe
from tests.clustering.test_review import people

METHODS = [
    {"method": "dbscan", "eps": 0.6},
    {"method": "graph"},
    {"method": "hdbscan"},
    {"method": "kmeans", "n_clusters": 5},
    {"method": "kmeans", "n_clusters": 5, "pca": 1},
    {"method": "hierarchical", "n_clusters": 5},
    {"method": "hierarchical", "n_clusters": 5, "linkage": "average", "pca": 1},
]
ZEROS = 3


def some(count=40):
    vectors = people(1)[0][:count].astype(np.float32)
    vectors[[2, 7, 11]] = 0
    return vectors


@pytest.mark.parametrize("params", METHODS, ids=str)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_file_of_embeddings(tmp_path, params, metric):
    np.savez(tmp_path / "v.npz", vectors=some(), paths=np.array([f"{n}.jpg" for n in range(40)]))
    out = tmp_path / "c.json"
    context = QuietContext(None)
    done = cluster_faces(ClusterParams(vectors=tmp_path / "v.npz", metric=metric, out=out, **params), context)
    assert done.faces == 40
    if metric == "euclidean":
        assert done.zero_vectors is None and not any("zeros" in text for text in context.messages)
        return
    assert done.zero_vectors == ZEROS <= done.noise and "3 faces unclustered because" in done.text()
    assert any("3 faces are left unclustered" in text for text in context.messages)
    from fairdesk.clustering.files.cluster_files import read_clusters

    assert {"2.jpg", "7.jpg", "11.jpg"} <= set(read_clusters(out)["-1"])


def test_radii_of_a_file(tmp_path):
    np.savez(tmp_path / "v.npz", vectors=some())
    context = QuietContext(None)
    found = list_radii(EpsParams(vectors=tmp_path / "v.npz", metric="cosine"), context)
    assert (found.faces, found.zero_vectors) == (40, ZEROS)
    assert any("all zeros" in text for text in context.messages)
    assert list_radii(EpsParams(vectors=tmp_path / "v.npz"), QuietContext(None)).faces == 40


@pytest.fixture
def with_zeros(filled):
    recipe = filled.vectors.register(Recipe("angled", "whole", "none", 128, "cosine", "none"))
    faces = filled.vectors.missing(recipe)
    filled.vectors.append(
        recipe,
        faces,
        some(len(faces))[:, :128] if some().shape[1] >= 128 else np.tile(some(len(faces)), 128)[:, :128],
        {},
    )
    filled.vectors.make_newest(recipe)
    return filled, recipe, [faces[2], faces[7], faces[11]]


def test_a_project(with_zeros):
    project, recipe, zeros = with_zeros
    done = cluster_faces(ClusterParams(method="kmeans", n_clusters=4, encoder="angled"), QuietContext(project))
    loose = next(one for one in clusters(project, done.version) if one.label == UNCLUSTERED)
    assert done.zero_vectors == ZEROS and done.faces == 40 and set(zeros) == set(faces_of(project, loose.id))
    context = QuietContext(project)
    for method in ("pca", "tsne"):
        assert draw_map(MapParams(method=method, encoder="angled"), context).faces == 37
    assert any("3 faces are not on the map" in text for text in context.messages)
    points = map_points(project, recipe, done.version, read_layout(project, recipe, "pca"))
    assert len(points.faces) == 37 and points.later == 0
    review = ReviewSession(project, done.version)
    assert not set(zeros) & set(review.faces.tolist())
    version = review.start()
    loose = next(one for one in clusters(project, version) if one.label == UNCLUSTERED)
    assert set(zeros) <= set(faces_of(project, loose.id))
    asked = review.queue(1)[0]
    if asked.question is not None:
        review.answer(asked, Reply.YES)
        assert set(zeros) <= set(
            faces_of(project, next(o.id for o in clusters(project, version) if o.label == UNCLUSTERED))
        )


def test_radii_count_them_as_clustering_does(with_zeros):
    project, *_ = with_zeros
    context = QuietContext(project)
    result = list_radii(EpsParams(encoder="angled"), context)
    assert (result.faces, result.zero_vectors) == (40, ZEROS) and any("all zeros" in one for one in context.messages)
    for row in result.rows[::5]:
        done = cluster_faces(ClusterParams(eps=row.eps, encoder="angled"), QuietContext(project))
        assert (row.clusters, row.unclustered) == (done.clusters, done.noise)
        assert row.figures is None or row.figures.bcubed_f1 == done.bcubed_f1


def test_more_like_this(with_zeros):
    project, recipe, zeros = with_zeros
    images = image_ids(project, Filter())
    from fairdesk.project.faces import images_of_faces

    of_zeros = set(images_of_faces(project, zeros).values())
    other = next(image for image in images.tolist() if image not in of_zeros)
    assert not of_zeros & set(more_like(project, other, recipe.hash, images).tolist())
    with pytest.raises(RequestError, match="all zeros"):
        more_like(project, next(iter(of_zeros)), recipe.hash, images)
