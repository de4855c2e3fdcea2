"""Intervals over pairs: Wilson's against printed values and its own equation; and what every interval has to be."""

from pathlib import Path

import numpy as np
import pytest

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.intervals.by_subjects import middle, nothing_seen, rate_interval, stretch_for_few, t_quantile
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.shares import Z95, wilson


def test_wilson_as_printed():
    """Newcombe (Statistics in Medicine, 1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    printed = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (errors, trials), interval in printed.items():
        assert wilson(errors, trials) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(("errors", "trials"), [(1, 10), (7, 90), (500, 100_000)])
def test_wilson_solves_its_equation(errors, trials):
    """At either end the rate seen lies z standard errors (of that end) away."""
    for end in wilson(errors, trials):
        assert (errors / trials - end) ** 2 == pytest.approx(Z95**2 * end * (1 - end) / trials, rel=1e-9)


def test_the_ends_and_nothing_at_all():
    assert wilson(0, 0) is None
    assert wilson(0, 9)[0] == 0.0 and wilson(9, 9)[1] == 1.0


def test_the_interval_of_a_rate_is_even_in_its_odds():
    """A standard error on the logit scale: what is a rate's interval is also that of its complement, turned round."""
    low, high = rate_interval(0.1, 0.03, 12, 40)
    assert 0 < low < 0.1 < high < 1
    turned = rate_interval(0.9, 0.03, 12, 40)
    assert turned == pytest.approx((1 - high, 1 - low))
    odds = [value / (1 - value) for value in (low, 0.1, high)]
    assert odds[1] / odds[0] == pytest.approx(odds[2] / odds[1])
    assert np.log(odds[2] / odds[1]) == pytest.approx(t_quantile(12) * 0.03 / 0.09)
    assert t_quantile(12) == pytest.approx(2.1788, abs=1e-4)  # any printed table


def test_no_error_gives_a_bound_by_the_subjects():
    assert rate_interval(0, 0, 39, 40) == (0, pytest.approx(1 - 0.025 ** (1 / 40)))
    assert rate_interval(1, 0, 39, 40) == (pytest.approx(0.025 ** (1 / 40)), 1)
    assert nothing_seen(3.689) == pytest.approx(1 - np.exp(-1), abs=1e-3)  # of n independent ones it is near 3.689 / n


def test_the_middle_needs_twenty_values_and_keeps_infinities():
    assert middle(np.arange(19.0)) is None
    assert middle(np.append(np.arange(101.0), np.nan)) == (2, 98)
    assert middle(np.append(np.zeros(95), [np.inf] * 5)) == (0, np.inf)


def test_few_errors_claim_no_more_than_pairs_alone_would(tmp_path):
    """One error is one error, also where the threshold follows it in every draw, and an interval holds Wilson's."""
    seen = 0
    for number in range(6):
        rng = np.random.default_rng(number)
        parts = []
        for group in "ABCD":
            names = np.array([f"{group}{person}" for person in range(8)])
            of, to = np.repeat(np.triu_indices(8, 1), 18, axis=1)
            own = np.repeat(np.arange(8), 12)
            score = np.concatenate([rng.normal(4, 1, len(own)), rng.normal(0, 1, len(of))])
            parts.append(
                (
                    score,
                    np.arange(len(score)) < len(own),
                    names[np.append(own, of)],
                    names[np.append(own, to)],
                    np.full(len(score), group),
                )
            )
        score, label, first, second, groups = (np.concatenate(column) for column in zip(*parts, strict=True))
        scores = ScoreSet(score=score, label=label, subject1=first, subject2=second, group1=groups, group2=groups)
        params = EvaluateParams(scores=tmp_path, by="group", at="fmr=1e-3", bootstrap=300)
        for row in evaluate(scores, params)[0].groups.per_group.values():
            for rate in ("fmr", "fnmr"):
                value, ci, pairs = getattr(row, rate), getattr(row, f"{rate}_ci"), getattr(row, f"{rate}_ci_pairs")
                errors = row.false_matches if rate == "fmr" else row.false_non_matches
                if ci is not None and value > 0 and errors < 10:
                    seen += 1
                    assert ci[0] <= pairs[0] * 1.001 and ci[1] >= pairs[1] * 0.999, (rate, errors, ci, pairs)
    assert seen > 12


def test_many_errors_are_not_stretched():
    assert stretch_for_few(0.1, 0.001, 20, 10, 100) == 1.0
    assert stretch_for_few(0.0, 0.001, 20, 0, 100) == 1.0
    assert stretch_for_few(0.02, 0.0002, 20, 2, 100) > 10
    assert stretch_for_few(0.02, 0.5, 20, 2, 100) == 1.0


def test_equal_groups_with_hardly_an_error_are_not_called_unequal():
    """Two or three errors in six groups lie in few of them: that is no surprise, and inside the null range."""
    above = {"GARBE": 0, "gini_fmr": 0, "fmr_max_over_mean": 0, "fmr_max_minus_min": 0}
    studies = 50
    for number in range(studies):
        rng = np.random.default_rng(number)
        first = rng.integers(0, 20, (6, 400))
        second = (first + rng.integers(1, 20, (6, 400))) % 20
        group = np.repeat([*"ABCDEF"], 400)
        who = np.tile(np.arange(20), (6, 3))
        names = [np.char.add(np.char.add(g, "_"), side.ravel().astype(str)) for g, side in
                 ((group, first), (group, second), (np.repeat([*"ABCDEF"], 60), who))]  # fmt: skip
        label = np.arange(2760) >= 2400
        groups = np.concatenate([group, np.repeat([*"ABCDEF"], 60)])
        scores = ScoreSet(
            score=rng.normal(size=2760) + 2 * label, label=label, subject1=np.append(names[0], names[2]),
            subject2=np.append(names[1], names[2]), group1=groups, group2=groups,
        )  # fmt: skip
        params = EvaluateParams(scores=Path(__file__), by="group", at="fmr=1e-3", bootstrap=100, seed=number)
        fair = evaluate(scores, params)[0].groups.fairness
        for name in above:
            above[name] += getattr(fair, name) > fair.null_ranges[name][1] + 1e-9
    assert max(above.values()) <= 2, above  # 5 to 6 of 50 where errors are shared out between members
