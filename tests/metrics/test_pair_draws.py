"""Scores that do not name subjects: intervals by draws of pairs, each of which says that it is too narrow."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from fairdesk.cli import run
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.comparison.job import compare_scores
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.identification.files import SearchScores
from fairdesk.metrics.identification.job import evaluate_search
from fairdesk.metrics.intervals.pair_draws import draw_pairs
from fairdesk.metrics.intervals.subject_draws import ALL, GROUP, WITHIN
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams, IdentifyParams
from fairdesk.metrics.rates.error_rates import sort_scores
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.report.search_tables import difference_table, search_tables
from fairdesk.metrics.scores.score_set import ScoreSet

THRESHOLDS = np.array([-0.5, 0.3, 0.3000001, 1.2, 9.0])


def study(seed, each=400, groups="ABC", shift=(0.0, 0.0, 0.0)):
    """Independent comparisons, as many genuine as impostor ones in each group."""
    rng = np.random.default_rng(seed)
    label = np.tile(np.arange(2 * each) < each, len(groups))
    group = np.repeat(list(groups), 2 * each)
    score = rng.normal(size=len(label)) + 2.5 * label + np.repeat(shift[: len(groups)], 2 * each)
    return ScoreSet(score=score, label=label, group1=group, group2=group)


def params(**options):
    return EvaluateParams(**({"scores": Path(__file__), "by": "group"} | options))


def test_rates_of_draws_are_those_of_pairs_drawn_one_by_one():
    """Each row adds up as counts do, the first is the data's own, and the spread is that of a loop over pairs."""
    rng = np.random.default_rng(0)
    rest, group = (rng.normal(size=n).round(1) for n in (700, 300))
    own = sort_scores(group + 1, group)
    everything = sort_scores(np.append(rest, group) + 1, np.append(rest, group))
    draws = draw_pairs(everything, {"A": own}, THRESHOLDS, 2000, 7, lambda: None)
    one, all_, within = (draws.cells[name] for name in (GROUP + "A", ALL, WITHIN))
    assert one.fmr[0] == pytest.approx([(own.impostor >= t).mean() for t in THRESHOLDS])
    assert one.fnmr[0] == pytest.approx([(own.genuine < t).mean() for t in THRESHOLDS])
    assert all_.fmr[0] == pytest.approx([(everything.impostor >= t).mean() for t in THRESHOLDS])
    assert np.array_equal(within.fnmr, one.fnmr)
    for rates, scores, accepts in ((one.fmr, own.impostor, True), (all_.fnmr, everything.genuine, False)):
        looped = rng.choice(scores, (2000, len(scores)))
        by_loop = np.stack([((looped >= t) if accepts else (looped < t)).mean(1) for t in THRESHOLDS], 1)
        assert rates[1:].mean(0) == pytest.approx(by_loop.mean(0), abs=0.003)
        assert rates[1:].std(0) == pytest.approx(by_loop.std(0), rel=0.1, abs=1e-9)
        assert np.corrcoef(rates[1:, 1], rates[1:, 3])[0, 1] == pytest.approx(
            np.corrcoef(by_loop[:, 1], by_loop[:, 3])[0, 1], abs=0.07
        )
    assert np.corrcoef(one.fmr[1:, 1], all_.fmr[1:, 1])[0, 1] > 0.3  # the group's errors are among all


def test_every_figure_has_an_interval_that_says_it_is_too_narrow():
    result, _ = evaluate(study(1, shift=(0.0, 0.4, 0.8)), params(at="fmr=1e-1"))
    groups = result.groups
    assert result.draws is None and result.pair_draws == 1000 and "too narrow" in result.interval
    assert result.eer_ci[0] < result.eer < result.eer_ci[1] and result.eer_ci_by == "pairs"
    for target, point in result.tar_at_far.items():
        if point.resolvable:
            assert point.tar_ci[0] < point.tar < point.tar_ci[1] and point.tar_ci_by == "pairs", target
        else:
            assert point.tar_ci is None and point.tar_ci_why == "below resolution"
    assert all(row.eer_ci_by == row.fmr_ci_by == row.fnmr_ci_by == "pairs" for row in groups.per_group.values())
    assert len(groups.differences) == 6 and all(one.ci_by == "pairs" and one.together for one in groups.differences)
    fair = groups.fairness
    assert fair.intervals_by == "pairs" and set(fair.intervals) == set(fair.null_ranges) >= {
        "FDR",
        "IR",
        "GARBE",
        "SER",
    }
    assert fair.gini_fmr > fair.null_ranges["gini_fmr"][1]  # groups this different are not what chance alone shows
    lines = result.text().splitlines()
    shown = [line for line in lines if "[" in line]
    assert len(shown) >= 10 and all("(too narrow)" in line for line in shown)
    for table in tables_of(result):
        for row in table.rows:
            for cell in row:
                if " to " in cell.text:
                    assert "too narrow" in cell.text, (table.name, cell.text)
    tables = {table.name: table for table in tables_of(result)}
    assert "too narrow" in tables["overall"].rows[4][2].text and "too narrow" in tables["own"].rows[0][5].text
    assert all(
        "too narrow" in row[2].text and "too narrow" in row[3].text
        for row in tables["fairness"].rows
        if row[2].text[0] != "–"
    )
    kept = result.json_values()
    assert kept["eer_ci_by"] == "pairs" and kept["groups"]["fairness"]["intervals_by"] == "pairs"


def test_by_subjects_nothing_is_marked():
    scores = study(2)
    names = np.array([f"{place % 40}" for place in range(len(scores.score))])
    scores.subject1 = names
    scores.subject2 = np.where(scores.label, names, np.roll(names, 3))
    result, _ = evaluate(scores, params(bootstrap=60))
    assert result.draws == 60 and result.pair_draws is None and result.eer_ci_by is None
    assert all(row.fmr_ci_by is None for row in result.groups.per_group.values())
    assert result.groups.fairness.intervals_by is None and "too narrow" not in result.text()


def test_intervals_hold_the_truth_where_pairs_are_independent():
    """100 studies: at least 88 of the intervals of each kind hold what is true of the normal scores they are drawn from."""
    kept = {"eer": 0, "tar": 0, "difference": 0}
    for seed in range(100):
        result, _ = evaluate(study(seed, groups="AB"), params(at="fmr=1e-1", bootstrap=None, seed=seed))
        low, high = result.eer_ci
        kept["eer"] += low <= norm.sf(1.25) <= high
        low, high = result.tar_at_far["0.01"].tar_ci
        kept["tar"] += low <= norm.sf(norm.isf(0.01) - 2.5) <= high
        apart = next(one for one in result.groups.differences if one.rate == "fnmr")
        kept["difference"] += apart.ci[0] <= 0 <= apart.ci[1]
    assert all(88 <= number <= 100 for number in kept.values()), kept
    assert min(kept.values()) < 100  # and they are not just wide


def test_without_draws_each_cell_says_why():
    result, _ = evaluate(study(3), params(bootstrap=0))
    assert result.eer_ci is None and result.eer_ci_why == "no draws were asked for"
    assert "(no interval: no draws were asked for)" in result.text()
    tables = {table.name: table for table in tables_of(result)}
    assert "no draws" in tables["overall"].rows[4][2].text
    assert all("no draws" in row[2].text for row in tables["fairness"].rows if row[1].text != "–")
    assert result.groups.differences_why == "no draws were asked for"


def test_where_no_interval_exists_nothing_is_said_to_be_by_subjects():
    scores = study(4, each=20, groups="AB")
    scores.subject1 = scores.subject2 = scores.group1
    scores.label = np.zeros(len(scores.score), dtype=bool)
    result, _ = evaluate(scores, params(bootstrap=50))
    assert result.interval == "none: fewer than 4 subjects"
    said = result.text()
    assert "by subjects" not in said and "FNMR undefined: no genuine pairs in this group" in said
    assert (
        "(no interval: fewer than 4 subjects)" in said and "own EER undefined: no genuine scores in this group" in said
    )
    common = next(table for table in tables_of(result) if table.name == "common")
    assert "fewer than 4 subjects" in common.rows[0][6].text


@pytest.mark.parametrize(("genuine", "impostor"), [(3, 0), (0, 3), (1, 1), (2, 2)])
def test_hardly_any_pairs_end_without_an_exception(genuine, impostor):
    label = np.arange(genuine + impostor) < genuine
    scores = ScoreSet(
        score=np.linspace(1, 0, len(label)),
        label=label,
        group1=np.full(len(label), "A"),
        group2=np.full(len(label), "A"),
    )
    result, _ = evaluate(scores, params(at="threshold=0.5"))
    assert (result.eer is None) == (not genuine or not impostor)
    assert result.eer is None or result.eer_ci is not None


def test_draws_of_pairs_do_not_hang_on_the_order_of_comparisons():
    scores = study(5)
    order = np.random.default_rng(1).permutation(len(scores.score))
    other = ScoreSet(
        score=scores.score[order], label=scores.label[order], group1=scores.group1[order], group2=scores.group2[order]
    )
    assert evaluate(scores, params())[0].json_values() == evaluate(other, params())[0].json_values()


def test_a_search_by_probes_says_so_in_each_cell():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(60, 20))
    names = np.array([f"p{place % 30}" for place in range(60)])
    gallery = np.array([f"p{place}" for place in range(20)])
    scores[names[:, None] == gallery[None]] += 3
    found = SearchScores(scores=scores, probe_subject=names, gallery_subject=gallery, probe_group=None)

    class Quiet:
        def check(self):
            """Go on."""

        def progress(self, *_):
            """Say nothing."""

    result, _ = evaluate_search(found, IdentifyParams(scores=Path(__file__), bootstrap=0), Quiet())
    assert all("too narrow" in line for line in result.text().splitlines() if "[" in line)
    ranks, points, _probes = search_tables(result)
    assert "too narrow" in ranks.rows[0][3].text
    intervals = {row[1].text: row[3].text for row in points.rows}
    assert "too narrow" in intervals["10 %"] and intervals["0.1 %"] == "– (below resolution)"


def test_two_models_without_subjects_say_at_each_figure_why_there_is_no_interval(tmp_path, capsys):
    for name, seed in (("a", 1), ("b", 2)):
        made = study(seed)
        np.savez(tmp_path / f"{name}.npz", score=made.score, label=made.label, group1=made.group1, group2=made.group2)
    assert run(["compare-scores", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if " -> " in line and "on other people" not in line]
    assert len(lines) > 20
    for line in lines:
        assert "(no interval: the subjects are not known)" in line or "one of the two is infinite" in line, line
    params = CompareScoresParams(first=tmp_path / "a.npz", second=tmp_path / "a.npz")
    table = difference_table(compare_scores(params, QuietContext()))
    assert table.rows[0][3].text == "0 pp" and table.rows[0][4].text == "– (the subjects are not known)"


@pytest.mark.parametrize(
    ("named", "options", "why"),
    [
        (True, ["--bootstrap", "0"], "no draws were asked for"),
        (False, ["--bootstrap", "0"], "no draws were asked for"),
        (False, [], "the subjects are not known"),
        (False, ["--bootstrap", "50"], "the subjects are not known"),
    ],
)
def test_two_models_say_why_nothing_was_drawn(tmp_path, capsys, named, options, why):
    for name, seed in (("a", 1), ("b", 2)):
        made = study(seed)
        who = np.arange(len(made.score)).astype(str)
        subjects = {"subject1": who, "subject2": who} if named else {}
        about = {"label": made.label, "group1": made.group1, "group2": made.group2}
        np.savez(tmp_path / f"{name}.npz", score=made.score, **about, **subjects)
    assert run(["compare-scores", str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), *options]) == 0
    said = capsys.readouterr().out
    assert said.count(f"(no interval: {why})") > 20
    other = {"no draws were asked for", "the subjects are not known"} - {why}
    assert other.pop() not in said


def test_draws_of_pairs_are_as_many_as_asked_for(tmp_path, capsys):
    made = study(1)
    np.savez(tmp_path / "a.npz", score=made.score, label=made.label, group1=made.group1, group2=made.group2)
    assert run(["evaluate", str(tmp_path / "a.npz"), "--by", "group", "--at", "fmr=0.1", "--bootstrap", "80"]) == 0
    said = capsys.readouterr().out
    assert "80 draws of pairs" in said and "(too narrow)" in said
