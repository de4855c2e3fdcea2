"""Files of verdicts come to the same in every order of reading, and undo of all brings the catalogue back."""

import itertools

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fairdesk.cli import run
from fairdesk.clustering.verdicts.files import read_verdicts, write_verdicts
from fairdesk.clustering.verdicts.saying import say
from fairdesk.project.verdicts import Said, keep_verdict, remove_verdicts, verdicts
from tests.clustering.test_verdict_files import holds, rows_of, write

TABLES = "verdict", "verdict_outweighed"


def rows_in(project):
    return [project.db.rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES]


def standing(project):
    """What is said, by whom and when, without the numbers that it has here."""
    return [(one.uuid, one.said, one.faces, one.others, one.who, one.created) for one in verdicts(project)]


def newest(project):
    step = project.journal.next_undo()
    return None if step is None else step.id


def in_every_order(project, files):
    """Read files in every order, each order from the same catalogue; returns what all of them come to."""
    before, first, seen = rows_in(project), newest(project), {}
    for order in itertools.permutations(range(len(files))):
        for place in order:
            read_verdicts(project, files[place])
        seen[order] = standing(project), holds(project)
        step, kept = newest(project), rows_in(project)
        for place in order:  # once more changes nothing, and leaves no step
            assert read_verdicts(project, files[place]).added == 0
        assert (newest(project), rows_in(project)) == (step, kept)
        while newest(project) != first:
            project.journal.undo()
        assert rows_in(project) == before
    (result, *others) = seen.values()
    assert all(one == result for one in others), seen
    return result[0]


def day(number):
    return f"2026-01-{number:02d}T00:00:00+00:00"


WORDS = ("same", "different", "confirmed", "not", "unsure")


@pytest.mark.parametrize("oldest", WORDS)
def test_three_answers_about_the_same_faces(filled, faces, tmp_path, oldest):
    """Each later "not sure" withdraws, each later answer tells: worked out by hand for one person and the same two sides."""
    for middle, last in itertools.product(WORDS, WORDS):
        files = [
            write(tmp_path / f"{n}.csv", rows_of(filled, f"k{n}", said, "ann", day(n + 1), faces[:1], faces[1:2]))
            for n, said in enumerate((oldest, middle, last))
        ]
        said = [oldest, middle, last]
        expected = [
            f"k{n}"
            for n, one in enumerate(said)
            if not any((one == "unsure") != (later == "unsure") for later in said[n + 1 :])
        ]
        assert [one[0] for one in in_every_order(filled, files)] == expected, said


ONE = st.tuples(
    st.sampled_from((*WORDS, "unsure", "ignored")),
    st.sets(st.integers(0, 2), min_size=1),
    st.sets(st.integers(3, 5), min_size=1),
    st.booleans(),  # the sides change places
    st.sampled_from(("ann", "ann", "ann", "bob")),
    st.integers(1, 6),  # the day
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(ONE, min_size=3, max_size=4))
@example([("unsure", {1, 2}, {3}, False, "ann", 1), ("confirmed", {1, 2}, {3}, False, "ann", 2), ("unsure", {1}, {3}, True, "ann", 3)])  # fmt: skip
@example([("same", {0}, {3}, False, "ann", 2), ("different", {0}, {3}, False, "bob", 2), ("not", {0}, {3}, False, "ann", 2)])  # fmt: skip
def test_any_words_in_any_order(filled, faces, tmp_path, said):
    files = []
    for place, (kind, first, second, turned, who, when) in enumerate(said):
        sides = [[faces[n] for n in sorted(side)] for side in (first, second)]
        sides = sides[::-1] if turned else sides
        rows = rows_of(filled, f"k{place}", kind, who, day(when), sides[0], [] if kind == "ignored" else sides[1])
        files.append(write(tmp_path / f"{place}.csv", rows))
    in_every_order(filled, files)


def test_an_answer_that_was_given_again_is_of_the_later_time(filled, faces, tmp_path):
    """The same answer before and after a "not sure" of another computer keeps one number, and its newer time counts."""
    pair = faces[:1], faces[1:2]
    files = [
        write(tmp_path / f"{n}.csv", rows_of(filled, key, said, "ann", day(n + 1), *pair))
        for n, (key, said) in enumerate((("a", "same"), ("b", "unsure"), ("a", "same")))
    ]
    (left,) = in_every_order(filled, files)
    assert left[0] == "a" and left[-1] == 1767398400.0  # 3 January 2026


def test_files_that_were_written_after_each_answer(filled, faces, tmp_path, monkeypatch):
    """A copy reads what was written in between: an answer that was withdrawn, or of which a face was, does not come back."""
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ann")
    words = [
        (Said.UNSURE, faces[:1], faces[4:5]), (Said.CONFIRMED, faces[:2], faces[4:5]), (Said.UNSURE, faces[:1], faces[4:5]),
        (Said.UNSURE, faces[1:2], faces[4:5]),
    ]  # fmt: skip
    files = []
    for place, word in enumerate(words):
        with filled.journal.step("said") as connection:
            say(filled, connection, *word)
        files.append(tmp_path / f"{place}.csv")
        write_verdicts(filled, files[-1])
    here = standing(filled)
    while filled.journal.next_undo().text == "said":
        filled.journal.undo()
    assert not verdicts(filled)
    assert in_every_order(filled, files) == here


def test_faces_that_were_taken_out_stay_out(filled, faces, tmp_path, monkeypatch, capsys):
    """By hand: two faces confirmed; one is said not to be; then "not sure" withdraws that: the first verdict keeps one face."""
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ann")
    more = [faces[0], faces[2]]  # more than the verdict that is withdrawn, and not those that were confirmed
    words = [
        (Said.CONFIRMED, faces[:2], faces[3:5]),
        (Said.NOT, faces[:1], faces[3:5]),
        (Said.UNSURE, more, faces[3:5]),
    ]
    files = said_and_written(filled, words, tmp_path)
    result = in_every_order(filled, [files[0], files[2]])
    assert [(one[1], one[2]) for one in result] == [(Said.CONFIRMED, (faces[1],)), (Said.UNSURE, tuple(more))]
    assert read_verdicts(filled, files[0]).added == 1
    read = read_verdicts(filled, files[2])
    assert (read.shorter, read.differing) == (1, None) and "1 verdict loses faces" in read.text()
    filled.journal.undo()
    assert run(["verdicts", str(filled.folder), "--file", str(files[2])]) == 0
    assert "1 verdict loses faces" in capsys.readouterr().out
    assert in_every_order(filled, files) == result


def said_and_written(project, words, folder):
    """Say words one after the other, write a file after each, and take all back."""
    files = []
    for place, word in enumerate(words):
        with project.journal.step("said") as connection:
            say(project, connection, *word)
        files.append(folder / f"{place}.csv")
        write_verdicts(project, files[-1])
    while project.journal.next_undo() is not None and project.journal.next_undo().text == "said":
        project.journal.undo()
    return files


EDIT = st.tuples(
    st.sampled_from((Said.CONFIRMED, Said.CONFIRMED, Said.NOT, Said.UNSURE, Said.UNSURE, Said.SAME)),
    st.sets(st.integers(0, 3), min_size=1),
    st.sampled_from(((4,), (4, 5), (5,))),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(EDIT, min_size=3, max_size=6))
@example([(Said.CONFIRMED, {0, 2}, (5,)), (Said.UNSURE, {2}, (5,)), (Said.SAME, {0, 1, 2, 3}, (5,)), (Said.UNSURE, {0, 3}, (5,))])  # fmt: skip
def test_what_a_person_edits_in_any_order(filled, faces, tmp_path, said):
    """Files after each edit, the first, the last and one between, come to the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ann")
        words = [(kind, [faces[n] for n in sorted(some)], [faces[n] for n in other]) for kind, some, other in said]
        files = said_and_written(filled, words, tmp_path)
    in_every_order(filled, [files[0], files[len(files) // 2], files[-1]])


def test_what_a_person_removed_is_weighed_no_more(filled, faces, tmp_path):
    pair = faces[:1], faces[1:2]
    files = [
        write(tmp_path / f"{n}.csv", rows_of(filled, key, said, "ann", day(n + 1), *pair))
        for n, (key, said) in enumerate((("a", "same"), ("b", "unsure")))
    ]
    for path in files:
        read_verdicts(filled, path)
    (left,) = verdicts(filled)
    remove_verdicts(filled, [left.id])
    assert read_verdicts(filled, files[0]).added == 1  # nothing stands against it
    assert [one.uuid for one in verdicts(filled)] == ["a"]


def test_a_later_answer_here_outweighs_a_not_sure_from_a_clock_that_is_ahead(filled, faces, tmp_path):
    pair = faces[:1], faces[1:2]
    path = write(tmp_path / "v.csv", rows_of(filled, "a", "unsure", "ann", "2999-01-01", *pair))
    assert read_verdicts(filled, path).ahead == 1
    with filled.journal.step("said") as connection:
        keep_verdict(connection, Said.SAME, *pair, "ann")
    for _ in range(2):
        step = newest(filled)
        assert read_verdicts(filled, path).added == 0  # its time is that of the first reading
        assert newest(filled) == step or filled.journal.next_undo().text.startswith("Read v.csv")
    assert [one.said for one in verdicts(filled)][-1] is Said.SAME


def test_words_of_one_moment_are_kept_in_their_order(filled, faces, monkeypatch):
    monkeypatch.setattr("fairdesk.project.verdicts.time.time", lambda: 1_800_000_000.0)
    with filled.journal.step("said") as connection:
        for face in faces[:20]:
            keep_verdict(connection, Said.IGNORED, [face], who="ann")
    assert [one.faces for one in verdicts(filled)] == [(face,) for face in faces[:20]]


def test_a_purge_leaves_nothing_of_a_face_in_what_gave_way(filled, faces, tmp_path):
    from fairdesk.project.erasure import erase_images

    pair = faces[:1], faces[1:2]
    for n, (key, said) in enumerate((("a", "same"), ("b", "unsure"))):
        read_verdicts(filled, write(tmp_path / f"{n}.csv", rows_of(filled, key, said, "ann", day(n + 1), *pair)))
    assert [len(rows) for rows in rows_in(filled)] == [1, 1]
    image = filled.db.value("SELECT image_id FROM face WHERE id = ?", (faces[0],))
    erase_images(filled, [image], [])
    assert [len(rows) for rows in rows_in(filled)] == [0, 0]


def copies(project, folder, versions, others=()):
    """A file for each version of one verdict, of the same time, and with other faces."""
    return [
        write(folder / f"copy{place}.csv", rows_of(project, "k", "confirmed", "ann", day(1), some, others))
        for place, some in enumerate(versions)
    ]


def test_two_copies_that_took_different_faces_out(filled, faces, tmp_path):
    """By hand: of a, b, c, d one copy took a out, another b: c and d stay, whichever is read first."""
    a, b, c, d = faces[:4]
    files = copies(filled, tmp_path, [(b, c, d), (a, c, d)], faces[6:8])
    (result,) = in_every_order(filled, files)
    assert result[2] == (c, d) and result[3] == tuple(faces[6:8])
    files = copies(filled, tmp_path, [(b, c, d), (a, c, d), (a, b, c, d)], faces[6:8])
    assert [one[2] for one in in_every_order(filled, files)] == [(c, d)]
    read_verdicts(filled, files[0])
    read = read_verdicts(filled, files[1])
    assert (read.shorter, read.differing) == (1, None) and "1 verdict loses faces" in read.text()


def test_a_verdict_that_is_of_none_of_these_faces_differs(filled, faces, tmp_path):
    first, other = copies(filled, tmp_path, [faces[:2], faces[2:4]])
    read_verdicts(filled, first)
    assert read_verdicts(filled, other).differing == ["k"]
    assert [one[2] for one in standing(filled)] == [tuple(faces[:2])]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    taken=st.lists(st.sets(st.integers(1, 4), max_size=4), min_size=2, max_size=3),
    said=st.sampled_from(("confirmed", "ignored")),
)
def test_what_copies_took_out_is_out_in_any_order(filled, faces, tmp_path, taken, said):
    """What stands is what no copy took out: an oracle of sets."""
    five, others = faces[:5], () if said == "ignored" else faces[6:7]
    files = [
        write(
            tmp_path / f"{place}.csv",
            rows_of(filled, "k", said, "ann", day(1), [one for at, one in enumerate(five) if at not in gone], others),
        )
        for place, gone in enumerate(taken)
    ]
    left = tuple(one for at, one in enumerate(five) if not any(at in gone for gone in taken))
    assert [one[2] for one in in_every_order(filled, files)] == [left]
