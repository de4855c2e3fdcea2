"""Hidden images: their faces count in no clustering, and come back with them."""

import json

import pytest

from fairdesk.cli import run
from fairdesk.clustering.comparison import compare_versions
from fairdesk.clustering.files.cluster_files import write_clusters
from fairdesk.clustering.files.mosaics import write_mosaic
from fairdesk.clustering.naming import name_identity
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, MosaicParams
from fairdesk.clustering.store import (
    clusters,
    faces_of,
    members,
    merge_clusters,
    move_faces,
    versions,
)
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import images_of_faces
from fairdesk.project.images import hide_images


@pytest.fixture
def hiding(filled):
    """Eight clusters of five: all of the first are hidden, and two of the second."""
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    every = [(one.id, faces_of(filled, one.id)) for one in clusters(filled, 1) if one.label >= 0]
    gone = every[0][1] + every[1][1][:2]
    hide_images(filled, list(images_of_faces(filled, gone).values()))
    return filled, every, gone


def test_every_count_is_of_what_is_shown(hiding, tmp_path):
    project, every, gone = hiding
    (version,) = versions(project)
    assert (version.faces, version.hidden, version.clusters) == (33, 7, 7)
    listed = {one.id: one.faces for one in clusters(project, 1)}
    assert every[0][0] not in listed and listed[every[1][0]] == 3 and sum(listed.values()) == 33
    faces, homes = members(project, 1)
    assert not set(faces.tolist()) & set(gone) and len(homes) == 33
    assert write_clusters(project, 1, tmp_path / "clusters.json") == 33
    assert sum(map(len, json.loads((tmp_path / "clusters.json").read_text()).values())) == 33
    sheets = write_mosaic(MosaicParams(cluster="all", out=tmp_path / "sheet.png"), QuietContext(project))
    assert sheets.faces == 33 and len(sheets.files) == 7
    assert run(["suggestions", str(project.folder), "--json"]) == 0
    project.journal.undo()  # shown again
    (version,) = versions(project)
    assert (version.faces, version.hidden, version.clusters) == (40, 0, 8)
    assert [faces_of(project, number) for number, _ in every] == [faces for _, faces in every]


def test_a_comparison_is_of_what_is_shown(hiding):
    project, _, _ = hiding
    cluster(ClusterParams(eps=0.8), QuietContext(project))
    compared = compare_versions(project, 1, 2)
    assert compared.faces == 33 and compared.only_first == compared.only_second == 0


def test_a_name_is_not_given_to_what_is_hidden(hiding):
    project, every, gone = hiding
    named = name_identity(project, every[1][0], "Ann")
    assert named.faces == 3
    ann = [face for (face,) in project.db.rows(
        "SELECT f.id FROM face f JOIN identity w ON w.id = f.identity_id WHERE w.name = 'Ann'")]  # fmt: skip
    assert sorted(ann) == every[1][1][2:] and not set(ann) & set(gone)


def test_hidden_faces_go_along_with_a_whole_cluster_and_stay_where_some_leave(hiding):
    project, every, _ = hiding
    keep, mixed = every[2], every[1]
    assert merge_clusters(project, keep[0], [mixed[0]]) == 3
    place = dict(project.db.rows("SELECT face_id, cluster_id FROM cluster_member"))
    assert all(place[face] == keep[0] for face in mixed[1])
    project.journal.undo()
    move_faces(project, mixed[1][2:], keep[0])
    place = dict(project.db.rows("SELECT face_id, cluster_id FROM cluster_member"))
    assert all(place[face] == mixed[0] for face in mixed[1][:2]) and mixed[0] not in [
        one.id for one in clusters(project, 1)
    ]


def test_nothing_but_hidden_faces_is_said(filled, tmp_path, capsys):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    hide_images(filled, list(range(1, 41)))
    assert versions(filled)[0].hidden == 40 and not [one for one in clusters(filled, 1) if one.label >= 0]
    with pytest.raises(RequestError, match="hidden images"):
        write_mosaic(MosaicParams(cluster="all", out=tmp_path / "sheet.png"), QuietContext(filled))
    for verb in (["cluster"], ["map"], ["eps"], ["suggestions"], ["identity-folders", "--out", str(tmp_path / "f")]):
        assert run([verb[0], str(filled.folder), *verb[1:]]) == 2, verb
        said = capsys.readouterr().err
        assert "hidden" in said, (verb, said)
