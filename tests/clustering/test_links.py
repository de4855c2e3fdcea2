"""What a review computes for many faces at once is what the plain rule says of each."""

import numpy as np
import pytest

from fairdesk.clustering.review.bunches import STRANGER, _strangers
from fairdesk.clustering.review.likeness import Likeness
from fairdesk.clustering.review.links import directed_links, each_pair
from fairdesk.clustering.review.many_parts import Parts, join_many
from fairdesk.clustering.review.parts import Part, join


@pytest.mark.parametrize("count", [0, 1, 7, 400])
def test_pairs_are_listed_once(count):
    rng = np.random.default_rng(count)
    first, second = rng.integers(0, 30, (2, count))
    plain = []
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        pair = [min(a, b), max(a, b)]
        if a != b and pair not in plain:
            plain.append(pair)
    assert each_pair(first, second, ordered=False).tolist() == plain
    assert each_pair(first, second).tolist() == sorted(plain)
    assert each_pair(first, second).shape == (len(plain), 2)


def test_links_keep_their_order():
    beside = [[3, 1], [0], [], [0, 2, 1]]
    first, second = directed_links(beside, [3, 0, 2])
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(3, 0), (3, 2), (3, 1), (0, 3), (0, 1)]
    assert [len(some) for some in directed_links(beside, [])] == [0, 0]


@pytest.mark.parametrize(("people", "loose"), [(40, 0), (1500, 30)])
def test_strangers_begin_at_the_fifth_nearest_cluster_of_others(people, loose):
    """By the definition, face by face; more faces than are worked on at once."""
    rng = np.random.default_rng(1)
    homes = np.append(np.repeat(np.arange(people), 4), people + np.arange(loose))  # those alone are no strangers
    rows = rng.normal(size=(people + loose, 16))[homes] * 2 + rng.normal(size=(len(homes), 16)) * 0.3 + 5
    squares = (rows**2).sum(axis=1)
    found, _ = _strangers(rows, squares, homes, lambda *_: None)
    for face in [*range(0, len(homes), max(1, len(homes) // 160)), len(homes) - 1]:
        away = ((rows[: 4 * people] - rows[face]) ** 2).sum(axis=1).reshape(people, 4).mean(axis=1)
        others = away[np.arange(people) != homes[face]]
        assert found[face] == pytest.approx(np.sort(others)[STRANGER - 1], rel=1e-4)


@pytest.mark.parametrize("nearer", [0.6, 0.85, 0.95])
@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("sizes", [(1, 1), (1, 6), (2, 6)])
def test_many_pairs_have_the_odds_of_each(nearer, learned, sizes):
    rng = np.random.default_rng(3)
    like = Likeness(0.1, 1.0, nearer)

    def part(faces):
        mean = rng.normal(size=4) * 0.4
        return Part(float(faces), mean, float(mean @ mean) + 0.05, float(rng.uniform(0.8, 1.2)), [0])

    pairs = [(part(sizes[0]), part(rng.integers(*sizes, endpoint=True))) for _ in range(40)]
    if learned:
        like.learn([(like.features(a, b), bool(place % 2)) for place, (a, b) in enumerate(pairs[:12])])
    assert like.bent is learned
    found = like.between([a for a, _ in pairs], [b for _, b in pairs])
    assert found == pytest.approx([like.log_odds(a, b) for a, b in pairs], abs=1e-9)


@pytest.mark.parametrize("nearer", [0.6, 0.85, 1.0])
@pytest.mark.parametrize(("people", "each", "copies", "stop"), [(1, 2, 1, -99.0), (60, 40, 1, 0.0), (700, 5, 1, 2.0), (9, 60, 3, 0.0), (1, 900, 1, -9.0)])  # fmt: skip
def test_very_many_parts_are_joined_as_few_are(nearer, people, each, copies, stop):
    """The same joins in the same order, ties (copies of a photograph) and joins that make others likelier included."""
    rng = np.random.default_rng(people)
    centres = rng.normal(size=(people, 19)) * 0.25
    rows = np.repeat(centres, each, axis=0) + rng.normal(size=(people * each, 19)) * rng.uniform(
        0.05, 0.3, (people * each, 1)
    )
    rows = np.tile(rows, (copies, 1))
    n, square = len(rows), (rows**2).sum(axis=1)
    begin = np.where(rng.random(n) < 0.5, 1.0, rng.uniform(0.5, 1.5, n))
    near = np.argsort(square[:, None] + square - 2 * rows @ rows.T, axis=1, kind="stable")[:, : min(n, 13)]
    edges = each_pair(np.repeat(np.arange(n), near.shape[1]), near.ravel())
    like = Likeness(0.3, 1.0, nearer)
    parts = {one: Part(1.0, rows[one], square[one], begin[one], [one]) for one in range(n)}
    plain = join(parts, edges.tolist(), like, stop)
    found = join_many(Parts(np.ones(n), rows, square, begin), edges, like, stop)
    assert len(plain.joins) >= n // 5 + (n == 2)
    for number, part in plain.parts.items():
        assert (found[part.bunches] == number).all()
