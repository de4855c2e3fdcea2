"""Each original that a job met counts once: missing, changed, or there and not readable."""

from pathlib import Path

from fairdesk.faces.originals_told import CHANGED, DAMAGED, MISSING, cautions_of, unread_lines
from fairdesk.images.reading_reasons import another_file, file_is_missing
from fairdesk.jobs.results import Unreadable


def test_of_six_files_each_is_told_once_under_its_own_words():
    home = str(Path("/in").absolute())
    files = [
        Unreadable(path=f"{home}/a.png", why=file_is_missing()),
        Unreadable(path="sub/a.png", why=file_is_missing()),
        Unreadable(path="sub/a.png", why=file_is_missing()),  # its second face
        Unreadable(path=f"{home}/torn.png", why="the file is cut short"),
        Unreadable(path="sub/other.png", why=another_file()),  # as a face that failed is told
        Unreadable(path=f"{home}/unknown.png", why=another_file()),
    ]
    changed = [f"{home}/torn.png", f"{home}/sub/other.png", f"{home}/read.png"]
    said = cautions_of(files, changed, [None, "more"])
    assert [one.about for one in said] == [MISSING, CHANGED, DAMAGED, ""]
    assert [one.text.split(" ")[0] for one in said] == ["2", "2", "2", "more"]
    assert "torn.png: the file is cut short" in said[2].text
    lines = "\n".join(unread_lines(files, changed))
    assert [lines.count(name) for name in ("in/a.png", "sub/a.png", "torn.png", "other.png", "read.png")] == [1] * 5
    assert cautions_of([], []) == [] and unread_lines([], []) == []
