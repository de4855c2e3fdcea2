"""Lines of a legend that are too long: two people of one name never look alike while there is room to tell them apart."""

import itertools
import re

import pytest

from fairdesk.figures.legend_lines import fitted


@pytest.mark.parametrize("width", [16, 20, 24, 30, 40])
@pytest.mark.parametrize(
    "groups",
    [
        ("(African)", "(Asian)"),
        ("(South African women)", "(South African men)"),
        ("(cluster 3, African)", "(cluster 13, African)"),
        ("(cluster 3, African)", "(cluster 3, Asian)"),
    ],
)
@pytest.mark.parametrize("name", ["Ann", "Maria Magdalena Oyelaran-Fitzgerald", "A (junior) Smith of the Lake"])
def test_those_of_one_name_are_told_apart(name, groups, width):
    lines = [fitted(f"{name} {group}  1,234", width, len) for group in groups]
    assert all(len(line) <= max(width, 9) and line.endswith("  1,234") and line[0] == name[0] for line in lines)
    if width >= 24:
        assert lines[0] != lines[1]


def test_what_fits_is_whole_and_a_line_without_brackets_keeps_its_count():
    assert fitted("Ann (Asian)  3", 14, len) == "Ann (Asian)  3"
    assert fitted("Ann Elizabeth  12", 12, len) == "Ann Eli…  12"


@pytest.mark.parametrize("width", range(1, 30))
def test_nothing_breaks_where_there_is_no_room(width):
    for name, group, count in itertools.product(("A", "Ann Elizabeth"), ("", " (North)"), ("", "  12")):
        said = fitted(name + group + count, width, len)
        assert said and (len(said) <= width or len(said) <= len("A…  12"))


@pytest.mark.parametrize("width", [18, 19, 20, 21, 22, 23, 24, 25])
def test_two_clusters_of_one_name_and_group_are_told_apart_in_a_row_below_the_name(width):
    rows = [fitted(f"(cluster {number}, African)  30", width, len) for number in (0, 1, 12, 13)]
    assert len(set(rows)) == 4 and all(len(row) <= width and row.endswith("n)  30") for row in rows)
    assert [re.search("[0-9]+", row)[0] for row in rows] == ["0", "1", "12", "13"]


def test_a_row_below_the_name_by_hand():
    assert fitted("(cluster 0, African)  30", 24, len) == "(cluster 0, African)  30"
    assert fitted("(cluster 0, African)  30", 20, len) == "(c…0, African)  30"
    assert fitted("(cluster 0, African)  30", 16, len) == "(c…0, Af…an)  30"
    assert fitted("(no group at all)  30", 14, len) == "(no g…all)  30"
