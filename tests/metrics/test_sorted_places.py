"""Places among sorted scores against numpy's own search, and the area under the curve against all pairs."""

import tracemalloc

import numpy as np
import pytest

from fairdesk.metrics.rates.error_rates import Scores, area_under_curve, sort_scores, threshold_at_fmr
from fairdesk.metrics.rates.sorted_places import place_of, places_of


def scores_of(kind, rng, count, shift=0.0):
    if kind == "repeated":
        return rng.integers(-20, 20, count) / 8 + np.round(shift)
    if kind == "infinite":
        out = rng.normal(shift, 1, count)
        out[: count // 3] = np.inf
        out[count // 3 : count // 2] = -np.inf
        return out
    if kind == "lumps":
        return np.where(rng.random(count) < 0.9, rng.normal(0, 1e-6, count), rng.normal(shift, 5, count))
    return rng.normal(shift, 1, count).astype(np.float32 if kind == "32 bits" else np.float64)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", ["plain", "32 bits", "repeated", "infinite", "lumps"])
@pytest.mark.parametrize(
    "counts", [(0, 5000), (1, 5000), (3, 200_000), (40_000, 3000), (5000, 140_000), (70_000, 70_000)]
)
def test_places_are_those_of_searchsorted(side, kind, counts):
    rng = np.random.default_rng(counts[0])
    values, thresholds = (np.sort(scores_of(kind, rng, count)) for count in counts)
    for wanted in (thresholds, thresholds[thresholds > np.median(thresholds)]):
        assert np.array_equal(places_of(values, wanted, side), values.searchsorted(wanted, side))


@pytest.mark.parametrize("kind", ["plain", "32 bits", "repeated", "infinite", "lumps"])
@pytest.mark.parametrize("counts", [(1, 1), (1, 4000), (4000, 1), (5000, 60_000), (60_000, 5000), (30_000, 30_000)])
def test_the_area_is_the_share_of_pairs_that_are_won(kind, counts):
    rng = np.random.default_rng(counts[1])
    genuine, impostor = scores_of(kind, rng, counts[0], 1.5), scores_of(kind, rng, counts[1])
    below = np.sort(impostor)
    wins = int(below.searchsorted(genuine, "left").sum()) + int(below.searchsorted(genuine, "right").sum())
    assert area_under_curve(sort_scores(genuine, impostor)) == wins / (2 * len(genuine) * len(impostor))


@pytest.mark.parametrize("threshold", [0.7, float(np.float32(0.7)), 1e300, -1e300, np.inf, -np.inf, 0.1, 5e-324])
def test_a_threshold_of_64_bits_is_exact_among_scores_of_32(threshold):
    values = np.array(
        [-np.inf, -1, 0, 0.1, 0.7, 0.7, np.nextafter(np.float32(0.7), np.float32(1)), np.inf], dtype=np.float32
    )
    assert place_of(values, threshold) == int((values.astype(np.float64) < threshold).sum())
    assert place_of(values, threshold, "right") == int((values.astype(np.float64) <= threshold).sum())


def test_a_threshold_does_not_copy_scores_of_32_bits():
    values = np.sort(np.random.default_rng(0).normal(size=1_000_000)).astype(np.float32)
    scores = Scores(values, values)
    tracemalloc.start()
    threshold_at_fmr(scores, "0.001")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < values.nbytes / 10
