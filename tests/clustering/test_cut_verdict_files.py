"""A file of verdicts that was broken off is told, wherever that was; one that a person has worked on is read."""

import csv
import io

import pytest

from fairdesk.cli import run
from fairdesk.clustering.verdicts.files import HEADER, read_verdicts, write_verdicts
from fairdesk.errors import RequestError
from fairdesk.project.verdicts import Said, keep_verdict, verdicts

WHO = 'Ann; Bö, "x"'


@pytest.fixture
def written(filled, faces, tmp_path):
    """A file of three verdicts with 12 rows, and the project without them."""
    with filled.journal.step("say") as connection:
        keep_verdict(connection, Said.SAME, faces[:2], faces[2:4], WHO, answered="sds")
        keep_verdict(connection, Said.NOT, faces[5:6], faces[6:9], WHO)
        keep_verdict(connection, Said.DIFFERENT, faces[9:10], faces[10:13], WHO, answered="d")
    before = [(one.uuid, one.answered) for one in verdicts(filled)]
    write_verdicts(filled, tmp_path / "v.csv")
    filled.journal.undo()
    return filled, tmp_path / "v.csv", before


def test_a_whole_file_is_read_with_how_its_questions_were_answered(written):
    project, path, before = written
    read = read_verdicts(project, path)
    assert read.added == 3 and read.unended is None
    assert [(one.uuid, one.answered) for one in verdicts(project)] == before
    assert [answered for _, answered in before] == ["sds", "", "d"]


def test_a_cut_anywhere_is_told_and_nothing_is_read(written):
    project, path, _ = written
    whole = path.read_bytes()
    places = [
        place
        for place in range(1, len(whole) - 1)
        if place % 7 == 0 or whole[place - 1] == 10 or place > len(whole) - 60
    ]
    assert sum(whole[place - 1] == 10 for place in places) == 12  # at the end of each line but the last too
    for place in places:
        path.write_bytes(whole[:place])
        try:
            read_verdicts(project, path)
        except RequestError:
            continue
        pytest.fail(f"a cut at {place} was not told")
    assert not verdicts(project)
    path.write_bytes(whole[:-1])  # nothing but the end of the last line
    assert read_verdicts(project, path).added == 3


def test_what_is_said_of_a_cut(written, capsys):
    project, path, _ = written
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:6]), encoding="utf-8")
    assert run(["verdicts", str(project.folder), "--file", str(path)]) == 2
    said = capsys.readouterr().err
    assert "is cut off: after line 6, 7 more were written" in said and "rows_after" in said
    path.write_text("".join(lines[:6])[:-20], encoding="utf-8")
    with pytest.raises(RequestError, match="may be cut off"):
        read_verdicts(project, path)
    path.write_text(lines[0], encoding="utf-8")
    with pytest.raises(RequestError, match="no row is left"):
        read_verdicts(project, path)


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write(path, rows):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def test_files_that_a_person_worked_on_are_read(written):
    project, path, _ = written
    header, *rows = rows_of(path)
    for some in (rows[:5] + rows[6:], rows[8:] + rows[:8], sorted(rows), [*rows, header, *rows]):
        write(path, [header, *some])
        assert read_verdicts(project, path).added == 3
        project.journal.undo()
    write(path, [header, *rows, header, *rows[:-1]])  # the second of two is cut
    with pytest.raises(RequestError, match="is cut off"):
        read_verdicts(project, path)
    end = header.index("rows_after")
    write(path, [row[:end] + row[end + 1 :] for row in (header, *rows[:4])])  # the remedy that is named
    assert read_verdicts(project, path).added == 1


def test_one_of_two_files_joined_without_the_second_header_is_cut(written):
    project, path, _ = written
    header, *rows = rows_of(path)
    end = header.index("rows_after")
    others = [
        [*row[:end], str(number), *row[end + 1 :]] for number, row in zip(range(29, -1, -1), rows * 3, strict=False)
    ]
    for some, line in (([*rows, *others[:3]], 16), ([*rows[:4], *others], 5), ([*rows, *others[:1]], 14)):
        write(path, [header, *some])
        with pytest.raises(RequestError, match=f"is cut off: after line {line}, "):
            read_verdicts(project, path)
    for whole in (
        rows + rows,
        sorted(rows, key=lambda row: int(row[end])),
        sorted(rows[:5] + rows[6:], key=lambda row: int(row[end])),
    ):
        write(path, [header, *whole])
        assert read_verdicts(project, path).added == 3
        project.journal.undo()


def test_files_of_earlier_versions_are_read_and_a_missing_end_is_told(written):
    project, path, _ = written
    write(path, [row[: len(HEADER)] for row in rows_of(path)])
    assert read_verdicts(project, path).added == 3
    assert all(one.answered == "" for one in verdicts(project))
    project.journal.undo()
    path.write_bytes(path.read_bytes()[:-1])
    read = read_verdicts(project, path)
    assert read.unended is True and "it may be cut off there" in read.text()


def test_a_project_without_verdicts_writes_a_file_that_is_whole(filled, tmp_path):
    write_verdicts(filled, tmp_path / "none.csv")
    assert read_verdicts(filled, tmp_path / "none.csv").empty == "none.csv"


@pytest.mark.parametrize("value", ["x", "sx", "s" * 200])
def test_what_is_no_answer_is_named(written, value):
    project, path, _ = written
    header, *rows = rows_of(path)
    rows[0][header.index("answered")] = value
    write(path, [header, *rows])
    with pytest.raises(RequestError, match="`answered` is"):
        read_verdicts(project, path)
