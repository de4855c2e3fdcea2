"""Intervals of fairness figures where groups show no error: what is not seen tells little, and claims little."""

import math

import numpy as np
import pytest

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.figure_functions import equality, rates_behind
from fairdesk.metrics.fairness.figure_notes import LESS_FAIR, beyond_chance
from fairdesk.metrics.fairness.figures import fairness_figures
from fairdesk.metrics.intervals.by_subjects import nothing_seen
from fairdesk.metrics.scores.score_set import ScoreSet
from tests.metrics.test_whole_rates import options

THRESHOLD = "threshold=1"


def study(rng, fmr, fnmr, people, genuine=4):
    """Return scores of groups with these rates: every two people of a group are compared twice, each with itself `genuine` times."""
    parts = []
    for group, (one, other) in enumerate(zip(fmr, fnmr, strict=True)):
        own = np.arange(people).repeat(genuine)
        first, second = (side.repeat(2) for side in np.triu_indices(people, 1))
        accepted = np.append(rng.random(len(own)) >= other, rng.random(len(first)) < one)
        score = accepted + rng.random(len(accepted))  # from 1 on accepted
        names = [np.char.add(f"{group}-", np.append(own, side).astype(str)) for side in (first, second)]
        parts.append((score, np.arange(len(score)) < len(own), *names, np.full(len(score), f"G{group}")))
    score, label, first, second, groups = (np.concatenate(column) for column in zip(*parts, strict=True))
    return ScoreSet(score=score, label=label, subject1=first, subject2=second, group1=groups, group2=groups)


def held(fmr, fnmr, people, studies, seed):
    """Return of how many studies the interval of each figure holds the truth, and how many have a group without an error."""
    rng = np.random.default_rng(seed)
    named = [{f"G{k}": rate for k, rate in enumerate(rates)} for rates in (fmr, fnmr)]
    truth = fairness_figures(*named)
    found, bare = {}, 0
    for _ in range(studies):
        groups = evaluate(study(rng, fmr, fnmr, people), options(at=THRESHOLD, by="group", bootstrap=200))[0].groups
        bare += any(row.false_matches == 0 for row in groups.per_group.values())
        for name, (low, high) in groups.fairness.intervals.items():
            if name in truth:
                found[name] = found.get(name, 0) + (low - 1e-9 <= truth[name] <= high + 1e-9)
    return found, bare


def test_rates_of_which_no_error_is_seen_tell_nothing_of_their_ratio():
    groups = evaluate(
        study(np.random.default_rng(0), [0, 0, 0], [0.1, 0.2, 0.3], 15), options(at=THRESHOLD, by="group")
    )[0].groups
    fair = groups.fairness
    assert all(row.fmr == 0 for row in groups.per_group.values())
    assert fair.intervals["fmr_max_over_min"] == (1, math.inf) == fair.intervals["fmr_max_over_geomean"]
    assert fair.intervals["gini_fmr"] == (0, 1) and fair.intervals["fmr_max_over_mean"] == pytest.approx((1, 3))
    assert fair.intervals["IR"][1] == math.inf
    assert fair.intervals["GARBE"][1] >= 0.5 + 0.5 * fair.gini_fnmr
    most = max(row.fmr_ci[1] for row in groups.per_group.values())  # that high one group may be, and the others 0
    assert fair.intervals["fmr_max_minus_min"] == pytest.approx((0, most))
    assert fair.intervals["fmr_AAD"][1] >= most * 4 / 9 * (1 - 1e-12)  # mean deviation of (m, 0, 0)


def test_all_misses_tell_as_little_of_the_rates_of_matches():
    groups = evaluate(study(np.random.default_rng(0), [0.1, 0.1], [1, 1], 15), options(at=THRESHOLD, by="group"))[
        0
    ].groups
    low, high = groups.fairness.intervals["fnmr_max_over_min"]
    least = min(row.fnmr_ci[0] for row in groups.per_group.values())
    assert low == 1 and high >= (1 - 1e-12) / least


@pytest.mark.parametrize("fmr", [(4e-3, 1e-3), (1e-3, 1e-5), (5e-3, 1e-4, 1e-4)])
def test_intervals_hold_the_truth_where_most_studies_show_no_error(fmr):
    studies = 30
    found, bare = held(fmr, [0.05] * len(fmr), 15, studies, 2)
    assert bare > studies / 2
    assert {name for name, number in found.items() if number < 0.9 * studies} == set(), found


def test_figures_of_both_rates_do_not_claim_too_much_where_a_group_shows_no_false_match():
    studies = 60
    found, bare = held([1e-2, 1e-2, 1e-2, 4e-2], [0.1, 0.1, 0.1, 0.2], 12, studies, 5)
    assert bare > studies / 3
    assert min(found[name] for name in ("GARBE", "FDR", "gini_fmr", "fmr_max_minus_min")) >= 0.91 * studies, found


def test_an_interval_begins_at_equality_just_where_the_figure_lies_in_its_null_range():
    rng, told = np.random.default_rng(4), set()
    for _ in range(40):
        rates = [rng.choice([0, 0.002, 0.1], 3), rng.choice([0, 0.05, 0.4], 3)]
        fair = evaluate(study(rng, *rates, 8), options(at=THRESHOLD, by="group", bootstrap=60))[0].groups.fairness
        for name, interval in fair.intervals.items():
            if (null := fair.null_ranges.get(name)) is None:
                continue
            unlike = beyond_chance(name, getattr(fair, name), null) == LESS_FAIR
            assert (interval[name == "FDR"] != equality(name)) is unlike, (name, rates, interval, null)
            told.add((rates_behind(name)[0], unlike))
    assert len(told) == 4


def test_one_number_found_in_two_ways_is_the_end_of_its_null_range():
    third = 0.1 + 0.2
    assert third != 0.3 and beyond_chance("gini_fmr", third, (0.1, 0.3)) is None
    assert beyond_chance("gini_fmr", 0.3001, (0.1, 0.3)) == LESS_FAIR


def test_no_error_in_so_many_comparisons_is_as_unlikely_as_the_bound_says():
    assert (1 - nothing_seen(200)) ** 200 == pytest.approx(0.025)
