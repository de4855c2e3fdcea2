"""Rates against bob.measure, where it is installed: its release wants an older numpy than ours, but computes with this one.

Its EER takes another of the two points around the crossing, and its threshold for a FAR lies lower in the same gap: so
what holds between the rules is tested, and the rates at its thresholds exactly.
"""

import numpy as np
import pytest

from fairdesk.metrics.identification.rates import match_rates, search
from fairdesk.metrics.rates.error_rates import at_threshold, equal_error_rate, sort_scores, threshold_at_fmr

bob = pytest.importorskip("bob.measure", reason="bob.measure is not installed")


def made(number):
    rng = np.random.default_rng(number)
    genuine, impostor = (
        rng.normal(rng.uniform(0.3, 3), 1, rng.integers(20, 400)),
        rng.normal(0, 1, rng.integers(20, 2000)),
    )
    if number % 3 == 1:
        return np.round(genuine, 1), np.round(impostor, 1)
    if number % 3 == 2:
        return genuine.astype(np.float32).astype(float), impostor.astype(np.float32).astype(float)
    return genuine, impostor


@pytest.mark.parametrize("number", range(24))
def test_verification(number):
    genuine, impostor = made(number)
    scores = sort_scores(genuine, impostor)

    def ours(threshold):
        point = at_threshold(scores, float(threshold))
        return point.fmr, point.fnmr

    for threshold in np.concatenate([genuine[:10], impostor[:10], genuine[:10] + 0.01]):
        assert bob.farfrr(impostor, genuine, threshold) == ours(threshold)
    theirs = bob.farfrr(impostor, genuine, bob.eer_threshold(impostor, genuine))
    equal = equal_error_rate(scores)
    assert abs(theirs[0] - theirs[1]) <= equal.high - equal.low + 1e-12
    assert sum(theirs) >= 2 * equal.eer - 1e-12
    for target in ("0.1", "0.01", "0.001"):
        far, frr = bob.farfrr(impostor, genuine, bob.far_threshold(impostor, genuine, float(target)))
        point = threshold_at_fmr(scores, target)
        assert point.fmr == far and point.fnmr <= frr


@pytest.mark.parametrize("number", range(12))
def test_identification(number):
    rng = np.random.default_rng(number)
    probes, gallery = (
        rng.integers(0, 14, 60).astype(str),
        rng.permutation(np.arange(9).repeat(1 + number % 3)).astype(str),
    )
    scores = rng.normal(size=(60, len(gallery))) + 1.5 * (probes[:, None] == gallery)
    if number % 2:
        scores = np.round(scores, 1)
    found = search(scores, probes, gallery)
    searches = [(row[gallery != name], row[gallery == name]) for row, name in zip(scores, probes, strict=True)]
    mated = [one for one, here in zip(searches, found.mated, strict=True) if here]
    rates = match_rates(found.pessimistic[found.mated], len(gallery))
    for rank in (1, 2, 5):
        assert bob.recognition_rate(mated, rank=rank) == pytest.approx(rates[rank - 1], abs=1e-12)
    for threshold in (-1.0, 0.5, 1.3, 2.0):
        hit = (found.mate >= threshold) & (found.pessimistic == 1)
        assert bob.detection_identification_rate(searches, threshold) == pytest.approx(
            hit[found.mated].mean(), abs=1e-12
        )
        others = found.highest[~found.mated]
        assert bob.false_alarm_rate(searches, threshold) == pytest.approx((others >= threshold).mean(), abs=1e-12)
