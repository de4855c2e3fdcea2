"""Detector of the faces shown, which vectors are used: chosen in the window, and said there."""

import csv

import numpy as np
import pytest

from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.vectors_dialog import VectorsDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.params import ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs as score
from fairdesk.project.images import labelled_images
from fairdesk.project.recipes import Recipe
from tests.conftest import add_faces


@pytest.fixture
def both(window, hand, project, drawn, tmp_path):
    """A project with faces and vectors of hog (the newest) and whole, clusterings and scores of each."""
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    add_faces(project, detector="hog", box=(40, 160, 160, 40), seed=1)
    add_faces(project, detector="whole", box=(0, 200, 200, 0), spread=9.0, seed=2)
    project.vectors.make_newest(project.vectors.find("made-up", "hog"))
    images = labelled_images(project)
    with (tmp_path / "pairs.csv").open("w", newline="") as file:
        rows = [(a.path, b.path, int(a.identity == b.identity)) for n, a in enumerate(images) for b in images[n + 1 :]]
        csv.writer(file).writerows([("path1", "path2", "label"), *rows])
    for detector in ("whole", "hog"):
        ask = {"encoder": "made-up", "detector": detector}
        cluster(ClusterParams(method="kmeans", n_clusters=6, **ask), QuietContext(project))
        score(ScoreParams(pairs=tmp_path / "pairs.csv", **ask), QuietContext(project))
    project.close()
    hand.open(project.folder)
    return window


def _texts(table, column):
    return [table.item(row, column).text() for row in range(table.rowCount())]


def _boxes(tab):
    model = tab.grid.grid_model
    return {model.item(row).box for row in range(len(model.ids))}


def test_choose_whose_faces_are_shown(both, hand, qtbot):
    tab = both.dataset
    assert [tab.faces.itemText(n) for n in range(tab.faces.count())] == ["Faces of hog (24)", "Faces of whole (24)"]
    assert tab.faces.currentData() == "hog" and "24 faces (hog)" in tab.counts.text()
    assert "24 made-up embeddings (hog)" in tab.counts.text() and "24 made-up embeddings (whole)" in tab.counts.text()
    tab.faces.setCurrentIndex(1)
    tab.faces.activated.emit(1)
    qtbot.waitUntil(lambda: "24 faces (whole)" in tab.counts.text(), timeout=5000)
    hand.settle()
    assert both.session.project.shown_detector() == "whole"
    qtbot.waitUntil(lambda: _boxes(tab) == {(0, 200, 200, 0)}, timeout=5000)
    assert both.session.project.vectors.find("made-up").detector == "hog"  # no result changes


def test_the_dialog_lists_and_chooses(both, hand, qtbot):
    hand.do("dataset.faces")
    dialog = hand.dialog(VectorsDialog)
    hand.settle()
    assert _texts(dialog.faces, 0) == ["hog", "whole"] and _texts(dialog.faces, 3) == ["shown", ""]
    assert _texts(dialog.vectors, 1) == ["hog", "whole"] and _texts(dialog.vectors, 6) == ["used", ""]
    assert _texts(dialog.vectors, 2) == ["8", "8"] and _texts(dialog.vectors, 4) == ["yes", "yes"]
    assert not dialog.use_button.isEnabled() and not dialog.show_button.isEnabled()
    dialog.vectors.selectRow(1)
    assert dialog.use_button.isEnabled()
    dialog.use_button.click()
    qtbot.waitUntil(lambda: _texts(dialog.vectors, 1) == ["whole", "hog"], timeout=5000)
    assert both.session.project.vectors.find("made-up").detector == "whole"
    dialog.faces.selectRow(1)
    dialog.show_button.click()
    qtbot.waitUntil(lambda: _texts(dialog.faces, 3) == ["", "shown"], timeout=5000)
    dialog.accept()


def test_the_dialog_tells_what_other_versions_made(window, hand, filled, qtbot, monkeypatch):
    """And offers to encode it anew, with what that takes."""
    recipe = Recipe("dlib", "whole", "dlib 5 points, 150 px", 128, "euclidean", "w", {"dlib": "19.24.0"})
    faces = [face for (face,) in filled.db.rows("SELECT id FROM face WHERE detector = 'whole'")]
    filled.vectors.append(filled.vectors.register(recipe), faces, np.ones((len(faces), 128), dtype=np.float32), {})
    filled.set_setting("faces a second dlib", "0.25")
    filled.close()
    hand.open(filled.folder)
    hand.do("dataset.faces")
    dialog = hand.dialog(VectorsDialog)
    hand.settle()
    assert sorted(_texts(dialog.vectors, 0)) == ["dlib", "made-up"]
    row = _texts(dialog.vectors, 0).index("dlib")
    assert _texts(dialog.vectors, 7)[1 - row] == "current" and _texts(dialog.vectors, 7)[row].startswith(
        "dlib 19.24.0 (now 2"
    )
    dialog.vectors.selectRow(1 - row)
    assert not dialog.again_button.isEnabled()
    dialog.vectors.selectRow(row)
    assert dialog.again_button.isEnabled() and "in about 2 min 40 s at the last rate" in dialog.note.text()
    dialog.again_button.click()
    form = hand.dialog(JobDialog)
    assert form.form.editors["encoder"].chosen() == "dlib" and form.form.editors["detector"].chosen() == "whole"
    form.reject()


@pytest.mark.parametrize("kind", ["cluster", "score", "duplicates", "divide", "vectors", "encode", "quality", "review"])
def test_forms_offer_what_exists(both, hand, kind):
    both.session.ask(kind)
    form = hand.dialog(JobDialog)
    box = form.form.editors["detector"]
    offered = [box.itemText(n) for n in range(box.count())]
    assert offered[:2] == ["hog", "whole"] and ("cnn" in offered) == (kind == "encode")
    assert box.chosen() is None and box.lineEdit().placeholderText()  # what no choice means
    if kind in ("cluster", "score", "duplicates", "divide", "vectors"):
        encoder = form.form.editors["encoder"]
        assert "made-up" in [encoder.itemText(n) for n in range(encoder.count())]
    form.reject()


def test_versions_and_scores_name_their_vectors(both, hand, qtbot):
    hand.go("clustering")
    texts = [both.clustering.version.itemText(n) for n in range(both.clustering.version.count())]
    assert [text.split(" · ")[1] for text in texts] == ["made-up, hog, 24 faces", "made-up, whole, 24 faces"]
    assert texts[0].startswith("2: kmeans, ")
    assert "made-up, hog, 24 faces" in both.clustering.quality.text()
    both.clustering.version.setCurrentIndex(1)
    both.clustering.version.activated.emit(1)
    hand.settle()
    both.clustering._again()  # of the vectors of that version, not of the newest
    job = hand.finish_job("cluster")
    assert job.result["detector"] == "whole"
    hand.go("metrics")
    qtbot.waitUntil(lambda: "Embeddings: made-up" in both.metrics.headline.text(), timeout=5000)
    leaves = [both.metrics.sources.topLevelItem(1).child(n).text(0) for n in range(2)]
    assert "(made-up · hog · 24 faces)" in leaves[0] and "(made-up · whole · 24 faces)" in leaves[1]
