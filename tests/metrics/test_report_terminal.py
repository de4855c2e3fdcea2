"""With --language the terminal speaks the report's language throughout; which group is worst, and what each number is."""

import csv
import re

import numpy as np
import pytest

from fairdesk import words
from fairdesk.cli import run
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.wording import percent
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.identification.results import IdentifyResult, MatchCurves
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.report.language import speaking_report
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
    assert not missed
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


def test_each_operating_point_says_which_rate_it_is(tmp_path):
    result, _ = evaluate(study(([0.7, 0.2], [0.1, 0.2])), EvaluateParams(scores=tmp_path, bootstrap=0))
    assert "ZeroFNMR 0 % (an FMR)" in result.text()
    points = next(table for table in tables_of(result) if table.name == "points")
    assert [column.title for column in points.columns][-1] == "ZeroFNMR (an FMR)"
    for name in ("FMR10", "FMR20", "FMR100", "FMR1000", "ZeroFMR"):
        assert f"{name} 0 % (an FNMR)" in result.text() or f"{name} 50 % (an FNMR)" in result.text(), name
        assert f"{name} (an FNMR)" in [column.title for column in points.columns]


def test_a_search_of_one_says_one():
    none = {"cmc": MatchCurves(pessimistic=None, optimistic=None), "fnir_at_fpir": {}, "subjects": 1}
    one = IdentifyResult(
        n_mated=1, n_nonmated=1, dropped={"mated": 1, "nonmated": 0}, n_gallery=1, gallery_subjects=1, draws=0, seed=1,
        interval="", **none,
    )  # fmt: skip
    assert one.counts() == "1 mated probe and 1 non-mated probe, 1 gallery entry of 1 subject"
    assert "Dropped, no score: 1 mated probe, 0 non-mated probes" in one.text()


def test_thousands_are_written_as_the_language_writes_them(tmp_path, capsys):
    """A comma would be read as the decimal one: "2,989" is not three thousand in Spanish. Texts, tables, LaTeX and plots."""
    rng = np.random.default_rng(0)
    n = 9000
    label = rng.random(n) < 0.4
    group = rng.choice(["A", "B"], n)
    score = rng.normal(size=n) + label
    score[:1500] = np.nan
    np.savez(
        tmp_path / "s.npz", score=score, label=label, group1=group, group2=rng.permutation(group),
        subject1=rng.integers(0, 3000, n).astype(str), subject2=rng.integers(0, 3000, n).astype(str),
    )  # fmt: skip
    words_ = ["evaluate", str(tmp_path / "s.npz"), "--by", "group", "--at", "threshold=1", "--bootstrap", "0", "--out"]
    comma, narrow = re.compile(r"\d,\d{3}"), re.compile("\\d\u202f\\d{3}")
    for language, wrong, right in (("es", comma, narrow), ("en", narrow, comma)):
        out = tmp_path / language
        assert run([*words_, str(out), "--language", language]) == 0
        told = capsys.readouterr()
        page = re.sub('src="data:[^"]*"', "", (out / "report.html").read_text(encoding="utf-8")).partition("</style>")[
            2
        ]
        texts = {"terminal": told.out, "messages": told.err, "page": page}
        for path in (out / "tables").glob("*.csv"):
            rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
            texts[path.name] = " | ".join(cell for row in rows for cell in row)
        for name, text in texts.items():
            assert not wrong.search(text), (language, name, wrong.search(text))
        for name in ("terminal", "page"):
            assert right.search(texts[name]), (language, name)
        assert re.search(r"\b\d{4,}\b", texts["common.csv"])  # numbers of tables that programs read have no marks
        latex = (out / "tables" / "common.tex").read_text(encoding="utf-8")
        assert bool(re.search(r"\d\\,\d{3}", latex)) == (language == "es") and not narrow.search(latex)
        assert ("Wrote" in told.err) == (language == "en") and ("Se escribió" in told.err) == (language == "es")
    with speaking_report("es"):
        assert words.tr("{n:,} and {x:>9,.1f}", n=1234567, x=2345.5) == "1\u202f234\u202f567 and   2\u202f345.5"
        assert percent(12.345678) == "1\u202f230 %" and percent(0.0123) == "1.23 %"
    assert percent(12.345678) == "1,230 %"
