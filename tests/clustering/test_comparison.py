"""Two versions side by side."""

import json

import pytest

from fairdesk.cli import run
from fairdesk.clustering import store
from fairdesk.clustering.comparison import compare_versions
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from tests.conftest import add_faces


def test_what_moved(filled, capsys):
    for _ in range(2):
        cluster(ClusterParams(eps=0.8), QuietContext(filled))
    same = compare_versions(filled, 1, 2)
    assert (same.moved, same.bcubed_f1, same.ari, same.faces, len(same.contingency)) == (0, 1, 1, 40, 8)
    a, b = clusters(filled, 2)[:2]
    face, other = faces_of(filled, a.id)[0], faces_of(filled, a.id)[1]
    store.move_faces(filled, [face], b.id)
    store.unassign_faces(filled, 2, [other])
    found = compare_versions(filled, 1, 2)
    assert {(m.face, m.first, m.second) for m in found.moved_faces} == {(face, a.label, b.label), (other, a.label, -1)}
    assert found.moved == 2 and found.bcubed_f1 < 1
    assert sum(cell.faces for cell in found.contingency) == 40 and len(found.contingency) == 10
    assert run(["compare-clusterings", str(filled.folder), "1", "2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["moved"] == 2 and (said["clusters_first"], said["clusters_second"]) == (8, 8)
    assert (said["unclustered_first"], said["unclustered_second"]) == (0, 1)
    assert run(["compare-clusterings", str(filled.folder), "1", "2"]) == 0
    text = capsys.readouterr().out
    assert "40 faces are in both clusterings; 2 faces moved to another cluster." in text
    assert (
        "They are 8 clusters and 0 faces unclustered in the first, 8 clusters and 1 face unclustered in the second."
        in text
    )
    assert f"face {other}: cluster {a.label} -> unclustered" in text
    assert run(["compare-clusterings", str(filled.folder), "1", "9"]) == 2


def test_versions_of_other_faces(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    add_faces(filled, detector="hog+all@1/1000")
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    with pytest.raises(RequestError, match="no face in common"):
        compare_versions(filled, 1, 2)


def test_moved_faces_that_are_not_listed_are_counted(filled, capsys):
    for _ in range(2):
        cluster(ClusterParams(eps=0.8), QuietContext(filled))
    faces = [face for one in clusters(filled, 2) for face in faces_of(filled, one.id)]
    for count, more in ((20, None), (23, "and 3 more faces")):
        store.unassign_faces(filled, 2, faces[:count])
        assert run(["compare-clusterings", str(filled.folder), "1", "2"]) == 0
        said = capsys.readouterr().out
        assert said.count("\nface ") == 20
        assert ("more" in said) == bool(more) and (more or "") in said


def test_a_clustering_that_is_not_there_is_an_error(filled, capsys):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    assert run(["clusterings", str(filled.folder), "--version", "1"]) == 0
    for words in ([], ["--note", "x"], ["--revert"]):
        assert run(["clusterings", str(filled.folder), "--version", "25", *words]) == 2
        assert "There is no clustering 25. The project has: 1" in capsys.readouterr().err
