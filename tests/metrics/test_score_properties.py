"""What must not change a figure: the order of comparisons, the scale of scores, their sign with the polarity, names, precision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_set import ScoreSet

cases = st.integers(0, 10_000)


def made(seed, n=160, levels=12):
    """Scores with many ties, two or three groups, some comparisons between them and some without a score."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.4
    score = np.round((rng.normal(size=n) + 1.5 * label) * levels / 4) / (levels / 4)
    score[rng.random(n) < 0.03] = np.nan
    names = np.array(["a", "b", "c"][: rng.integers(2, 4)])
    group1 = names[rng.integers(0, len(names), n)]
    group2 = np.where(label, group1, names[rng.integers(0, len(names), n)])
    who = rng.integers(0, 8, n)
    subject1 = np.array([f"s{k}" for k in who])
    subject2 = np.where(label, subject1, np.array([f"s{k}" for k in (who + rng.integers(1, 8, n)) % 8]))
    fold = rng.integers(0, 4, n)
    return {
        "score": score,
        "label": label,
        "group1": group1,
        "group2": group2,
        "subject1": subject1,
        "subject2": subject2,
        "fold": fold,
    }


def figures(arrays, **options):
    """Every figure that no threshold's value is part of."""
    options = {"by": "group", "at": "fmr=0.1", "bootstrap": 0} | options
    scores = ScoreSet(**arrays)
    if options.get("distance"):
        scores.negate()
    found, _ = evaluate(scores, EvaluateParams(scores="x", **options))
    values = found.json_values()

    def without_thresholds(value):
        if isinstance(value, dict):
            dropped = (
                "threshold",
                "threshold_why",
                "thresholds",
                "eer_threshold",
                "rule",
                "d_prime",
                "fold_accuracy",
                "fold_fairness",
            )
            return {
                k: without_thresholds(v)
                for k, v in value.items()
                if k not in dropped and "mean" not in k and "median" not in k
            }
        return value

    return without_thresholds(values)


@given(cases)
@settings(max_examples=40, deadline=None)
def test_the_order_of_comparisons_changes_nothing(seed):
    arrays = made(seed)
    order = np.random.default_rng(seed).permutation(len(arrays["score"]))
    assert figures({name: value[order] for name, value in arrays.items()}) == figures(arrays)


@given(cases, st.sampled_from(["eer", "fmr=0.1", "fmr=0.02"]))
@settings(max_examples=40, deadline=None)
def test_a_monotone_scale_changes_nothing(seed, at):
    arrays = made(seed)
    for change in (lambda x: 3 * x - 7, np.arctan, np.exp, lambda x: x**3):
        assert figures(arrays | {"score": change(arrays["score"])}, at=at) == figures(arrays, at=at)


@given(cases)
@settings(max_examples=40, deadline=None)
def test_distances_are_negated_similarities(seed):
    arrays = made(seed)
    assert figures(arrays | {"score": -arrays["score"]}, distance=True) == figures(arrays)


@given(cases)
@settings(max_examples=30, deadline=None)
def test_repeated_comparisons_change_no_rate(seed):
    arrays = made(seed)
    once, twice = figures(arrays), figures({name: np.concatenate([value, value]) for name, value in arrays.items()})
    for name, row in once["groups"]["per_group"].items():
        other = twice["groups"]["per_group"][name]
        assert (other["fmr"], other["fnmr"]) == (row["fmr"], row["fnmr"])
        assert other["false_matches"] == 2 * row["false_matches"]
    assert twice["eer"] == once["eer"] and twice["auc"] == pytest.approx(once["auc"])
    assert (
        twice["eer_hull"] == pytest.approx(once["eer_hull"])
        and twice["groups"]["fairness"]["FDR"] == once["groups"]["fairness"]["FDR"]
    )


@given(cases)
@settings(max_examples=30, deadline=None)
def test_names_of_groups_and_subjects_change_names_alone(seed):
    arrays = made(seed)
    new = {"a": "zz · x", "b": "0", "c": "ä"}
    renamed = {n: np.array([new[g] for g in v]) if n.startswith("group") else np.char.add("person ", v) if n.startswith("subject") else v for n, v in arrays.items()}  # fmt: skip
    one, two = figures(arrays), figures(renamed)
    for name, row in one["groups"]["per_group"].items():
        assert two["groups"]["per_group"][new[name]] == row
    for figure in ("FDR", "IR", "GARBE", "SER", "fmr_AAD"):
        assert two["groups"]["fairness"][figure] == pytest.approx(one["groups"]["fairness"][figure])
    assert two["eer"] == one["eer"]


@given(cases)
@settings(max_examples=30, deadline=None)
def test_single_precision_gives_the_figures_of_its_own_numbers(seed):
    arrays = made(seed)
    rng = np.random.default_rng(seed)
    single = (arrays["score"] + rng.normal(scale=0.01, size=len(arrays["score"]))).astype(np.float32)
    assert figures(arrays | {"score": single}) == figures(arrays | {"score": single.astype(np.float64)})


def test_intervals_do_not_depend_on_order_or_names_beyond_their_draws():
    """Other draws of the same subjects: the intervals differ by less than a fifth of their width."""
    arrays = made(3, n=2000)
    one = figures(arrays, bootstrap=600)
    order = np.random.default_rng(1).permutation(len(arrays["score"]))
    two = figures({name: value[order] for name, value in arrays.items()}, bootstrap=600)
    for name, row in one["groups"]["per_group"].items():
        if row["fmr_ci"] is not None:
            width = row["fmr_ci"][1] - row["fmr_ci"][0]
            assert np.abs(np.subtract(row["fmr_ci"], two["groups"]["per_group"][name]["fmr_ci"])).max() < 0.2 * width
