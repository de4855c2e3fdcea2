"""What is so already leaves no step, and a name changes no group by itself."""

import pytest

from fairdesk.clustering import store
from fairdesk.clustering.naming import foresee, meant, name_cluster
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.clustering.verdicts.files import read_verdicts, write_verdicts
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import set_identity


@pytest.fixture(autouse=True)
def clustered(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))


def steps(project):
    return len(project.journal.history())


def test_all_faces_of_a_cluster_are_not_split_off(filled):
    one = clusters(filled, 1)[0]
    store.rename_cluster(filled, one.id, "Old name")
    mine, before = faces_of(filled, one.id), steps(filled)
    assert store.split_faces(filled, 1, mine) == one.id and steps(filled) == before
    assert clusters(filled, 1, [one.id])[0].title == "Old name"
    assert store.split_faces(filled, 1, mine[1:]) != one.id and steps(filled) == before + 1


def test_a_title_as_it_is_leaves_no_step(filled):
    one = clusters(filled, 1)[0]
    name_cluster(filled, foresee(filled, one.id, "Ann", "North"))
    before, title = steps(filled), clusters(filled, 1, [one.id])[0].title
    store.rename_cluster(filled, one.id, title)
    assert steps(filled) == before
    store.rename_cluster(filled, one.id, title + " 2")
    assert steps(filled) == before + 1 and clusters(filled, 1, [one.id])[0].title == title + " 2"


def test_a_name_changes_no_group_unasked(filled):
    first, second, third = clusters(filled, 1)[:3]
    set_identity(filled, faces_of(filled, first.id), "Ann", "North")
    set_identity(filled, faces_of(filled, second.id), "Ben", "South")
    wanted = foresee(filled, second.id, "Ann")
    assert (wanted.group, wanted.leaving, wanted.joins) == ("South", {}, 0)
    done = name_cluster(filled, wanted)
    assert done.group == "South" and "North" in done.text() and "give the cluster that group too" in done.text()
    assert meant("Ann", None, {"Ann": {"North": 5}}, "South").startswith("A new person in South.")
    set_identity(filled, faces_of(filled, third.id), "Cy")  # of no group: nothing is lost
    assert meant("Dan", None, {"Dan": {"North": 5}}, None).startswith("Dan in North")


def test_a_file_without_verdicts(filled, tmp_path):
    path, before = tmp_path / "none.csv", steps(filled)
    assert write_verdicts(filled, path) == 0
    read = read_verdicts(filled, path)
    assert (read.added, read.known) == (0, 0) and steps(filled) == before
    assert "none.csv: no verdicts in it. Nothing to change." in read.text()
