"""Fairness figures by hand: each weight on its own side, each spread from the right rates."""

import math

import pytest

from fairdesk.metrics.fairness import accuracy_figures, fairness_figures, geometric_mean, gini, ratio

FMR = {"a": 0.01, "b": 0.04, "c": 0.02}
FNMR = {"a": 0.10, "b": 0.30, "c": 0.10}


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_alpha_weighs_the_fmr(alpha):
    found = fairness_figures(FMR, FNMR, alpha)
    assert found["FDR"] == pytest.approx(1 - (alpha * 0.03 + (1 - alpha) * 0.20))
    assert found["IR"] == pytest.approx(4**alpha * 3 ** (1 - alpha))
    assert found["GARBE"] == pytest.approx(alpha * gini([0.01, 0.04, 0.02]) + (1 - alpha) * gini([0.1, 0.3, 0.1]))
    assert found["alpha"] == alpha


def test_the_spreads_are_of_their_own_rates():
    found = fairness_figures(FMR, FNMR)
    assert found["fmr_max_over_min"] == pytest.approx(4) and found["fnmr_max_over_min"] == pytest.approx(3)
    assert found["fmr_max_minus_min"] == pytest.approx(0.03) and found["fnmr_max_minus_min"] == pytest.approx(0.2)
    assert found["fmr_max_over_geomean"] == pytest.approx(0.04 / (0.01 * 0.04 * 0.02) ** (1 / 3))
    assert found["fnmr_max_over_geomean"] == pytest.approx(0.3 / (0.1 * 0.3 * 0.1) ** (1 / 3))


def test_gini_by_hand():
    assert gini([0.2, 0.2, 0.2]) == 0
    assert gini([0.0, 0.0, 0.6]) == pytest.approx(1)
    assert gini([0.0, 0.0]) == 0
    assert gini([0.1, 0.3]) == pytest.approx(2 / 1 * (2 * 0.2) / (2 * 4 * 0.2))


def test_nothing_over_nothing_is_equal_and_something_over_nothing_infinite():
    assert ratio(0, 0) == 1 and ratio(0.1, 0) == math.inf
    assert geometric_mean([0.0, 0.5]) == 0
    assert fairness_figures({"a": 0.0, "b": 0.1}, {"a": 0.1, "b": 0.1})["IR"] == math.inf
    assert fairness_figures({"a": 0.0, "b": 0.1}, {"a": 0.1, "b": 0.2}, 0.0)["IR"] == 2  # 0 weight: does not count


def test_a_group_without_a_rate_does_not_enter():
    found = fairness_figures({"a": 0.01, "b": 0.04, "c": None}, {"a": 0.1, "b": None, "c": 0.2})
    assert found["fmr_max_over_min"] == pytest.approx(4) and found["fnmr_max_over_min"] == pytest.approx(2)
    alone = fairness_figures({"a": 0.01, "b": None}, {"a": 0.1, "b": 0.2})
    assert alone["FDR"] is None and "fewer than two groups" in alone["FDR_why"]
    assert alone["fmr_max_over_min"] is None and alone["fnmr_max_over_min"] == pytest.approx(2)


def test_accuracies_by_hand():
    found = accuracy_figures({"a": 98.0, "b": 94.0, "c": 96.0})
    assert found["accuracy_STD_ddof0"] == pytest.approx(math.sqrt(8 / 3))
    assert found["accuracy_STD_ddof1"] == pytest.approx(2)
    assert found["SER"] == pytest.approx(6 / 2)
    assert accuracy_figures({"a": 98.0})["SER"] is None
