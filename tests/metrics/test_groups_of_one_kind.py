"""Groups that lack genuine or impostor pairs: in which part of which figure they are, and their interval and null range too."""

import numpy as np
import pytest

from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.scores.score_set import ScoreSet

RATES = {"A": (0.02, 0.2), "B": (0.04, 0.3), "C": (0.03, 0.25)}


def scores(lacking, people=30, seed=0):
    """Return scores of three groups, five genuine pairs a person and impostors within groups; `lacking`: {group: label}."""
    rng = np.random.default_rng(seed)
    parts = []
    for name, (fmr, fnmr) in RATES.items():
        own = np.arange(people).repeat(5)
        two = np.stack(np.triu_indices(people, 1))
        one, other = np.append(own, two[0]), np.append(own, two[1])
        label = one == other
        wrong = rng.random(len(one)) < np.where(label, fnmr, fmr)
        keep = label != lacking[name] if name in lacking else np.ones(len(one), bool)
        parts += [(name, f"{name}{a}", f"{name}{b}", same, float(same != bad)) for a, b, same, bad in zip(
            one[keep], other[keep], label[keep], wrong[keep], strict=True)]  # fmt: skip
    group, first, second, label, score = (np.array(column) for column in zip(*parts, strict=True))
    return ScoreSet(
        score=score, label=label, group1=group, group2=group, subject1=first, subject2=second,
    )  # fmt: skip


def evaluated(made, **options):
    params = EvaluateParams(scores="s.npz", by="group", **{"at": "threshold=0.5", "bootstrap": 400} | options)
    return evaluate(made, params)[0].groups


def counted(made):
    """Return {group: (false matches, impostors, false non-matches, genuine)} at 0.5."""
    found = {}
    for name in RATES:
        here = made.group1 == name
        accepted, same = made.score[here] >= 0.5, made.label[here]
        found[name] = ((accepted & ~same).sum(), (~same).sum(), (~accepted & same).sum(), same.sum())
    return found


def errors_in_percent(counts):
    """Of the groups with genuine pairs, as the worked case `groups_no_impostor` has it."""
    return {name: 100 * (fm + fnm) / (ni + ng) for name, (fm, ni, fnm, ng) in counts.items() if ng}


@pytest.mark.parametrize("lacking", [{"C": False}, {"C": True}, {"A": True, "C": False}, {"B": False, "C": False}])
def test_accuracy_and_what_is_made_of_it(lacking):
    made = scores(lacking)
    found = evaluated(made).fairness
    wrong = errors_in_percent(counted(made))
    assert found.accuracy == pytest.approx({name: 100 - of for name, of in wrong.items()})
    assert pytest.approx(max(wrong.values()) / min(wrong.values())) == found.SER
    assert found.accuracy_STD_ddof0 == pytest.approx(np.std(list(wrong.values())))
    assert found.accuracy_STD_ddof1 == pytest.approx(np.std(list(wrong.values()), ddof=1))


@pytest.mark.parametrize("lacking", [{"C": False}, {"A": True, "C": False}, {"B": False, "C": False}])
def test_intervals_and_null_ranges_hold_the_groups_of_the_figure(lacking):
    """They left out the group that the figure has: SER 10.9 of 1.5 to 10.9, and 1.02 to 1.3 if groups were equal."""
    made = scores(lacking)
    found, counts = evaluated(made).fairness, counted(made)
    fm, ni, fnm, ng = np.array(list(counts.values())).T
    fmr, fnmr = fm.sum() / ni.sum(), fnm.sum() / ng.sum()
    equal = [100 * (fmr * i + fnmr * g) / (i + g) for _, i, _, g in counts.values() if g]
    for name, at_equality in (("SER", max(equal) / min(equal)), ("accuracy_STD_ddof0", np.std(equal))):
        (low, high), (least, most), value = found.intervals[name], found.null_ranges[name], getattr(found, name)
        assert low < value < high and least < at_equality < most, name
        if value <= most:  # else groups are less equal than chance shows
            assert low <= at_equality * (1 + 1e-9), name
        assert low > 1.5 and least > 1.5, name  # groups of equal rates differ in it


def test_the_null_range_without_any_impostors_is_that_of_permuted_people():
    made = scores(dict.fromkeys(RATES, False))
    found = evaluated(made, bootstrap=2000).fairness
    rng = np.random.default_rng(7)
    missed = (made.score < 0.5).reshape(3, 30, 5).mean(2).ravel()
    drawn = []
    for _ in range(4000):
        rates = rng.permutation(missed).reshape(3, 30).mean(1)
        drawn.append((rates.max() / rates.min(), 100 * rates.std()))
    for name, column in zip(("SER", "accuracy_STD_ddof0"), np.array(drawn).T, strict=True):
        assert found.null_ranges[name] == pytest.approx(np.quantile(column, [0.025, 0.975]), rel=0.07), name
        low, high = found.intervals[name]
        assert low < getattr(found, name) < high, name
    assert found.FDR is None and found.gini_fmr is None


def test_two_groups_of_which_one_has_impostors():
    made = scores({"C": False})
    made = made.part(made.group1 != "A")
    found = evaluated(made).fairness
    assert {"SER", "accuracy_STD_ddof0", "accuracy_STD_ddof1"} <= found.intervals.keys() & found.null_ranges.keys()


def test_a_group_that_a_figure_leaves_out_takes_no_interval_from_it():
    made = scores({"A": True})
    of_few = (made.group1 != "A") | (
        np.isin(made.subject1, ["A0", "A1", "A2"]) & np.isin(made.subject2, ["A0", "A1", "A2"])
    )
    found = evaluated(made.part(of_few)).fairness
    assert "the FMR of A has no interval: fewer than 4 subjects" in found.intervals_why["FDR"]
    assert "SER" in found.intervals and "SER" in found.null_ranges
    assert "SER" not in found.intervals_why and "SER" not in found.null_ranges_why


def gini(rates):
    n = len(rates)
    return np.abs(np.subtract.outer(rates, rates)).sum() / (2 * n * (n - 1) * np.mean(rates))


def of_both(fmr, fnmr):
    """FDR, IR and GARBE with alpha 0.5."""
    return {
        "FDR": 1 - (np.ptp(fmr) + np.ptp(fnmr)) / 2,
        "IR": np.sqrt(max(fmr) / min(fmr) * max(fnmr) / min(fnmr)),
        "GARBE": (gini(fmr) + gini(fnmr)) / 2,
    }


@pytest.mark.parametrize("lacking", [{"C": False}, {"C": True}, {"A": True, "C": False}])
def test_it_is_said_which_groups_are_in_which_part(lacking):
    """The parts are of the groups that have the rate, as the worked case has it; beside them stand those that have both."""
    made = scores(lacking)
    result = evaluate(made, EvaluateParams(scores="s.npz", by="group", at="threshold=0.5", bootstrap=0))[0]
    found, counts = result.groups.fairness, counted(made)
    fmr = {name: fm / ni for name, (fm, ni, _, _) in counts.items() if ni}
    fnmr = {name: fnm / ng for name, (_, _, fnm, ng) in counts.items() if ng}
    for name, value in of_both(list(fmr.values()), list(fnmr.values())).items():
        assert getattr(found, name) == pytest.approx(value), name
    both = [name for name in RATES if name in fmr and name in fnmr]
    if len(both) > 1:
        wrong = [errors_in_percent(counts)[name] for name in both]
        alone = of_both([fmr[name] for name in both], [fnmr[name] for name in both]) | {
            "SER": max(wrong) / min(wrong), "accuracy_STD_ddof0": np.std(wrong), "accuracy_STD_ddof1": np.std(wrong, ddof=1),
        }  # fmt: skip
        assert found.of_groups_with_both == pytest.approx(alone)
    else:
        assert found.of_groups_with_both == {}
    for name in ("FDR", "IR", "GARBE"):
        for rate, groups in (("FMR", fmr), ("FNMR", fnmr)):
            without = ", ".join(group for group in RATES if group not in groups)
            said = (
                f"the part of the {rate} leaves out {without} (no {'impostor' if rate == 'FMR' else 'genuine'} pairs)"
            )
            assert (said in found.parts_why[name]) == bool(without)
    text = result.text()
    assert f"FDR, IR, GARBE: {found.parts_why['FDR']}." in text and found.parts_why["SER"] in text
    assert ("Of the groups alone that have both rates: FDR " in text) == (len(both) > 1)
    assert found.parts_why["FDR"] in next(one for one in tables_of(result) if one.name == "fairness").note


def test_nothing_is_said_where_all_groups_have_both_rates():
    found = evaluated(scores({}), bootstrap=0).fairness
    assert found.parts_why == {} and found.of_groups_with_both == {} and found.parts_lines() == []


def test_why_a_figure_of_both_rates_is_undefined_names_the_rate_that_lacks():
    found = evaluated(scores({"A": False, "C": False}), bootstrap=0).fairness
    assert found.FDR_why == "fewer than two groups have an FMR"
    found = evaluated(scores({"A": True, "C": True}), bootstrap=0).fairness
    assert found.GARBE_why == found.SER_why.replace("accuracy", "FNMR") == "fewer than two groups have an FNMR"


def test_two_models_say_it_too_and_their_interval_holds_the_group():
    first, second = scores({"C": False}), scores({"C": False}, seed=3)
    params = CompareScoresParams(first="a.npz", second="b.npz", at="threshold=0.5", bootstrap=200)
    found = compare_matched(first, second, params)
    assert any("the part of the FMR leaves out C (no impostor pairs)" in said for said in found.cautions)
    row = next(one for one in found.differences if one.figure == "SER")
    each = [list(errors_in_percent(counted(one)).values()) for one in (first, second)]
    ratios = [max(wrong) / min(wrong) for wrong in each]
    assert (row.first, row.second) == pytest.approx(ratios) and row.ci[0] < ratios[1] - ratios[0] < row.ci[1]
