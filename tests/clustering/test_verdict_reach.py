"""Verdicts on faces that are hidden, ignored, without an embedding or another detector's: what holds is counted, and what does not."""

import json

import pytest

from fairdesk.cli import run
from fairdesk.clustering.choosing.job import list_radii
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, EpsParams
from fairdesk.clustering.store import UNCLUSTERED, clusters, faces_of, homes_of
from fairdesk.clustering.verdicts import edits
from fairdesk.clustering.verdicts.reach import reach
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import images_of_faces
from fairdesk.project.images import hide_images
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import Said, Verdict, keep_verdict, verdicts


@pytest.fixture
def eight(filled):
    """Eight clusters of five; returns the version, the clusters and the faces of each."""
    made = cluster(ClusterParams(eps=0.8), QuietContext(filled))
    found = [one for one in clusters(filled, made.version) if one.label != UNCLUSTERED]
    return made.version, found, [faces_of(filled, one.id) for one in found]


def hide(project, faces):
    hide_images(project, list(images_of_faces(project, faces).values()))


def again(project):
    return cluster(ClusterParams(eps=0.8), QuietContext(project))


def size(project, version, cluster_id):
    return next((one.faces for one in clusters(project, version) if one.id == cluster_id), 0)


def test_only_faces_that_are_shown_are_said_to_move(filled, eight, capsys):
    version, found, faces = eight
    hide(filled, faces[1][:2])
    words = ["verdict", str(filled.folder), "--confirm", *map(str, faces[1][:3]), "--cluster", str(found[0].label)]
    assert run(words) == 0
    told = capsys.readouterr().out
    assert "1 face changed its cluster." in told
    assert "2 of the 3 faces are on hidden images: they count in no cluster" in told
    assert (size(filled, version, found[0].id), size(filled, version, found[1].id)) == (6, 2)
    assert run(["undo", str(filled.folder)]) == 0
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["moved"], said["faces"], said["hidden"]) == (1, 3, 2) and "ignored" not in said


@pytest.mark.parametrize("way", ["reject", "two people", "ignore"])
def test_a_hidden_face_that_was_put_out_is_not_there_when_it_is_shown_again(filled, eight, way):
    version, found, faces = eight
    hide(filled, faces[0][:1])
    some = faces[0][:2]
    if way == "reject":
        done = edits.reject(filled, version, some, found[0])
    elif way == "two people":
        done = edits.two_people(filled, version, some, faces[0][2:])
    else:
        done = edits.ignore(filled, version, some)
    assert (done.moved, done.hidden) == (1, 1)
    hide_images(filled, list(images_of_faces(filled, faces[0][:1]).values()), hide=False)
    homes = homes_of(filled, version, faces[0])
    assert len({homes[face] for face in some}) == 1 and homes[some[0]] != found[0].id == homes[faces[0][3]]


def test_a_verdict_on_a_face_that_others_ignore_says_that_it_is_in_no_clustering(filled, eight):
    version, found, faces = eight
    edits.ignore(filled, version, faces[1][:1])
    done = edits.not_sure(filled, faces[1][:2], faces[0][:1])
    assert (done.faces, done.ignored, done.hidden) == (3, 1, None)
    assert "1 of the 3 faces is ignored: no clustering takes it." in done.text()
    done = edits.confirm(filled, version, faces[1][:1], found[1])  # the newer word: it is ignored no more
    assert (done.ignored, done.moved) == (None, 1)


def test_a_clustering_counts_what_holds_wholly_partly_and_not_at_all(filled, eight):
    version, found, faces = eight
    edits.say_same(filled, found[0], found[1])  # wholly
    edits.say_different(filled, found[2], found[3])  # two faces will be hidden
    edits.reject(filled, version, faces[4][:1], found[4])  # the face will be hidden: nothing to follow
    edits.not_sure(filled, faces[5][:1], faces[6][:1])
    done = again(filled)
    assert (done.verdicts, done.verdicts_partly, done.verdicts_unused, done.verdict_faces_left_out) == (
        3, None, None, None,
    )  # fmt: skip
    assert "3 verdicts honoured." in done.text() and "of them" not in done.text()
    hide(filled, [*faces[2][:2], faces[4][0]])
    edits.ignore(filled, version, faces[7][:1])  # followed: it is left out
    done = again(filled)
    assert (done.verdicts, done.verdicts_partly, done.verdicts_unused, done.verdict_faces_left_out) == (3, 1, 1, 3)
    assert (
        "3 verdicts honoured. 1 of them holds for some of its faces alone. 1 more says nothing here: too few of its faces"
        " are clustered. 3 faces of verdicts are not clustered: hidden, ignored, without an embedding, or of another detector."
    ) in done.text()
    assert list_radii(EpsParams(), QuietContext(filled)).verdicts == 3


def counted(given, there):
    found = [
        Verdict(number, str(number), said, tuple(faces), tuple(others), who, float(number))
        for number, (said, faces, others, who) in enumerate(given, 1)
    ]
    done = reach(found, found, constraints(found), there)
    return done.followed, done.partly, done.unused, done.faces


@pytest.mark.parametrize(
    ("said", "faces", "others", "there", "comes_to"),
    [
        (Said.SAME, [1, 2], [3], [1, 2, 3], (1, 0, 0, 0)),
        (Said.SAME, [1, 2], [3], [1, 2], (1, 1, 0, 1)),  # that 1 and 2 are one person still holds
        (Said.SAME, [1, 2], [3], [1], (0, 0, 1, 2)),
        (Said.DIFFERENT, [1, 2], [3], [1, 3], (1, 1, 0, 1)),
        (Said.DIFFERENT, [1, 2], [3], [1, 2], (0, 0, 1, 1)),
        (Said.NOT, [1], [2, 3], [2, 3], (0, 0, 1, 1)),
        (Said.CONFIRMED, [1, 2], [], [1], (1, 1, 0, 1)),
        (Said.CONFIRMED, [1], [2, 3], [1], (0, 0, 1, 2)),
        (Said.CONFIRMED, [1, 4], [2, 3], [1, 4], (1, 1, 0, 2)),
        (Said.CONFIRMED, [1], [2, 3], [], (0, 0, 1, 3)),
        (Said.IGNORED, [1, 2], [], [], (1, 0, 0, 0)),
        (Said.UNSURE, [1, 2], [3], [], (0, 0, 0, 0)),
    ],
)
def test_by_hand(said, faces, others, there, comes_to):
    assert counted([(said, faces, others, "ann")], there) == comes_to


def test_what_is_set_aside_for_some_of_its_faces_says_for_how_many(filled, eight):
    _, _, faces = eight
    with filled.journal.step("Said", target={}) as connection:
        keep_verdict(connection, Said.NOT, faces[0][:3], faces[1], who="ann", created=1.0)
        keep_verdict(connection, Said.CONFIRMED, faces[0][:1], faces[1], who="ben", created=2.0)
    (one,) = constraints(verdicts(filled)).contradictions
    assert "is set aside for 1 of its faces: 2 (confirmed" in one.text()
    done = again(filled)
    assert (done.verdicts, done.verdicts_partly, done.verdict_faces_left_out) == (2, 1, None)
    assert counted([(Said.NOT, [1, 2], [3], "a"), (Said.CONFIRMED, [1, 2], [3], "b")], [1, 2, 3]) == (1, 0, 0, 0)
