"""Two groups that happen to have equally many errors: their figures have intervals all the same, and in every seed alike."""

import numpy as np
import pytest

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.figure_functions import equality
from fairdesk.metrics.scores.score_set import ScoreSet
from tests.metrics.test_whole_rates import options

PEOPLE = 20


def study(matches):
    """Groups of 20 people, each with just these pairs of people as false matches at 1."""
    rng = np.random.default_rng(0)
    own = np.repeat(np.arange(PEOPLE), 4)
    one, two = np.triu_indices(PEOPLE, 1)
    parts = []
    for group, of in matches.items():
        impostor = -rng.random(len(one))
        impostor[[k for k, pair in enumerate(zip(one, two, strict=True)) if pair in of]] = 2
        names = np.array([f"{group}{k}" for k in range(PEOPLE)])
        parts.append(
            (
                np.append(5 + rng.random(len(own)), impostor),
                np.arange(len(own) + len(one)) < len(own),
                names[np.append(own, one)],
                names[np.append(own, two)],
                np.full(len(own) + len(one), group),
            )
        )
    score, label, first, second, groups = (np.concatenate(column) for column in zip(*parts, strict=True))
    return ScoreSet(score=score, label=label, subject1=first, subject2=second, group1=groups, group2=groups)


@pytest.mark.parametrize(
    "matches",
    [
        {"A": {(2, 5), (7, 11)}, "B": {(2, 5), (7, 11)}},
        {"A": {(2, 5), (7, 11), (3, 4)}, "B": {(1, 5), (7, 12), (3, 9)}},
        {"A": {(2, 5)}, "B": {(6, 7)}, "C": {(1, 19)}},
    ],
)
def test_figures_of_tied_groups_have_intervals_of_some_width_in_every_seed(matches):
    scores, ends = study(matches), {}
    for seed in range(1, 6):
        groups = evaluate(scores, options(at="threshold=1", by="group", bootstrap=1000, seed=seed))[0].groups
        widest = max(row.fmr_ci[1] for row in groups.per_group.values())
        for name, (low, high) in groups.fairness.intervals.items():
            if name.startswith(("fmr_", "gini_fmr")):
                assert low == equality(name), (seed, name)
                ends.setdefault(name, []).append(high)
        assert 0.2 * widest < groups.fairness.intervals["fmr_max_minus_min"][1] <= widest
    assert len(ends) == 9
    for name, highs in ends.items():
        assert min(highs) > equality(name) + 0.4 * (max(highs) - equality(name)), (name, highs)
