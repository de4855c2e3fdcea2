"""With --language the terminal speaks the report's language throughout; which group is worst, and what each number is."""

import numpy as np
import pytest

from fairdesk import words
from fairdesk.cli import run
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.identification.results import IdentifyResult, MatchCurves
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.results import Corrections
from fairdesk.metrics.scores.score_set import ScoreSet


def odd(path, rng):
    """Scores with all that can be odd: none, distances, contradicting names, two groups in a pair."""
    label = rng.random(400) < 0.5
    score = rng.normal(size=400) - 3 * label
    score[:5] = np.nan
    group1 = rng.choice(["A", "a"], 400)
    names = [rng.choice([*"pqrstu"], 400) for _ in range(2)]
    np.savez(
        path, score=score, label=label, group1=group1, group2=np.where(rng.random(400) < 0.2, "", group1),
        subject1=names[0], subject2=names[1],
    )  # fmt: skip
    return path


@pytest.mark.parametrize(
    "options",
    [
        {"at": "eer"},
        {"bootstrap": 0, "insightface": True, "folds": 10},
        {"at": "threshold=9"},
        {"by": "none", "distance": True},
    ],
)
def test_the_terminal_is_spanish_where_the_report_is(tmp_path, missed, options):
    scores = odd(tmp_path / "s.npz", np.random.default_rng(0))
    params = EvaluateParams(**({"scores": scores, "by": "group", "out": tmp_path / "r", "language": "es"} | options))
    result = evaluate_scores(params, QuietContext())
    result.encoder, result.detector, result.faces, result.other_detectors = "dlib", "hog", 1, ["cnn"]
    result.corrections = Corrections(excluded=1, wrong_label=1, relabelled_images=2, relabelled=1, reasons={"x": 2})
    said = result.text()
    assert not missed - {"steps"}
    assert (
        "puntuaciones genuinas" in said and "Intervalos: " in said and "Informe: " in said and "intervals" not in said
    )
    assert words.in_english()


def test_without_a_report_the_terminal_speaks_the_programs_language(tmp_path, capsys):
    scores = odd(tmp_path / "s.npz", np.random.default_rng(0))
    assert run(["evaluate", str(scores), "--by", "group", "--language", "es"]) == 0
    said = capsys.readouterr().out
    assert "genuine scores" in said and "genuinas" not in said and "todos los pares" not in said


def study(impostors):
    """Two groups whose impostors have these scores, and whose genuine comparisons differ."""
    score = np.concatenate([[0.9, 0.8], *[np.asarray(one, dtype=float) for one in impostors]])
    label = np.arange(len(score)) < 2
    group = np.array(["A", "B", *(name for name, one in zip("AB", impostors, strict=True) for _ in one)])
    return ScoreSet(score=score, label=label, group1=group, group2=group)


@pytest.mark.parametrize(
    ("impostors", "said"),
    [
        (([0.1, 0.2], [0.1, 0.2]), "no group has the highest FMR: all have 0 %"),
        (([0.7, 0.2], [0.1, 0.2]), "highest FMR: A"),
        (([0.7, 0.2], [0.1, 0.6]), "no group has the highest FMR: all have 50 %"),
    ],
)
def test_the_worst_group_is_named_or_none_is(tmp_path, impostors, said):
    params = EvaluateParams(scores=tmp_path, by="group", at="threshold=0.5", bootstrap=0)
    result, _ = evaluate(study(impostors), params)
    note = next(table.note for table in tables_of(result) if table.name == "common")
    assert said in note and said in result.text()


def test_zero_fnmr_is_told_to_be_an_fmr(tmp_path):
    result, _ = evaluate(study(([0.7, 0.2], [0.1, 0.2])), EvaluateParams(scores=tmp_path, bootstrap=0))
    assert "ZeroFNMR 0 % (an FMR)" in result.text()
    points = next(table for table in tables_of(result) if table.name == "points")
    assert [column.title for column in points.columns][-1] == "ZeroFNMR (an FMR)"


def test_a_search_of_one_says_one():
    none = {"cmc": MatchCurves(pessimistic=None, optimistic=None), "fnir_at_fpir": {}, "subjects": 1}
    one = IdentifyResult(
        n_mated=1, n_nonmated=1, dropped={"mated": 1, "nonmated": 0}, n_gallery=1, gallery_subjects=1, draws=0, seed=1,
        interval="", **none,
    )  # fmt: skip
    assert one.counts() == "1 mated probe and 1 non-mated probe, 1 gallery entry of 1 subject"
    assert "Dropped, no score: 1 mated probe, 0 non-mated probes" in one.text()
