"""Few people with many photographs each: a wide one is no stranger to itself, and both modes of one are compared."""

import numpy as np
import pytest

from fairdesk.clustering.methods.by_name import cluster_vectors
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review.bunches import make_bunches, measure
from fairdesk.clustering.review.engine import Review
from fairdesk.clustering.review.first_clusters import without_gaps
from tests.benchmarks.bench_corrections import by_hand, review


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def people(seed, count=40, images=60, dims=128, wide=(), modes=()):
    """Faces of some people, as far apart as dlib's; those in `wide` are twice as wide, those in `modes` look in two ways."""
    rng = np.random.default_rng(seed)
    vectors, who = [], []
    for one, centre in enumerate(unit(rng.normal(size=(count, dims))) * 0.62):
        other = centre + unit(rng.normal(size=dims)) * 0.42
        spread = 0.26 * (1.9 if one in wide else 1.0)
        for number in range(5 * images if one in wide else images):
            place = other if one in modes and number % 2 else centre
            vectors.append(place + rng.normal(size=dims) * spread / np.sqrt(dims))
            who.append(one)
    return np.array(vectors, dtype=np.float32), np.array(who)


def test_a_wide_person_is_no_stranger_to_itself():
    vectors, who = people(0, wide=(3, 7))
    strangers = measure(vectors).strangers
    usual = np.median(strangers)
    for one in (3, 7):
        assert np.median(strangers[who == one]) > 0.85 * usual


def test_clusters_that_a_gap_parts_stay_apart():
    vectors, who = people(1, wide=(3,))
    rows = vectors.astype(np.float64)
    rng = np.random.default_rng(0)
    pieces = who * 6 + rng.integers(0, 6, len(who))  # of each person, at random: no gap parts them
    heaps = without_gaps(rows, (rows**2).sum(axis=1), pieces, 3, 5)
    assert len(np.unique(heaps)) == len(np.unique(who)) == len(np.unique(who * 1000 + heaps))
    one = without_gaps(rows[:2], (rows[:2] ** 2).sum(axis=1), np.array([0, 1]), 3, 5)
    assert one.tolist() == [0, 1]


def test_both_modes_of_a_person_with_many_photographs_are_compared():
    vectors, who = people(2, modes=range(10))
    begun = Review(vectors)
    near = make_bunches(vectors, measure(vectors)).beside
    for one in range(10):
        modes = [set(begun.of[np.flatnonzero(who == one)[half::2]].tolist()) for half in (0, 1)]
        homes = [{int(begun.home[bunch]) for bunch in mode} for mode in modes]
        joined = not homes[0].isdisjoint(homes[1])
        asked = {frozenset(found.clusters) for found in begun.candidates(every=True)}
        assert joined or any(frozenset((a, b)) in asked for a in homes[0] for b in homes[1])
        assert any(other in modes[1] for bunch in modes[0] for other in near[bunch])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_few_answers_put_them_right(seed):
    vectors, who = people(seed, count=30, wide=(4,), modes=(1, 6, 11, 16, 21))
    labels = cluster_vectors(vectors, ClusterParams(), "euclidean").labels
    answers, _, now, _, _ = review(vectors, who, labels=labels)
    assert now >= 0.99 and answers <= by_hand(labels, who) * len(who) / 3
