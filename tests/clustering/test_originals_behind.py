"""A clustering tells which originals have changed or are gone since their faces were encoded, and is made all the same."""

import json
import shutil

import numpy as np

from fairdesk.cli import run
from fairdesk.clustering import originals_behind
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import hide_images, labelled_images

ASKED = ClusterParams(method="kmeans", n_clusters=8)


def originals(project):
    return [one.path for one in labelled_images(project)]


def test_changed_and_missing_originals_are_told(filled, capsys):
    paths = originals(filled)
    assert cluster_faces(ASKED, QuietContext(filled)).caution() is None
    shutil.copyfile(paths[7], paths[0].with_suffix(".aside"))
    paths[0].with_suffix(".aside").replace(paths[0])
    paths[1].unlink()
    context = QuietContext(filled)
    done = cluster_faces(ASKED, context)
    assert (done.faces, done.changed, done.missing_paths) == (40, [str(paths[0])], [str(paths[1])])
    for said in (done.text(), done.caution()):
        assert "1 original has changed" in said and f"1 original is missing: {paths[1]}" in said
    assert any("another file than the one that was imported" in one for one in context.messages)
    old = f"fairdesk relink PROJECT {paths[1].parent} NEW-FOLDER"
    assert any("1 original is missing" in one and old in one for one in context.messages) and old in done.text()
    paths[2].unlink()
    assert run(["cluster", str(filled.folder), "--method", "kmeans", "--n-clusters", "8", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (
        said["changed"] == [str(paths[0])]
        and said["missing_paths"] == [str(paths[1]), str(paths[2])]
        and said["missing"] == 2
    )


def test_only_originals_of_the_clustered_faces_count(filled):
    paths = originals(filled)
    for path in paths[:2]:
        path.unlink()
    hide_images(filled, [one.id for one in labelled_images(filled)][:1])
    done = cluster_faces(ASKED, QuietContext(filled))
    assert done.faces == 39 and done.missing_paths == [str(paths[1])]


def test_where_all_are_missing_the_first_are_named(filled, monkeypatch):
    monkeypatch.setattr(originals_behind, "NAMED", 3)
    paths = originals(filled)
    paths[0].parents[2].rename(paths[0].parents[2].with_name("unplugged"))
    done = cluster_faces(ASKED, QuietContext(filled))
    assert done.missing == 40 and done.missing_paths == [str(path) for path in paths[:3]]
    assert f"40 originals are missing, for example {paths[0]}" in done.text()
    assert f"fairdesk relink PROJECT {paths[0].parents[2]} NEW-FOLDER" in done.text()


def test_vectors_of_a_file_have_no_originals(filled, tmp_path):
    np.savez(tmp_path / "v.npz", vectors=np.eye(6, dtype=np.float32))
    done = cluster_faces(ClusterParams(method="kmeans", n_clusters=2, vectors=tmp_path / "v.npz"), QuietContext(None))
    assert done.changed == [] and done.missing == 0
