"""A word on single faces against a part of an earlier one; what verbs say of clusters by label; lists of one line each."""

import json

import pytest

from fairdesk.cli import run
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.clustering.verdicts import edits
from fairdesk.clustering.verdicts.saying import correct
from fairdesk.jobs.context import QuietContext
from fairdesk.project.verdicts import verdicts


@pytest.fixture
def two(filled):
    cluster_faces(ClusterParams(eps=0.8), QuietContext(filled))
    return clusters(filled, 1)[:2]


def test_a_face_that_is_taken_out_of_a_merge_is_told(filled, two):
    a, b = (faces_of(filled, one.id) for one in two)
    edits.say_same(filled, *two)
    done = edits.two_people(filled, 1, a[:1], b[:1])
    (line,) = done.otherwise
    assert line.startswith(f"Face {a[0]} does not count any more in the earlier verdict 1 (same person, 10 faces, ")
    assert not done.replaced and not done.contradictions and line in done.text()
    assert [one.id for one in verdicts(filled)] == [1, 2]


def test_a_face_that_is_confirmed_against_two_people(filled, two):
    a, b = (faces_of(filled, one.id) for one in two)
    edits.say_different(filled, *two)
    done = edits.one_person(filled, 1, a[:1], b)
    assert len(done.otherwise) == 1 and f"Face {a[0]} does not count any more in the earlier verdict 1" in done.text()


def test_what_agrees_or_is_about_others_is_not_told(filled, two):
    a, b = (faces_of(filled, one.id) for one in two)
    third = faces_of(filled, clusters(filled, 1)[2].id)
    edits.say_same(filled, *two)
    assert edits.one_person(filled, 1, a[:1], b[:1]).otherwise == []
    assert edits.two_people(filled, 1, third[:1], a[:1]).otherwise == []
    assert edits.two_people(filled, 1, a[1:2], third).otherwise == []


def test_a_correction_by_hand_tells_it_too(filled, two):
    a, b = (faces_of(filled, one.id) for one in two)
    edits.say_same(filled, *two)
    _, lines = correct(filled, lambda project: edits.two_people(project, 1, a[:1], b[:1]))
    assert len(lines) == 1 and "does not count any more in the earlier verdict 1" in lines[0]


def test_who_says_the_same_again_replaces_nothing(filled, two):
    a, b = (faces_of(filled, one.id) for one in two)
    edits.two_people(filled, 1, a[:1], b[:1])
    _, lines = correct(filled, lambda project: edits.two_people(project, 1, a[:1], b[:1]))
    assert lines == []


def test_a_named_cluster_is_told_by_its_label(filled, two, capsys):
    label = two[1].label
    words = ["name", str(filled.folder), "--cluster", str(label), "--identity", "Ann", "--json"]
    capsys.readouterr()
    assert run(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["cluster"], said["cluster_id"]) == (label, two[1].id) and label != two[1].id


def test_a_group_that_is_nearly_one_that_is_there_is_told(filled, two, capsys):
    name = ["name", str(filled.folder), "--cluster"]
    assert run([*name, str(two[0].label), "--identity", "Ann", "--group", "South"]) == 0
    assert run([*name, str(two[1].label), "--identity", "Bea", "--group", "south"]) == 0
    assert (
        "south is a new group beside South, which differs in case, accents or blanks alone." in capsys.readouterr().out
    )
    assert run([*name, str(two[1].label), "--identity", "Bea", "--group", "South"]) == 0
    assert "new group" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "note", ["first\nsecond", "first\r\n\r\nsecond", "first\tsecond", "first\u2028second", " first  second "]
)
def test_a_note_of_several_lines_is_listed_on_one(filled, two, capsys, note):
    capsys.readouterr()
    assert run(["clusterings", str(filled.folder), "--version", "1", "--note", note]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("  first second")
    assert run(["clusterings", str(filled.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clusterings"][0]["note"] == note.strip()
