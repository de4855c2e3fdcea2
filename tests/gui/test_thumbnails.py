"""The pictures that the window keeps: bounded in bytes, and never those of another project."""

import pytest

from fairdesk.gui.widgets.face_grid import thumbs
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.project import Project
from fairdesk.project.image_queries import items


@pytest.fixture
def thumbnails(qapp):
    kept = Thumbnails()
    yield kept
    kept.close()


def some_images(project):
    return list(items(project, "image", [number for (number,) in project.db.rows("SELECT id FROM image")]).values())


def test_pictures_that_are_decoded_twice_count_once(filled, thumbnails, monkeypatch):
    """Else every picture that two widgets wait for takes room for good, until only one is kept at a time."""
    images = some_images(filled)
    thumbnails.set_project(filled)
    shown = [thumbs.load_thumbnail(filled, "image", one) for one in images]
    monkeypatch.setattr(thumbs, "BUDGET", sum(one.sizeInBytes() for one in shown) * 2)
    for _ in range(5):
        for one, picture in zip(images, shown, strict=True):
            thumbnails._keep(filled, "image", one.id, picture)
    assert all(thumbnails.get("image", one) is not None for one in images)
    monkeypatch.setattr(thumbs, "BUDGET", sum(one.sizeInBytes() for one in shown[:3]))
    thumbnails._keep(filled, "image", images[0].id, shown[0])
    assert len(thumbnails._cache) == 3


def test_a_picture_that_arrives_after_another_project_was_opened_is_not_shown(filled, thumbnails, project_at):
    """Both have an image of that number: it would stand for somebody else."""
    images = some_images(filled)
    thumbnails.set_project(filled)
    late = thumbs.load_thumbnail(filled, "image", images[0])
    other = Project.open(project_at("other"))
    thumbnails.set_project(other)
    thumbnails._decoded.emit(filled, "image", images[0].id, late)
    assert ("image", images[0].id) not in thumbnails._cache
    thumbnails._decoded.emit(other, "image", images[0].id, late)
    assert ("image", images[0].id) in thumbnails._cache
    other.close()
