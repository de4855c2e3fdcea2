"""Intervals of fairness figures, on rates whose spread is known: normal on the logit scale."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm

from fairdesk.metrics.fairness.figure_functions import figure_functions
from fairdesk.metrics.fairness.inversion import RateLogits, _rates_around, inverted_interval

FIGURES = figure_functions((4, 4), 0.5)
MANY = np.full(4, 1e6)  # degrees of freedom


def fmr_figure(name):
    return lambda rates: FIGURES[name](rates, rates)


def draws(rng, scale, count=1000):
    found = rng.normal(size=(count, 4)) * scale
    return found - found.mean(0)


def test_the_difference_of_two_rates_far_apart_is_as_the_delta_method_says():
    rng = np.random.default_rng(0)
    rates, scale = np.array([0.02, 0.05, 0.05, 0.2]), np.array([0.1, 0.01, 0.01, 0.05])
    found = inverted_interval(
        fmr_figure("fmr_max_minus_min"), RateLogits(logit(rates), draws(rng, scale), MANY), 0.18, 0.0
    )
    slopes = rates * (1 - rates)
    deviation = np.hypot(scale[0] * slopes[0], scale[3] * slopes[3])
    half = norm.ppf(0.975) * deviation
    assert found == pytest.approx((0.18 - half, 0.18 + half), abs=0.15 * half)


def test_few_degrees_of_freedom_of_the_rate_that_matters_widen_it():
    rng = np.random.default_rng(1)
    rates, scale = np.array([0.02, 0.05, 0.05, 0.2]), np.array([0.02, 0.02, 0.02, 0.1])
    figure, about = fmr_figure("fmr_max_minus_min"), (logit(rates), draws(rng, scale))
    widths = [
        np.ptp(inverted_interval(figure, RateLogits(*about, np.array(freedom, float)), 0.18, 0.0))
        for freedom in ([1e6] * 4, [4, 1e6, 1e6, 1e6], [1e6, 1e6, 1e6, 4])
    ]
    assert widths[1] < 1.1 * widths[0] and widths[2] > 1.25 * widths[0]


def test_equal_rates_reach_down_to_equality_and_certain_ones_are_what_they_are():
    rng = np.random.default_rng(2)
    figure = fmr_figure("gini_fmr")
    rates = np.array([0.050, 0.051, 0.049, 0.0505])
    seen = float(figure(rates[None])[0])
    low, high = inverted_interval(figure, RateLogits(logit(rates), draws(rng, 0.2), MANY), seen, 0.0)
    assert low == 0 and high > seen
    assert inverted_interval(figure, RateLogits(logit(rates), np.zeros((50, 4)), MANY), seen, 0.0) == (seen, seen)


@pytest.mark.parametrize("name", ["gini_fmr", "fmr_max_over_min", "fmr_max_minus_min", "fmr_STD_ddof1"])
def test_it_covers_where_one_group_is_unlike_three_equal_ones(name):
    """150 samples of rates; shifting the middle of the draws back held the truth in 80 to 90 of a hundred."""
    rng = np.random.default_rng(3)
    rates, scale = np.array([0.02, 0.02, 0.02, 0.054]), np.full(4, 0.25)
    figure = fmr_figure(name)
    truth, even = float(figure(rates[None])[0]), 1.0 if "over" in name else 0.0
    held = 0
    for _ in range(150):
        seen = logit(rates) + scale * rng.normal(size=4)
        estimate = float(figure(expit(seen)[None])[0])
        low, high = inverted_interval(figure, RateLogits(seen, draws(rng, scale, 300), MANY), estimate, even)
        held += low <= truth <= high
    assert 0.92 <= held / 150 <= 0.99


def test_low_rates_that_are_often_far_too_low_do_not_make_a_ratio():
    """Rates drawn as shares are (beta): with logits that lean to neither side 17 of 300 intervals lay above the truth."""
    rng = np.random.default_rng(4)
    rates, deviation = np.array([0.05, 0.05, 0.05, 0.12] * 2), 0.45
    worth = 1 / (deviation**2 * rates * (1 - rates)) - 1
    below = above = 0
    for _ in range(300):
        seen = rng.beta(rates * worth, (1 - rates) * worth)
        estimate = float(inequity(seen[None])[0])
        away = deviation * rng.normal(size=(400, 8))
        low, high = inverted_interval(
            inequity, RateLogits(logit(seen), away - away.mean(0), np.full(8, 1e6)), estimate, 1.0
        )
        below, above = below + (low > 2.4), above + (high < 2.4)
    assert below <= 9 and above <= 9


def inequity(rates):
    return FIGURES["IR"](rates[:, :4], rates[:, 4:])


def test_rates_around_a_truth_have_its_mean_and_spread():
    rng = np.random.default_rng(5)
    rate, spread = np.array([0.02, 0.1, 0.5, 0.9]), np.array([0.3, 0.4, 0.2, 0.4])
    found = _rates_around(logit(rate), spread, rng.normal(size=(200_000, 4)))
    assert found.mean(0) == pytest.approx(rate, rel=0.01)
    assert found.std(0) == pytest.approx(spread * rate * (1 - rate), rel=0.03)
    leaning = ((found - found.mean(0)) ** 3).mean(0) / found.std(0) ** 3
    assert leaning == pytest.approx(2 * (1 - 2 * rate) * spread, abs=0.06)
