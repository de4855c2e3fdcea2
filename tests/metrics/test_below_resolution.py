"""A threshold that is to allow less than one false match: no FNMR at it has an interval, whatever it is by."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import CompareScoresParams
from fairdesk.metrics.report.result_tables import tables_of
from tests.metrics.test_whole_rates import options, study

IMPOSTORS = 190  # of the study
ABOVE = f"fmr={1.5 / IMPOSTORS}"
BELOW = f"fmr={0.9 / IMPOSTORS}"


@pytest.mark.parametrize("draws", [100, 0])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("by", ["none", "group"])
def test_an_fnmr_has_an_interval_only_where_the_threshold_is_known(draws, named, by):
    scores = study(apart=3.0)
    assert int((~scores.label).sum()) == IMPOSTORS
    if not named:
        scores = replace(scores, subject1=None, subject2=None)
    rows = {}
    for at in (ABOVE, BELOW, "fmr=0", "threshold=9"):
        found = evaluate(scores, options(at=at, by=by, bootstrap=draws or 0))[0]
        rows[at] = found.groups.per_group["all"] if by == "group" else found.at_threshold
    assert all(rows[at].fnmr_ci is not None for at in (ABOVE, "threshold=9"))
    for at in (BELOW, "fmr=0"):
        row = rows[at]
        assert row.false_matches == 0 and row.fnmr is not None
        assert (row.fnmr_ci, row.fnmr_ci_by, row.fnmr_ci_why) == (None, None, "below resolution")
        assert row.fnmr_ci_pairs is None and row.fnmr_ci_pairs_why == "below resolution"
        assert row.fmr_ci is not None and row.fmr_ci[0] == 0 and row.fmr_ci[1] > 1 / IMPOSTORS


def two_groups(seed=0):
    """Two groups of the same people's likeness: halves of a study."""
    one, two = study(seed, apart=3.0), study(seed + 1, apart=3.0)
    return replace(
        one,
        **{name: np.concatenate([getattr(one, name), getattr(two, name)]) for name in ("score", "label")},
        subject1=np.concatenate([one.subject1, np.char.add("q", two.subject1)]),
        subject2=np.concatenate([one.subject2, np.char.add("q", two.subject2)]),
        group1=np.repeat(["A", "B"], len(one.label)), group2=np.repeat(["A", "B"], len(one.label)),
    )  # fmt: skip


def test_nor_has_what_is_made_of_it():
    at = f"fmr={0.9 / (2 * IMPOSTORS)}"
    found = evaluate(two_groups(), options(at=at, by="group"))[0]
    fair, why = found.groups.fairness, "the FNMR of A has no interval: below resolution"
    for name in ("GARBE", "FDR", "gini_fnmr", "fnmr_max_over_min"):
        assert name not in fair.intervals and fair.intervals_why[name] == why
    assert fair.intervals_why.get("gini_fmr") != why
    for one in found.groups.differences:
        assert (one.ci is None) == (one.rate == "fnmr")
    table = next(one for one in tables_of(found) if one.name == "common")
    texts = [cell.text for row in table.rows for cell in row]
    assert texts.count("– (below resolution)") == 3  # of two groups, and of all comparisons
    assert found.text().count("(no interval: below resolution)") == 3


def test_two_models_that_do_not_differ_have_no_winner_there():
    """One of these was told to be better by its FNMR, as thresholds above all impostors were taken for known."""
    base = two_groups()
    rng = np.random.default_rng(5)
    one, two = (replace(base, score=base.score + rng.normal(size=len(base.score))) for _ in range(2))
    params = CompareScoresParams(
        first=Path(__file__), second=Path(__file__), at=f"fmr={0.9 / (2 * IMPOSTORS)}", bootstrap=100
    )
    found = compare_matched(one, two, params, lambda: None)
    rows = [row for row in found.differences if row.figure == "fnmr"]
    assert [row.group is None for row in rows] == [True, False, False]  # of all, and of two groups
    assert all((row.ci, row.ci_why, row.better) == (None, "below resolution", "cannot tell") for row in rows)
