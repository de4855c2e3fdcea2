"""Draws of subjects against a loop over pairs; the variance against its definition; intervals against a known truth."""

import itertools
import time
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from fairdesk.errors import RequestError, Stopped
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.figure_functions import AccuracyShares, figure_functions
from fairdesk.metrics.fairness.figures import accuracy_figures, fairness_figures
from fairdesk.metrics.fairness.spread import permuted_rates
from fairdesk.metrics.intervals.error_counts import count_errors
from fairdesk.metrics.intervals.rate_variance import variance_of
from fairdesk.metrics.intervals.subject_draws import choose_thresholds
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.error_rates import sort_scores
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import Subjects
from fairdesk.shares import wilson


def subjects_of(first, second, group):
    n = len(group)
    return Subjects(first, second, group[first], group[second], n, int(group.max()) + 1, n, first < 0)


THRESHOLDS = np.array([-1.0, -0.2, 0.0, 0.4, 1.5])


def params(**options):
    return EvaluateParams(**({"scores": Path(__file__), "bootstrap": 200} | options))


@pytest.fixture
def drawn():
    """Comparisons of 13 subjects in two groups, one without a group; some pairs several times, some with ties."""
    rng = np.random.default_rng(3)
    group = np.array([0] * 6 + [1] * 6 + [-1])
    first, second = rng.integers(0, 13, 400), rng.integers(0, 13, 400)
    score = rng.choice(np.append(THRESHOLDS, [0.1, -3.0, 2.0]), 400)
    return subjects_of(first, second, group), score


def cell_of(subjects, row):
    one, two = subjects.group1[row], subjects.group2[row]
    return one if one == two and one >= 0 else 2


@pytest.mark.parametrize("falling", [True, False])
def test_draws_are_what_a_loop_over_pairs_gives(drawn, falling):
    """A genuine comparison weighs as often as its subject is drawn, one of two subjects the product."""
    subjects, score = drawn
    use = np.random.default_rng(0).random(400) < 0.8
    counts = count_errors(subjects, use, score, THRESHOLDS, falling=falling)
    weights = np.random.default_rng(1).multinomial(13, np.full(13, 1 / 13), size=7).astype(np.float32)
    errors, trials = counts.totals(np.ascontiguousarray(weights.T))
    for draw, weight in enumerate(weights):
        expected, total = np.zeros((3, 5)), np.zeros(3)
        for row in np.flatnonzero(use):
            a, b = subjects.first[row], subjects.second[row]
            times = weight[a] if a == b else weight[a] * weight[b]
            wrong = score[row] >= THRESHOLDS if falling else score[row] < THRESHOLDS
            expected[cell_of(subjects, row)] += times * wrong
            total[cell_of(subjects, row)] += times
        assert np.array_equal(errors[..., draw], expected) and np.array_equal(trials[:, draw], total)


def test_the_variance_is_that_of_pairs_that_share_a_subject():
    """The sum over all two pairs with a common subject, of the product of their residuals (Aronow et al., 2015)."""
    rng = np.random.default_rng(2)
    n = 9
    first, second = (side.repeat(3) for side in np.triu_indices(n, 1))
    score = rng.normal(size=n)[first] + rng.normal(size=n)[second]
    subjects = subjects_of(first, second, np.zeros(n, dtype=np.int64))
    found = variance_of(count_errors(subjects, np.ones(len(first), bool), score, THRESHOLDS, falling=True), [0])
    for k, threshold in enumerate(THRESHOLDS):
        wrong = score >= threshold
        residual = wrong - wrong.mean()
        sides = np.stack([first, second], 1)
        share = (sides[:, None, :, None] == sides[None, :, None, :]).any((2, 3))
        mine = residual @ share @ residual / len(first) ** 2 * (n / (n - 2)) ** 2
        pairs = (
            (np.add.reduceat(residual, np.arange(0, len(first), 3)) ** 2).sum() / len(first) ** 2 * (n / (n - 2)) ** 2
        )
        assert found.variance[k] == pytest.approx(max(mine, 0.5 * pairs))
        assert found.rate[k] == wrong.mean() and found.subjects == n


def test_of_genuine_pairs_each_subject_counts_once():
    rng = np.random.default_rng(4)
    who = np.arange(20).repeat(3)
    score = rng.normal(size=20)[who] + 0.1 * rng.normal(size=60)
    counts = count_errors(
        subjects_of(who, who, np.zeros(20, dtype=np.int64)), np.ones(60, bool), score, THRESHOLDS, falling=False
    )
    found = variance_of(counts, [0])
    per_subject = (score < 0.4).reshape(20, 3).mean(1)
    assert found.variance[3] == pytest.approx(per_subject.var(ddof=1) / 20)


def study(rng, groups="AB", subjects=30, shift=0.0, effect=0.6):
    """Return a study whose subjects have effects of their own; FMR at 0 is 5 %, FNMR 8 %."""
    parts = []
    for number, group in enumerate(groups):
        of, to = (side.repeat(2) for side in np.triu_indices(subjects, 1))
        who = np.arange(subjects).repeat(6)
        lamb, own = effect * rng.normal(size=subjects), effect * rng.normal(size=subjects)
        rest = np.sqrt(1 - effect**2)
        genuine = 1.405 + own[who] + rest * rng.normal(size=len(who))
        impostor = -1.645 + shift * number + (lamb[of] + lamb[to]) / 2**0.5 + rest * rng.normal(size=len(of))
        names = np.array([f"{group}{k}" for k in range(subjects)])
        label = np.arange(len(genuine) + len(impostor)) < len(genuine)
        parts.append((np.append(genuine, impostor), label, names[np.append(who, of)], names[np.append(who, to)],
                      np.full(len(label), group)))  # fmt: skip
    score, label, first, second, group = (np.concatenate(column) for column in zip(*parts, strict=True))
    return ScoreSet(score=score, label=label, subject1=first, subject2=second, group1=group, group2=group)


def test_intervals_by_subjects_hold_the_truth_where_those_by_pairs_do_not():
    """The full table is `python -m tests.benchmarks coverage`; this is a short one that a wrong interval fails."""
    rng = np.random.default_rng(0)
    held = {"fmr_ci": [], "fnmr_ci": [], "fmr_ci_pairs": []}
    for number in range(40):
        rows = evaluate(study(rng), params(by="group", at="threshold=0", seed=number))[0].groups.per_group
        for row in rows.values():
            for name, found in held.items():
                low, high = getattr(row, name)
                found.append(low <= (0.08 if "fnmr" in name else 0.05) <= high)
    share = {name: np.mean(found) for name, found in held.items()}
    assert share["fmr_ci"] > 0.88 and share["fnmr_ci"] > 0.88
    assert share["fmr_ci_pairs"] < 0.7


def test_a_threshold_from_the_data_is_taken_anew_in_each_draw():
    """The FNMR at a threshold that moves with the impostors is less sure than at the same threshold typed."""
    scores = study(np.random.default_rng(5))
    moving = evaluate(scores, params(by="group", at="fmr=0.01"))[0].groups
    typed = evaluate(scores, params(by="group", at=f"threshold={moving.threshold!r}"))[0].groups
    widths = [row.per_group["A"].fnmr_ci[1] - row.per_group["A"].fnmr_ci[0] for row in (moving, typed)]
    assert moving.per_group["A"].fnmr == typed.per_group["A"].fnmr
    assert widths[0] > 1.05 * widths[1]
    both = [row.per_group["B"].fmr_ci[1] - row.per_group["B"].fmr_ci[0] for row in (moving, typed)]
    assert both[0] < both[1]  # the FMR of all pairs is held, so that of each group varies less


def test_a_rate_that_sets_the_threshold_has_no_interval():
    row = evaluate(study(np.random.default_rng(5)), params(by="group", at="fmr=0.05", threshold_from="group:A"))[0]
    assert row.groups.per_group["A"].fmr_ci is None
    assert "set by this rate" in row.groups.per_group["A"].fmr_ci_why
    assert row.groups.per_group["B"].fmr_ci is not None


@pytest.mark.parametrize("by", ["none", "group"])
def test_eer_and_tar_have_intervals_with_or_without_groups(by):
    result, _ = evaluate(study(np.random.default_rng(6)), params(by=by, bootstrap=None))
    assert result.draws == 1000 and result.subjects == 60
    assert result.eer_ci[0] < result.eer < result.eer_ci[1]
    point = result.tar_at_far["0.01"]
    assert point.tar_ci[0] < point.tar < point.tar_ci[1]
    assert result.tar_at_far["0.000001"].tar_ci is None
    assert "below resolution" in result.tar_at_far["0.000001"].tar_ci_why


def test_without_subjects_intervals_are_by_pairs_and_say_so():
    scores = study(np.random.default_rng(6))
    scores.subject1 = scores.subject2 = None
    result, _ = evaluate(scores, params(by="group", bootstrap=None))
    row = result.groups.per_group["A"]
    assert result.draws is None and row.fmr_ci == row.fmr_ci_pairs
    assert "too narrow" in result.interval and "do not name subjects" in result.text()
    common = next(table for table in tables_of(result) if table.name == "common")
    whole, *groups = common.rows
    assert "set by this rate" in whole[6].text + whole[6].tip and "too narrow" in whole[8].text
    assert groups and all("too narrow" in row[6].text and "too narrow" in row[8].text for row in groups)
    asked = evaluate(scores, params(by="group", bootstrap=100))[0]  # as many draws of pairs as were asked for
    assert asked.draws is None and asked.pair_draws == 100 and "100 draws of pairs" in asked.interval
    assert (
        asked.eer_ci_by == "pairs"
        and asked.eer_ci != result.eer_ci
        and asked.groups.per_group["A"].fmr_ci == row.fmr_ci
    )
    half = study(np.random.default_rng(6))
    half.subject2 = np.where(np.arange(len(half.score)) % 2, half.subject2, "")
    lacking = int((half.subject2 == "").sum())
    said = f"{lacking:,} of {len(half.score):,} comparisons with a score do not name both"
    assert said in evaluate(half, params(bootstrap=None))[0].interval


def test_asked_for_pairs_gives_pairs():
    result, _ = evaluate(study(np.random.default_rng(6)), params(by="group", bootstrap=0))
    assert result.draws is None and result.eer_ci is None and not result.groups.fairness.null_ranges


def test_no_error_at_all_still_has_a_bound_and_few_subjects_have_none():
    scores = study(np.random.default_rng(7))
    row = evaluate(scores, params(by="group", at="threshold=9"))[0].groups.per_group["A"]
    assert row.fmr == 0 and row.fmr_ci[0] == 0 and row.fmr_ci[1] > 3 / row.impostor
    assert row.fmr_ci[1] <= 1 - 0.025 ** (1 / 30) + 1e-12
    row = evaluate(study(np.random.default_rng(7), subjects=3), params(by="group", at="threshold=0"))[0]
    assert "fewer than 4 subjects" in row.groups.per_group["A"].fnmr_ci_why


def test_the_order_of_pairs_and_the_names_do_not_matter():
    scores = study(np.random.default_rng(8), shift=0.3)
    one = evaluate(scores, params(by="group", at="threshold=0"))[0].groups
    order = np.random.default_rng(0).permutation(len(scores.score))
    turned = ScoreSet(
        score=scores.score[order], label=scores.label[order], subject1=np.char.add("x", scores.subject2[order]),
        subject2=np.char.add("x", scores.subject1[order]), group1=scores.group1[order], group2=scores.group2[order],
    )  # fmt: skip
    two = evaluate(turned, params(by="group", at="threshold=0"))[0].groups
    for name in one.per_group:
        assert one.per_group[name].fmr_ci == pytest.approx(two.per_group[name].fmr_ci)
        assert one.per_group[name].fnmr_ci == pytest.approx(two.per_group[name].fnmr_ci)
    for figure, interval in one.fairness.intervals.items():
        assert interval == pytest.approx(two.fairness.intervals[figure]), figure
    assert one.fairness.null_ranges.keys() == two.fairness.null_ranges.keys()


def test_a_difference_that_is_there_is_seen_and_one_that_is_not_is_not():
    apart = evaluate(study(np.random.default_rng(9), shift=1.0), params(by="group", at="threshold=0"))[0].groups
    fmr = next(one for one in apart.differences if one.rate == "fmr")
    assert (fmr.first, fmr.second) == ("A", "B") and fmr.ci[1] < 0
    assert fmr.difference == apart.per_group["A"].fmr - apart.per_group["B"].fmr
    assert apart.fairness.fmr_max_over_min > apart.fairness.null_ranges["fmr_max_over_min"][1]
    assert apart.fairness.intervals["fmr_max_over_min"][0] > 1
    even = evaluate(study(np.random.default_rng(9)), params(by="group", at="threshold=0"))[0].groups
    low, high = even.fairness.null_ranges["gini_fmr"]
    assert low <= even.fairness.gini_fmr <= high and even.fairness.intervals["gini_fmr"][0] == 0


def test_figure_functions_are_the_figures_of_each_row():
    rng = np.random.default_rng(0)
    fmr, fnmr = rng.random((9, 3)), rng.random((9, 3))
    fmr[0], fmr[1, 0], fnmr[2] = 0, 0, 0
    counts = np.array([70.0, 20.0, 90.0]), np.array([10.0, 40.0, 30.0])
    shares = AccuracyShares([0, 1, 2], [0, 1, 2], *counts)
    for alpha in (0.0, 0.3, 1.0):
        functions = figure_functions((3, 3), alpha, shares, 0.2)
        for row in range(9):
            wrong = (counts[0] * fmr[row] + counts[1] * fnmr[row]) / sum(counts)
            named = [
                dict(zip("abc", rates.tolist(), strict=True)) for rates in (fmr[row], fnmr[row], 100 - 100 * wrong)
            ]
            one = fairness_figures(named[0], named[1], alpha, 0.2) | accuracy_figures(named[2])
            for name, figure in functions.items():
                assert figure(fmr, fnmr)[row] == pytest.approx(one[name], rel=1e-9), (name, row, alpha)
    assert "gini_fnmr" not in figure_functions((3, 1), 0.5) and "GARBE" not in figure_functions((3, 1), 0.5)


def test_permuted_groups_take_the_subjects_errors_along():
    rng = np.random.default_rng(1)
    who = np.arange(8).repeat(5)
    score = rng.normal(size=40)
    subjects = subjects_of(who, who, np.array([0, 0, 0, 0, 0, 1, 1, 1]))
    counts = count_errors(subjects, np.ones(40, bool), score, THRESHOLDS, falling=False)
    orders = np.stack([rng.permutation(8) for _ in range(6)])
    rates = permuted_rates(counts, 3, orders)
    wrong = (score < 0.4).reshape(8, 5)
    for row, order in enumerate(orders):
        assert rates[row] == pytest.approx([wrong[order[:5]].mean(), wrong[order[5:]].mean()])


def test_thresholds_hold_those_that_are_asked_for():
    rng = np.random.default_rng(0)
    scores = sort_scores(rng.normal(2, 1, 500), rng.normal(0, 1, 5000))
    found = choose_thresholds(scores, [], [0.123, np.inf])
    assert 0.123 in found and (np.diff(found) > 0).all() and len(found) < 700
    assert found[-1] > max(scores.genuine[-1], scores.impostor[-1])


def test_stop_ends_the_draws_within_a_second():
    """Every step in which nobody asks is shorter than that."""
    rng = np.random.default_rng(0)
    n, people = 300_000, 1500
    first, second = rng.integers(0, people, n), rng.integers(0, people, n)
    label = rng.random(n) < 0.1
    second = np.where(label, first, second)
    names = np.array([f"s{k}" for k in range(people)])
    scores = ScoreSet(score=rng.normal(size=n) + 3 * label, label=label, subject1=names[first], subject2=names[second])
    asked = [time.perf_counter()]
    evaluate(scores, params(bootstrap=300), lambda: asked.append(time.perf_counter()))
    assert len(asked) > 8 and max(np.diff(asked)) < 1.5  # on a busy machine
    calls = iter(range(100))

    def stop():
        if next(calls) == 5:
            raise Stopped

    with pytest.raises(Stopped):
        evaluate(scores, params(bootstrap=100_000), stop)


def few_subjects(people: int, seed: int = 0, groups: Iterable[str] = "ABC") -> ScoreSet:
    """Groups of so many subjects, five genuine comparisons of each and fifty impostor ones a group."""
    rng = np.random.default_rng(seed)
    rows = []
    for group in groups:
        rows += [(rng.normal(2), True, f"{group}{n}", f"{group}{n}", group) for n in range(people) for _ in range(5)]
        for _ in range(50):
            one, two = rng.choice(people, 2, replace=False)
            rows.append((rng.normal(0.5), False, f"{group}{one}", f"{group}{two}", group))
    score, label, one, two, group = (np.array(column) for column in zip(*rows, strict=True))
    return ScoreSet(score=score, label=label, subject1=one, subject2=two, group1=group, group2=group.copy())


@pytest.mark.parametrize("people", [2, 3])
@pytest.mark.parametrize("at", ["threshold=1", "fmr=0.1", "eer"])
def test_a_figure_of_rates_without_an_interval_has_none_either(people, at):
    """One to three subjects: their draws show nearly the same, and an interval of no width would say that it is certain."""
    result, _ = evaluate(few_subjects(people), params(by="group", at=at, bootstrap=200))
    fair = result.groups.fairness
    assert all("fewer than 4" in row.fmr_ci_why for row in result.groups.per_group.values())
    assert not fair.intervals and fair.GARBE is not None
    assert fair.intervals_why["GARBE"] == "the FMR of A has no interval: fewer than 4 subjects"
    assert fair.intervals_why["gini_fnmr"] == "the FNMR of A has no interval: fewer than 4 subjects"
    said = result.text()
    assert said.count("No interval of FDR, IR, GARBE: the FMR of A has no interval: fewer than 4 subjects") == 1
    table = next(one for one in tables_of(result) if one.name == "fairness")
    row = next(row for row in table.rows if row[0].text == "GARBE")
    why, unlike = fair.intervals_why["GARBE"], fair.null_ranges_why["GARBE"]
    assert unlike == "the FMR of A is of pairs of fewer than 4 subjects, too few to be permuted"
    assert row[2].text == f"– ({why})" and why in row[2].tip
    assert row[3].text == f"– ({unlike})" and unlike in row[3].tip
    assert said.count(f"Not known if groups were equal: FDR, IR, GARBE: {unlike}") == 1
    assert all(name.startswith(("fnmr_", "gini_fnmr")) for name in fair.null_ranges) and "gini_fnmr" in fair.null_ranges


def genuine_alone(people: dict[str, int], seed: int) -> ScoreSet:
    """Equal groups of so many people each, five genuine comparisons a person who has an effect of its own; no impostors within groups."""
    rng = np.random.default_rng(seed)
    names = [f"{group}{n}" for group, count in people.items() for n in range(count)]
    who = np.repeat(names, 5)
    score = 1 + rng.normal(size=len(names)).repeat(5) + rng.normal(size=len(who))
    first, second = (np.array([f"{side}0"]) for side in list(people)[:2])
    group = np.array([name[0] for name in who])
    return ScoreSet(
        score=np.append(score, -5.0), label=np.append(np.ones(len(who), bool), False), subject1=np.append(who, first),
        subject2=np.append(who, second), group1=np.append(group, first[0][0]), group2=np.append(group, second[0][0]),
    )  # fmt: skip


@pytest.mark.parametrize("smallest", [1, 2, 3])
def test_a_small_group_takes_the_null_range_from_no_figure_that_can_be_permuted(smallest):
    """Its FNMR has no interval; the range if groups were equal is that of persons changing places, as a loop gives it."""
    people = {"A": 20, "B": 15, "C": smallest}
    scores = genuine_alone(people, 3)
    fair = evaluate(scores, params(by="group", at="threshold=0", bootstrap=4000))[0].groups.fairness
    assert "fewer than 4" in fair.intervals_why["fnmr_max_minus_min"] and "fnmr_max_minus_min" not in fair.intervals
    errors = (scores.score[:-1] < 0).reshape(-1, 5).sum(1)
    assert errors.sum() >= 30  # with fewer the range holds that of independent comparisons too
    ends = np.cumsum([0, *people.values()])
    rng, apart = np.random.default_rng(0), []
    for _ in range(4000):
        mixed = rng.permutation(errors)
        rates = [mixed[a:b].mean() / 5 for a, b in itertools.pairwise(ends)]
        apart.append(max(rates) - min(rates))
    low, high = fair.null_ranges["fnmr_max_minus_min"]
    assert high == pytest.approx(np.quantile(apart, 0.975), abs=0.05)
    assert low == pytest.approx(np.quantile(apart, 0.025), abs=0.02)


def test_fewer_than_four_people_in_all_cannot_be_permuted():
    scores = genuine_alone({"A": 2, "B": 1}, 0)
    fair = evaluate(scores, params(by="group", at="threshold=0", bootstrap=100))[0].groups.fairness
    assert fair.null_ranges_why["gini_fnmr"] == "the FNMR is of fewer than 4 subjects, all groups together"
    assert not fair.null_ranges


def test_four_subjects_a_group_have_intervals_of_every_figure():
    result, _ = evaluate(few_subjects(4), params(by="group", at="threshold=1", bootstrap=200))
    assert result.groups.fairness.intervals["GARBE"] and result.groups.fairness.null_ranges["GARBE"]
    assert not result.groups.fairness.intervals_why and "No interval" not in result.text()


@pytest.mark.parametrize("by", ["default", "asked for"])
def test_thousands_of_groups_end_soon_and_in_bounds(by):
    """The differences of every two, their matrix and the draws grow with the square of the groups."""
    study = few_subjects(3, groups=[f"g{n}" for n in range(1200)])
    started, checks = time.process_time(), [time.process_time()]

    def check() -> None:
        checks.append(time.process_time())

    tracemalloc.start()
    try:
        if by == "asked for":
            with pytest.raises(RequestError, match="1,200 groups would take"):
                evaluate(study, params(by="group", bootstrap=1000), check)
            return
        result, _ = evaluate(study, params(by="group", bootstrap=None), check)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    groups = result.groups
    assert time.process_time() - started < 60 and max(np.diff(checks)) < 1.5
    assert most < 300_000_000
    assert not groups.fmr_matrix and not groups.differences
    assert "1,200 groups would make 719,400" in groups.fmr_matrix_why and groups.fmr_matrix_why in result.text()
    assert "1,200 groups would take" in result.interval and result.interval.startswith("Wilson")
    assert groups.per_group["g7"].fmr_ci == wilson(groups.per_group["g7"].false_matches, 50)
    assert "between" not in [table.name for table in tables_of(result)]


@pytest.mark.parametrize(("groups", "paired"), [(64, True), (65, False)])
def test_every_two_groups_are_compared_up_to_64(groups, paired):
    study = few_subjects(4, groups=[f"g{n}" for n in range(groups)])
    result, _ = evaluate(study, params(by="group", at="threshold=1", bootstrap=20))
    found = result.groups
    assert len(found.fmr_matrix) == (groups**2 if paired else 0)
    assert len(found.differences) == (groups * (groups - 1) if paired else 0)
    assert (found.differences_why is None) == paired == (found.fmr_matrix_why is None)
    assert found.fairness.intervals["GARBE"] and found.fairness.null_ranges["gini_fmr"]
