"""Differences of rates of few errors: none reaches farther than the two rates' own intervals allow."""

import numpy as np
import pytest

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.intervals.by_subjects import likely_rates, rate_interval, spread_of
from tests.metrics.test_tied_groups import study
from tests.metrics.test_whole_rates import options

FEW = {"A": {(2, 5), (7, 11)}, "B": {(1, 5), (7, 12), (3, 9), (3, 10), (3, 11), (8, 9)}, "C": set()}


@pytest.mark.parametrize("at", ["threshold=1", "fmr=1e-2"])
def test_no_difference_lies_outside_of_what_its_rates_allow(at):
    groups = evaluate(study(FEW), options(at=at, by="group", bootstrap=400, seed=1))[0].groups
    told = 0
    for made in groups.differences:
        one, two = (getattr(groups.per_group[name], f"{made.rate}_ci") for name in (made.first, made.second))
        if made.ci is not None and one is not None and two is not None:
            assert one[0] - two[1] - 1e-9 <= made.ci[0] <= made.difference <= made.ci[1] <= one[1] - two[0] + 1e-9
            told += made.rate == "fmr"
    assert told == 3


def test_likely_rates_spread_as_the_interval_of_the_rate_though_the_draws_lean():
    rng = np.random.default_rng(0)
    values = np.append(0.01, rng.poisson(2, 4000) / 200)
    likely = likely_rates(0.01, values, 12.0, 200.0, rng)
    low, high = rate_interval(0.01, spread_of(values), 12.0, 200.0)
    assert np.quantile(likely, [0.025, 0.975]) == pytest.approx([low, high], rel=0.03)
    order = np.argsort(values[1:], kind="stable")
    assert (np.diff(likely[order]) >= 0).all()
