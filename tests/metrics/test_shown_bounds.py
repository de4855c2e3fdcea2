"""Ends of intervals are shown as they are read, and an EER of few errors has bounds that its two rates allow."""

import math
from pathlib import Path

import numpy as np
import pytest

from fairdesk.jobs.wording import percent, plain, rate
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.results import Fairness
from fairdesk.metrics.pairs_behind.shown_figures import figure_value, numbers_between, points_between, rates_between
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.results import _fairness_lines
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.shown_bounds import figure_bound, rate_bound, tells_little


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 %"), (1, "100 %"), (0.5, "50 %"), (0.123456, "12.3 %"), (1.234e-5, "0.00123 %"), (2.93e-7, "0.0000293 %"),
        (1e-7, "0.00001 %"), (9.9e-8, "< 0.00001 %"), (4e-34, "< 0.00001 %"), (-4e-34, "> -0.00001 %"),
        (-0.0123, "-1.23 %"), (0.0099996, "1 %"),
    ],
)  # fmt: skip
def test_rates(value, shown):
    assert rate_bound(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (1.0, "1"), (12345.6, "12,350"), (1e6, "1,000,000"), (1.2e7, "> 1,000,000"), (math.inf, "∞"),
        (-math.inf, "-∞"), (1e-9, "< 0.000001"), (0.00012345, "0.0001234"), (-0.25, "-0.25"), (-1e9, "< -1,000,000"),
    ],
)  # fmt: skip
def test_figures(value, shown):
    assert figure_bound(value) == shown


def test_no_number_of_any_size_is_a_power_of_ten_and_each_keeps_its_digits():
    for value in 10.0 ** np.random.default_rng(0).uniform(-12, 9, 300):
        assert "e" not in plain(value, 3)
        assert float(plain(value, 3).replace(",", "")) == pytest.approx(float(f"{value:.2e}"), rel=1e-12)
    assert rate(3e-9) == percent(3e-9) == "0.0000003 %"  # one false match in millions is a count, and stays


def test_window_report_and_terminal_show_them_so():
    assert rates_between((4e-34, 0.5)) == "< 0.00001 % to 50 %"
    assert points_between((-4e-34, 0.5)) == "> −0.00001 pp to 50 pp"
    assert numbers_between((1.0, 1.2e7)) == "1 to > 1,000,000" and numbers_between((1.0, math.inf)) == "1 to ∞"
    assert figure_value("IR", math.inf) == "∞" and figure_value("IR", 3.2e7) == "32,000,000"
    empty = dict.fromkeys(name for name, field in Fairness.model_fields.items() if field.is_required())
    fair = Fairness(**empty | {"alpha": 0.5, "accuracy": {}, "IR": math.inf}, intervals={"IR": (1.5, 1.2e7)})
    said = "\n".join(_fairness_lines(fair))
    assert "IR ∞ [1.5, > 1,000,000]" in said and "inf" not in said


def few_errors(seed):
    rng = np.random.default_rng(seed)
    people, genuine, pairs = int(rng.choice([4, 6, 12, 30])), int(rng.choice([1, 4])), int(rng.choice([1, 2]))
    one, two = (side.repeat(pairs) for side in np.triu_indices(people, 1))
    who = np.arange(people).repeat(genuine)
    score = np.append(rng.normal(size=len(who)) + rng.choice([3, 4, 6]), rng.normal(size=len(one)))
    first, second = (np.array([f"p{k}" for k in np.append(who, side)]) for side in (one, two))
    label, group = np.arange(len(score)) < len(who), np.full(len(score), "A")
    return ScoreSet(score=score, label=label, subject1=first, subject2=second, group1=group, group2=group)


def test_an_eer_of_few_errors_lies_within_the_intervals_of_its_two_rates():
    """At any threshold the EER lies between the FMR and the FNMR: at its own, so do its bounds. Four people had up to 99 %."""
    held = unseen = 0
    for seed in range(90):
        scores = few_errors(seed)
        whole = evaluate(scores, EvaluateParams(scores=Path(__file__), bootstrap=100, seed=seed))[0]
        at = f"threshold={whole.eer_threshold!r}"
        if whole.eer in (0, None) or not math.isfinite(whole.eer_threshold):
            continue
        row = evaluate(scores, EvaluateParams(scores=Path(__file__), by="group", at=at, bootstrap=100, seed=seed))[
            0
        ].groups.per_group["A"]
        if row.fmr_ci is None or row.fnmr_ci is None or min(row.false_matches, row.false_non_matches) >= 10:
            continue
        held += 1
        low, high = min(row.fmr_ci[0], row.fnmr_ci[0]), max(row.fmr_ci[1], row.fnmr_ci[1])
        assert low - 1e-9 <= whole.eer_ci[0] <= whole.eer <= whole.eer_ci[1] <= high + 1e-9, seed
        if 0 in (row.fmr, row.fnmr):
            unseen += 1
            assert whole.eer_ci[0] == 0
    assert held >= 20 and unseen >= 10


def test_an_interval_that_leaves_all_open_says_so_and_why(tmp_path):
    """Eight people whose errors are all of one: honest, and of no use."""
    assert tells_little((0.00003, 0.988), 1, 8) == "says almost nothing: 8 subjects, 1 error"
    assert tells_little((0.0, 0.9), 0, None) == "says almost nothing: 0 errors"
    assert tells_little((0.1, 0.5), 3, 8) == "" == tells_little(None, 0, 8)
    who = np.repeat(np.arange(8), 6).astype(str)
    other = np.roll(who, 6)
    group = np.where(who.astype(int) % 2, "A", "B")
    score = np.r_[np.where(who == "0", 0.1, 0.9), np.full(48, 0.2)]
    scores = ScoreSet(
        score=score, label=np.arange(96) < 48, subject1=np.r_[who, who], subject2=np.r_[who, other],
        group1=np.r_[group, group], group2=np.r_[group, group],
    )  # fmt: skip
    result, _ = evaluate(scores, EvaluateParams(scores=tmp_path, by="group", at="threshold=0.5"))
    row = result.groups.per_group["B"]
    assert row.false_non_matches == 6 and row.fnmr_ci[1] - row.fnmr_ci[0] > 0.8
    common = next(table for table in tables_of(result) if table.name == "common")
    cell = next(cells[8] for cells in common.rows if cells[0].text == "B")
    said = f"says almost nothing: {row.subjects} subjects, 6 errors"
    assert said in cell.text and cell.weak and said in result.text()
