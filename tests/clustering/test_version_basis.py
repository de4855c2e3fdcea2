"""What reads embeddings beside a version reads that version's own, or says that it cannot."""

import json

import numpy as np
import pytest

from fairdesk.cli import run as main
from fairdesk.clustering.files.cluster_files import load_clusters, save_clusters
from fairdesk.clustering.maps.face_map import coloured, map_points, read_layout
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams, LoadClustersParams
from fairdesk.clustering.quality_now import quality_now
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.store import clusters, faces_of, members, versions
from fairdesk.clustering.verdicts import edits
from fairdesk.clustering.version_basis import detector_of_version, recipe_of_version
from fairdesk.errors import RequestError
from fairdesk.gui.tabs.clustering.presenter import look
from fairdesk.gui.tabs.clustering.shown_faces import Centres, shown_faces
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import set_identity
from tests.conftest import add_faces

HOG = "hog+all/1000"


@pytest.fixture
def two(filled, tmp_path):
    """Version 1 by the faces of `whole`, version 2 from a file of the same; then newer embeddings of another detector's faces."""
    done = cluster_faces(ClusterParams(method="kmeans", n_clusters=8), QuietContext(filled))
    rows = filled.db.rows(
        "SELECT m.cluster_id, r.path || '/' || i.path FROM cluster_member m JOIN face f ON f.id = m.face_id"
        " JOIN image i ON i.id = f.image_id JOIN root r ON r.id = i.root_id WHERE m.clustering_id = ?",
        (done.version,),
    )
    named: dict[str, list[str]] = {}
    for cluster, path in rows:
        named.setdefault(str(cluster), []).append(path)
    save_clusters(tmp_path / "c.json", named)
    load_clusters(LoadClustersParams(file=tmp_path / "c.json"), QuietContext(filled))
    add_faces(filled, seed=7, detector=HOG, box=(1, 9, 9, 0))
    return filled


@pytest.mark.parametrize("version", [1, 2])
def test_questions_the_map_and_near_clusters_are_by_the_versions_own_faces(two, version, capsys):
    assert two.vectors.choose().recipe.detector == HOG
    own = recipe_of_version(two, version)
    assert own.detector == "whole"
    session = ReviewSession(two, version)
    assert session.recipe.hash == own.hash and len(session.faces) == 40
    assert main(["suggestions", str(two.folder), "--version", str(version), "--json", "--limit", "3"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said and {one["recipe"] for one in said} == {own.hash}
    assert main(["suggestions", str(two.folder), "--version", str(version)]) == 0
    assert f"By the made-up embeddings of the faces that whole found ({own.hash})" in capsys.readouterr().out
    assert main(["map", str(two.folder), "--method", "pca", "--version", str(version)]) == 0
    assert f"faces that whole found ({own.hash})" in capsys.readouterr().out
    shown = next(one for one in versions(two) if one.id == version)
    assert Centres.read(two, shown, *members(two, version)).recipe == own.hash


def test_a_file_from_before_the_detector_was_written_down_is_known_by_its_faces(two):
    with two.db.transaction() as connection:
        connection.execute("UPDATE clustering SET params = '{}' WHERE id = 2")
    assert detector_of_version(two, 2) == "whole"
    assert ReviewSession(two, 2).recipe.detector == "whole"


def test_a_version_without_its_embeddings_is_drawn_by_no_others(two, monkeypatch):
    monkeypatch.setattr(two.vectors, "by_id", lambda number: None)
    for work in (lambda: recipe_of_version(two, 1), lambda: ReviewSession(two, 1)):
        with pytest.raises(RequestError, match="no longer there"):
            work()
    assert Centres.read(two, versions(two)[-1], *members(two, 1)) is None


def test_verdicts_on_one_detectors_faces_are_shown_and_counted_on_anothers(two):
    """Who was confirmed on the faces of one detector is known in a clustering of another's."""
    set_identity(two, members(two, 1)[0].tolist(), None)
    first = [one for one in clusters(two, 1) if one.label >= 0][:2]
    for one in first:
        edits.confirm(two, 1, faces_of(two, one.id), one)
    done = cluster_faces(ClusterParams(method="kmeans", n_clusters=8, detector=HOG), QuietContext(two))
    assert done.detector == HOG and done.bcubed_f1 is not None
    new = versions(two)[0]
    assert quality_now(two, new).bcubed_f1 == pytest.approx(done.bcubed_f1)
    view = look(two, new.id)
    assert view.quality is not None and view.quality.bcubed_f1 == pytest.approx(done.bcubed_f1)
    shown = shown_faces(two, new.id, view.clusters, None, {})
    count = sum(one.faces for one in first)
    assert len(shown.marks) == count
    recipe = recipe_of_version(two, new.id)
    points = map_points(two, recipe, new.id, read_layout(two, recipe, "pca"))
    assert np.count_nonzero(coloured(two, recipe, points, "verdict").of == 0) == count


def test_a_version_that_was_undone_meanwhile_is_told_in_words_not_as_a_fault_of_the_program(filled):
    done = cluster_faces(ClusterParams(method="kmeans", n_clusters=8), QuietContext(filled))
    kept = cluster_faces(ClusterParams(method="kmeans", n_clusters=4), QuietContext(filled)).version
    version = next(one for one in versions(filled) if one.id == kept)
    view = look(filled, kept)
    filled.journal.undo()
    assert Centres.read(filled, version, view.faces, view.homes) is None
    assert not len(shown_faces(filled, kept, view.clusters[:1], None, {}).ids)
    for read in (detector_of_version, recipe_of_version):
        with pytest.raises(RequestError, match=f"There is no clustering {kept}"):
            read(filled, kept)
    assert recipe_of_version(filled, done.version)
