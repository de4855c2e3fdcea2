"""Folders of originals that lie in one another: a file has several images, and each is compared."""

from contextlib import closing

from fairdesk.dataset.collection import read_either
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.leaks import check_leaks, look
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.prepare_params import LeaksParams
from fairdesk.images.file_facts import facts_at
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from tests.conftest import plain_images


def test_each_image_of_a_file_is_looked_at(project, tmp_path):
    plain_images(tmp_path / "in", 2, 3, 2)
    for folder in (tmp_path / "in", tmp_path / "in" / "g0"):
        import_images(ImportParams(folder=folder), QuietContext(project))
    (tmp_path / "in" / "g1" / "id10" / "000.png").write_bytes(b"no picture")
    items = read_either(project.folder).items
    assert len(items) == 18 and len({item.path for item in items}) == 12
    context = QuietContext(project)
    with facts_at(project.folder) as store:
        seen, unreadable = look(items, store, context)
    assert [one.item for one in seen] == [
        item for item in items if item.path.parent.name != "id10" or item.path.name != "000.png"
    ]
    assert len(unreadable) == 1 and context.total == 18
    other = tmp_path / "other.fairdesk"
    with closing(Project.create(other)) as second:
        import_images(ImportParams(folder=tmp_path / "in" / "g0"), QuietContext(second))
    shared = check_leaks(LeaksParams(a=project.folder, b=other), QuietContext())
    assert len(shared.files) == 12  # each of six files is two images here
