"""The FMR and FNMR of all comparisons: of two models with a paired interval, and in the report's table.csv."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fairdesk.cli.main import run
from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import CompareScoresParams
from tests.metrics.test_whole_beside_groups import grouped_study, save
from tests.metrics.test_whole_rates import options


def two_models(noise=0.5, shift=0.0):
    base, rng = grouped_study(), np.random.default_rng(3)
    return [
        replace(base, score=base.score + noise * rng.normal(size=len(base.score)) + lift * base.label)
        for lift in (0.0, shift)
    ]


def rows_of(one, two, at="threshold=1.3", **more):
    params = CompareScoresParams(first=Path("one.npz"), second=Path("two.npz"), at=at, bootstrap=200, **more)
    found = compare_matched(one, two, params, lambda: None)
    return found, {(row.figure, row.group): row for row in found.differences}


@pytest.mark.parametrize("at", ["threshold=1.3", "fmr=0.05", "eer"])
def test_rates_are_each_models_own_and_a_difference_swaps(at):
    one, two = two_models(shift=1.0)
    found, rows = rows_of(one, two, at)
    back = rows_of(two, one, at)[1]
    alone = [evaluate(replace(each), options(at=at, by="group"))[0].at_threshold for each in (one, two)]
    assert [found.threshold_first, found.threshold_second] == [row.threshold for row in alone]
    for rate in ("fmr", "fnmr"):
        row = rows[rate, None]
        assert (row.first, row.second) == tuple(getattr(one_alone, rate) for one_alone in alone)
        if row.ci is not None:
            assert row.ci[0] < row.difference < row.ci[1]
            turned = back[rate, None]
            assert turned.ci == pytest.approx((-row.ci[1], -row.ci[0]), rel=1e-9)
        else:
            assert row.ci_why == "the threshold is set by this rate" and (at, rate) == ("fmr=0.05", "fmr")
    assert rows["fnmr", None].better == "second"


def test_the_interval_is_paired_and_by_subjects():
    """By hand: leave out one subject at a time (the jackknife), at a threshold that stays."""
    one, two = two_models(noise=0.3)
    _, rows = rows_of(one, two)
    who = np.unique(one.subject1)
    for rate, kind in (("fmr", ~one.label), ("fnmr", one.label)):
        wrong = [(s.score >= 1.3) if rate == "fmr" else (s.score < 1.3) for s in (one, two)]
        apart = wrong[1].astype(float) - wrong[0]
        left = [apart[kind & (one.subject1 != name) & (one.subject2 != name)].mean() for name in who]
        n = len(who)
        deviation = np.sqrt((n - 1) / n * ((np.array(left) - np.mean(left)) ** 2).sum())
        row = rows[rate, None]
        assert row.difference == pytest.approx(apart[kind].mean())
        half = (row.ci[1] - row.ci[0]) / 2
        assert 1.5 * deviation < half < 3.2 * deviation, (rate, half / deviation)
        alone = evaluate(replace(one), options(at="threshold=1.3", by="group"))[0].at_threshold
        own = getattr(alone, f"{rate}_ci")
        assert half < (own[1] - own[0]) / 2  # the same comparisons: much of the spread is both models'


def test_without_groups_they_are_told_too(capsys, tmp_path):
    one, two = two_models(shift=1.0)
    for name, scores in (("one", one), ("two", two)):
        np.savez(tmp_path / f"{name}.npz", score=scores.score, label=scores.label.astype(int), path1=np.arange(len(scores.score)).astype(str),
                 path2=np.array(["x"] * len(scores.score)), subject1=scores.subject1, subject2=scores.subject2)  # fmt: skip
    words = ["compare-scores", str(tmp_path / "one.npz"), str(tmp_path / "two.npz"), "--at", "threshold=1.3"]
    assert run([*words, "--bootstrap", "100", "--json", "--out", str(tmp_path / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {(row["figure"], row.get("group")): row for row in found["differences"]}
    grouped = rows_of(one, two)[1]
    for rate in ("fmr", "fnmr"):
        assert rows[rate, None]["difference"] == grouped[rate, None].difference and rows[rate, None]["ci"]
    assert found["threshold_first"] == found["threshold_second"] == 1.3 and not found.get("in_no_group")
    with (tmp_path / "out" / "differences.csv").open(newline="") as file:
        (line,) = (row for row in csv.DictReader(file) if row["figure"] == "fnmr")
    assert (float(line["low"]), float(line["high"])) == tuple(rows["fnmr", None]["ci"])
    assert run([*words, "--bootstrap", "100"]) == 0
    assert "\n  FNMR: " in capsys.readouterr().out


def test_what_is_in_no_group_is_told():
    one, two = two_models()
    found, _ = rows_of(one, two)
    across = int((one.group1 != one.group2).sum())
    assert found.in_no_group == across
    said = f"Figures that name no group are of all comparisons; {across:,} of them are of two groups, or of faces without a group."
    assert said in found.text() and said in found.conditions()


def test_one_group_that_has_all_comparisons_shows_what_all_show():
    """The same comparisons are drawn once: every interval of the group is that of all, to the last digit."""
    for at in ("threshold=1.3", "fmr=0.05", "eer", "fmr=1e-3"):
        for source in ("all",) if at.startswith("threshold") else ("all", "within-group", "group:A"):
            scores = grouped_study(groups=("A",))
            found = evaluate(replace(scores), options(at=at, by="group", threshold_from=source))[0]
            group, whole = found.groups.per_group["A"], found.at_threshold
            assert (group.eer_ci, group.eer_ci_why) == (found.eer_ci, found.eer_ci_why) and found.eer_ci is not None
            assert group.tar_at_far == found.tar_at_far
            for name in ("fmr_ci", "fmr_ci_why", "fnmr_ci", "fnmr_ci_why"):
                assert getattr(group, name) == getattr(whole, name), (at, source, name)
            alone = evaluate(replace(scores), options(at=at))[0]
            assert alone.at_threshold.fnmr_ci == whole.fnmr_ci and alone.eer_ci == found.eer_ci
    nameless = replace(scores, subject1=None, subject2=None)
    found = evaluate(replace(nameless), options(at="fmr=0.05", by="group", bootstrap=None))[0]
    assert found.groups.per_group["A"].eer_ci == found.eer_ci and found.eer_ci is not None
    one, two = (replace(s, group1=scores.group1, group2=scores.group2) for s in two_models(shift=0.5))
    _, rows = rows_of(one, two, "fmr=0.05")
    for figure in ("eer", "fnmr", "fmr"):
        assert (rows[figure, "A"].ci, rows[figure, "A"].ci_why) == (rows[figure, None].ci, rows[figure, None].ci_why)


def test_the_reports_table_begins_with_all_comparisons(tmp_path, capsys):
    scores = grouped_study()
    save(scores, tmp_path / "s.npz")
    words = ["evaluate", str(tmp_path / "s.npz"), "--by", "group", "--at", "threshold=1.3", "--bootstrap", "100"]
    assert run([*words, "--json", "--out", str(tmp_path / "r")]) == 0
    found = json.loads(capsys.readouterr().out)
    with (tmp_path / "r" / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["all", "A", "B"]
    first, whole = rows[0], found["at_threshold"]
    assert [float(first[name]) for name in ("fmr", "fnmr", "eer")] == [whole["fmr"], whole["fnmr"], found["eer"]]
    for name, ends in (("fmr", whole["fmr_ci"]), ("fnmr", whole["fnmr_ci"]), ("eer", found["eer_ci"])):
        assert [float(first[f"{name}_{end}"]) for end in ("low", "high")] == ends
    assert [int(first[name]) for name in ("genuine", "impostor", "subjects", "false_matches")] == [
        int(scores.label.sum()), int((~scores.label).sum()), found["subjects"], whole["false_matches"],
    ]  # fmt: skip
    across = int((scores.group1 != scores.group2).sum())
    assert (
        f"{across:,} comparisons of two groups, or of faces without a group"
        in (tmp_path / "r" / "report.html").read_text()
    )
    assert run([*words, "--language", "es", "--out", str(tmp_path / "es")]) == 0
    page = (tmp_path / "es" / "report.html").read_text()
    assert f"{across:,} comparisons" not in page and "dos grupos" in page
