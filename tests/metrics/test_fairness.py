"""Fairness figures by hand: each weight on its own side, each spread from the right rates."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.figure_functions import equality, figure_functions
from fairdesk.metrics.fairness.figures import (
    accuracy_figures,
    fairness_figures,
    floored_accuracy_ratio,
    floored_ratios,
    geometric_mean,
    gini,
    ratio,
)
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_set import ScoreSet

FMR = {"a": 0.01, "b": 0.04, "c": 0.02}
FNMR = {"a": 0.10, "b": 0.30, "c": 0.10}


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_alpha_weighs_the_fmr(alpha):
    found = fairness_figures(FMR, FNMR, alpha)
    assert found["FDR"] == pytest.approx(1 - (alpha * 0.03 + (1 - alpha) * 0.20))
    assert found["IR"] == pytest.approx(4**alpha * 3 ** (1 - alpha))
    assert found["GARBE"] == pytest.approx(alpha * gini([0.01, 0.04, 0.02]) + (1 - alpha) * gini([0.1, 0.3, 0.1]))
    assert found["alpha"] == alpha


def test_the_spreads_are_of_their_own_rates():
    found = fairness_figures(FMR, FNMR)
    assert found["fmr_max_over_min"] == pytest.approx(4) and found["fnmr_max_over_min"] == pytest.approx(3)
    assert found["fmr_max_minus_min"] == pytest.approx(0.03) and found["fnmr_max_minus_min"] == pytest.approx(0.2)
    assert found["fmr_max_over_geomean"] == pytest.approx(0.04 / (0.01 * 0.04 * 0.02) ** (1 / 3))
    assert found["fnmr_max_over_geomean"] == pytest.approx(0.3 / (0.1 * 0.3 * 0.1) ** (1 / 3))


def test_gini_by_hand():
    assert gini([0.2, 0.2, 0.2]) == 0
    assert gini([0.0, 0.0, 0.6]) == pytest.approx(1)
    assert gini([0.0, 0.0]) == 0
    assert gini([0.1, 0.3]) == pytest.approx(2 / 1 * (2 * 0.2) / (2 * 4 * 0.2))


def test_nothing_over_nothing_is_equal_and_something_over_nothing_infinite():
    assert ratio(0, 0) == 1 and ratio(0.1, 0) == math.inf
    assert geometric_mean([0.0, 0.5]) == 0
    assert fairness_figures({"a": 0.0, "b": 0.1}, {"a": 0.1, "b": 0.1})["IR"] == math.inf
    assert fairness_figures({"a": 0.0, "b": 0.1}, {"a": 0.1, "b": 0.2}, 0.0)["IR"] == 2  # 0 weight: does not count


def test_a_group_without_a_rate_does_not_enter():
    found = fairness_figures({"a": 0.01, "b": 0.04, "c": None}, {"a": 0.1, "b": None, "c": 0.2})
    assert found["fmr_max_over_min"] == pytest.approx(4) and found["fnmr_max_over_min"] == pytest.approx(2)
    alone = fairness_figures({"a": 0.01, "b": None}, {"a": 0.1, "b": 0.2})
    assert alone["FDR"] is None and "fewer than two groups" in alone["FDR_why"]
    assert alone["fmr_max_over_min"] is None and alone["fnmr_max_over_min"] == pytest.approx(2)


def test_accuracies_by_hand():
    found = accuracy_figures({"a": 98.0, "b": 94.0, "c": 96.0})
    assert found["accuracy_STD_ddof0"] == pytest.approx(math.sqrt(8 / 3))
    assert found["accuracy_STD_ddof1"] == pytest.approx(2)
    assert found["SER"] == pytest.approx(6 / 2)
    assert accuracy_figures({"a": 98.0})["SER"] is None


def test_deviations_by_hand():
    found = fairness_figures(FMR, FNMR, target=0.02)
    mean = (0.01 + 0.04 + 0.02) / 3
    away = [abs(r - mean) for r in (0.01, 0.04, 0.02)]
    assert found["fmr_AAD"] == pytest.approx(sum(away) / 3) and found["fmr_MAD"] == pytest.approx(max(away))
    assert found["fmr_STD_ddof0"] == pytest.approx(math.sqrt(sum(a * a for a in away) / 3))
    assert found["fmr_STD_ddof1"] == pytest.approx(math.sqrt(sum(a * a for a in away) / 2))
    assert found["fmr_max_over_mean"] == pytest.approx(0.04 / mean) and found["fmr_worst"] == 0.04
    assert found["fmr_worst_group"] == "b" and found["fnmr_worst_group"] == "b"
    assert found["fmr_MAPE"] == pytest.approx(100 * (0.5 + 1 + 0) / 3)
    assert fairness_figures(FMR, FNMR)["fmr_MAPE"] is None
    assert fairness_figures({"a": 0.1, "b": 0.1}, FNMR)["fmr_worst_group"] is None
    assert fairness_figures({"a": 0.1, "b": 0.1, "c": 0.0}, FNMR)["fmr_worst_group"] == "a, b"


def test_an_infinite_ratio_has_a_stated_floor():
    fmr = {"a": (0.0, 300), "b": (0.02, 300)}
    fnmr = {"a": (0.1, 50), "b": (0.2, 50)}
    found = fairness_figures({n: r for n, (r, _) in fmr.items()}, {n: r for n, (r, _) in fnmr.items()})
    floored = floored_ratios(fmr, fnmr, 0.5, found)
    assert floored["fmr_max_over_min"] == pytest.approx(0.02 / 0.01)
    assert floored["IR"] == pytest.approx(math.sqrt(2 * 2))
    assert set(floored) == {"fmr_max_over_min", "fmr_max_over_geomean", "IR"}
    assert floored_ratios(fmr, fnmr, 0.5, {"IR": 2.0}) == {}


def test_a_small_group_without_an_error_is_not_the_worst_for_that():
    """3 / 300 is more than the 1 in 661 that was seen: equal rates are not excluded."""
    fmr = {"a": (0.0, 300), "b": (0.0, 300), "c": (1 / 661, 661), "d": (0.0, 1123)}
    fnmr = dict.fromkeys(fmr, (0.1, 50))
    found = fairness_figures({n: r for n, (r, _) in fmr.items()}, {n: r for n, (r, _) in fnmr.items()})
    assert found["fmr_max_over_min"] == math.inf
    floored = floored_ratios(fmr, fnmr, 0.5, found)
    assert floored["fmr_max_over_min"] == floored["IR"] == 1
    assert floored["fmr_max_over_geomean"] == pytest.approx(1)
    fmr["d"] = (0.0, 11230)
    floored = floored_ratios(fmr, fnmr, 0.5, found)
    assert floored["fmr_max_over_min"] == pytest.approx(11230 / 3 / 661)
    assert floored["fmr_max_over_geomean"] == pytest.approx((11230 / 3 / 661) ** 0.25)


def test_ser_with_a_group_without_an_error_has_a_stated_floor():
    assert floored_accuracy_ratio({"a": (0.0, 1000), "b": (0.03, 100)}) == pytest.approx(10)
    assert floored_accuracy_ratio({"a": (0.0, 10), "b": (0.03, 100)}) == 1
    scores = ScoreSet(
        score=np.array([1.0, 0, 1, 1, 0, 0] * 20), label=np.array([True, False, True, False, True, False] * 20),
        group1=np.array(["a", "a", "b", "b", "b", "b"] * 20), group2=np.array(["a", "a", "b", "b", "b", "b"] * 20),
    )  # fmt: skip
    fair = evaluate(scores, EvaluateParams(scores=Path("x"), by="group", at="threshold=0.5", bootstrap=0))[
        0
    ].groups.fairness
    assert math.inf == fair.SER and fair.floored["SER"] == pytest.approx(0.5 / (3 / 40))


def test_every_figure_has_a_name_a_formula_and_a_direction():
    from fairdesk.metrics.fairness.figure_notes import FIGURES, figure_tip
    from fairdesk.metrics.fairness.results import Fairness

    shown = [
        name for name in Fairness.model_fields
        if not name.endswith(("_why", "_group")) and name not in ("accuracy", "floored", "of_groups_with_both", "intervals", "intervals_by", "null_ranges", "alpha")
    ]  # fmt: skip
    assert set(shown) <= set(FIGURES)
    assert all(FIGURES[name].formula in figure_tip(name) and FIGURES[name].formula for name in shown)
    tips = [figure_tip(name) for name in shown]
    for letter in ("A", "B", "G", "n", "alpha", "acc"):  # each letter of a formula is explained beside it
        used = [tip for tip in tips if re.search(rf"\b{letter}(?:[ij1n]\b|\b)", tip.split("\n")[0])]
        assert used
        assert all(f"\n{letter}: " in tip for tip in used)


def test_intervals_that_hold_together(tmp_path):
    """All differences of a rate are in their joint intervals when each widens by one factor; of one, it is its own."""
    import numpy as np

    from fairdesk.metrics.evaluation import evaluate
    from fairdesk.metrics.params import EvaluateParams
    from fairdesk.metrics.scores.score_set import ScoreSet
    from tests.metrics.test_model_comparison import study

    for groups in (("A", "B"), ("A", "B", "C", "D", "E")):
        (score, _), about = study(people=15, groups=groups)
        texts = {k: v for k, v in about.items() if k not in ("label", "path1", "path2")}
        made = ScoreSet(score=score, label=about["label"].astype(bool), **texts)
        found, _ = evaluate(made, EvaluateParams(scores=tmp_path, by="group", at="fmr=0.05", bootstrap=400))
        rows = [row for row in found.groups.differences if row.rate == "fmr" and row.ci is not None]
        assert len(rows) == len(groups) * (len(groups) - 1) // 2
        factors = [(row.together[1] - row.difference) / (row.ci[1] - row.difference) for row in rows]
        assert np.ptp(factors) < 1e-6
        assert factors[0] == pytest.approx(1, abs=0.05) if len(groups) == 2 else 1.2 < factors[0] < 1.8


def test_the_second_view_is_each_group_at_its_own_threshold(tmp_path):
    import numpy as np

    from fairdesk.metrics.evaluation import evaluate
    from fairdesk.metrics.params import EvaluateParams
    from fairdesk.metrics.rates.error_rates import sort_scores, threshold_at_fmr
    from fairdesk.metrics.scores.score_set import ScoreSet
    from tests.metrics.test_model_comparison import study

    (score, _), about = study(people=15, bias=1.5)
    made = ScoreSet(score=score, label=about["label"].astype(bool), group1=about["group1"], group2=about["group2"])
    found = evaluate(made, EvaluateParams(scores=tmp_path, by="group", at="fmr=0.05"))[0].groups
    assert found.fairness.fmr_max_over_min > 5
    for name, row in found.own_thresholds.per_group.items():
        mine = made.group1 == name
        point = threshold_at_fmr(sort_scores(score[mine & made.label], score[mine & ~made.label]), "0.05")
        assert (row.threshold, row.fmr, row.fnmr) == (point.threshold, point.fmr, point.fnmr)
    assert found.own_thresholds.fairness["fmr_max_over_min"] < 1.1
    typed = evaluate(made, EvaluateParams(scores=tmp_path, by="group", at="threshold=1"))[0].groups
    assert typed.own_thresholds is None
    assert found.per_group["A"].impostor_mean == pytest.approx(np.mean(score[(made.group1 == "A") & ~made.label]))
    assert found.per_group["B"].genuine_median == pytest.approx(np.median(score[(made.group1 == "B") & made.label]))


def test_the_gini_coefficient_of_many_rates_is_that_of_every_two():
    import numpy as np

    rates = np.random.default_rng(4).random(300).tolist()
    apart = sum(abs(a - b) for a in rates for b in rates)
    assert gini(rates) == pytest.approx(300 / 299 * apart / (2 * 300 * 300 * np.mean(rates)), rel=1e-12)
    assert gini([0.25] * 300) == 0 and gini([0.0] * 299 + [0.4]) == pytest.approx(1)


@pytest.mark.parametrize("count", [2, 3, 5, 7, 10, 70])
def test_equal_rates_are_equal_to_the_last_digit(count):
    rates = np.random.default_rng(count).random((500, 1))
    names = [name for name in figure_functions((count, count), 0.3) if name not in ("FDR", "IR", "GARBE")]
    both = np.repeat(rates, count, axis=1)
    for name, figure in figure_functions((count, count), 0.3).items():
        assert (figure(both, both) == equality(name)).all(), name
    for (rate,) in rates[:100].tolist():
        found = fairness_figures(dict.fromkeys(range(count), rate), dict.fromkeys(range(count), rate), 0.3)
        for name in names:
            assert found[name] == equality(name), name
        assert found["fmr_mean"] == found["fmr_geomean"] == rate
        assert accuracy_figures(dict.fromkeys(range(count), 100 * rate))["accuracy_STD_ddof1"] == 0


def test_no_ratio_is_below_1():
    rng = np.random.default_rng(7)
    near = rng.random((2000, 1)) * (1 + 1e-16 * rng.integers(0, 4, (2000, 6)))
    for name, figure in figure_functions((6, 6), 0.5).items():
        if equality(name) == 1 and name != "FDR":
            assert (figure(near, near) >= 1).all(), name
