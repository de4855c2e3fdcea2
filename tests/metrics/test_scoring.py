"""Scores of a list, score files, intervals and the report."""

import numpy as np
import pytest

from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation_job import evaluate_scores as evaluate
from fairdesk.metrics.pair_lists.job import make_pair_list as make_pairs
from fairdesk.metrics.pair_lists.reading import read_pairs
from fairdesk.metrics.params import EvaluateParams, PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs as score
from fairdesk.metrics.scores.score_files import export_csv, read_scores, write_scores
from fairdesk.metrics.scores.score_set import ScoreSet


@pytest.fixture
def scored(filled, tmp_path):
    make_pairs(PairsParams(genuine=60, impostor=200, out=tmp_path / "l.csv"), QuietContext(filled))
    result = score(
        ScoreParams(pairs=tmp_path / "l.csv", encoder="made-up", out=tmp_path / "s.npz"), QuietContext(filled)
    )
    return filled, result, tmp_path


def test_scores_are_the_distances_of_the_pairs(scored):
    project, _, folder = scored
    recipe = project.vectors.find("made-up")
    faces, vectors = project.vectors.load(recipe)
    path_of = {str(project.roots()[r] / p): f for f, r, p in project.db.rows(
        "SELECT face.id, root_id, path FROM face JOIN image ON image.id = image_id")}  # fmt: skip
    row = {face: i for i, face in enumerate(faces.tolist())}
    scores = read_scores(folder / "s.npz")
    for pair, value in zip(read_pairs(folder / "l.csv"), scores.score, strict=True):
        a, b = (vectors[row[path_of[p]]].astype(float) for p in (pair.path1, pair.path2))
        assert value == pytest.approx(-np.linalg.norm(a - b), abs=1e-12)
    assert scores.measure == "negative euclidean distance"
    with np.load(folder / "s.npz") as data:  # the original's arrays are there
        assert len(data["genuine_scores"]) == 60 and len(data["imposter_scores"]) == 200


def test_an_image_without_a_vector_is_a_failure_to_acquire(scored):
    project, _, folder = scored
    path = read_pairs(folder / "l.csv")[0].path1
    with project.db.transaction() as connection:
        connection.execute("DELETE FROM vector WHERE face_id = (SELECT face.id FROM face JOIN image ON image.id = image_id"
                           " WHERE ? LIKE '%' || path)", (path,))  # fmt: skip
    result = score(ScoreParams(pairs=folder / "l.csv", encoder="made-up", out=folder / "t.npz"), QuietContext(project))
    assert result.dropped > 0 and result.without_vector == [path]
    figures = evaluate(EvaluateParams(scores=folder / "t.npz"), QuietContext())
    assert figures.dropped.genuine + figures.dropped.impostor == result.dropped


def test_csv_and_npz_say_the_same(scored):
    _, _, folder = scored
    assert export_csv(folder / "s.npz", folder / "s.csv") == 260
    for options in ({"by": "none"}, {"by": "group", "at": "eer", "bootstrap": 50}):
        one = evaluate(EvaluateParams(scores=folder / "s.npz", **options), QuietContext())
        two = evaluate(EvaluateParams(scores=folder / "s.csv", **options), QuietContext())
        assert one == two


def test_report_is_written(scored):
    _, _, folder = scored
    context = QuietContext()
    result = evaluate(EvaluateParams(scores=folder / "s.npz", by="group", out=folder / "report"), context)
    names = {path.name for path in (folder / "report").iterdir()}
    assert {
        "report.html",
        "table.csv",
        "evaluation.json",
        "roc.png",
        "roc.svg",
        "det.png",
        "rates.svg",
        "scores-all.png",
    } <= names
    page = (folder / "report" / "report.html").read_text()
    assert "g0" in page and "GARBE" in page and result.groups.rule.replace("<", "&lt;") in page
    first = (folder / "report" / "roc.svg").read_bytes()
    evaluate(EvaluateParams(scores=folder / "s.npz", by="group", out=folder / "again"), QuietContext())
    assert (folder / "again" / "table.csv").read_bytes() == (folder / "report" / "table.csv").read_bytes()
    assert b"<svg" in first


def test_an_original_npz(tmp_path):
    np.savez(tmp_path / "o.npz", genuine_scores=np.array([0.9, 0.8]), imposter_scores=np.array([0.1, 0.2, 0.3]))
    result = evaluate(EvaluateParams(scores=tmp_path / "o.npz"), QuietContext())
    assert (result.eer, result.n_genuine, result.n_impostor) == (0, 2, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "must name the columns score and label"),
        ("score,label\n0.5,1\n0.5\n", "line 3 has 1 field,"),
        ("score,label\nx,1\n", "line 2: the score 'x' is not a number"),
        ("score,label\n0.5,maybe\n", "line 2: the label 'maybe'"),
    ],
)
def test_bad_csv(tmp_path, text, message):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(RequestError, match=message):
        read_scores(tmp_path / "s.csv")


def test_bad_npz(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04nothing")
    np.savez(tmp_path / "b.npz", what=np.zeros(3))
    np.savez(tmp_path / "c.npz", score=np.zeros(3), label=np.zeros(2))
    np.savez(tmp_path / "d.npz", genuine=np.array([object()]), impostor=np.zeros(2))
    for name, message in (
        ("a", "cannot be read"),
        ("b", "holds the arrays what"),
        ("c", "differ in length"),
        ("d", "Python objects"),
    ):
        with pytest.raises(RequestError, match=message):
            read_scores(tmp_path / f"{name}.npz")


def test_distances_and_the_warning(tmp_path):
    np.savez(tmp_path / "d.npz", genuine=np.array([0.1, 0.2]), impostor=np.array([0.8, 0.9]))
    context = QuietContext()
    assert evaluate(EvaluateParams(scores=tmp_path / "d.npz"), context).eer == 1.0
    assert any("--distance" in text for text in context.messages)
    assert evaluate(EvaluateParams(scores=tmp_path / "d.npz", distance=True), QuietContext()).eer == 0.0


def test_threshold_from_a_group_that_is_not_there(scored):
    _, _, folder = scored
    with pytest.raises(RequestError, match=r"There is no group 'x'\. The scores have: g0, g1"):
        evaluate(EvaluateParams(scores=folder / "s.npz", by="group", threshold_from="group:x"), QuietContext())


def test_scores_round_trip_with_missing_ones(tmp_path):
    scores = ScoreSet(
        score=np.array([0.5, np.nan]),
        label=np.array([True, False]),
        subject1=np.array(["a", "b"]),
        subject2=np.array(["a", "c"]),
    )
    for name in ("s.npz", "s.csv"):
        write_scores(tmp_path / name, scores)
        found = read_scores(tmp_path / name)
        assert found.score[0] == 0.5 and np.isnan(found.score[1])
        assert found.label.tolist() == [True, False] and found.subject2.tolist() == ["a", "c"]
