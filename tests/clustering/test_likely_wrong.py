"""Which clusters are listed as most likely wrong."""

import numpy as np
import pytest

from fairdesk.clustering.likely_wrong import suspicions, two_heaps


def people(count=60, images=9, dim=64, seed=0):
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(count), images)
    return (rng.normal(size=(count, dim))[who] * 0.1 + rng.normal(size=(len(who), dim)) * 0.03).astype(np.float32), who


@pytest.mark.parametrize("seed", range(4))
def test_clusters_of_two_people_come_first(seed):
    vectors, who = people(seed=seed)
    pairs = np.random.default_rng(seed).permutation(60)[:20].reshape(-1, 2)
    for a, b in pairs:
        who[who == b] = a
    found = suspicions(vectors, who, {})
    first = sorted(found, key=lambda n: -found[n].score)[:10]
    assert set(first) == set(pairs[:, 0].tolist())
    assert all("two heaps" in found[n].text() for n in first)


def test_each_sign_counts_and_few_faces_say_nothing():
    vectors, who = people()
    found = suspicions(vectors, who, {7: 0.4, 8: 0.1})
    assert (
        max(found, key=lambda n: found[n].score) == 7
        and found[7].text() == "40% of its labelled faces are called otherwise"
    )
    assert found[8].score > found[9].score == 0 or found[8].mixed == 0.1
    wide = vectors.copy()
    wide[who == 3] = wide[who == 3].mean(axis=0) + 2.5 * (wide[who == 3] - wide[who == 3].mean(axis=0))
    found = suspicions(wide, who, {})
    assert max(found, key=lambda n: found[n].score) == 3 and found[3].text() == "it is wider than most"
    assert two_heaps(np.eye(3, 8, dtype=np.float32)) == 0
    assert two_heaps(np.tile(np.eye(1, 8, dtype=np.float32), (6, 1))) == 0
    assert two_heaps(np.repeat(np.eye(2, 8, dtype=np.float32), 4, axis=0)) > 0.99
    assert suspicions(np.zeros((1, 4), np.float32), np.array([5]), {})[5].score == 0
