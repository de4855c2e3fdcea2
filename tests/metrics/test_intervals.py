"""Intervals: Wilson's against statsmodels' printed values and its own equation, the subject bootstrap by hand."""

import numpy as np
import pytest

from fairdesk.metrics.intervals import Z95, bootstrap_rates, count_pairs, percentile, rule_of_three, wilson


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
    assert wilson(0, 0) is None and rule_of_three(0) is None
    assert wilson(0, 9)[0] == 0.0 and wilson(9, 9)[1] == 1.0
    assert rule_of_three(300) == 0.01


def test_the_bootstrap_weighs_by_both_subjects():
    """Genuine pairs count as often as their subject is drawn, impostor ones as the product of both."""
    first, second = np.array([0, 0, 1, 2]), np.array([0, 1, 2, 0])
    wrong = np.array([True, True, False, False])
    counts = count_pairs(first, second, wrong, 3)
    drawn = np.array([[2.0, 3.0, 1.0], [0.0, 1.0, 5.0], [0.0, 0.0, 3.0]])
    rates = bootstrap_rates(counts, drawn)
    assert rates[0] == pytest.approx((2 + 2 * 3) / (2 + 2 * 3 + 3 * 1 + 1 * 2))
    assert rates[1] == 0 and np.isnan(rates[2])


def test_the_order_within_a_pair_does_not_matter():
    one = count_pairs(np.array([0, 1]), np.array([1, 0]), np.array([True, False]), 2)
    assert (one.errors.tolist(), one.trials.tolist()) == ([1], [2])


def test_percentiles_need_twenty_draws():
    assert percentile(np.arange(19.0)) is None
    assert percentile(np.append(np.arange(101.0), np.nan)) == pytest.approx((2.5, 97.5))
