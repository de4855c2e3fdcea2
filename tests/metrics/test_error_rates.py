"""Error rates against scikit-learn, pyeer and the definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from fairdesk.figures.whole_set import WHOLE
from fairdesk.metrics.rates.error_curves import error_curve, histogram
from fairdesk.metrics.rates.error_rates import (
    area_under_curve,
    at_threshold,
    d_prime,
    equal_error_rate,
    sort_scores,
    threshold_at_fmr,
)

numbers = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=40)


def brute(genuine, impostor):
    """Every operating point by counting: (threshold, FMR, FNMR)."""
    points = []
    for t in [*sorted({*genuine, *impostor}), np.inf]:
        points.append((t, np.mean([s >= t for s in impostor]), np.mean([s < t for s in genuine])))
    return points


@given(numbers, numbers)
@settings(max_examples=300, deadline=None)
def test_eer_by_counting(genuine, impostor):
    points = brute(genuine, impostor)
    second = next(i for i, (_, fmr, fnmr) in enumerate(points) if fmr - fnmr <= 1e-12)
    equal = abs(points[second][1] - points[second][2]) < 1e-12
    first = second if equal or second == 0 else second - 1
    best = min((points[first], points[second]), key=lambda p: p[1] + p[2])
    found = equal_error_rate(sort_scores(np.array(genuine), np.array(impostor)))
    assert found.eer == pytest.approx((best[1] + best[2]) / 2)
    assert found.low <= found.eer <= found.high


@given(numbers, numbers, st.sampled_from(["0.1", "0.01", "0.25", "0.001"]))
@settings(max_examples=300, deadline=None)
def test_tar_is_the_greatest_below_the_target(genuine, impostor, target):
    best = max(1 - fnmr for _, fmr, fnmr in brute(genuine, impostor) if fmr <= float(target) + 1e-12)
    point = threshold_at_fmr(sort_scores(np.array(genuine), np.array(impostor)), target)
    assert 1 - point.fnmr == pytest.approx(best)
    assert point.fmr <= float(target) + 1e-12


@given(numbers, numbers)
@settings(max_examples=200, deadline=None)
def test_auc_is_scikit_learns(genuine, impostor):
    labels = [1] * len(genuine) + [0] * len(impostor)
    expected = roc_auc_score(labels, genuine + impostor)
    assert area_under_curve(sort_scores(np.array(genuine), np.array(impostor))) == pytest.approx(expected, abs=1e-12)


def test_against_pyeer():
    from pyeer.eer_info import get_eer_stats

    rng = np.random.default_rng(4)
    genuine, impostor = rng.normal(2, 1, 900), rng.normal(0, 1, 4000)
    stats = get_eer_stats(genuine, impostor)
    found = equal_error_rate(sort_scores(genuine, impostor))
    assert found.eer == pytest.approx(stats.eer, abs=1e-12)
    assert found.threshold == stats.eer_th
    assert d_prime(sort_scores(genuine, impostor)) == pytest.approx(stats.decidability, abs=1e-9)


def test_curve_points_are_exact():
    rng = np.random.default_rng(5)
    genuine, impostor = rng.normal(2, 1, 3000), rng.normal(0, 1, 9000)
    scores = sort_scores(genuine, impostor)
    curve = error_curve(WHOLE, scores)
    fpr, tpr, thresholds = roc_curve([1] * 3000 + [0] * 9000, np.r_[genuine, impostor], drop_intermediate=False)
    known = {t: (f, r) for t, f, r in zip(thresholds, fpr, tpr, strict=True)}
    for t, fmr, fnmr in zip(curve.threshold[:-1], curve.fmr, curve.fnmr, strict=False):
        assert known[t] == pytest.approx((fmr, 1 - fnmr))
    assert len(curve.threshold) < 700


def test_missing_and_odd_scores():
    scores = sort_scores(np.array([1.0, np.nan, np.inf]), np.array([0.0, -np.inf]))
    assert (scores.ng, scores.dropped_genuine) == (2, 1)
    assert at_threshold(scores, np.inf).fnmr == 0.5  # an infinite score is legal
    assert error_curve("x", sort_scores(np.array([]), np.array([1.0]))) is None
    assert histogram(sort_scores(np.array([]), np.array([]))) is None
    assert d_prime(sort_scores(np.ones(3), np.ones(3))) is None
    float32 = sort_scores(np.array([0.5, 0.7], dtype=np.float32), np.array([0.1], dtype=np.float32))
    assert equal_error_rate(float32).eer == 0
