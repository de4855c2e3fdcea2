"""A list's paths are found in the project without guessing, and what the list says of a pair comes first."""

import numpy as np

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.pairs import Pair
from fairdesk.metrics.pair_lists.writing import write_pairs
from fairdesk.metrics.params import ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs as score
from fairdesk.metrics.scores.score_files import read_scores
from tests.conftest import add_faces, plain_images


def scored(project, tmp_path, pairs):
    write_pairs(tmp_path / "l.csv", pairs, "csv")
    params = ScoreParams(pairs=tmp_path / "l.csv", encoder="made-up", out=tmp_path / "s.npz")
    return score(params, QuietContext(project)), read_scores(tmp_path / "s.npz")


def test_the_lists_words_come_before_the_projects(filled, tmp_path):
    pairs = [
        Pair("g0/id00/000.png", "g0/id00/001.png", 1, 0, "Ann", "", "north", ""),
        Pair("g0/id01/000.png", "g1/id10/001.png", 0),
    ]
    result, scores = scored(filled, tmp_path, pairs)
    assert result.dropped == 0
    assert scores.subject1.tolist() == ["Ann", "id01"] and scores.subject2.tolist() == ["id00", "id10"]
    assert scores.group1.tolist() == ["north", "g0"] and scores.group2.tolist() == ["g0", "g1"]
    assert scores.label.tolist() == [True, False]


def test_a_path_that_two_images_could_be_is_none_of_them(project, tmp_path):
    """Both folders hold id00/000.png: a list from elsewhere that names it so could mean either."""
    for side, name in ((16, "one"), (12, "two")):
        plain_images(tmp_path / name, 1, 1 if name == "one" else 2, 2, side=side)
        import_folder(ImportParams(folder=tmp_path / name), QuietContext(project))
    add_faces(project)
    away = "/elsewhere/faces"
    pairs = [
        Pair(f"{away}/id00/000.png", f"{away}/id01/000.png", 0),
        Pair(f"{away}/id01/000.png", f"{away}/id01/001.png", 1),
    ]
    result, scores = scored(project, tmp_path, pairs)
    assert result.not_in_project == [f"{away}/id00/000.png"]
    assert np.isnan(scores.score).tolist() == [True, False]
