"""Names that are written: never two the same on any disk, never one that a disk refuses."""

import pytest

from fairdesk.images.written_files import Names, place, safe_name, write_text


def test_names_are_told_apart_as_the_least_able_disk_does():
    names = Names()
    claimed = [
        names.claim(folder, name)
        for folder, name in (
            ("a", "X.jpg"),
            ("a", "x.jpg"),
            ("A", "x.JPG"),
            ("b", "x.jpg"),
            ("a", "x_2.jpg"),
            ("a", "straße"),
            ("a", "STRASSE"),
        )
    ]
    assert claimed == ["X.jpg", "x_2.jpg", "x_3.JPG", "x.jpg", "x_2_2.jpg", "straße", "STRASSE_2"]
    assert names.collisions == 4


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b", "a_b"),
        ("a\\b", "a_b"),
        ("..", "_"),
        ("", "_"),
        ("x. ", "x"),
        ('a<b>:"|?*', "a_b______"),
        ("Zoë 2", "Zoë 2"),
        ("a\0b", "a_b"),
    ],
)
def test_safe_names(name, safe):
    assert safe_name(name) == safe


def test_a_link_is_absolute_and_a_copy_is_none(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"x")
    (tmp_path / "in" / "b.jpg").symlink_to("a.jpg")
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    place(Path("in/b.jpg"), tmp_path / "out" / "deep" / "l.jpg", "link")
    place(Path("in/b.jpg"), tmp_path / "out" / "c.jpg", "copy")
    assert (tmp_path / "out" / "deep" / "l.jpg").readlink() == (tmp_path / "in" / "a.jpg").resolve()
    assert not (tmp_path / "out" / "c.jpg").is_symlink() and (tmp_path / "out" / "c.jpg").read_bytes() == b"x"


def test_a_text_is_written_whole_or_not_at_all(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "é\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "é\n".encode()
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "new" / "a.txt", "\ud800")
    assert (tmp_path / "new" / "a.txt").read_text(encoding="utf-8") == "é\n"
