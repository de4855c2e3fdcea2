"""Ages and genders of tables that are none, or that are written in two ways, are told; an age that nobody has is left out."""

import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.label_sources import label_faces
from fairdesk.dataset.odd_labels import odd_lines, possible_age
from fairdesk.dataset.params import ImportParams, LabelParams
from fairdesk.jobs.context import QuietContext
from tests.conftest import plain_images


class Heard(QuietContext):
    def __init__(self, project):
        super().__init__(project)
        self.lines = []

    def message(self, text):
        self.lines.append(text)


@pytest.mark.parametrize("age", ["0", "30.5", "125", "20-29", "more than 70", "70+", "(25, 32)", "adult", "1e1"])
def test_ages_that_may_be(age):
    assert possible_age(age)


@pytest.mark.parametrize("age", ["-3", "999", "126", "-0.5", "1e9"])
def test_ages_that_nobody_has(age):
    assert not possible_age(age)


def test_what_is_told():
    assert odd_lines({"20": 5, "30-39": 2}, {"male": 3, "female": 4}) == []
    assert odd_lines({}, {"M": 3, "F": 4}) == []
    lines = odd_lines({"999": 2, "-3": 1, "young": 4, "30": 9}, {"M": 1, "male": 2})
    assert lines[0] == "3 rows have an age that nobody has and are left without one: 999, -3"
    assert lines[1] == "4 rows have an age without a number, kept as it is written: young"
    assert lines[2] == "Each of these is a gender of its own, as it is written: male, M"


@pytest.mark.parametrize("at_import", [True, False])
def test_a_table_with_odd_cells(tmp_path, project, at_import):
    plain_images(tmp_path / "home", 1, 1, 3)
    names = ["g0/id00/000.png", "g0/id00/001.png", "g0/id00/002.png"]
    table = tmp_path / "t.csv"
    table.write_text(
        "path,age,gender\n" + "\n".join(map(",".join, zip(names, ["-3", "30.5", "abc"], "Mx2", strict=True)))
    )
    heard = Heard(project)
    if at_import:
        import_images(ImportParams(folder=tmp_path / "home", labels=table), heard)
    else:
        import_images(ImportParams(folder=tmp_path / "home"), QuietContext(project))
        label_faces(LabelParams(csv=table), heard)
    told = [line for line in heard.lines if "age" in line or "gender" in line]
    assert len(told) == 3 and "-3" in told[0] and "abc" in told[1] and "2, M, x" in told[2]
    assert [age for (age,) in project.db.rows("SELECT age FROM image ORDER BY id")] == [None, "30.5", "abc"]


@pytest.mark.parametrize("word", ["nan", "NaN", "None", "NULL", "<NA>"])
def test_a_group_that_stands_for_an_empty_cell_is_told(word):
    told = odd_lines({}, {}, {word: 2, "asian": 5})
    assert told == [f"2 rows have a group that programs write for an empty cell, kept as a group: {word}"]
    assert odd_lines({}, {}, {"Nana": 1, "asian": 5}) == []


def test_a_table_of_images_is_told_as_one_of_labels(tmp_path, project):
    plain_images(tmp_path / "home", 1, 1, 5)
    ages, groups = ["-5", "1e9", "abc", "nan", "31"], ["a", "nan", "a", "a", "a"]
    rows = [f"g0/id00/00{n}.png,{age},{group}" for n, (age, group) in enumerate(zip(ages, groups, strict=True))]
    table = tmp_path / "home" / "t.csv"
    table.write_text("\n".join(["path,age,group", *rows]))
    heard = Heard(project)
    assert import_images(ImportParams(folder=table), heard).images == 5
    assert [line for line in heard.lines if line.startswith(("1 row", "2 rows"))] == [
        "2 rows have an age that nobody has and are left without one: -5, 1e9",
        "2 rows have an age without a number, kept as it is written: abc, nan",
        "1 row has a group that programs write for an empty cell, kept as a group: nan",
    ]


def test_rows_of_which_nothing_is_left_are_no_labels_that_are_there_already(tmp_path, project):
    plain_images(tmp_path / "home", 1, 1, 3)
    import_images(ImportParams(folder=tmp_path / "home"), QuietContext(project))
    table = tmp_path / "t.csv"
    table.write_text("path,age\ng0/id00/000.png,-5\ng0/id00/001.png,1e9\ng0/id00/002.png,30\n")
    first = label_faces(LabelParams(csv=table), QuietContext(project))
    assert (first.labelled, first.unchanged) == (1, 0) and "already" not in first.summary
    again = label_faces(LabelParams(csv=table), QuietContext(project))
    assert (again.labelled, again.unchanged) == (0, 1) and "1 image has these labels already" in again.summary
    table.write_text("path,age\ng0/id00/000.png,-5\n")  # it names an image, though it says nothing of it
    nothing = label_faces(LabelParams(csv=table), QuietContext(project))
    assert (nothing.labelled, nothing.unchanged) == (0, 0)
