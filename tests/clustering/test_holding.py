"""Which verdicts hold in a clustering that was not made by them: one gone back to, or read from a file."""

import json

import pytest

from fairdesk.cli import run
from fairdesk.clustering.files.cluster_files import load_clusters, write_clusters
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, LoadClustersParams
from fairdesk.clustering.store import clusters, faces_of, move_faces, split_faces
from fairdesk.clustering.verdicts import edits
from fairdesk.clustering.verdicts.holding import Holding, broken_in, holding_in, not_with_all
from fairdesk.jobs.context import QuietContext
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import Said, Verdict


@pytest.fixture
def eight(filled):
    """Eight clusters of five, made twice; verdicts on the second that the first knows nothing of."""
    for _ in range(2):
        cluster(ClusterParams(eps=0.8), QuietContext(filled))
    found = [one for one in clusters(filled, 2) if one.label >= 0]
    return filled, found, [faces_of(filled, one.id) for one in found]


def judged(project, found, faces):
    """Six verdicts; five of them are broken where the clusters are as they were."""
    edits.say_same(project, found[0], found[1])
    edits.say_different(project, found[2], found[3])  # it holds
    edits.confirm(project, 2, faces[4][:1], found[2])
    edits.reject(project, 2, faces[5][:1], found[5])
    edits.ignore(project, 2, faces[6][:1])
    edits.one_person(project, 2, faces[7][:1], faces[5][3:4])
    edits.not_sure(project, faces[2][:1], faces[6][1:2])  # binds nothing


def test_what_does_not_hold_is_counted_and_told(eight, tmp_path, capsys):
    project, found, faces = eight
    assert holding_in(project, 1) == Holding(0, 0) and holding_in(project, 1).line() == ""
    judged(project, found, faces)
    assert holding_in(project, 2) == Holding(6, 0)
    assert holding_in(project, 1) == Holding(6, 5)
    said = "5 of 6 verdicts do not hold in it: Cluster again honours them."
    assert run(["clusterings", str(project.folder), "--version", "1", "--revert"]) == 0
    assert f"Clustering 3: {said}" in capsys.readouterr().out
    assert run(["clusterings", str(project.folder), "--version", "1", "--revert", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdicts"], told["verdicts_broken"], told["clusterings"][0]["id"]) == (6, 5, 4)
    write_clusters(project, 1, tmp_path / "one.csv")
    read = load_clusters(LoadClustersParams(file=tmp_path / "one.csv"), QuietContext(project))
    assert (read.verdicts, read.verdicts_broken) == (6, 5) and said in read.text() and read.caution() == said
    write_clusters(project, 2, tmp_path / "two.csv")
    read = load_clusters(LoadClustersParams(file=tmp_path / "two.csv"), QuietContext(project))
    assert read.verdicts_broken == 0 and "hold" not in read.text() and read.caution() is None
    again = cluster(ClusterParams(eps=0.8), QuietContext(project))
    assert again.verdicts == 6 and holding_in(project, again.version) == Holding(6, 0)


def test_the_verb_is_silent_where_all_hold_and_where_it_only_lists(eight, capsys):
    project, found, _ = eight
    edits.say_different(project, found[2], found[3])
    assert run(["clusterings", str(project.folder), "--version", "1", "--revert"]) == 0
    assert "hold" not in capsys.readouterr().out
    assert run(["clusterings", str(project.folder), "--json"]) == 0
    assert "verdicts_broken" not in json.loads(capsys.readouterr().out)


def verdict(number, said, faces, others=()):
    return Verdict(number, str(number), said, tuple(faces), tuple(others), "ann", float(number))


@pytest.mark.parametrize(
    ("said", "faces", "others", "homes", "broken"),
    [
        (Said.SAME, (1,), (2,), {1: 7, 2: 7}, False),
        (Said.SAME, (1,), (2,), {1: 7, 2: 8}, True),
        (Said.SAME, (1, 2), (3, 4), {1: 7, 2: 7, 3: 7}, True),  # face 4 is unclustered
        (Said.SAME, (1,), (2,), {}, True),  # two that are unclustered are not together
        (Said.DIFFERENT, (1, 2), (3,), {1: 7, 2: 8, 3: 8}, True),
        (Said.DIFFERENT, (1, 2), (3,), {1: 7, 2: 8}, False),
        (Said.NOT, (1,), (2, 3), {2: 7, 3: 7}, False),
        (Said.NOT, (1,), (2, 3), {1: 7, 3: 7}, True),
        (Said.CONFIRMED, (1,), (2, 3, 4), {1: 7, 2: 7, 3: 7, 4: 8}, False),  # with most of them
        (Said.CONFIRMED, (1,), (2, 3, 4), {1: 8, 2: 7, 3: 7, 4: 8}, True),
        (Said.CONFIRMED, (1,), (2, 3, 4), {1: 8, 2: 6, 3: 7, 4: 8}, False),  # as many in each
        (Said.CONFIRMED, (1,), (2, 3, 4), {1: 9, 2: 6, 3: 7, 4: 8}, True),
        (Said.CONFIRMED, (1,), (2, 3, 4), {2: 7, 3: 7, 4: 7}, True),
        (Said.CONFIRMED, (1, 5), (2, 3), {1: 7, 5: 8, 2: 7, 3: 7}, True),
        (Said.IGNORED, (1,), (), {1: 7}, True),
        (Said.IGNORED, (1,), (), {2: 7}, False),
    ],
)  # fmt: skip
def test_each_kind_by_hand(said, faces, others, homes, broken):
    one = verdict(1, said, faces, others)
    found = broken_in([one], constraints([one]), homes, range(10))
    assert found == ([one] if broken else [])


def test_what_newer_words_set_aside_is_not_counted_as_broken(eight):
    old = verdict(1, Said.SAME, (1,), (2,))
    new = Verdict(2, "2", Said.DIFFERENT, (1,), (2,), "bob", 2.0)
    both = constraints([old, new])
    assert broken_in([old, new], both, {1: 7, 2: 8}, (1, 2)) == []
    assert broken_in([old, new], both, {1: 7, 2: 7}, (1, 2)) == [new]


def test_a_face_that_is_with_most_of_those_it_was_confirmed_beside_is_told_so(eight):
    """Three people's faces: the face can be with the most of them alone, and the clustering says so."""
    project, _, faces = eight
    split_faces(project, 2, faces[7][:1])
    edits.one_person(project, 2, faces[7][:1], [*faces[0][:2], faces[1][0]])
    done = cluster(ClusterParams(eps=0.8), QuietContext(project))
    assert done.contradictions == [] and done.verdicts_with_most == 1
    assert "1 of them holds with most of the faces that it was given beside, not with all." in done.text()
    assert holding_in(project, done.version).broken == 0
    home = next(one.id for one in clusters(project, done.version) if faces[7][0] in faces_of(project, one.id))
    assert set(faces[0]) < set(faces_of(project, home)) and not set(faces[1]) & set(faces_of(project, home))


def test_faces_beside_all_of_the_others_are_not_told(eight):
    one = verdict(1, Said.CONFIRMED, (1,), (2, 3))
    assert not_with_all(constraints([one]), {1: 7, 2: 7, 3: 7}, (1, 2, 3)) == set()
    assert not_with_all(constraints([one]), {1: 7, 2: 7, 3: 8}, (1, 2, 3)) == {1}


def test_moving_by_hand_breaks_nothing_silently(eight):
    project, found, faces = eight
    edits.say_same(project, found[0], found[1])
    version = 2
    away = next(one for one in clusters(project, version) if faces[2][0] in faces_of(project, one.id))
    assert holding_in(project, version) == Holding(1, 0)
    move_faces(project, faces[1][:1], away.id)  # the newer word: the older one is about the others
    assert holding_in(project, version).broken == 0
