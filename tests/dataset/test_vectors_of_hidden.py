"""Embeddings of hidden images are written like all others, and told apart."""

import csv

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.dataset.params import VectorsParams
from fairdesk.dataset.vector_export import export_vectors
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import hide_images


def paths_of(project, images):
    roots = project.roots()
    rows = project.db.rows("SELECT id, root_id, path FROM image")
    return {str(roots[root] / path) for number, root, path in rows if number in images}


@pytest.fixture
def some_hidden(filled):
    hide_images(filled, [3, 17])
    return filled


def exported(project, out):
    return export_vectors(VectorsParams(encoder="made-up", out=out), QuietContext(project))


def test_an_npz_says_which(some_hidden, tmp_path):
    result = exported(some_hidden, tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz") as found:
        assert found["hidden"].dtype == bool and len(found["hidden"]) == len(found["vectors"]) == 40
        assert set(found["paths"][found["hidden"]].tolist()) == paths_of(some_hidden, {3, 17})
    assert (result.vectors, result.hidden) == (40, 2)
    assert "2 of these are of hidden images. “hidden” in the file tells which." in result.text()


def test_a_csv_says_which(some_hidden, tmp_path):
    exported(some_hidden, tmp_path / "v.csv")
    with (tmp_path / "v.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["path"] for row in rows if row["hidden"] == "true"} == paths_of(some_hidden, {3, 17})
    assert sum(row["hidden"] == "false" for row in rows) == 38


def test_a_list_of_the_original_scripts_has_no_room_for_it(some_hidden, tmp_path):
    text = exported(some_hidden, tmp_path / "v.json").text()
    assert "2 of these are of hidden images." in text and "tells which" not in text


def test_nothing_is_said_where_none_is_hidden(filled, tmp_path, capsys):
    assert run(["vectors", str(filled.folder), "--encoder", "made-up", "--out", str(tmp_path / "v.npz")]) == 0
    assert "hidden" not in capsys.readouterr().out
    with np.load(tmp_path / "v.npz") as found:
        assert "hidden" not in found
