"""Pairs of an image with itself, repeated ones and contradicting ones are told, and kept."""

import pytest

from fairdesk.cli import run
from fairdesk.metrics.pair_lists.reading import read_list

HEAD = "path1,path2,label\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a.jpg,b.jpg,1\na.jpg,c.jpg,0\nb.jpg,c.jpg,0\n", []),
        ("a.jpg,a.jpg,1\na.jpg,c.jpg,0\n", ["1 pair compares an image with itself (line 2)."]),
        (
            "a.jpg,c.jpg,0\nc.jpg,a.jpg,0\na.jpg,c.jpg,0\n",
            ["2 pairs are in the list a second time, the first in line 3."],
        ),
        ("a.jpg,b.jpg,1\nb.jpg,a.jpg,0\n", ["1 pair is in the list as genuine and as impostor (line 3)."]),
    ],
)
def test_they_are_told(tmp_path, rows, said):
    (tmp_path / "l.csv").write_text(HEAD + rows)
    found = read_list(tmp_path / "l.csv")
    assert found.notes == said and len(found.pairs) == rows.count("\n")


def test_the_same_file_name_in_two_groups_is_two_images(tmp_path):
    (tmp_path / "l.csv").write_text("path1,path2,label,group1,group2\na.jpg,a.jpg,0,A,B\na.jpg,a.jpg,0,A,C\n")
    assert not read_list(tmp_path / "l.csv").notes


def test_a_conversion_says_it(tmp_path, capsys):
    (tmp_path / "l.csv").write_text(HEAD + "a.jpg,a.jpg,1\na.jpg,c.jpg,0\n")
    assert run(["pairs", "--from", str(tmp_path / "l.csv"), "--format", "pairs", "--out", str(tmp_path / "o.txt")]) == 0
    told = capsys.readouterr()
    assert "compares an image with itself" in told.out + told.err
    assert (tmp_path / "o.txt").read_text().count("\n") == 2
