"""Protocols against the published rules, written anew here from their description, and scikit-learn."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyeer.eer_stats import calculate_roc
from sklearn.metrics import roc_curve
from sklearn.model_selection import KFold

from fairdesk.errors import RequestError
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.error_rates import sort_scores
from fairdesk.metrics.rates.fold_accuracy import blocks, fold_accuracy
from fairdesk.metrics.rates.insightface_rules import tar_at_nearest_far
from fairdesk.metrics.rates.operating_points import equal_error_of_hull, operating_points
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.scores.score_set import ScoreSet

numbers = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=40)
CASES = ["hand", "ties_2dec", "gauss_small", "constant", "top_is_impostor", "nan_one", "distance_l2"]


def sorted_of(genuine, impostor):
    return sort_scores(np.array(genuine), np.array(impostor))


def hull_by_hand(genuine, impostor):
    """Andrew's chain over every operating point, then the crossing of the diagonal."""
    values = [*sorted({*genuine, *impostor}), np.inf]
    points = sorted(
        {(sum(s >= t for s in impostor) / len(impostor), sum(s < t for s in genuine) / len(genuine)) for t in values}
    )
    chain = []
    for point in points:
        while (
            len(chain) > 1
            and (
                (chain[-1][0] - chain[-2][0]) * (point[1] - chain[-2][1])
                - (chain[-1][1] - chain[-2][1]) * (point[0] - chain[-2][0])
            )
            <= 1e-15
        ):
            chain.pop()
        chain.append(point)
    for one, two in pairwise(chain):
        above, below = one[1] - one[0], two[1] - two[0]
        if above >= 0 >= below:
            share = above / (above - below) if above != below else 0
            return one[0] + share * (two[0] - one[0])
    return chain[0][0]


@given(numbers, numbers)
@settings(max_examples=300, deadline=None)
def test_eer_of_the_hull_by_hand(genuine, impostor):
    assert equal_error_of_hull(sorted_of(genuine, impostor)) == pytest.approx(
        hull_by_hand(genuine, impostor), abs=1e-12
    )


@pytest.mark.parametrize("name", CASES)
def test_eer_of_the_hull_of_the_worked_cases(truth, name):
    reference = json.loads((truth / "cases" / f"{name}.json").read_text())
    scores = read_scores(truth / "cases" / f"{name}.npz")
    if reference["scores"] == "dissimilarity":
        scores.negate()
    expected = reference["reference"].get("eer_rocch")
    assert expected is not None
    assert equal_error_of_hull(sort_scores(*scores.split())) == pytest.approx(expected, abs=1e-9)


@given(numbers, numbers)
@settings(max_examples=200, deadline=None)
def test_named_points_by_counting(genuine, impostor):
    points = [
        (np.mean([s >= t for s in impostor]), np.mean([s < t for s in genuine]))
        for t in [*sorted({*genuine, *impostor}), np.inf]
    ]
    found = operating_points(sorted_of(genuine, impostor))
    for name, most in (("FMR10", 0.1), ("FMR20", 0.05), ("FMR100", 0.01), ("FMR1000", 0.001), ("ZeroFMR", 0)):
        assert found[name].fnmr == pytest.approx(min(y for x, y in points if x <= most + 1e-12))
        assert found[name].fmr <= most + 1e-12
    assert found["ZeroFNMR"].fmr == pytest.approx(min(x for x, y in points if y == 0))
    assert found["ZeroFNMR"].fnmr == 0


def test_named_points_are_pyeers_where_no_score_repeats():
    """pyeer takes the nearest FMR: the same where the target is reached exactly."""
    rng = np.random.default_rng(3)
    genuine, impostor = rng.normal(2, 1, 1000), rng.normal(0, 1, 2000)
    _, fmr, fnmr = calculate_roc(genuine, impostor)
    found = operating_points(sorted_of(genuine, impostor))
    for name, target in (("FMR10", 0.1), ("FMR20", 0.05), ("FMR100", 0.01), ("FMR1000", 0.001)):
        assert found[name].fnmr == pytest.approx(fnmr[np.isclose(fmr, target)].min())


@pytest.mark.parametrize("name", ["gauss_small", "ties_2dec", "hand"])
def test_tar_at_the_nearest_far_is_insightfaces(truth, name):
    """What `eval_ijbc.py` does with scikit-learn's curve, the smallest index of the flipped curve on ties."""
    genuine, impostor = read_scores(truth / "cases" / f"{name}.npz").split()
    fpr, tpr, _ = roc_curve(np.r_[np.ones(len(genuine)), np.zeros(len(impostor))], np.r_[genuine, impostor])
    fpr, tpr = fpr[::-1], tpr[::-1]
    found = tar_at_nearest_far(sort_scores(genuine, impostor), ("0.1", "0.01", "0.001", "0.0001", "0.000001"))
    for target, (tar, far) in found.items():
        _, place = min(zip(abs(fpr - float(target)), range(len(fpr)), strict=True))
        assert (tar, far) == (pytest.approx(tpr[place]), pytest.approx(fpr[place])), target


@given(numbers, numbers, st.sampled_from(["0.3", "0.1", "0.02"]))
@settings(max_examples=200, deadline=None)
def test_nearest_far_of_any_scores(genuine, impostor, target):
    fpr, tpr, _ = roc_curve([1] * len(genuine) + [0] * len(impostor), genuine + impostor)
    _, place = min(zip(abs(fpr[::-1] - float(target)), range(len(fpr)), strict=True))
    tar, far = tar_at_nearest_far(sorted_of(genuine, impostor), (target,))[target]
    assert (tar, far) == (pytest.approx(tpr[::-1][place]), pytest.approx(fpr[::-1][place]))


def faces(seed=0, pairs=600, folds=10):
    """Unit vectors of a list in LFW's order: in each fold first genuine, then impostor pairs."""
    rng = np.random.default_rng(seed)
    label = np.tile(np.repeat([True, False], pairs // folds // 2), folds)
    one = rng.normal(size=(pairs, 24))
    two = np.where(label[:, None], one + rng.normal(scale=1.3, size=one.shape), rng.normal(size=one.shape))
    one, two = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (one, two))
    return one, two, label


def insightface(one, two, same, folds=10):
    """Accuracy of each fold by the rule of InsightFace's verification.py."""
    grid = np.arange(0, 4, 0.01)
    distance = np.sum(np.square(one - two), 1)
    found = []
    for train, test in KFold(n_splits=folds, shuffle=False).split(np.arange(len(same))):
        best = np.argmax([np.mean((distance[train] < t) == same[train]) for t in grid])
        found.append((np.mean((distance[test] < grid[best]) == same[test]), grid[best]))
    return np.array(found)


def test_folds_as_insightface_counts_them():
    one, two, same = faces()
    expected = insightface(one, two, same)
    score = (one * two).sum(1)
    found = fold_accuracy(score, same, blocks(len(same), 10), "insightface", 2 - 2 * score)
    assert found.accuracy == pytest.approx(expected[:, 0]) and found.threshold == pytest.approx(expected[:, 1])
    assert found.mean == pytest.approx(expected[:, 0].mean())
    assert found.deviation(0) == pytest.approx(np.std(expected[:, 0]))


def test_folds_as_facex_zoo_counts_them():
    one, two, same = faces(1)
    score = (one * two).sum(1)
    expected = []
    for train, test in KFold(10).split(score):
        low, high = score[train].min(), score[train].max()
        steps = [low + (high - low) / 1000 * k for k in range(1, 1001)]
        gains = [np.mean(score[train][same[train]] > t) - np.mean(score[train][~same[train]] > t) for t in steps]
        best = steps[int(np.argmax(gains))]
        right = np.sum(score[test][same[test]] > best) + np.sum(score[test][~same[test]] < best)
        expected.append(right / len(test))
    found = fold_accuracy(score, same, blocks(len(same), 10), "facex-zoo")
    assert found.accuracy == pytest.approx(expected)
    assert found.standard_error == pytest.approx(np.std(expected, ddof=1) / np.sqrt(10))


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans(), st.integers(0, 2)), min_size=12, max_size=60))
@settings(max_examples=200, deadline=None)
def test_the_exact_rule_by_trying_every_threshold(rows):
    score, label, fold = (np.array(column) for column in zip(*rows, strict=True))
    found = fold_accuracy(score.astype(float), label, fold, "exact")
    for number, accuracy, threshold in zip(np.unique(fold), found.accuracy, found.threshold, strict=True):
        train, test = fold != number, fold == number
        if not train.any():
            continue
        tried = [*np.unique(score[train]), np.inf]
        best = tried[int(np.argmax([np.mean((score[train] >= t) == label[train]) for t in tried]))]
        assert threshold == best
        assert accuracy == pytest.approx(np.mean((score[test] >= best) == label[test]))


@pytest.mark.parametrize(("count", "folds"), [(10, 3), (6000, 10), (7, 7), (23, 4)])
def test_blocks_are_those_of_scikit_learn(count, folds):
    expected = np.empty(count, dtype=int)
    for number, (_, test) in enumerate(KFold(folds).split(np.arange(count))):
        expected[test] = number
    assert (blocks(count, folds) == expected).all()


def grouped_set():
    one, two, same = faces(2, 1200)
    group = np.repeat(["A", "B"], 600)
    score = (one * two).sum(1) + np.where(group == "B", 0.1, 0)
    fold = np.tile(np.repeat(np.arange(10), 60), 2)
    return ScoreSet(score=score, label=same, group1=group, group2=group, fold=fold, measure="cosine similarity")


def test_a_group_has_the_interpolated_eer_of_its_own_scores(tmp_path):
    """Counted anew: where the straight lines between thresholds cross, within each group alone."""
    scores = grouped_set()
    result, _ = evaluate(scores, EvaluateParams(scores=tmp_path, by="group", bootstrap=0))
    for name, row in result.groups.per_group.items():
        mine = (scores.group1 == name) & (scores.group2 == name)
        genuine, impostor = scores.score[mine & scores.label], scores.score[mine & ~scores.label]
        steps = np.unique(scores.score[mine])
        gap = np.array([(impostor >= t).mean() - (genuine < t).mean() for t in steps])
        rate = np.array([(impostor >= t).mean() for t in steps])
        at = int(np.argmax(gap <= 0))
        share = gap[at - 1] / (gap[at - 1] - gap[at])
        assert row.eer_interpolated == pytest.approx(rate[at - 1] + share * (rate[at] - rate[at - 1]), abs=1e-9)


def test_each_group_has_its_own_thresholds_and_their_spread_is_named(tmp_path):
    scores = grouped_set()
    result, _ = evaluate(scores, EvaluateParams(scores=tmp_path, by="group", insightface=True))
    for rule in ("exact", "insightface", "facex-zoo"):
        accuracies = []
        for name in "AB":
            mine = scores.group1 == name
            alone = fold_accuracy(
                scores.score[mine], scores.label[mine], scores.fold[mine], rule, 2 - 2 * scores.score[mine]
            )
            row = result.groups.per_group[name].fold_accuracy[rule]
            assert row.accuracy == pytest.approx(alone.mean) and row.folds == 10 and row.comparisons == 600
            accuracies.append(100 * alone.mean)
        spread = result.groups.fold_fairness[rule]
        assert spread.accuracy_STD_ddof0 == pytest.approx(np.std(accuracies))
        assert spread.accuracy_STD_ddof1 == pytest.approx(np.std(accuracies, ddof=1))
        ser = (100 - min(accuracies)) / (100 - max(accuracies))
        assert pytest.approx(ser) == spread.SER
    assert set(result.fold_accuracy) == {"exact", "insightface", "facex-zoo"}


def test_what_cannot_be_folded_says_why(tmp_path):
    scores = grouped_set()
    scores.measure = "something"
    plain, _ = evaluate(scores, EvaluateParams(scores=tmp_path, insightface=True))
    assert plain.fold_accuracy["insightface"].accuracy is None
    assert "cosines" in plain.fold_accuracy["insightface"].accuracy_why
    assert plain.fold_accuracy["exact"].accuracy is not None
    pools = ScoreSet(genuine=np.ones(3), impostor=np.zeros(3))
    found, _ = evaluate(pools, EvaluateParams(scores=tmp_path, folds=3))
    assert "in order" in found.fold_accuracy["exact"].accuracy_why
    scores.fold = None
    without, _ = evaluate(scores, EvaluateParams(scores=tmp_path))
    assert without.fold_accuracy is None
    thin = ScoreSet(score=np.array([0.1, 0.9, 0.8, 0.2]), label=np.array([1, 1, 0, 0], dtype=bool))
    found, _ = evaluate(thin, EvaluateParams(scores=tmp_path, folds=2))
    assert "no genuine" in found.fold_accuracy["exact"].accuracy_why


def test_distances_have_thresholds_in_distances(tmp_path):
    scores = grouped_set()
    turned = ScoreSet(score=-scores.score, label=scores.label, fold=scores.fold, measure=scores.measure)
    turned.negate()
    one, _ = evaluate(scores, EvaluateParams(scores=tmp_path))
    two, _ = evaluate(turned, EvaluateParams(scores=tmp_path, distance=True))
    for rule in ("exact", "facex-zoo"):
        assert two.fold_accuracy[rule].thresholds == [-t for t in one.fold_accuracy[rule].thresholds]
    for name, point in one.operating_points.items():
        assert two.operating_points[name].threshold == -point.threshold


def test_folds_must_be_two():
    from fairdesk.jobs.params import parse

    with pytest.raises(RequestError, match="folds"):
        parse(EvaluateParams, {"scores": "x", "folds": 1})
