"""Two models that disagree on few comparisons, or on none: the interval of a difference is that of what was not seen."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdesk.metrics.comparison.disagreements import Disagreements, held
from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.fairness.inversion import RateLogits, inverted_interval
from fairdesk.metrics.params import CompareScoresParams
from fairdesk.metrics.scores.score_set import ScoreSet
from tests.benchmarks.bench_disagreements import DESIGNS, study, truths


def compared(first, second, at):
    params = CompareScoresParams(first=Path("one.npz"), second=Path("two.npz"), at=at, bootstrap=200)
    return {(row.figure, row.group): row for row in compare_matched(first, second, params).differences}


def errorless(seed, people=10, groups=("A", "B"), images=3, comparisons=50):
    """Scores of a model without any error at 0.5: genuine ones are 1 or so, impostors' 0 or so."""
    rng = np.random.default_rng(0)
    who, other, same = [], [], []
    for number in range(people * len(groups)):
        who += [number] * images
        other += [number] * images
        same += [True] * images
    for number in range(len(groups)):
        for _ in range(comparisons):
            one, two = rng.choice(people, 2, replace=False) + number * people
            who, other, same = [*who, one], [*other, two], [*same, False]
    who, other, same = np.array(who), np.array(other), np.array(same)
    names = np.array(groups)
    score = np.where(same, 1.0, 0.0) + 0.05 * np.random.default_rng(seed).normal(size=len(same))
    return ScoreSet(
        score=score, label=same, subject1=who.astype(str), subject2=other.astype(str),
        group1=names[who // people], group2=names[other // people],
    )  # fmt: skip


def test_reach_by_hand():
    """Newcombe's squares of Wilson's limits; without a disagreement what no error in so many comparisons allows."""
    down, up = Disagreements(first=0, second=0, comparisons=1000, worth=100).reach()
    assert down == up == pytest.approx(1 - 0.025 ** (1 / 100)) == pytest.approx(0.03622, abs=1e-5)
    # 3 of 100: Wilson's 0.010255 to 0.084522; 1 of 100: 0.001767 to 0.054486
    down, up = Disagreements(first=3, second=1, comparisons=100, worth=50).reach()
    assert down == pytest.approx(math.hypot(0.01 - 0.001767, 0.084522 - 0.03), abs=2e-5)
    assert up == pytest.approx(math.hypot(0.054486 - 0.01, 0.03 - 0.010255), abs=2e-5)
    assert Disagreements(9, 400, 1000, 100).few and not Disagreements(10, 400, 1000, 100).few


def test_what_each_model_shows_alone_bounds_the_difference():
    assert held((-0.1, 0.1), 0.0, [(0.2, 0.05)], [(0.0, 0.03), (0.0, 0.04)]) == (-0.03, 0.04)
    assert held((-0.01, 0.01), 0.0, [(0.02, 0.05)], [None, (0.0, 0.04)]) == (-0.02, 0.05)
    assert held(None, 0.0, [(0.02, 0.05)], [None, None]) is None


def test_two_models_without_an_error_are_not_the_same():
    """Nothing seen in one nor the other: each true rate may be what no error allows, and so may their difference."""
    first, second = errorless(1), errorless(2)
    rows = compared(first, second, "threshold=0.5")
    assert {figure for figure, _ in rows} >= {"eer", "tar_at_far 0.01", "fmr", "fnmr", "fnmr_max_minus_min"}
    for row in rows.values():
        assert row.difference == 0 and row.ci is not None and row.ci[0] < 0 < row.ci[1], row
        assert row.better == "cannot tell"
    genuine = 1 - 0.025 ** (1 / 20)  # 20 people, one comparison each is worth at least
    for name in ("eer", "tar_at_far 0.01"):
        assert rows[name, None].ci == pytest.approx((-genuine, genuine))
    for group in ("A", "B"):
        assert rows["fnmr", group].ci == pytest.approx((0.025 ** (1 / 10) - 1, 1 - 0.025 ** (1 / 10)))
        low, high = rows["fmr", group].ci
        assert 1 - 0.025 ** (1 / 50) <= -low <= 1 - 0.025 ** (1 / 10) and high >= 1 - 0.025 ** (1 / 50)


def test_the_same_errors_are_no_proof_of_the_same_rate():
    """Both err on the same comparisons, though every score differs."""
    first = errorless(1, comparisons=200)
    assert first.score is not None and first.label is not None
    wrong = np.flatnonzero(~first.label)[[3, 250]]
    first.score[wrong] = 0.9
    second = ScoreSet(
        **{**vars(first), "score": first.score + 0.001 * np.random.default_rng(3).normal(size=len(first.score))}
    )
    rows = compared(first, second, "threshold=0.5")
    for group in ("A", "B"):
        row = rows["fmr", group]
        assert row.first == row.second == 1 / 200
        assert row.ci[0] == pytest.approx(-row.ci[1]) and row.ci[1] >= 1 - 0.025 ** (1 / 200)
    spread = rows["fmr_max_minus_min", None]
    assert spread.ci[0] < -0.001 and spread.ci[1] > 0.001  # and what is made of the rates is no surer
    assert rows["gini_fmr", None].ci[0] < -0.1 and rows["gini_fmr", None].ci[1] > 0.1


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    design=st.sampled_from(sorted(DESIGNS)),
    rule=st.sampled_from(["", "fmr=0.02", "eer"]),
    people=st.integers(4, 12),
)
def test_swapped_models_have_the_negated_intervals(seed, design, rule, people):
    options = DESIGNS[design] | {"people": people}
    first, second = study(seed, **options)
    at = rule or f"threshold={options['at']}"
    one, two = compared(first, second, at), compared(second, first, at)
    assert one.keys() == two.keys()
    for key, row in one.items():
        other = two[key]
        assert (row.ci is None) == (other.ci is None), key
        if row.ci is not None:
            assert row.ci == pytest.approx((-other.ci[1], -other.ci[0]), abs=1e-12), key
            assert row.ci[0] <= row.difference <= row.ci[1], key
        assert {"first": "second", "second": "first"}.get(row.better, row.better) == other.better


def test_intervals_hold_the_known_truth():
    """20 studies of two models alike that hardly err: zero disagreements are most of them; and of two unlike."""
    for design in ("alike, hardly an error", "unlike, few errors"):
        options = DESIGNS[design]
        truth, right = truths(**options), []
        for seed in range(20):
            rows = compared(*study(seed, **options), f"threshold={options['at']}")
            right += [
                row.ci[0] <= truth[key] + 1e-12 and truth[key] <= row.ci[1] + 1e-12
                for key, row in rows.items()
                if key in truth and row.ci is not None
            ]
        assert len(right) > 150 and np.mean(right) > 0.93, (design, np.mean(right))


def test_rates_that_happen_to_be_equal_are_no_proof_of_equality():
    """Two groups with 3 errors each of 945: other studies of the same truth would show 1 and 5 as often."""
    rng = np.random.default_rng(0)
    rate = np.full(2, 3 / 945)
    deviations = rng.normal(size=(1000, 2)) * np.sqrt((1 - rate) / (945 * rate))  # of logits

    def figure(rates):
        return np.abs(rates[:, 0] - rates[:, 1]) / np.maximum(rates.sum(1), 1e-12)

    logits = np.log(rate / (1 - rate))
    for apart in (0.0, 1e-9, 0.01):
        moved = logits + np.array([apart, 0.0])
        seen = float(figure((1 / (1 + np.exp(-moved)))[None])[0])
        low, high = inverted_interval(figure, RateLogits(moved, deviations, np.full(2, 1e6)), seen, 0.0)
        assert low == 0 and 0.5 < high < 0.95, (apart, high)  # 6 errors shared out as 1 and 5: a figure of 0.67
