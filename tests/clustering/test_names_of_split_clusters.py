"""A name stays where a split or a move takes its whole cluster; where no cluster is left for it, that is said."""

import pytest

from fairdesk.clustering.naming import name_identity
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import (
    clusters,
    faces_of,
    move_faces,
    rename_cluster,
    split_faces,
    unassign_faces,
)
from fairdesk.clustering.verdicts.lost_names import correct_faces
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import hide_images


@pytest.fixture
def five(filled):
    """Five clusters: two of them are called Ann and Bob."""
    cluster_faces(ClusterParams(eps=0.8), QuietContext(filled))
    found = [one.id for one in clusters(filled, 1)[:5]]
    rename_cluster(filled, found[0], "Ann")
    rename_cluster(filled, found[1], "Bob")
    return found


def called(project, face):
    home = project.db.value("SELECT cluster_id FROM cluster_member WHERE clustering_id = 1 AND face_id = ?", (face,))
    return clusters(project, 1, [home])[0]


def test_the_name_of_a_cluster_that_is_taken_whole_stays(filled, five):
    ann, bob, other = faces_of(filled, five[0]), faces_of(filled, five[1]), faces_of(filled, five[2])
    some = [*ann, *bob[:2], *other[:1]]  # Bob is left with three faces, and his name
    new, lines = correct_faces(filled, 1, some, lambda project: split_faces(project, 1, some))
    assert lines == []
    assert sorted(faces_of(filled, new)) == sorted(some)
    assert called(filled, ann[0]).name == "Ann" and called(filled, bob[2]).name == "Bob"
    filled.journal.undo()
    assert faces_of(filled, five[0]) == ann and faces_of(filled, five[1]) == bob


def test_an_identity_stays_as_a_name_does(filled, five):
    name_identity(filled, five[2], "Cleo", "g0")
    cleo, other = faces_of(filled, five[2]), faces_of(filled, five[3])
    new = split_faces(filled, 1, [*other[:2], *cleo])
    assert clusters(filled, 1, [new])[0].identity == "Cleo"


def test_of_two_names_none_is_taken_unsaid(filled, five):
    some = [*faces_of(filled, five[0]), *faces_of(filled, five[1])]
    new, lines = correct_faces(filled, 1, some, lambda project: split_faces(project, 1, some))
    assert clusters(filled, 1, [new])[0].name is None
    assert len(lines) == 1 and lines[0].startswith("The names Ann, Bob are gone:")


@pytest.mark.parametrize(
    "work",
    [
        lambda project, faces, other: move_faces(project, faces, other),
        lambda project, faces, other: unassign_faces(project, 1, faces),
    ],
)
def test_a_name_without_a_cluster_is_said(filled, five, work):
    ann = faces_of(filled, five[0])
    lines = correct_faces(filled, 1, ann, lambda project: work(project, ann, five[2]))[1]
    assert "The name Ann is gone: no face is left of its cluster." in lines
    bob = faces_of(filled, five[1])[1:]
    assert correct_faces(filled, 1, bob, lambda project: work(project, bob, five[2]))[1] == []  # one is left


def test_a_part_of_a_named_cluster_gets_a_cluster_of_its_own(filled, five):
    ann = faces_of(filled, five[0])
    new = split_faces(filled, 1, ann[:3])
    assert clusters(filled, 1, [new])[0].name is None and called(filled, ann[3]).name == "Ann"


def test_what_is_hidden_goes_along_with_the_name(filled, five):
    ann, other = faces_of(filled, five[0]), faces_of(filled, five[2])
    image = filled.db.value("SELECT image_id FROM face WHERE id = ?", (ann[-1],))
    hide_images(filled, [image], hide=True)
    new = split_faces(filled, 1, [*ann[:-1], *other[:2]])
    hide_images(filled, [image], hide=False)
    assert called(filled, ann[-1]).id == new and called(filled, ann[-1]).name == "Ann"


def test_two_clusters_of_one_person_keep_the_name_where_both_are_split_off_whole(filled, five):
    """Of namesakes in two groups none is taken: they are two people."""
    name_identity(filled, five[2], "Cleo", "g0")
    name_identity(filled, five[3], "Cleo", "g0")
    cleo = [*faces_of(filled, five[2]), *faces_of(filled, five[3])]
    new, lines = correct_faces(filled, 1, cleo, lambda project: split_faces(project, 1, cleo))
    assert lines == [] and faces_of(filled, new) == sorted(cleo)
    assert called(filled, cleo[0]).who == (None, "Cleo", "g0")
    filled.journal.undo()
    name_identity(filled, five[3], "Cleo", "g1")
    new, lines = correct_faces(filled, 1, cleo, lambda project: split_faces(project, 1, cleo))
    assert called(filled, cleo[0]).identity is None and len(lines) == 1 and "Cleo" in lines[0]
