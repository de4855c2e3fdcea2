"""Links where a disk or a system makes none."""

import errno
from pathlib import Path

import pytest

from fairdesk.errors import JobFailed
from fairdesk.images.written_files import place


def test_where_no_links_can_be_made_copies_are_named(tmp_path, monkeypatch):
    source = tmp_path / "a.png"
    source.write_bytes(b"x")
    place(source, tmp_path / "out" / "a.png", "link")
    assert (tmp_path / "out" / "a.png").resolve() == source

    def refuse(number):
        def symlink_to(_self, _target):
            raise OSError(number, "refused")

        monkeypatch.setattr(Path, "symlink_to", symlink_to)

    refuse(errno.EPERM)
    with pytest.raises(JobFailed, match="Use copies"):
        place(source, tmp_path / "out" / "b.png", "link")
    refuse(errno.ENOSPC)  # says something else
    with pytest.raises(OSError, match="refused") as raised:
        place(source, tmp_path / "out" / "c.png", "link")
    assert not isinstance(raised.value, JobFailed)
