"""Infinite scores: a threshold that accepts them and one above every score are told apart wherever they are said."""

import csv

import numpy as np
import pytest

from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation import evaluate, evaluate_whole
from fairdesk.metrics.identification.job import identify_probes
from fairdesk.metrics.identification.written import points_csv
from fairdesk.metrics.params import EvaluateParams, IdentifyParams
from fairdesk.metrics.rates.live_threshold import LiveThreshold
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.report.search_tables import search_tables
from fairdesk.metrics.report.written import drawings
from fairdesk.metrics.scores.score_files import read_scores


@pytest.fixture(params=[False, True])
def infinite(request, tmp_path):
    """30 impostors of 1,000 and 10 genuine scores of 100 are infinite; in a second run all are distances."""
    rng = np.random.default_rng(0)
    score = np.concatenate([rng.normal(3, 1, 100), rng.normal(0, 1, 1000)])
    score[:10] = score[100:130] = np.inf
    label = np.arange(1100) < 100
    group = np.where(np.arange(1100) % 2 == 0, "A", "B")
    path = tmp_path / "s.npz"
    np.savez(path, score=-score if request.param else score, label=label, group1=group, group2=group)
    return path, request.param


@pytest.mark.parametrize("by", ["none", "group"])
@pytest.mark.parametrize(
    ("at", "fmr", "fnmr", "said"),
    [
        ("fmr=1e-3", 0, 1, "above infinite scores too: none is accepted"),
        ("threshold=inf", 0.03, 0.9, "infinite scores are accepted"),
        ("fmr=0.03", 0.03, 0.9, "infinite scores are accepted"),
        ("threshold=9", 0.03, 0.9, None),
    ],
)
def test_the_rule_says_which_of_the_two_it_is(infinite, at, fmr, fnmr, said, by):
    path, distance = infinite
    if at == "fmr=0.03":  # the smallest accepted score is infinite: there is none between
        scores = dict(np.load(path))
        scores["score"][np.isfinite(scores["score"]) & scores["label"]] = 0
        np.savez(path, **scores)
    at = at.replace("=", "=-") if distance and at.startswith("threshold") else at
    params = EvaluateParams(scores=path, by=by, at=at, distance=distance, bootstrap=0)
    scores = read_scores(path)
    if distance:
        scores.negate()
    whole = evaluate_whole(scores, params, lambda: None)
    result = whole.result
    assert (result.at_threshold.fmr, result.at_threshold.fnmr) == (fmr, fnmr)
    rules = [result.at_threshold.rule, *([result.groups.rule] if by == "group" else [])]
    assert all((said or "given") in rule for rule in rules) and ("infinite" in rules[0]) == (said is not None)
    assert rules[0] in result.text()
    threshold = result.at_threshold.threshold
    live = LiveThreshold(whole, params).rates(threshold)
    assert live[""] == (fmr, fnmr)  # of the plots in the window
    drawn = drawings(whole.scores, whole.own, result, distance=distance, threshold=threshold)
    (curves,) = [cell.cell_contents for cell in drawn["roc"].__closure__ if isinstance(cell.cell_contents, list)]
    assert curves[0].common == (fmr, fnmr)  # of those in the report


def test_finite_scores_below_an_infinite_threshold_need_no_word(tmp_path):
    np.savez(tmp_path / "s.npz", genuine=[0.1, 0.2], impostor=[0.3, 0.9])
    params = EvaluateParams(scores=tmp_path / "s.npz", at="fmr=1e-3", bootstrap=0)
    result = evaluate(read_scores(tmp_path / "s.npz"), params)[0]
    assert result.at_threshold.threshold == np.inf and "infinite" not in result.at_threshold.rule


@pytest.mark.parametrize("bootstrap", [0, 50])
def test_a_search_with_an_infinite_candidate_keeps_to_its_target(tmp_path, bootstrap):
    """One of 100 non-mated probes has an infinite candidate: FPIR 0.1 % allows none, 10 % allows it."""
    rng = np.random.default_rng(1)
    scores = rng.normal(0, 1, (150, 50))
    scores[np.arange(50), np.arange(50)] += 6
    scores[120, 7] = np.inf
    np.savez(
        tmp_path / "i.npz", scores=scores, gallery_subject=[f"s{n}" for n in range(50)],
        probe_subject=[f"s{n}" if n < 50 else f"o{n}" for n in range(150)],
    )  # fmt: skip
    result = identify_probes(IdentifyParams(scores=tmp_path / "i.npz", bootstrap=bootstrap), QuietContext())
    strict, loose = (result.fnir_at_fpir[target] for target in ("0.001", "0.1"))
    assert (strict.threshold, strict.fpir, strict.fnir_rank1, strict.false_positives) == (np.inf, 0, 1, 0)
    assert strict.reject_all and "above infinite scores too: none is accepted" in result.text()
    assert loose.reject_all is None and 0 < loose.fpir <= 0.1 and np.isfinite(loose.threshold)
    assert result.text().count("none is accepted") == 1


def test_the_tables_of_a_search_tell_both_infinite_thresholds_apart(tmp_path):
    """Two of a thousand non-mated probes have an infinite candidate: an FPIR of 0.1 % accepts none, 1 % accepts them."""
    scores = np.full((1010, 10), -np.inf)
    scores[np.arange(10), np.arange(10)] = np.inf
    scores[10:12, 3] = np.inf
    np.savez(
        tmp_path / "i.npz", scores=scores, gallery_subject=[f"s{n}" for n in range(10)],
        probe_subject=[f"s{n}" if n < 10 else f"o{n}" for n in range(1010)],
    )  # fmt: skip
    result = identify_probes(IdentifyParams(scores=tmp_path / "i.npz", bootstrap=0), QuietContext())
    points = {target: (one.threshold, bool(one.reject_all)) for target, one in result.fnir_at_fpir.items()}
    assert points["0.001"] == (np.inf, True) and points["0.01"] == (np.inf, False)
    (table,) = [one for one in search_tables(result) if one.name == "open_set"]
    cells = {row[1].text: row[-1] for row in table.rows}
    assert cells["0.1 %"].text == "∞: none is accepted" and "above infinite" in cells["0.1 %"].tip
    assert cells["1 %"].text == "∞" and cells["1 %"].tip == "infinite scores are accepted"
    rows = list(csv.DictReader(points_csv(result).splitlines()))
    assert [(row["threshold"], row["reject_all"]) for row in rows[:2]] == [("inf", "True"), ("inf", "False")]


def test_infinite_scores_of_both_signs_have_no_mean_and_raise_no_warning(tmp_path, recwarn):
    score = np.concatenate([[np.inf, -np.inf, 1.0, 2.0], [-np.inf, -1.0, 0.0, np.inf], [0.5, 0.7], [0.1, np.inf]])
    label = np.repeat([1, 0, 1, 0], [4, 4, 2, 2]).astype(bool)
    group = np.repeat(["A", "B"], [8, 4])
    np.savez(tmp_path / "s.npz", score=score, label=label, group1=group, group2=group)
    params = EvaluateParams(scores=tmp_path / "s.npz", by="group", at="threshold=0.3", bootstrap=0)
    result = evaluate(read_scores(tmp_path / "s.npz"), params)[0]
    first, second = result.groups.per_group.values()
    assert first.genuine_mean is None and first.impostor_mean is None
    assert (first.genuine_median, first.impostor_median) == (1.5, -0.5)
    assert (second.genuine_mean, second.impostor_mean) == (pytest.approx(0.6), np.inf)
    (table,) = [one for one in tables_of(result) if one.name == "scores"]
    assert table.rows[0][1].text == "–" and table.rows[0][1].tip == "infinite scores of both signs have no mean"
    assert not [one for one in recwarn if issubclass(one.category, RuntimeWarning)]


@pytest.mark.parametrize("distance", [False, True])
def test_a_threshold_that_accepts_everything_is_the_same_far_out_and_at_infinity(tmp_path, distance):
    """No group differs from another there, nor would equal ones: intervals and null ranges with it."""
    rng = np.random.default_rng(0)
    label = np.tile(np.repeat([0, 1], [150, 60]), 3)
    group = np.repeat(["A", "B", "C"], 210)
    one = rng.integers(0, 15, len(label))
    other = np.where(label == 1, one, (one + rng.integers(1, 15, len(label))) % 15)
    score = (rng.normal(size=len(label)) + 2 * label) * (-1 if distance else 1)
    names = [np.char.add(group, some.astype(str)) for some in (one, other)]
    np.savez(
        tmp_path / "s.npz", score=score, label=label, subject1=names[0], subject2=names[1], group1=group, group2=group
    )
    found = []
    for threshold in (100, np.inf):
        at = f"threshold={threshold if distance else -threshold}"
        params = EvaluateParams(scores=tmp_path / "s.npz", by="group", at=at, bootstrap=100, distance=distance)
        found.append(evaluate(read_scores(params.scores), params)[0].groups)
    near, far = ({"fairness": one.fairness.model_dump(), "groups": {name: row.model_dump() for name, row in one.per_group.items()}} for one in found)  # fmt: skip
    assert far["fairness"] == near["fairness"] and far["fairness"]["null_ranges"]["GARBE"] == (0.0, 0.0)
    for name, row in near["groups"].items():
        assert row | {"threshold": None} == far["groups"][name] | {"threshold": None}
