"""The ranges of fairness figures if groups were equal, where groups of few people stand beside groups of many."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.spread import permuted_members, permuted_rates
from fairdesk.metrics.intervals.error_counts import count_errors
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import Subjects

THRESHOLD = 1.0


def impostors(rng, people, effect):
    """Return the score, both subjects and the group of every pair within groups of so many people; all groups alike."""
    first, second, group, score = [], [], [], []
    start = 0
    for number, n in enumerate(people):
        a, b = np.triu_indices(n, 1)
        own = effect * rng.normal(size=n)
        first.append(start + a)
        second.append(start + b)
        group.append(np.full(len(a), number))
        score.append(own[a] + own[b] + rng.normal(size=len(a)) * np.sqrt(1 - 2 * effect**2))
        start += n
    return tuple(np.concatenate(part) for part in (score, first, second, group))


@pytest.mark.parametrize(
    ("people", "effect"), [((60, 60, 8, 8), 0.0), ((40, 40, 10, 10), 0.5), ((60, 30, 6), 0.0), ((20, 20, 20), 0.5)]
)
def test_each_group_spreads_as_its_own_number_of_people_does(people, effect):
    rng = np.random.default_rng(1)
    seen, said = [], []
    for _ in range(300):
        score, first, second, group = impostors(rng, people, effect)
        wrong = score >= THRESHOLD
        share = np.bincount(group, weights=wrong) / np.bincount(group)
        seen.append(share - wrong.mean())
        subjects = Subjects(first, second, group, group, sum(people), len(people), sum(people), group < 0)
        counts = count_errors(subjects, np.ones(len(score), bool), score, np.array([THRESHOLD]), falling=True)
        rates = permuted_rates(counts, 0, permuted_members(subjects.members, 60, rng))
        said.append(((rates - wrong.mean()) ** 2).mean(0))
    assert np.sqrt(np.mean(said, 0)) == pytest.approx(np.std(seen, 0), rel=0.25)


def test_ratios_of_equal_groups_whose_people_differ_reach_as_far_as_in_simulated_studies():
    """Low rates of pairs of unlike people lean to the high side, so that the lowest of four is not near to none."""
    rng = np.random.default_rng(2)
    people, effect, threshold, images = (40,) * 4, 0.35, 3.0, 32
    first, second = np.triu_indices(40, 1)

    def study():
        own = effect * rng.normal(size=(4, 40))
        likely = norm.sf((threshold - own[:, first] - own[:, second]) / np.sqrt(1 - 2 * effect**2))
        return rng.binomial(images, likely)

    every = np.sort(np.stack([study().sum(1) for _ in range(2000)]), 1)
    ratios = np.quantile(every[:, -1] / every[:, 0], [0.025, 0.975])
    start = 40 * np.arange(4)[:, None]
    names = [(start + side).ravel().repeat(images) for side in (first, second)]
    group = np.repeat(np.arange(4), len(first) * images)
    said = []
    for _ in range(12):
        wrong = (np.arange(images) < study()[..., None]).ravel()
        subjects = Subjects(*names, group, group, sum(people), 4, sum(people), group < 0)
        score = np.where(wrong, 3.0, 0.0)
        counts = count_errors(subjects, np.ones(len(score), bool), score, np.array([1.0]), falling=True)
        rates = permuted_rates(counts, 0, permuted_members(subjects.members, 1000, rng))
        said.append(np.quantile(rates.max(1) / np.maximum(rates.min(1), 1e-9), [0.025, 0.975]))
    assert np.median(said, 0) == pytest.approx(ratios, rel=0.3)


@pytest.mark.parametrize("people", [(60, 60, 4, 4), (40, 40, 40, 4)])
def test_groups_of_four_beside_large_ones_are_not_called_unequal(people):
    rng = np.random.default_rng(3)
    inside = dict.fromkeys(("fmr_AAD", "fmr_MAD", "fmr_STD_ddof1", "gini_fmr"), 0)
    studies = 60
    for _ in range(studies):
        score, first, second, group = impostors(rng, people, 0.0)
        everyone = np.arange(sum(people))
        home = np.repeat(np.arange(len(people)), people)
        scores = ScoreSet(
            score=np.concatenate([score, rng.normal(4, 1, len(everyone))]),
            label=np.repeat([False, True], [len(score), len(everyone)]),
            subject1=np.concatenate([first, everyone]).astype(str), subject2=np.concatenate([second, everyone]).astype(str),
            group1=np.concatenate([group, home]).astype(str), group2=np.concatenate([group, home]).astype(str),
        )  # fmt: skip
        params = EvaluateParams(scores=Path("a.npz"), by="group", at="threshold=2", bootstrap=100)
        fair = evaluate(scores, params)[0].groups.fairness
        for name in inside:
            low, high = fair.null_ranges[name]
            inside[name] += low <= getattr(fair, name) <= high
    assert min(inside.values()) >= 0.88 * studies, inside


def test_few_misses_are_shared_out_as_whole_people():
    misses, trials = np.array([1, 1, 0, 1, 0, 1, 0, 1, 1, 0]), 6  # of ten people, five a group
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(10), trials)
    wrong = np.tile(np.arange(trials), 10) < misses[who]
    first, second = np.triu_indices(10, 1)
    same = first // 5 == second // 5
    first, second = first[same], second[same]
    scores = ScoreSet(
        score=np.concatenate([np.where(wrong, -1.0, 1.0), rng.uniform(-3, -2, len(first))]),
        label=np.repeat([True, False], [len(who), len(first)]),
        subject1=np.append(who, first).astype(str), subject2=np.append(who, second).astype(str),
        group1=(np.append(who, first) // 5).astype(str), group2=(np.append(who, second) // 5).astype(str),
    )  # fmt: skip
    params = EvaluateParams(scores=Path("a.npz"), by="group", at="threshold=0", bootstrap=4000)
    fair = evaluate(scores, params)[0].groups.fairness
    halves = [misses[list(half)].sum() for half in itertools.combinations(range(10), 5)]  # every way to share them out
    rates = np.stack([halves, misses.sum() - np.array(halves)]) / (5 * trials)
    every = rates.max(0) - rates.min(0)
    assert fair.null_ranges["fnmr_max_minus_min"] == pytest.approx(
        (np.quantile(every, 0.025, method="lower"), np.quantile(every, 0.975, method="higher"))
    )
