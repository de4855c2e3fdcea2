"""Without groups the operating point is the whole set's: its rates there, with intervals, wherever they are told."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fairdesk.cli.main import run
from fairdesk.gui.tabs.metrics.presenter import threshold_line
from fairdesk.metrics.evaluation import evaluate, evaluate_whole
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.live_threshold import LiveThreshold
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.scores.score_set import ScoreSet

PEOPLE = 20


def study(seed=0, apart=2.0):
    rng = np.random.default_rng(seed)
    one, two = (np.append(side, np.arange(PEOPLE).repeat(5)) for side in np.triu_indices(PEOPLE, 1))
    label = one == two
    names = np.array([f"p{k}" for k in range(PEOPLE)])
    return ScoreSet(
        score=rng.normal(size=len(one)) + apart * label, label=label, subject1=names[one], subject2=names[two],
        group1=np.full(len(one), "all"), group2=np.full(len(one), "all"),
    )  # fmt: skip


def options(**given):
    return EvaluateParams(scores=Path(__file__), bootstrap=given.pop("bootstrap", 100), **given)


@pytest.mark.parametrize("at", ["threshold=1.3", "eer", "fmr=0.05", "fmr=1e-3", "threshold=99", "threshold=-99"])
def test_they_are_those_of_a_study_of_one_group(at):
    """Where everybody is of one group, its rates are those of the whole set: counted, and with the same intervals."""
    scores = study()
    found = evaluate(scores, options(at=at))[0].at_threshold
    group = evaluate(study(), options(at=at, by="group"))[0].groups
    row = group.per_group["all"]
    assert (found.threshold, found.rule) == (group.threshold, group.rule)
    for name in ("fmr", "fnmr", "false_matches", "false_non_matches", "accuracy", "fmr_ci_why", "fnmr_ci_why"):
        assert getattr(found, name) == getattr(row, name)
    for name in ("fmr_ci", "fnmr_ci"):
        one, other = getattr(found, name), getattr(row, name)
        assert one is other is None or one == pytest.approx(other, rel=1e-6)
    if at == "threshold=1.3":
        impostor, genuine = scores.score[~scores.label], scores.score[scores.label]
        assert found.false_matches == int((impostor >= 1.3).sum()) > 0
        assert found.fnmr == pytest.approx(float((genuine < 1.3).mean()))
        assert found.fmr_ci[0] < found.fmr < found.fmr_ci[1]


def test_the_figures_at_other_thresholds_know_nothing_of_it():
    rows = []
    for at in ("eer", "threshold=1.234567", "fmr=0.05", "threshold=99"):
        found = evaluate(study(), options(at=at))[0]
        rows.append((found.eer_ci, [point.tar_ci for point in found.tar_at_far.values()]))
    assert all(row == rows[0] for row in rows)
    assert rows[0][0] is not None


def test_scores_without_names_have_intervals_by_pairs():
    scores = replace(study(), subject1=None, subject2=None, group1=None, group2=None)
    found = evaluate(scores, options(at="threshold=1", bootstrap=None))[0].at_threshold
    assert found.fmr_ci == found.fmr_ci_pairs
    assert found.fmr_ci_by == found.fnmr_ci_by == "pairs"


def test_one_kind_of_scores_has_one_rate(tmp_path, capsys):
    np.savez(tmp_path / "one.npz", genuine=np.array([0.2, 0.8, 0.9]), impostor=np.array([]))
    assert run(["evaluate", str(tmp_path / "one.npz"), "--at", "threshold=0.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["at_threshold"]
    assert found["fnmr"] == pytest.approx(1 / 3)
    assert found["fmr"] is None
    assert found["fmr_why"] == "no impostor scores"
    assert run(["evaluate", str(tmp_path / "one.npz"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.get("at_threshold") is None
    assert found["at_threshold_why"] == "no impostor scores"


def test_distances_have_the_threshold_that_was_typed():
    scores = replace(study(), score=study().score)
    near = evaluate(scores, options(at="threshold=-1.3", distance=True))[0].at_threshold
    far = evaluate(study(), options(at="threshold=1.3"))[0].at_threshold
    assert near.threshold == -1.3
    assert (near.fmr, near.fnmr) == (far.fmr, far.fnmr)


def test_what_is_of_groups_alone_is_refused_with_its_remedy(tmp_path, capsys):
    path = tmp_path / "s.csv"
    path.write_text("score,label,group1,group2\n0.9,1,A,A\n0.1,0,A,A\n0.2,0,A,A\n0.8,1,A,A\n")
    words = ["evaluate", str(path), "--bootstrap", "0"]
    for option in (["--threshold-from", "within-group"], ["--threshold-from", "group:A"], ["--alpha", "0.2"]):
        assert run([*words, *option]) == 2
        said = capsys.readouterr().err
        assert f"{option[0]} has no effect with --by none. It needs --by group" in said
        assert run([*words, *option, "--by", "group"]) == 0
        assert "no effect" not in capsys.readouterr().err
    assert run([*words, "--at", "threshold=0.15", "--threshold-from", "all", "--alpha", "0.5"]) == 0
    told = capsys.readouterr()
    assert "no effect" not in told.err
    assert "At threshold 0.15 (as given): FMR 50 %" in told.out


def test_two_models_without_groups_refuse_it_too(tmp_path, capsys):
    path = tmp_path / "s.csv"
    path.write_text("score,label,path1,path2\n0.9,1,a,b\n0.1,0,c,d\n0.2,0,e,f\n0.8,1,g,h\n")
    for option in (["--threshold-from", "within-group"], ["--alpha", "0.2"]):
        assert run(["compare-scores", str(path), str(path), *option]) == 2
        assert f"{option[0]} is of groups, and the scores of s.csv name none. Leave it out" in capsys.readouterr().err
    assert run(["compare-scores", str(path), str(path)]) == 0


def test_the_report_its_table_and_the_line_that_is_dragged_have_them(tmp_path):
    scores = study()
    arrays = {name: value for name, value in vars(scores).items() if isinstance(value, np.ndarray)}
    np.savez(tmp_path / "s.npz", **{name: value for name, value in arrays.items() if "group" not in name})
    words = ["evaluate", str(tmp_path / "s.npz"), "--at", "threshold=1.3", "--bootstrap", "100", "--out"]
    assert run([*words, str(tmp_path / "report")]) == 0
    with (tmp_path / "report" / "table.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    false_matches = int((scores.score[~scores.label] >= 1.3).sum())
    assert (float(row["threshold"]), int(row["false_matches"])) == (1.3, false_matches)
    assert float(row["fmr_low"]) < float(row["fmr"]) < float(row["fmr_high"])
    page = (tmp_path / "report" / "report.html").read_text()
    assert "1.3 (as given)" in page
    assert "FNMR at the threshold" in page
    found = evaluate_whole(study(), options(at="threshold=1.3"))
    cells = {row[0].text: row for row in tables_of(found.result)[0].rows}
    assert cells["FMR at the threshold"][1].pairs.kind == "false match"
    moved = LiveThreshold(found, options(at="threshold=1.3")).at(0.5)
    assert moved.at_threshold.false_matches == int((scores.score[~scores.label] >= 0.5).sum())
    assert moved.at_threshold.fmr_ci is None


def test_an_fnmr_of_zero_at_an_fmr_of_one_is_not_what_sets_the_threshold():
    """Every comparison matches: the FMR sets the threshold, and no miss in so many comparisons is that of no error."""
    rng = np.random.default_rng(4)
    people = np.repeat(np.arange(40), 2)
    one, two = np.triu_indices(len(people), 1)
    same = people[one] == people[two]
    group = np.where(people % 2 == 0, "A", "B")
    keep = same | (group[one] == group[two])
    one, two, same = one[keep], two[keep], same[keep]
    scores = ScoreSet(
        score=np.where(same, 1.5, 0.0) + rng.normal(size=len(one)), label=same, subject1=people[one].astype(str),
        subject2=people[two].astype(str), group1=group[one], group2=group[two],
    )  # fmt: skip
    params = EvaluateParams(scores=Path("scores.npz"), by="group", at="fmr=1", bootstrap=100)
    result, _ = evaluate(scores, params)
    for row in (result.at_threshold, *result.groups.per_group.values()):
        assert row.fmr == 1 and row.fmr_ci is None and "set by this rate" in row.fmr_ci_why
        assert row.fnmr == 0 and row.fnmr_ci_why is None and row.fnmr_ci[0] == 0 and 0.02 < row.fnmr_ci[1] < 0.2, row
    assert result.groups.fairness.intervals["gini_fnmr"][1] > 0.1


def test_a_typed_threshold_is_said_once_with_its_digits(tmp_path, capsys):
    (tmp_path / "s.csv").write_text("score,label,group1,group2\n-0.5,1,A,A\n-0.9,0,A,A\n-0.8,0,B,B\n-0.6,1,B,B\n")
    words = ["evaluate", str(tmp_path / "s.csv"), "--at", "threshold=-0.714717", "--bootstrap", "0"]
    for more, said in (
        ([], "At threshold -0.714717 (as given): FMR"),
        (["--by", "group"], "Groups at threshold -0.714717 (as given):"),
    ):
        assert run([*words, *more]) == 0
        assert said in capsys.readouterr().out
    scores = read_scores(tmp_path / "s.csv")
    for by in ("none", "group"):
        found = evaluate_whole(scores, options(at="threshold=-0.714717", by=by, bootstrap=0))
        for result in (found.result, LiveThreshold(found, options(at="threshold=-0.714717", by=by)).at(-0.714717)):
            noted = " ".join(table.note for table in tables_of(result))
            assert noted.count("714717") == noted.count("\u22120.714717 (as given)") >= 1
    assert "\u22120.714717 (as given)" in threshold_line(found.result)
