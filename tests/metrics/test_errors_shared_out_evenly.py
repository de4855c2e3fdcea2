"""Everybody has as many errors as everybody else: no draw of subjects shows another rate, and still it is not known for sure."""

import numpy as np
import pytest

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.scores.score_set import ScoreSet
from tests.metrics.test_whole_rates import options

PEOPLE = 40


def ring():
    """Each person is compared with the next two: with the first of them it is a false match."""
    one = np.repeat(np.arange(PEOPLE), 2)
    two = (one + np.tile([1, 2], PEOPLE)) % PEOPLE
    itself = np.arange(PEOPLE)
    first, second = np.concatenate([itself, one]), np.concatenate([itself, two])
    label = first == second
    return ScoreSet(
        score=np.where(label, 0.9, np.where((second - first) % PEOPLE == 1, 0.6, 0.4)), label=label,
        subject1=first.astype(str), subject2=second.astype(str),
        group1=np.full(len(first), "A"), group2=np.full(len(first), "A"),
    )  # fmt: skip


@pytest.mark.parametrize("draws", [20, 60, 100, 200, 500, 1000])
@pytest.mark.parametrize("seed", [1, 2])
def test_its_interval_does_not_hang_on_how_many_draws_there_are(draws, seed):
    row = evaluate(ring(), options(at="threshold=0.5", by="group", bootstrap=draws, seed=seed))[0].groups.per_group["A"]
    assert row.fmr == 0.5
    low, high = row.fmr_ci
    assert low == pytest.approx(0.39, abs=0.03) and high == pytest.approx(0.61, abs=0.03)
