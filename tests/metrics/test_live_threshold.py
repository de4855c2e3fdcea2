"""The rates at a threshold that is dragged are those of a whole evaluation."""

import numpy as np
import pytest

from fairdesk.figures.whole_set import WHOLE
from fairdesk.metrics.evaluation import evaluate, evaluate_whole
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.live_threshold import LiveThreshold
from fairdesk.metrics.scores.score_set import ScoreSet


def scored(seed=0, n=3000, distance=False):
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.3
    score = np.round(rng.normal(size=n) + 2 * label, 1)
    score[:5] = np.nan
    group = np.array(["A", "B", "C", ""])
    one = group[rng.integers(0, 4, n)]
    two = np.where(label, one, group[rng.integers(0, 4, n)])
    return ScoreSet(score=-score if distance else score, label=label, group1=one, group2=two)


@pytest.mark.parametrize("distance", [False, True])
@pytest.mark.parametrize("threshold", [-5.0, 0.0, 0.7, 1.3, 9.0])
def test_every_table_is_that_of_an_evaluation(tmp_path, distance, threshold):
    params = EvaluateParams(scores=tmp_path, by="group", at="fmr=0.1", distance=distance, bootstrap=0)
    first = scored(distance=distance)
    if distance:
        first.negate()
    live = LiveThreshold(evaluate_whole(first, params), params)
    shown = -threshold if distance else threshold
    moved = live.at(shown).groups
    second = scored(distance=distance)
    if distance:
        second.negate()
    whole = evaluate(second, params.model_copy(update={"at": f"threshold={shown!r}"}))[0].groups
    assert moved.threshold == whole.threshold == shown
    assert moved.per_group == whole.per_group and moved.fmr_matrix == whole.fmr_matrix
    assert whole.fairness.intervals_why.pop("FDR") == "no draws were asked for"
    whole.fairness.intervals_why.clear()  # while it is dragged nothing is said of intervals
    assert moved.fairness == whole.fairness and moved.not_in_a_group == whole.not_in_a_group
    for name, (fmr, fnmr) in live.rates(shown).items():
        if name != WHOLE:
            assert (fmr, fnmr) == (whole.per_group[name].fmr, whole.per_group[name].fnmr)


def test_without_groups_the_rates_of_all_move(tmp_path):
    params = EvaluateParams(scores=tmp_path)
    found = evaluate_whole(ScoreSet(genuine=np.array([0.9, 0.8]), impostor=np.array([0.1, 0.85])), params)
    live = LiveThreshold(found, params)
    moved = live.at(0.82)
    assert (moved.at_threshold.fmr, moved.at_threshold.fnmr, moved.at_threshold.threshold) == (0.5, 0.5, 0.82)
    assert moved.model_copy(update={"at_threshold": found.result.at_threshold}) == found.result
    assert live.rates(0.82) == {WHOLE: (0.5, 0.5)}
