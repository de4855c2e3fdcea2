"""Three groups whose FMRs lie far apart: no interval of a fairness figure falls to equality by the luck of the draws."""

import numpy as np
import pytest

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.figure_functions import equality
from fairdesk.metrics.scores.score_set import ScoreSet
from tests.metrics.test_whole_rates import options

PEOPLE, COMPARISONS = 25, 2500
SEED = 8


@pytest.fixture(scope="module")
def study():
    rng = np.random.default_rng(SEED)
    rows = []
    for group in range(3):
        effect = rng.normal(0, 0.05, PEOPLE)
        own = np.repeat(np.arange(PEOPLE), 8)
        one = rng.integers(0, PEOPLE, COMPARISONS)
        two = (one + rng.integers(1, PEOPLE, COMPARISONS)) % PEOPLE
        genuine = 0.62 - 0.04 * group + effect[own] + rng.normal(0, 0.12, len(own))
        impostor = 0.15 + 0.04 * group + (effect[one] + effect[two]) / 2 + rng.normal(0, 0.12, COMPARISONS)
        for label, score, first, second in ((True, genuine, own, own), (False, impostor, one, two)):
            rows += [
                (s, label, f"{group}_{a}", f"{group}_{b}", f"G{group}")
                for s, a, b in zip(score, first, second, strict=True)
            ]
    score, label, first, second, groups = (np.array(column) for column in zip(*rows, strict=True))
    return ScoreSet(score=score, label=label, subject1=first, subject2=second, group1=groups, group2=groups)


@pytest.mark.parametrize("at", ["fmr=1e-2", "fmr=2e-2"])
def test_no_interval_falls_to_equality_in_any_seed(study, at):
    told = set()
    for seed in range(1, 6):
        fair = evaluate(study, options(at=at, by="group", bootstrap=400, seed=seed))[0].groups.fairness
        for name, (low, _) in fair.intervals.items():
            value, end = getattr(fair, name), fair.null_ranges[name]
            if name.startswith(("fmr_", "gini_fmr", "IR", "GARBE")) and value > 1.3 * end[1]:
                assert low > equality(name), (seed, name)
                told.add(name)
    assert {"fmr_max_minus_min", "fmr_STD_ddof0", "fmr_AAD"} <= told


@pytest.mark.parametrize("at", ["threshold=0.42", "fmr=1e-2"])
def test_an_interval_reaches_equality_just_where_the_figure_lies_in_its_null_range(study, at):
    found = set()
    for seed in range(1, 6):
        fair = evaluate(study, options(at=at, by="group", bootstrap=400, seed=seed))[0].groups.fairness
        for name, (low, high) in fair.intervals.items():
            end, value, (least, most) = (high if name == "FDR" else low), getattr(fair, name), fair.null_ranges[name]
            inside = value >= least if name == "FDR" else value <= most
            assert (end == equality(name)) is inside, (seed, name)
            found.add(inside)
    assert found == {True, False}
