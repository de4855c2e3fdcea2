"""Embeddings that are lost with a damaged file: told on opening, in the header and in the forms, until they are computed again."""

import numpy as np
import pytest

from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.vector_counts import faces_to_cluster
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.face_counts import faces_to_encode
from fairdesk.faces.params import EncodeParams
from fairdesk.gui.dialogs.vectors_dialog import VectorsDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import hide_images
from tests.conftest import plain_images

ENCODE = EncodeParams(detector="whole")


def _zeroed(path):
    vectors = np.fromfile(path, dtype="<f4")
    vectors[128 * 2 : 128 * 5] = 0
    vectors.tofile(path)


@pytest.fixture
def file(project, tmp_path):
    """Return the file of a project's 12 embeddings."""
    plain_images(tmp_path / "in", 2, 2, 3, side=24)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    encode_faces(ENCODE, QuietContext(project))
    return project.vectors.folder / project.vectors.choose().recipe.hash / "000001.f32"


@pytest.mark.parametrize(
    ("damage", "lost"),
    [(_zeroed, 3), (lambda path: path.unlink(), 12), (lambda path: path.write_bytes(path.read_bytes()[:2048]), 8)],
)
def test_forms_say_how_many_are_lost(project, file, damage, lost):
    assert faces_to_encode(project, ENCODE) == "12 faces of whole have their embeddings."
    assert "lost" not in faces_to_cluster(project, ClusterParams())
    damage(file)
    said = faces_to_encode(project, ENCODE)
    assert f"{12 - lost} faces of whole have" in said
    assert f"{lost} embeddings are lost with a damaged file, and are computed again." in said
    assert f"{lost} of these embeddings are lost" in faces_to_cluster(project, ClusterParams())
    encode_faces(ENCODE, QuietContext(project))
    assert faces_to_encode(project, ENCODE) == "12 faces of whole have their embeddings."
    assert "lost" not in faces_to_cluster(project, ClusterParams())


def test_the_window_tells_and_computes_them_again(window, hand, qtbot, project, file):
    def standing():
        return [toast.notice for toast in window.toasts._errors]

    _zeroed(file)
    hand.open(project.folder)
    qtbot.waitUntil(lambda: bool(standing()), timeout=8000)
    (notice,) = standing()
    assert "3 of 12 dlib embeddings of whole are lost: their files are missing or damaged." in notice.text
    parts = window.dataset.counts.text().split("  ·  ")
    assert "3 embeddings lost" in parts and "9 dlib embeddings (whole)" in parts  # what is there
    dialog = VectorsDialog(window.session, window)
    qtbot.waitUntil(lambda: dialog.vectors.rowCount() == 1, timeout=8000)
    assert [dialog.vectors.item(0, column).text() for column in (3, 4)] == ["9", "9 of 12 (3 lost)"]
    dialog.reject()
    window.session.edit(lambda project: hide_images(project, [3]))  # one whose embedding is lost
    qtbot.waitUntil(lambda: "2 embeddings lost" in window.dataset.counts.text(), timeout=8000)
    assert "9 dlib embeddings (whole)" in window.dataset.counts.text()
    window.session.undo()
    qtbot.waitUntil(lambda: "3 embeddings lost" in window.dataset.counts.text(), timeout=8000)
    asked = []
    window.session.job_asked.connect(lambda kind, values: asked.append((kind, values)))
    notice.run()
    ((kind, values),) = asked
    assert (kind, values) == ("encode", {"encoder": "dlib", "detector": "whole"})
    hand.dialog().reject()
    window.session.run(kind, values)
    hand.finish_job("encode")
    qtbot.waitUntil(lambda: not standing() and "lost" not in window.dataset.counts.text(), timeout=8000)


def test_the_window_tells_embeddings_without_a_checksum_and_gives_them_one(window, hand, qtbot, project, file):
    sums = file.with_suffix(".sums")
    sums.write_bytes(sums.read_bytes()[:72])
    project.set_setting("faces a second dlib", "0.1")
    hand.open(project.folder)
    qtbot.waitUntil(lambda: len(window.toasts._errors) == 1, timeout=8000)
    notice = window.toasts._errors[0].notice
    assert notice.text.startswith("dlib, whole: 3 embeddings have no checksum, or a damaged one. They are used;")
    assert "Encode these again, in about 30 s at the last rate, or take their numbers as they are." in notice.text
    asked = []
    window.session.job_asked.connect(lambda kind, values: asked.append((kind, values)))
    notice.run()
    assert asked == [("encode", {"encoder": "dlib", "detector": "whole", "unchecked": "again"})]
    window.session.run(*asked[0])
    assert hand.finish_job("encode").result["encoded_now"] == 3
    qtbot.waitUntil(lambda: not window.toasts._errors, timeout=8000)
    assert project.vectors.unchecked(project.vectors.choose().recipe) == 0
