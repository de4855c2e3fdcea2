"""The verdicts of several people come together from their files, in any order and as any spreadsheet saves them."""

import csv
import io
import itertools
import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairdesk.cli import run
from fairdesk.clustering.verdicts.files import HEADER, read_verdicts
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.portable_faces import portable_faces
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import Said, verdicts


def rows_of(project, key, said, who, when, faces, others=()):
    at = portable_faces(project, [*faces, *others])
    return [
        [key, said, side, who, when, at[face].image, at[face].sha256, at[face].detector, *map(str, at[face].box)]
        for side, some in (("face", faces), ("other", others))
        for face in some
    ]


def write(path, rows, *, delimiter=",", end="\n", encoding="utf-8"):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows([HEADER, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def holds(project):
    """What all verdicts come to, without the numbers that they have here."""
    found = constraints(verdicts(project))
    return (
        found.together, found.ignored, {(one.verdict.uuid, one.faces, one.others) for one in found.apart},
        {(v.uuid, a, b) for v, a, b in found.joined}, {(one.verdict.uuid, one.faces) for one in found.contradictions},
    )  # fmt: skip


def forget_all(project):
    while verdicts(project):
        project.journal.undo()


WAYS = {
    "Windows": {"end": "\r\n"}, "mark": {"encoding": "utf-8-sig"}, "semicolons": {"delimiter": ";", "end": "\r\n", "encoding": "utf-8-sig"},
    "UTF-16": {"encoding": "utf-16"}, "tabs": {"delimiter": "\t"},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_any_spreadsheet_will_do(filled, faces, tmp_path, way):
    rows = rows_of(filled, "k1", "same", 'Ann; Bö, "x"', "2026-01-02T03:04:05+01:00", faces[:2], faces[2:4])
    read = read_verdicts(filled, write(tmp_path / "v.csv", rows, **WAYS[way]))
    assert read.added == 1 and read.unknown_faces == 0
    (one,) = verdicts(filled)
    assert (one.faces, one.others, one.who) == (tuple(faces[:2]), tuple(faces[2:4]), 'Ann; Bö, "x"')
    assert one.created == 1767319445.0


PAIRS = {
    "same, different": [("same", [0, 1], [2, 3]), ("different", [0], [2])],
    "different, same": [("different", [0, 1], [2, 3]), ("same", [0, 1], [2, 3])],
    "confirmed, not": [("confirmed", [0], [2, 3]), ("not", [0], [2, 3])],
    "not, confirmed": [("not", [0], [2, 3]), ("confirmed", [0], [2, 3])],
    "ignored, confirmed": [("ignored", [0], []), ("confirmed", [0], [2, 3])],
    "chain": [("same", [0], [1]), ("same", [1], [2]), ("different", [0], [2])],
}


@pytest.mark.parametrize("kind", PAIRS)
def test_conflicts_of_three_people_are_shown_and_the_newest_word_counts_whatever_is_read_first(
    filled, faces, tmp_path, kind
):
    files = []
    for place, (said, some, others) in enumerate(PAIRS[kind]):
        rows = rows_of(
            filled, f"k{place}", said, f"person {place}", f"2026-01-0{place + 1}T00:00:00+00:00",
            [faces[n] for n in some], [faces[n] for n in others],
        )  # fmt: skip
        files.append(write(tmp_path / f"{place}.csv", rows))
    files.append(
        write(
            tmp_path / "third.csv",
            rows_of(filled, "u", "unsure", "third", "2026-01-09T00:00:00", faces[:1], faces[5:6]),
        )
    )
    seen = []
    for order in itertools.permutations(files):
        results = [read_verdicts(filled, path) for path in order]
        assert [one.added for one in results] == [1] * len(files)
        last = results[-1].contradictions
        assert len(last) == 1 and "person 0" in last[0].partition("is set aside")[0], last
        seen.append(holds(filled))
        assert all(read_verdicts(filled, path).known == 1 for path in files)
        forget_all(filled)
    assert all(one == seen[0] for one in seen)


def test_files_put_one_behind_the_other_are_one_file(filled, faces, tmp_path):
    one = write(tmp_path / "1.csv", rows_of(filled, "a", "same", "ann", "2026-01-01", faces[:1], faces[1:2]))
    two = write(tmp_path / "2.csv", rows_of(filled, "b", "ignored", "bob", "2026-01-02", faces[4:6]))
    (tmp_path / "all.csv").write_text(one.read_text() + two.read_text())
    assert read_verdicts(filled, tmp_path / "all.csv").added == 2


def test_what_contradicts_itself_is_refused_and_named(filled, faces, tmp_path):
    rows = rows_of(filled, "a", "same", "ann", "2026-01-01", faces[:2], faces[2:4])
    for place, other, why in ((1, "different", "said"), (3, "bob", "who"), (4, "2026-01-03", "when")):
        wrong = [list(row) for row in rows]
        wrong[2][place] = other
        with pytest.raises(RequestError, match=f"line 4: `{why}` is not as in line 2.*Nothing was read"):
            read_verdicts(filled, write(tmp_path / "wrong.csv", wrong))
    for said in ("different", "not"):
        both = rows_of(filled, "b", said, "ann", "2026-01-01", faces[:2], faces[1:3])
        with pytest.raises(RequestError, match=r"line 4: the face in .* is on both sides"):
            read_verdicts(filled, write(tmp_path / "both.csv", both))
    early = rows_of(filled, "c", "ignored", "ann", "1903-01-01", faces[:1])
    with pytest.raises(RequestError, match="line 2: `when` is '1903-01-01'"):
        read_verdicts(filled, write(tmp_path / "early.csv", early))
    assert not verdicts(filled)


def test_faces_that_are_not_here_are_counted_and_the_rest_is_kept(filled, faces, tmp_path):
    rows = rows_of(filled, "a", "confirmed", "ann", "2026-01-01", faces[:3], faces[3:5])
    rows[0][5:7] = "C:\\elsewhere\\gone.jpg", "00"
    rows += [
        [*row[:1], *row[1:5], "gone.jpg", "11", *row[7:]]
        for row in rows_of(filled, "b", "ignored", "ann", "2026-01-01", faces[:1])
    ]
    read = read_verdicts(filled, write(tmp_path / "v.csv", rows))
    assert (read.added, read.left_out, read.unknown_faces) == (1, 1, 2)
    assert "2 faces of the file are not in this project" in read.text()
    assert verdicts(filled)[0].faces == tuple(faces[1:3])


def test_words_from_the_future_keep_their_order(filled, faces, tmp_path):
    """Whose clock is ahead said one thing and then the other: the later word counts, whichever stands first in the file."""
    old = rows_of(filled, "a", "same", "ann", "2999-01-01", faces[:1], faces[1:2])
    new = rows_of(filled, "b", "different", "ann", "2999-01-02", faces[:1], faces[1:2])
    for rows in ([*old, *new], [*new, *old]):
        read = read_verdicts(filled, write(tmp_path / "v.csv", rows))
        assert read.ahead == 2
        (set_aside,) = constraints(verdicts(filled)).contradictions
        assert set_aside.verdict.said is Said.SAME
        forget_all(filled)


KINDS = ["same", "different", "confirmed", "not", "ignored", "unsure"]
ONE = st.tuples(st.sampled_from(KINDS), st.sets(st.integers(0, 9), min_size=1, max_size=4), st.sets(st.integers(10, 19), min_size=1, max_size=4))  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.tuples(ONE, st.integers(0, 2)), min_size=3, max_size=10), seed=st.integers(0, 99))
def test_any_words_of_three_people_come_to_the_same_in_every_copy(filled, faces, tmp_path, said, seed):
    rng = np.random.default_rng(seed)
    files = [[], [], []]
    swap = rng.permutation(20).tolist()
    for place, ((kind, some, others), who) in enumerate(said):
        files[who] += rows_of(
            filled, f"k{place}", kind, f"person {who}", f"2026-02-{place + 1:02d}T00:00:00+00:00",
            [faces[swap[n]] for n in sorted(some)], [] if kind == "ignored" else [faces[swap[n]] for n in sorted(others)],
        )  # fmt: skip
    written = [write(tmp_path / f"{n}.csv", rows) for n, rows in enumerate(files) if rows]
    seen = []
    for order in (written, written[::-1]):
        for path in order:
            read_verdicts(filled, path)
        told = read_verdicts(filled, order[0])
        assert told.added == 0 and len(told.contradictions) == len(constraints(verdicts(filled)).contradictions)
        seen.append(holds(filled))
        forget_all(filled)
    assert seen[0] == seen[1]


def test_a_copy_of_the_project_takes_them_too(filled, faces, tmp_path):
    rows = rows_of(filled, "a", "different", "ann", "2026-01-01", faces[:2], faces[2:4])
    path = write(tmp_path / "v.csv", rows)
    filled.db.connection.wal_checkpoint()
    shutil.copytree(filled.folder, tmp_path / "copy.fairdesk")
    copy = Project.open(tmp_path / "copy.fairdesk")
    try:
        read_verdicts(copy, path)
        read_verdicts(filled, path)
        assert holds(copy) == holds(filled)
    finally:
        copy.close()


def test_other_pictures_of_the_same_name_are_left_out_and_named(filled, faces, tmp_path):
    """Another project's verdicts are not applied to pictures that are called like its own; without a SHA-256 the name decides."""
    rows = rows_of(filled, "a", "different", "ann", "2026-01-01", faces[:1], faces[2:4])
    good = rows_of(filled, "b", "ignored", "ann", "2026-01-01", faces[4:5])
    other = [[*row[:6], "ab" * 32, *row[7:]] for row in rows]
    image = rows[0][5]
    with pytest.raises(RequestError, match=f"same name here, but other content: {image}.*Nothing was read") as told:
        read_verdicts(filled, write(tmp_path / "v.csv", other))
    assert "None of the faces" not in str(told.value) and not verdicts(filled)
    for mixed in (other, [other[0], *rows[1:]], [*rows[:-1], other[-1]]):  # nothing of such a verdict is applied
        read = read_verdicts(filled, write(tmp_path / "v.csv", [*mixed, *good]))
        assert (read.added, read.other_content_verdicts, read.left_out, read.unknown_faces) == (1, 1, 0, 0)
        assert set(read.other_content) == {row[5] for row in mixed if row[6] == "ab" * 32}
        assert "1 verdict was left out" in read.text() and read.other_content[0] in read.text()
        assert [v.uuid for v in verdicts(filled)] == ["b"]
        forget_all(filled)
    for sha in ("", " "):
        plain = [[*row[:6], sha, *row[7:]] for row in rows]
        assert read_verdicts(filled, write(tmp_path / "v.csv", plain)).added == 1
        forget_all(filled)
    loud = [[*row[:6], row[6].upper(), *row[7:]] for row in rows]
    assert read_verdicts(filled, write(tmp_path / "v.csv", loud)).added == 1


@pytest.mark.parametrize("changed", ["said", "who", "faces", "others"])
def test_a_known_number_that_says_something_else_is_told_and_not_applied(filled, faces, tmp_path, changed):
    given = {"said": "same", "who": "ann", "faces": faces[:2], "others": faces[2:4]}
    first = write(
        tmp_path / "v.csv",
        rows_of(filled, "k", given["said"], given["who"], "2026-01-01", given["faces"], given["others"]),
    )
    read_verdicts(filled, first)
    before = verdicts(filled)
    again = read_verdicts(filled, first)
    assert (again.added, again.known, again.differing) == (0, 1, None)
    now = {**given, changed: {"said": "different", "who": "bob", "faces": faces[:1], "others": faces[2:5]}[changed]}
    path = write(
        tmp_path / "w.csv", rows_of(filled, "k", now["said"], now["who"], "2026-01-01", now["faces"], now["others"])
    )
    read = read_verdicts(filled, path)
    assert (read.added, read.known, read.differing) == (0, 0, ["k"]) and verdicts(filled) == before
    assert "1 verdict differs from the verdict of the same id, which stays as it is: k." in read.text()


def test_one_person_on_both_sides_is_refused_by_line(filled, faces, tmp_path):
    both = rows_of(filled, "b", "same", "ann", "2026-01-01", faces[:2], faces[1:3])
    with pytest.raises(RequestError, match=r"line 4: the face in .* is on both sides .*same person"):
        read_verdicts(filled, write(tmp_path / "both.csv", both))
    assert not verdicts(filled)


def test_a_verdict_without_its_other_side_is_named(filled, faces, tmp_path):
    rows = rows_of(filled, "lonely", "same", "ann", "2026-01-01", faces[:2])
    with pytest.raises(
        RequestError, match="“lonely” needs faces with the side “face”, and others with the side “other”"
    ):
        read_verdicts(filled, write(tmp_path / "v.csv", rows))


def elsewhere(row):
    return [*row[:5], "gone.jpg", "00", *row[7:]]


def test_what_has_one_side_here_is_told_apart_from_what_is_of_other_faces(filled, faces, tmp_path, capsys):
    whole = rows_of(filled, "a", "different", "ann", "2026-01-01", faces[:1], faces[1:2])
    half = [rows_of(filled, f"h{n}", said, "ann", "2026-01-02", faces[n : n + 2], faces[n + 2 : n + 4]) for n, said in ((4, "same"), (8, "unsure"))]  # fmt: skip
    rows = [*whole, *(elsewhere(row) if row[2] == side else row for some, side in zip(half, ("other", "face"), strict=True) for row in some)]  # fmt: skip
    rows += [elsewhere(row) for row in rows_of(filled, "n", "same", "ann", "2026-01-03", faces[:1], faces[2:3])]
    rows[-1][8:] = "50", "60", "60", "50"  # another face
    rows += [elsewhere(row) for row in rows_of(filled, "i", "ignored", "ann", "2026-01-03", faces[:1])]
    path = write(tmp_path / "v.csv", rows)
    read = read_verdicts(filled, path)
    assert (read.added, read.left_out, read.one_sided, read.of_copies) == (1, 4, 2, None)
    told = read.text()
    assert (
        "2 about faces that this project lacks" in told and "2 verdicts were left out: they compare two sides" in told
    )
    assert [one.uuid for one in verdicts(filled)] == ["a"]
    assert (
        run(["verdicts", str(filled.folder), "--file", str(path)]) == 0
    )  # what is known is no reason to refuse the rest
    again = capsys.readouterr().out
    assert "0 verdicts added, 1 known before, 2 about faces that this project lacks." in again
    assert "2 verdicts were left out: they compare two sides" in again


def test_same_person_of_copies_of_one_picture_lacks_no_face(filled, faces, tmp_path, capsys):
    """Another project has the picture twice; this one has it once, so that both sides are one face."""
    copies = rows_of(filled, "c", "same", "ann", "2026-01-01", faces[:1], faces[:1])
    copies[1][5] = "copy.jpg"
    path = write(tmp_path / "c.csv", copies)
    with pytest.raises(
        RequestError, match=r"copies of the same pictures alone, which are the same faces here\. Nothing was read"
    ):
        read_verdicts(filled, path)
    path = write(tmp_path / "v.csv", [*copies, *rows_of(filled, "b", "ignored", "ann", "2026-01-02", faces[4:5])])
    assert run(["verdicts", str(filled.folder), "--file", str(path)]) == 0
    told = capsys.readouterr().out
    assert "1 verdict added, 0 known before, 0 about faces that this project lacks." in told
    assert "1 verdict was left out: both of its sides are the same faces here, copies of the same pictures." in told
    assert "is not in this project" not in told


def test_the_verb_tells_all_that_reading_found(filled, faces, tmp_path, capsys):
    def told(path, *more):
        assert run(["verdicts", str(filled.folder), "--file", str(path), *more]) == 0
        return capsys.readouterr().out

    path = write(tmp_path / "v.csv", rows_of(filled, "a", "confirmed", "ann", "2026-01-01", faces[:2], faces[3:5]))
    path.write_text(path.read_text().removesuffix("\n"))
    assert "last line has no end" in told(path)
    assert json.loads(told(path, "--json"))["unended"] is True
    (empty := tmp_path / "empty.csv").write_text(",".join(HEADER) + "\n")
    assert "empty.csv: no verdicts in it" in told(empty)


def test_pictures_of_other_content_do_not_hide_what_is_known(filled, faces, tmp_path):
    rows = rows_of(filled, "a", "different", "ann", "2026-01-01", faces[:1], faces[2:4])
    other = [
        [*row[:6], "ab" * 32, *row[7:]] for row in rows_of(filled, "b", "ignored", "ann", "2026-01-01", faces[5:6])
    ]
    path = write(tmp_path / "v.csv", [*rows, *other])
    assert read_verdicts(filled, path).added == 1
    again = read_verdicts(filled, path)
    assert (again.added, again.known, again.other_content_verdicts) == (0, 1, 1)
