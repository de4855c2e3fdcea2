"""Intervals of fairness figures reach as far as the groups' rates do: not to nothing at 50 %, and not beyond what the rates allow."""

from pathlib import Path

import numpy as np
import pytest

from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.figure_functions import figure_functions
from fairdesk.metrics.fairness.spread import most_apart
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams
from fairdesk.metrics.scores.score_set import ScoreSet

APART = ("max_minus_min", "AAD", "MAD", "STD_ddof0", "STD_ddof1")


def study(rng, false, missed, people=20, impostors=400, genuine=6):
    """Groups of people with so many false matches and misses each, at a threshold of 0."""
    parts = []
    for name, (matches, misses) in enumerate(zip(false, missed, strict=True)):
        who = np.repeat(np.arange(people), genuine)
        pairs = np.stack(np.triu_indices(people, 1), 1)[rng.integers(0, people * (people - 1) // 2, impostors)]
        wrong = np.zeros(len(who) + impostors, dtype=bool)
        wrong[rng.choice(len(who), misses, replace=False)] = True
        wrong[len(who) + rng.choice(impostors, matches, replace=False)] = True
        label = np.arange(len(wrong)) < len(who)
        score = np.where(label != wrong, 1.0, -1.0) * rng.uniform(0.01, 1, len(wrong))
        names = np.array([f"{name}{k}" for k in range(people)])
        first, second = names[np.append(who, pairs[:, 0])], names[np.append(who, pairs[:, 1])]
        parts.append((score, label, first, second, np.full(len(score), "ABCD"[name])))
    score, label, first, second, group = (np.concatenate(part) for part in zip(*parts, strict=True))
    return ScoreSet(score=score, label=label, subject1=first, subject2=second, group1=group, group2=group)


def evaluated(scores, at="threshold=0", seed=1):
    params = EvaluateParams(scores=Path(__file__), by="group", at=at, bootstrap=300, seed=seed)
    return evaluate(scores, params)[0]


@pytest.mark.parametrize("groups", [2, 4])
def test_rates_that_are_all_half_have_intervals_with_a_width(groups):
    found = evaluated(study(np.random.default_rng(0), [200] * groups, [60] * groups)).groups.fairness
    for rate in ("fmr", "fnmr"):
        for name in APART:
            figure = f"{rate}_{name}"
            low, high = found.intervals[figure]
            usual = found.null_ranges[figure]
            assert getattr(found, figure) == pytest.approx(0) and low == 0
            assert usual[1] / 4 < high < 2 * usual[1], (figure, high, usual)


@pytest.mark.parametrize("false", [(0, 1), (1, 2), (0, 0), (0, 1, 0, 3)])
def test_no_figure_of_differences_reaches_beyond_the_rates(false):
    result = evaluated(study(np.random.default_rng(1), false, [20] * len(false))).groups
    rows, found = result.per_group.values(), result.fairness
    for rate in ("fmr", "fnmr"):
        most = max(getattr(row, f"{rate}_ci")[1] for row in rows)
        for name, share in zip(APART, (1, 0.5, 1, 0.5, 1), strict=True):
            assert found.intervals[f"{rate}_{name}"][1] <= share * most * (1 + 1e-9), (rate, name)
    most = max(row.fmr_ci[1] for row in rows)
    assert found.intervals["fmr_max_minus_min"][1] > 0.5 * most


@pytest.mark.parametrize("groups", [2, 3, 4, 7])
def test_the_most_apart_is_the_most_of_all_rates_within_the_ends(groups):
    functions = figure_functions((groups, groups), 0.5)
    rng = np.random.default_rng(2)
    for low, high in ((0.0, 0.02), (0.3, 0.6), (0.97, 1.0)):
        reach = min(high, 1 - low)
        rates = np.concatenate([rng.uniform(0, reach, (20000, groups)), reach * rng.integers(0, 2, (20000, groups))])
        for name in APART:
            most = most_apart(f"fmr_{name}", functions[f"fmr_{name}"], (groups, groups), np.array([low, high]))
            seen = functions[f"fmr_{name}"](rates, rates).max()
            assert seen == pytest.approx(most, rel=1e-9)
    assert most_apart("gini_fmr", functions["gini_fmr"], (groups, groups), np.array([0.0, 0.1])) is None


def test_a_figure_of_a_rate_that_follows_the_threshold_has_no_interval():
    """All high impostor scores are of one group: its FMR is what the threshold leaves it, in every draw."""
    rng = np.random.default_rng(3)
    scores = study(rng, (0, 0), (20, 20))
    impostors = ~scores.label
    scores.score[impostors & (scores.group1 == "A")] = -2 - rng.random(400)
    scores.score[np.flatnonzero(impostors & (scores.group1 == "B"))[:9]] = np.linspace(0.1, 3, 9)
    result = evaluated(scores, "fmr=1.25e-3").groups
    assert result.per_group["B"].fmr_ci is None and "nearly all draws" in result.per_group["B"].fmr_ci_why
    for name in ("fmr_max_minus_min", "gini_fmr", "GARBE"):
        assert name not in result.fairness.intervals
        assert "the FMR of B has no interval: it is the same in nearly all draws" in result.fairness.intervals_why[name]
    assert result.fairness.intervals["fnmr_max_minus_min"][1] > 0 and result.fairness.intervals["FDR"][0] < 1


@pytest.mark.parametrize("number", [0, 10])
def test_the_rate_of_all_does_not_hang_on_the_seed_where_the_threshold_jumps(number):
    """In a few draws of a thousand the threshold lies beyond the gap under the highest subjects: its end was 5 to 99 %, by the seed."""
    rng = np.random.default_rng(number)
    scores = study(rng, (0, 0), (0, 0), people=8, impostors=300, genuine=20)
    effects = dict(zip(np.unique(scores.subject1), 0.6 * rng.normal(size=16), strict=True))
    of = np.array([effects[a] + effects[b] for a, b in zip(scores.subject1, scores.subject2, strict=True)])
    scores.score = of + rng.normal(size=len(of)) + np.where(scores.label, 7.0, 0.0)
    ends = [evaluated(scores, "fmr=1e-2", seed).at_threshold.fnmr_ci[1] for seed in range(1, 6)]
    assert min(ends) > 0.01 and max(ends) < 1.5 * min(ends) < 0.05


def test_the_difference_of_two_models_lies_within_both_intervals():
    one = study(np.random.default_rng(5), (0, 1), (20, 22))
    two = ScoreSet(**{name: value for name, value in vars(one).items() if name in ("label", "subject1", "subject2", "group1", "group2")}, score=-one.score[::-1])  # fmt: skip
    two.label = one.label
    params = CompareScoresParams(first=Path("one.npz"), second=Path("two.npz"), at="threshold=0", bootstrap=200)
    rows = {row.figure: row for row in compare_matched(one, two, params).differences if row.group is None}
    own = [evaluated(scores).groups.fairness.intervals for scores in (one, two)]
    for name in (f"{rate}_{figure}" for rate in ("fmr", "fnmr") for figure in APART):
        low, high = rows[name].ci
        assert low <= rows[name].difference <= high
        assert low >= min(own[1][name][0] - own[0][name][1], rows[name].difference) - 0.02
        assert high <= max(own[1][name][1] - own[0][name][0], rows[name].difference) + 0.02
