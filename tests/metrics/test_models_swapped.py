"""Which of two models is called the first changes the sign of each difference and of its interval, and no digit."""

from pathlib import Path

import numpy as np
import pytest

from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.intervals.paired_spread import paired_deviation
from fairdesk.metrics.params import CompareScoresParams
from fairdesk.metrics.scores.subjects import number_subjects
from tests.metrics.test_rates_of_all_compared import two_models


def test_the_spread_of_a_difference_is_that_of_its_negative():
    one, _ = two_models(shift=1.0)
    subjects = number_subjects(one, None, "none")
    rng = np.random.default_rng(0)
    for _ in range(200):
        use = rng.random(len(one.score)) < 0.5
        difference = rng.integers(-1, 2, len(use)).astype(float)
        assert paired_deviation(subjects, use, difference) == paired_deviation(subjects, use, -difference)


@pytest.mark.parametrize("at", ["threshold=1.3", "fmr=0.05", "eer"])
def test_every_interval_of_swapped_models_is_the_negative(at):
    one, two = two_models(shift=1.0)
    params = CompareScoresParams(first=Path("one.npz"), second=Path("two.npz"), at=at, bootstrap=100)
    there, back = (compare_matched(*pair, params).differences for pair in ((one, two), (two, one)))
    assert len(there) == len(back) > 20 and any(row.ci for row in there)
    for row, other in zip(there, back, strict=True):
        assert (row.figure, row.group, row.difference) == (other.figure, other.group, -other.difference)
        assert row.ci == (other.ci and (-other.ci[1], -other.ci[0])), row
