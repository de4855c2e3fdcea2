"""Not sure, and then sure: what the same person says later of the same two sides is the one thing that is kept."""

import shutil
from contextlib import closing

import pytest

from fairdesk.cli import run
from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.store import UNCLUSTERED, clusters, faces_of, newest_version
from fairdesk.clustering.verdicts.edits import not_sure, say_different, say_same
from fairdesk.clustering.verdicts.files import read_verdicts, write_verdicts
from fairdesk.clustering.verdicts.saying import say
from fairdesk.project import Project
from fairdesk.project.verdicts import Said, Verdict, remove_verdicts, told_by, told_later, verdicts
from tests.clustering.test_review import people
from tests.clustering.test_verdict_files import rows_of, write

SAYS = lambda project: [one.said for one in verdicts(project)]


@pytest.fixture
def opened(project, with_vectors):
    vectors, _ = people(4, count=60, two=0.5, twins=0.4)
    with_vectors(vectors[: len(vectors) // 10 * 10])
    session = ReviewSession(project)
    session.start()
    return session


@pytest.fixture
def two(opened):
    """Two clusters of some faces."""
    found = [one for one in clusters(opened.project, opened.version) if one.label != UNCLUSTERED and one.faces > 2]
    return found[0], found[1]


@pytest.mark.parametrize("reply", [Reply.YES, Reply.NO])
@pytest.mark.parametrize("kind", [Kind.SAME, Kind.BELONGS, Kind.SPLIT])
def test_a_review_keeps_the_later_answer_and_undo_brings_the_earlier_back(opened, project, kind, reply):
    asked = next(one for one in opened.queue(200) if one.kind is kind)
    opened.answer(asked, Reply.UNSURE)
    opened.answer(asked, reply)
    (kept,) = verdicts(project)
    assert kept.said is not Said.UNSURE
    opened.take_back()
    assert SAYS(project) == [Said.UNSURE]
    project.journal.redo()
    assert verdicts(project) == [kept]


def test_an_answer_about_something_else_leaves_it(opened, project):
    first, second = [one for one in opened.queue(200) if one.kind is Kind.SAME][:2]
    opened.answer(first, Reply.UNSURE)
    opened.answer(second, Reply.NO)
    assert SAYS(project) == [Said.UNSURE, Said.DIFFERENT]


@pytest.mark.parametrize("answer", ["--same", "--different"])
def test_verbs(opened, project, two, capsys, answer):
    a, b = (faces_of(project, one.id) for one in two)
    not_sure(project, b[:2], a[:2])
    assert run(["verdict", str(project.folder), answer, str(two[0].label), str(two[1].label)]) == 0
    assert "It replaces your earlier verdict 1." in capsys.readouterr().out
    (kept,) = verdicts(project)
    assert kept.said in (Said.SAME, Said.DIFFERENT)
    assert run(["undo", str(project.folder)]) == 0
    assert SAYS(project) == [Said.UNSURE]


def test_each_form_of_an_answer():
    def one(said, faces, others=()):
        return Verdict(1, "a", said, tuple(faces), tuple(others), "ann", 0.0)

    unsure = one(Said.UNSURE, [1, 2], [3])
    answers = lambda definite, asked: told_by(definite, [asked]) == [asked]
    assert answers(one(Said.SAME, [1, 2, 9], [3]), unsure) and answers(one(Said.SAME, [3], [2, 1]), unsure)
    assert not answers(one(Said.SAME, [1, 2, 3], [9]), unsure)  # other two sides: of a merge with 9
    assert not answers(one(Said.SAME, [1], [3]), unsure)  # nothing is said of 2
    assert answers(one(Said.CONFIRMED, [3], [1, 2, 9]), unsure) and answers(one(Said.CONFIRMED, [1, 2, 3]), unsure)
    assert not answers(one(Said.CONFIRMED, [9], [1, 2, 3]), unsure)  # of 9 alone
    assert answers(one(Said.NOT, [3], [1, 2]), unsure) and answers(one(Said.DIFFERENT, [1, 2], [3, 4]), unsure)
    assert not answers(one(Said.DIFFERENT, [1, 3], [2]), unsure) and not answers(one(Said.NOT, [3], [1]), unsure)
    assert not answers(one(Said.IGNORED, [1, 2, 3]), unsure) and not answers(one(Said.UNSURE, [1, 2], [3]), unsure)


def test_somebody_elses_not_sure_stays_but_is_not_doubted_any_more(opened, project, two, monkeypatch):
    a, b = (faces_of(project, one.id) for one in two)
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ann")
    with project.journal.step("Not sure", target={}) as connection:
        say(project, connection, Said.UNSURE, a[:3], b[:3])
    assert ReviewSession(project).review.unsure
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ben")
    say_different(project, *two)
    assert [(one.who, one.said) for one in verdicts(project)] == [("ann", Said.UNSURE), ("ben", Said.DIFFERENT)]
    assert not ReviewSession(project).review.unsure
    remove_verdicts(project, [verdicts(project)[1].id])
    assert ReviewSession(project).review.unsure


def test_what_was_not_sure_later_is_not_told_by_what_was_said_before():
    one = lambda number, said: Verdict(number, str(number), said, (1, 2), (3, 4), "ann", float(number))
    assert told_later([one(1, Said.SAME), one(2, Said.UNSURE)]) == []
    found = [one(1, Said.UNSURE), one(2, Said.UNSURE), one(3, Said.SAME), one(4, Said.UNSURE)]
    assert told_later(found) == found[:2]
    both = Verdict(3, "3", Said.SAME, (1, 2, 3), (1, 3, 4), "ann", 3.0)  # a face on both sides, as files may have it
    assert told_later([found[0], both]) == found[:1]


@pytest.mark.parametrize("first", ["earlier", "later", "both"])
def test_files_by_time_whichever_is_read_first(filled, tmp_path, first):
    faces = [row[0] for row in filled.db.rows("SELECT id FROM face ORDER BY id")]
    sides = faces[:2], faces[2:5]
    rows = {
        "earlier": rows_of(filled, "k1", "unsure", "ann", "2026-01-01T12:00:00+00:00", *sides),
        "later": rows_of(filled, "k2", "same", "ann", "2026-01-02T12:00:00+00:00", *sides[::-1]),
    }
    paths = {name: write(tmp_path / f"{name}.csv", some) for name, some in rows.items()}
    paths["both"] = write(tmp_path / "both.csv", rows["later"] + rows["earlier"])
    order = [first] if first == "both" else [first, *({"earlier", "later"} - {first})]
    read = [read_verdicts(filled, paths[name]) for name in order]
    assert [(one.said, one.uuid) for one in verdicts(filled)] == [(Said.SAME, "k2")]
    assert (read[-1].added, read[-1].known, read[-1].left_out) == (0 if first == "later" else 1, 0, 0)
    assert read[-1].told_later == 1 and "1 “not sure” gave way to what the same person said later." in read[-1].text()
    again = read_verdicts(filled, paths["both"])
    assert (again.added, again.known, again.told_later) == (0, 1, 1)
    if first == "earlier":
        filled.journal.undo()
        assert [one.uuid for one in verdicts(filled)] == ["k1"]


def test_a_not_sure_that_is_later_and_that_of_another_person_stay(filled, tmp_path):
    faces = [row[0] for row in filled.db.rows("SELECT id FROM face ORDER BY id")]
    sides = faces[:2], faces[2:5]
    rows = rows_of(filled, "k1", "unsure", "ann", "2026-01-01T12:00:00+00:00", *sides)
    rows += rows_of(filled, "k2", "same", "ben", "2026-01-02T12:00:00+00:00", *sides)
    rows += rows_of(filled, "k3", "unsure", "cay", "2026-01-03T12:00:00+00:00", *sides)
    assert read_verdicts(filled, write(tmp_path / "some.csv", rows)).told_later is None
    assert [one.uuid for one in verdicts(filled)] == ["k1", "k2", "k3"]


def test_a_file_of_ones_own_from_a_copy_of_the_project(opened, project, two, tmp_path):
    a, b = (faces_of(project, one.id) for one in two)
    not_sure(project, a[:3], b[:3])
    shutil.copytree(project.folder, tmp_path / "copy.fairdesk")
    with closing(Project.open(tmp_path / "copy.fairdesk")) as copy:
        there = {one.label: one for one in clusters(copy, newest_version(copy))}
        say_same(copy, there[two[0].label], there[two[1].label])
        write_verdicts(copy, tmp_path / "said.csv")
    assert read_verdicts(project, tmp_path / "said.csv").told_later == 1
    assert SAYS(project) == [Said.SAME]


@pytest.mark.parametrize("first", ["earlier", "later", "both"])
def test_a_later_not_sure_withdraws_in_files_too_whichever_is_read_first(filled, tmp_path, first):
    faces = [row[0] for row in filled.db.rows("SELECT id FROM face ORDER BY id")]
    sides = faces[:2], faces[2:5]
    rows = {
        "earlier": rows_of(filled, "k1", "same", "ann", "2026-01-01T12:00:00+00:00", *sides),
        "later": rows_of(filled, "k2", "unsure", "ann", "2026-01-02T12:00:00+00:00", *sides[::-1]),
    }
    paths = {name: write(tmp_path / f"{name}.csv", some) for name, some in rows.items()}
    paths["both"] = write(tmp_path / "both.csv", rows["later"] + rows["earlier"])
    order = [first] if first == "both" else [first, *({"earlier", "later"} - {first})]
    read = [read_verdicts(filled, paths[name]) for name in order]
    assert [(one.said, one.uuid) for one in verdicts(filled)] == [(Said.UNSURE, "k2")]
    assert (read[-1].withdrawn, read[-1].told_later) == (1, None)
    assert "1 verdict was withdrawn by a later “not sure” of the same person." in read[-1].text()
    again = read_verdicts(filled, paths["earlier"])
    assert (again.added, again.withdrawn) == (0, 1) and len(verdicts(filled)) == 1
    if first == "earlier":
        filled.journal.undo()
        assert [one.uuid for one in verdicts(filled)] == ["k1"]


def test_an_old_file_of_ones_own_does_not_bring_back_what_was_withdrawn(opened, project, two, tmp_path):
    a, b = (faces_of(project, one.id) for one in two)
    say_different(project, *two)
    write_verdicts(project, tmp_path / "old.csv")
    not_sure(project, a[:6], b[:6])
    assert SAYS(project) == [Said.UNSURE]
    assert read_verdicts(project, tmp_path / "old.csv").withdrawn == 1
    assert SAYS(project) == [Said.UNSURE]


def test_of_what_was_said_of_single_faces_a_file_withdraws_those_alone(filled, tmp_path):
    faces = [row[0] for row in filled.db.rows("SELECT id FROM face ORDER BY id")]
    rows = rows_of(filled, "k1", "confirmed", "ann", "2026-01-01T12:00:00+00:00", faces[:3], faces[3:5])
    rows += rows_of(filled, "k2", "unsure", "ann", "2026-01-02T12:00:00+00:00", faces[:1], faces[3:5])
    rows += rows_of(filled, "k3", "unsure", "ann", "2026-01-03T12:00:00+00:00", faces[3:5], faces[2:3])
    assert read_verdicts(filled, write(tmp_path / "some.csv", rows)).withdrawn == 1
    assert [one.faces for one in verdicts(filled) if one.said is Said.CONFIRMED] == [(faces[1],)]
