"""A threshold far from all scores does not shrink the curves of a report to a line: it is named at the edge."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.special import ndtri

from fairdesk.figures.verification_figures import draw_det, draw_rates, draw_scores
from fairdesk.metrics.rates.error_curves import error_curve, histogram
from fairdesk.metrics.rates.error_rates import sort_scores

RNG = np.random.default_rng(0)
SCORES = sort_scores(RNG.normal(3, 1, 300), RNG.normal(0, 1, 900))


def drawn(threshold):
    curve = error_curve("", SCORES)
    for draw in (
        lambda axes: draw_rates(axes, [curve], threshold),
        lambda axes: draw_scores(axes, histogram(SCORES), "t", threshold=threshold),
    ):
        axes = Figure().add_subplot()
        draw(axes)
        yield axes


@pytest.mark.parametrize(("threshold", "side"), [(1e6, "right"), (-50.0, "left"), (30.0, "right")])
def test_one_far_off_is_named_at_its_edge(threshold, side):
    for axes in drawn(threshold):
        low, high = axes.get_xlim()
        assert low > -6 and high < 9
        told = [one for one in axes.texts if f"{threshold:.4g}" in one.get_text()]
        assert len(told) == 1 and told[0].get_ha() == side


@pytest.mark.parametrize("threshold", [1.5, 7.0, -3.9])
def test_one_near_by_is_a_line(threshold):
    for axes in drawn(threshold):
        assert any(list(line.get_xdata()) == [threshold] * 2 for line in axes.lines) and not axes.texts


def test_det_says_what_is_accepted():
    for common, said in (((0.0, 1.0), "no comparison"), ((1.0, 0.0), "every comparison"), ((0.0, 0.4), None)):
        axes = Figure().add_subplot()
        draw_det(axes, [error_curve("", SCORES, common=common)])
        assert [said in one.get_text() for one in axes.texts] == ([] if said is None else [True])


@pytest.mark.parametrize("common", [(0.02, 0.01), (0.7, 0.001), (0.994, 0.001), (0.994, 0.0)])
def test_det_has_a_place_for_its_threshold(common):
    axes = Figure().add_subplot()
    draw_det(axes, [error_curve("", SCORES, common=common)])
    assert axes.get_xlim()[0] < ndtri(common[0]) < axes.get_xlim()[1]


def test_det_of_two_scores_of_each_kind_is_drawn_though_no_rate_has_a_place():
    few = sort_scores(np.array([0.8, 0.9]), np.array([0.1, 0.2]))
    axes = Figure().add_subplot()
    draw_det(axes, [error_curve("", few, common=(0.0, 0.0))])
    assert axes.get_xlim()[1] >= 0
