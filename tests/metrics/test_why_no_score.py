"""Pairs of a list that have no score: how many were scored, and what became of each of the others."""

import shutil

import numpy as np
import pytest

from fairdesk.gui.tabs.metrics.presenter import look
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.params import ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.project.images import hide_images, image_paths
from fairdesk.project.vectors import Recipe

LIST = """\
path1,path2,label
{0},{1},1
{0},{5},0
{0},{6},0
{1},{7},0
{2},{0},1
{2},{3},1
{2},{8},0
{3},{9},0
{4},{0},1
nowhere.png,{1},0
"""


@pytest.fixture
def told(filled, tmp_path):
    """Ten pairs: image 2 is gone before it was encoded, 3 has no face, 4 is not encoded, one is not in the project."""
    paths = [path for _, path in sorted(image_paths(filled, range(1, 11)).items())]
    shutil.move(paths[2], tmp_path / "elsewhere.png")
    with filled.db.transaction() as connection:
        connection.execute("DELETE FROM vector WHERE face_id IN (SELECT id FROM face WHERE image_id IN (3, 4, 5))")
        connection.execute("DELETE FROM face WHERE image_id = 4")
        connection.execute("UPDATE detection SET faces = 0 WHERE image_id = 4")
    (tmp_path / "l.csv").write_text(LIST.format(*paths))
    params = ScoreParams(pairs=tmp_path / "l.csv", encoder="made-up", out=tmp_path / "s.npz")
    return filled, paths, params, score_pairs(params, QuietContext(filled))


def test_what_was_scored_is_counted_apart_from_the_list(told):
    _, paths, params, result = told
    assert (result.pairs, result.scored, result.dropped) == (10, 4, 6)
    assert result.images_scored == 5  # 0, 1, 5, 6, 7
    assert (~(read_scores(params.out).score != read_scores(params.out).score)).sum() == 4
    assert result.text().splitlines()[0] == "4 of 10 pairs scored, of 5 images (negative euclidean distance)."
    counts = {one.why: (one.pairs, one.images, one.path) for one in result.without_score}
    assert counts == {
        "the file is missing": (3, 1, paths[2]),
        "no face was found in it": (1, 1, paths[3]),
        "its face is not encoded yet": (1, 1, paths[4]),
        "the path means no image of the project": (1, 1, "nowhere.png"),
    }
    assert [one.path for one in result.unreadable] == [paths[2]]


def test_the_terminal_and_the_card_say_why(told):
    _, paths, _, result = told
    said = result.text()
    assert "6 pairs have no score:" in said
    assert f"  3 pairs, of 1 image (the file is missing), for example {paths[2]}" in said
    assert "1 original is missing (Find moved originals: fairdesk relink" in said
    about = [one.about for one in result.caution_parts()]
    assert about == ["missing originals", ""]
    assert "3 pairs, of 1 image (the file is missing)" in result.caution()


def test_the_list_of_scores_says_how_many_have_none(told):
    project, _, _, _ = told
    (scores,) = [one for one in look(project).sources if one.kind == "scores"]
    assert "6 pairs have no score" in scores.about


def test_all_scored_says_no_more_than_that(filled, tmp_path):
    paths = sorted(image_paths(filled, range(1, 4)).values())
    (tmp_path / "l.csv").write_text(f"path1,path2,label\n{paths[0]},{paths[1]},1\n{paths[0]},{paths[2]},1\n")
    params = ScoreParams(pairs=tmp_path / "l.csv", encoder="made-up", out=tmp_path / "s.npz")
    result = score_pairs(params, QuietContext(filled))
    assert result.text().startswith("2 pairs scored, of 3 images") and result.without_score == []
    assert result.caution() is None
    hide_images(filled, [2])
    result = score_pairs(params, QuietContext(filled))
    assert [(one.why, one.path) for one in result.without_score] == [("the image is hidden", paths[1])]


def test_embeddings_of_zeros_have_no_cosine(filled, tmp_path):
    paths = sorted(image_paths(filled, range(1, 4)).values())
    recipe = filled.vectors.find("made-up")
    vectors = np.ones((40, recipe.dim), dtype=np.float32)
    vectors[1] = 0
    zero = filled.vectors.register(Recipe("zeros", "whole", "none", recipe.dim, "cosine", "none"))
    filled.vectors.append(zero, filled.vectors.missing(zero), vectors, {})
    (tmp_path / "l.csv").write_text(f"path1,path2,label\n{paths[0]},{paths[1]},1\n{paths[0]},{paths[2]},1\n")
    params = ScoreParams(pairs=tmp_path / "l.csv", encoder="zeros", out=tmp_path / "s.npz")
    result = score_pairs(params, QuietContext(filled))
    assert (result.scored, result.dropped) == (1, 1)
    assert [one.why for one in result.without_score] == ["an embedding of zeros, which has no cosine"]
