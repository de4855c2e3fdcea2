"""What could not be read is noted, and is no work: the import of it can be undone. Real work still holds it."""

import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams, QualityParams
from fairdesk.dataset.quality_measurement import measure_quality
from fairdesk.errors import JobFailed, RequestError
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project import journal
from tests.conftest import plain_images


def rows(project, table):
    return project.db.rows(f"SELECT * FROM {table}")


@pytest.fixture
def missing(project, tmp_path):
    """A project whose six originals are gone."""
    plain_images(tmp_path / "in", 1, 2, 3, 40)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    files = sorted(path for path in (tmp_path / "in").rglob("*") if path.is_file())
    held = {path: path.read_bytes() for path in files}
    for path in files:
        path.unlink()
    return project, held


def encode(project):
    return encode_faces(EncodeParams(detector="whole"), QuietContext(project))


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_an_import_of_which_nothing_could_be_read_is_undone_and_done_again(missing, monkeypatch, large, times):
    project, held = missing
    if large:
        monkeypatch.setattr(journal, "LARGE", 0)
    for _ in range(times):
        with pytest.raises(JobFailed):
            encode(project)
    assert len(rows(project, "detection")) == 6
    project.journal.undo()
    assert rows(project, "image") == rows(project, "detection") == []
    project.journal.redo()
    assert len(rows(project, "image")) == 6 and rows(project, "detection") == []
    for path, content in held.items():
        path.write_bytes(content)
    assert encode(project).vectors == 6
    with pytest.raises(RequestError, match="later work changed or uses"):
        project.journal.undo()


def test_one_picture_that_was_read_holds_the_import_and_every_note_stays(missing):
    project, held = missing
    path, content = next(iter(held.items()))
    path.write_bytes(content)
    encode(project)
    before = rows(project, "detection")
    with pytest.raises(RequestError, match="later work changed or uses"):
        project.journal.undo()
    assert rows(project, "detection") == before and len(before) == 6


def test_only_the_notes_of_what_is_undone_are_forgotten(missing, tmp_path):
    project, held = missing
    for path, content in held.items():
        path.write_bytes(content)
    encode(project)
    measure_quality(QualityParams(), QuietContext(project))
    plain_images(tmp_path / "second", 1, 1, 2, 40)
    import_images(ImportParams(folder=tmp_path / "second"), QuietContext(project))
    for path in (one for one in (tmp_path / "second").rglob("*") if one.is_file()):
        path.unlink()
    with pytest.raises(JobFailed):
        encode(project)
    kept = [row for row in rows(project, "detection") if row[3] is None], rows(project, "quality")
    project.journal.undo()
    assert len(rows(project, "image")) == 6 and (rows(project, "detection"), rows(project, "quality")) == kept
