"""Only the FMR of the very comparisons that a threshold is from is "set by this rate"; other rates have their intervals."""

from dataclasses import replace

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_files import read_scores
from tests.metrics.test_whole_beside_groups import grouped_study
from tests.metrics.test_whole_rates import options

SET = "the threshold is set by this rate"


def rows(scores, at, source="all"):
    found = evaluate(replace(scores), options(at=at, by="group", threshold_from=source, bootstrap=100))[0]
    return {"all": found.at_threshold, **found.groups.per_group}


@pytest.mark.parametrize("at", ["fmr=1", "fmr=0.999", "fmr=0.5", "fmr=0.05"])
@pytest.mark.parametrize(("source", "by"), [("all", "all"), ("group:B", "B"), ("group:A", "A"), ("within-group", None)])
def test_it_is_the_rate_of_those_comparisons(at, source, by):
    found = rows(grouped_study(), at, source)
    by = {by}
    if at == "fmr=1":  # every one of those comparisons is accepted, and so is every part of them
        by = {"all": {"all", "A", "B"}, "within-group": {"A", "B"}}.get(source, by)
    assert {name: row.fmr_ci_why for name, row in found.items()} == {
        name: SET if name in by else None for name in found
    }
    for name, row in found.items():
        low, high = row.fnmr_ci
        assert low <= row.fnmr <= high
        if name not in by:
            low, high = row.fmr_ci
            assert low <= row.fmr <= high and low < high


@pytest.mark.parametrize("source", ["all", "within-group", "group:A"])
def test_a_group_that_has_all_impostors_sets_it_as_all_do(source):
    scores = grouped_study()
    only = scores.label | ((scores.group1 == "A") & (scores.group2 == "A"))  # B has no impostors, nor have pairs across
    found = rows(scores.part(only), "fmr=0.1", source)
    assert found["all"].fmr_ci_why == found["A"].fmr_ci_why == SET
    assert found["B"].fmr_ci_why == found["B"].fmr_why == "no impostor pairs within this group"


@pytest.mark.parametrize("at", ["fmr=0", "fmr=1e-9"])
def test_below_resolution_no_rate_sets_it(at):
    for row in rows(grouped_study(), at).values():
        assert row.fmr == 0 and row.fmr_ci[0] == 0 < row.fmr_ci[1]
        assert (row.fnmr_ci, row.fnmr_ci_why) == (None, "below resolution")


@pytest.mark.parametrize("at", ["threshold=1e6", "threshold=-1e6", "eer"])
def test_at_a_threshold_that_no_fmr_sets_every_rate_has_its_interval(at):
    for row in rows(grouped_study(), at).values():
        for rate in ("fmr", "fnmr"):
            low, high = getattr(row, f"{rate}_ci")
            assert low <= getattr(row, rate) <= high


def test_a_group_without_genuine_comparisons_says_so():
    scores = grouped_study()
    found = rows(scores.part(~((scores.group1 == "B") & (scores.group2 == "B") & scores.label)), "fmr=0.05")
    assert found["B"].fnmr_ci_why == found["B"].fnmr_why == "no genuine pairs in this group"
    assert found["B"].fmr_ci is not None and found["A"].fnmr_ci is not None


@pytest.mark.parametrize("draws", [0, 100])
@pytest.mark.parametrize(("source", "by"), [("all", "all"), ("group:B", "B"), ("within-group", None)])
def test_by_pairs_it_has_no_interval_either(draws, source, by):
    scores = replace(grouped_study(), subject1=None, subject2=None)
    result = evaluate(scores, options(at="fmr=0.05", by="group", threshold_from=source, bootstrap=draws))[0]
    found = {"all": result.at_threshold, **result.groups.per_group}
    assert {name: row.fmr_ci_why for name, row in found.items()} == {
        name: SET if name == by else None for name in found
    }
    assert {name for name, row in found.items() if row.fmr_ci is None} == {by} - {None}
    assert all(row.fnmr_ci is not None for row in found.values())


def test_a_threshold_from_a_group_lies_at_anyones_genuine_score_and_says_so(tmp_path):
    """By hand: A's impostors are .1 to .4; one false match of four allowed puts the threshold above .3, at B's genuine .35."""
    score = [0.1, 0.2, 0.3, 0.4, 0.38, 0.9, 0.36, 0.35, 0.2]
    label = [0, 0, 0, 0, 1, 1, 0, 1, 0]
    group = ["A"] * 6 + ["B"] * 3
    np.savez(tmp_path / "s.npz", score=score, label=label, group1=group, group2=group)
    params = EvaluateParams(scores=tmp_path / "s.npz", by="group", at="fmr=0.25", threshold_from="group:A", bootstrap=0)
    groups = evaluate(read_scores(tmp_path / "s.npz"), params)[0].groups
    assert groups.threshold == 0.35  # not B's impostor .36, nor A's own next score .38
    assert (
        groups.rule.startswith("FMR at most 25 % on the group A: the lowest score")
        and "genuine of any group" in groups.rule
    )
    assert (groups.per_group["A"].false_matches, groups.per_group["B"].false_matches) == (1, 1)
    others = evaluate(read_scores(tmp_path / "s.npz"), params.model_copy(update={"threshold_from": "within-group"}))[0]
    assert "genuine of any" not in others.groups.rule


def test_a_threshold_that_is_given_is_taken_from_no_pairs(tmp_path, capsys):
    np.savez(tmp_path / "s.npz", score=[0.9, 0.1], label=[1, 0], group1=["A", "A"], group2=["A", "A"])
    words = ["evaluate", str(tmp_path / "s.npz"), "--by", "group", "--at", "threshold=0.5"]
    for source in ("within-group", "group:A"):
        assert run([*words, "--threshold-from", source]) == 2
        assert "taken from no pairs; those that were asked for do not count" in capsys.readouterr().err
    assert run([*words, "--threshold-from", "all"]) == 0
