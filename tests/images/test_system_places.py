"""A stranger's project may name folders of the system as its pictures': they are told, and nothing there is read."""

from pathlib import Path

import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.image_sources import read_bytes, read_head
from fairdesk.images.inspection import content_sha256, inspect_file
from fairdesk.images.synthetic_marks import mark_of
from fairdesk.images.system_places import system_place, told_places
from fairdesk.images.written_files import place
from fairdesk.jobs.context import QuietContext
from tests.images.test_archives import jpeg


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", "/proc/self/environ", "/etc/ssl/../passwd"])
def test_nothing_of_the_system_is_read(tmp_path, path):
    link = tmp_path / "1.jpg"
    link.symlink_to(path)
    ways = (
        read_bytes,
        lambda one: read_head(one, 10),
        content_sha256,
        lambda one: place(one, tmp_path / "2.jpg", "copy"),
    )
    for one in (Path(path), link):
        assert system_place(one) is not None
        for way in ways:
            with pytest.raises(OSError, match="a place of the system"):
                way(one)
        for way in (open_image, mark_of):
            with pytest.raises(UnreadableImageError, match="a place of the system"):
                way(one)


def test_keys_of_a_user_are_not_read():
    assert system_place(Path("~/.ssh/id_rsa").expanduser()) is not None


def test_a_folder_that_leads_there_is_seen(tmp_path):
    (tmp_path / "photos").symlink_to("/etc")
    assert system_place(tmp_path / "photos" / "passwd") == "/etc"
    assert "place of the system" in inspect_file(tmp_path / "photos" / "passwd", 64).why
    assert told_places([tmp_path / "photos", tmp_path]) == (
        f"This project says that its images lie in {tmp_path / 'photos'}: a place of the system. Nothing is read there."
    )
    assert told_places([tmp_path, Path("/home/someone/faces"), Path("/dev/shm/x")]) == ""


def test_a_project_that_points_there_says_so_and_reads_nothing(project, tmp_path, capsys):
    from fairdesk.cli.main import run

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.jpg").write_bytes(jpeg(1))
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    with project.db.transaction() as db:
        db.execute("UPDATE root SET path = '/etc', relative = NULL")
        db.execute("UPDATE image SET path = 'passwd'")
    project.close()
    run(["detect", str(project.folder), "--detector", "whole"])
    told = capsys.readouterr()
    assert "lie in /etc: a place of the system. Nothing is read there." in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("path", ["/etc", "/proc/self", "/dev"])
def test_a_place_of_the_system_is_not_walked_for_an_import(path):
    with pytest.raises(ValueError, match="a place of the system"):
        ImportParams(folder=path)
