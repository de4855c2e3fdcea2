"""Intervals of the difference of a figure between two models, on rates whose joint spread is known."""

import numpy as np
import pytest
from scipy.special import expit, logit

from fairdesk.metrics.fairness.inversion import inverted_difference

FIRST, SECOND = np.array([0.04, 0.11]), np.array([0.06, 0.06])  # unlike groups; equal ones
ALIKE = 0.8  # of the chance of a group, both models share
SPREAD = 0.3  # of a logit


def gini(rates):
    return np.abs(rates[:, 1] - rates[:, 0]) / rates.sum(1)


def difference(rates):
    return gini(rates[:, 2:]) - gini(rates[:, :2])


def chance(rng, count, alike=ALIKE):
    """Return deviations of the logits of both models' two rates, (count, 4)."""
    shared = np.tile(rng.normal(size=(count, 2)), 2)
    return SPREAD * (np.sqrt(alike) * shared + np.sqrt(1 - alike) * rng.normal(size=(count, 4)))


def intervals(alike_of_draws, studies=150):
    rng = np.random.default_rng(5)
    rates = np.concatenate([FIRST, SECOND])
    truth = float(difference(rates[None])[0])
    for _ in range(studies):
        seen = logit(rates) + chance(rng, 1)[0]
        draws = chance(rng, 400, alike_of_draws)
        estimate = float(difference(expit(seen)[None])[0])
        yield truth, estimate, inverted_difference(difference, seen, draws - draws.mean(0), np.full(4, 1e6), estimate)


def held(alike_of_draws):
    return np.mean([low <= truth <= high for truth, _, (low, high) in intervals(alike_of_draws)])


def test_it_holds_the_truth_where_chance_lifts_a_group_in_both_models():
    """It makes the one model look fairer and the other less fair; models drawn apart held it in fewer."""
    assert held(ALIKE) >= 0.93


def test_it_is_narrower_than_that_of_models_that_have_nothing_in_common():
    """Where the groups differ much in both models, what lifts a group changes both figures alike."""
    rng, rates = np.random.default_rng(6), np.array([0.01, 0.1, 0.02, 0.12])
    estimate = float(difference(rates[None])[0])
    widths = []
    for alike in (0.95, 0.0):
        draws = chance(rng, 1000, alike)
        widths.append(
            np.ptp(inverted_difference(difference, logit(rates), draws - draws.mean(0), np.full(4, 1e6), estimate))
        )
    assert widths[0] < 0.5 * widths[1]


def test_without_chance_it_is_what_was_seen():
    seen = logit(np.concatenate([FIRST, SECOND]))
    assert inverted_difference(difference, seen, np.zeros((50, 4)), np.full(4, 1e6), -0.4) == (-0.4, -0.4)


def test_far_from_equality_it_is_as_the_delta_method_says():
    """No figure folds there: the interval is that of a smooth function of normal logits."""
    rates = np.array([0.01, 0.2, 0.02, 0.2])
    draws = chance(np.random.default_rng(7), 4000) / 10
    draws -= draws.mean(0)
    estimate = float(difference(rates[None])[0])
    low, high = inverted_difference(difference, logit(rates), draws, np.full(4, 1e6), estimate)
    step = 1e-6
    slopes = np.array([(difference(expit(logit(rates) + step * row)[None])[0] - estimate) / step for row in np.eye(4)])
    half = 1.96 * np.sqrt(slopes @ np.cov(draws.T) @ slopes)
    assert (low, high) == pytest.approx((estimate - half, estimate + half), abs=0.12 * half)
