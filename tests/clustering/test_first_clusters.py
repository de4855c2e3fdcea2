"""Few people with many photographs each: a wide one is no stranger to itself, and both modes of one are compared."""

import numpy as np
import pytest

from fairdesk.clustering.methods.by_name import cluster_vectors
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review.bunches import make_bunches, measure
from fairdesk.clustering.review.first_clusters import BESIDE, links_between, without_gaps
from fairdesk.clustering.review.likeness import Likeness
from fairdesk.clustering.review.many_parts import Parts
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


def test_clusters_are_linked_with_the_nearest_others_by_the_bunches_that_are_nearest():
    """Links within clusters alone, as those of a person with many photographs are."""
    vectors, who = people(2, count=25, images=12)
    rows = vectors.astype(np.float64)
    faces = Parts(np.ones(len(rows)), rows, (rows**2).sum(axis=1), np.full(len(rows), 0.8))
    inside = np.array([pair for pair in zip(range(len(rows) - 1), range(1, len(rows)), strict=True) if who[pair[0]] == who[pair[1]]])  # fmt: skip
    found = links_between(faces, inside, Likeness(0.14, 0.8))
    means = np.array([rows[who == one].mean(axis=0) for one in range(25)])
    away = ((means[:, None] - means) ** 2).sum(axis=2)
    wanted = {frozenset((one, int(other))) for one in range(25) for other in np.argsort(away[one])[1 : BESIDE + 1]}
    assert {frozenset(pair) for pair in who[found].tolist()} == wanted and len(found) == len(wanted)
    for pair in found.tolist():
        for one, other in (pair, pair[::-1]):
            mine = np.flatnonzero(who == who[one])
            assert one == mine[((rows[mine] - means[who[other]]) ** 2).sum(axis=1).argmin()]


def test_reviews_link_such_clusters():
    vectors, who = people(3, count=25, images=12, wide=range(25))
    measured = measure(vectors)
    found = make_bunches(vectors, measured)
    assert len(found.parts) > 20 * 25  # of each person many
    beside = {frozenset((int(who[one]), int(who[other]))) for one, some in found.beside.items() for other in some}
    means = np.array([vectors[who == one].mean(axis=0) for one in range(25)])
    away = ((means[:, None] - means) ** 2).sum(axis=2)
    assert all(frozenset((one, int(other))) in beside for one in range(25) for other in np.argsort(away[one])[1:7])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_few_answers_put_them_right(seed):
    vectors, who = people(seed, count=30, wide=(4,), modes=(1, 6, 11, 16, 21))
    labels = cluster_vectors(vectors, ClusterParams(), "euclidean").labels
    answers, _, now, _, _ = review(vectors, who, labels=labels)
    assert now >= 0.99 and answers <= by_hand(labels, who) * len(who) / 3
