"""Where an encoder makes numbers that are none, the model is at fault: no photograph is blamed, nobody is told to purge one."""

import numpy as np
import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import JobFailed
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext
from tests.conftest import plain_images
from tests.faces.test_whose_faces import MeanColours


class Odd(MeanColours):
    """Gives the first so many pictures of a batch numbers that are none."""

    def __init__(self, name, count):
        super().__init__(name)
        self.count = count

    def compute(self, chips):
        rows = super().compute(chips)
        rows[: self.count] = np.nan
        return rows


@pytest.fixture
def filled(project, tmp_path, monkeypatch):
    plain_images(tmp_path / "in", 1, 2, 3, 40)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))

    def here(work, todo, size, context, load, args, *_, **__):
        load(*args)
        yield todo, work(todo)

    def make(count):
        monkeypatch.setattr("fairdesk.faces.embedding.make_encoder", lambda params, *_: Odd(params.encoder, count))

    monkeypatch.setattr("fairdesk.faces.embedding.map_batches", here)
    return project, make


@pytest.mark.parametrize("again", [False, True])
def test_a_model_that_makes_no_embedding_at_all_has_failed(filled, again):
    project, make = filled
    make(6)
    for _ in range(1 + again):
        with pytest.raises(JobFailed, match="dlib made no embedding: of all 6 faces") as told:
            encode_faces(EncodeParams(detector="whole"), QuietContext(project))
        assert "purge" not in str(told.value) and "photographs were read" in str(told.value)


def test_faces_without_numbers_are_the_models_fault_and_the_others_stay(filled, tmp_path):
    project, make = filled
    make(2)
    result = encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert (result.vectors, len(result.failed)) == (4, 2)
    for said in (result.text(), result.caution()):
        assert "2 faces have no embedding: dlib gave numbers that are not finite" in said
        assert "purge" not in said and "could not be read" not in said


def test_a_photograph_that_is_missing_beside_them_is_still_told(filled, tmp_path):
    project, make = filled
    make(2)
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    next(path for path in sorted((tmp_path / "in").rglob("*"), reverse=True) if path.is_file()).unlink()
    result = encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert "1 original is missing" in result.text() and "2 faces have no embedding" in result.text()
