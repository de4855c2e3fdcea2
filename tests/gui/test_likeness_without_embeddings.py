"""Y in a project without embeddings says what it takes, and offers it."""

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.jobs.context import QuietContext
from tests.conftest import plain_images


def test_find_similar_faces_says_that_there_are_no_embeddings(window, hand, project, tmp_path):
    plain_images(tmp_path / "in", 1, 2, 2)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    project.close()
    hand.open(project.folder)
    told, asked = [], []
    window.session.told.connect(told.append)
    window.session.job_asked.connect(lambda kind, _preset: asked.append(kind))
    window.dataset.grid.select_ids([2])
    window.dataset.grid.setCurrentIndex(window.dataset.grid.grid_model.index(1))
    hand.do("dataset.like")
    (notice,) = told
    assert notice.text == "Faces are compared by their embeddings, and the faces that are shown have none."
    notice.run()
    assert asked == ["encode"]


def test_with_embeddings_nothing_is_said(window, hand, filled):
    filled.close()
    hand.open(filled.folder)
    told = []
    window.session.told.connect(told.append)
    window.dataset.grid.setCurrentIndex(window.dataset.grid.grid_model.index(1))
    hand.do("dataset.like")
    hand.settle()
    assert told == [] and "Similar to" in window.dataset.like_button.text()
