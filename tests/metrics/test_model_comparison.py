"""Two models over the same list: what is compared, and whether the intervals follow the subjects."""

import json
from pathlib import Path

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.comparison.job import _apart, compare_matched
from fairdesk.metrics.intervals.error_counts import count_errors
from fairdesk.metrics.intervals.paired_spread import paired_deviation
from fairdesk.metrics.intervals.rate_variance import variance_of
from fairdesk.metrics.params import CompareScoresParams
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import Subjects


def study(seed=0, people=40, images=3, bias=0.0, noise=1.0, groups=("A", "B")):
    """Scores of all pairs of images of people in groups; `bias` lifts the impostor scores of the last group."""
    rng = np.random.default_rng(seed)
    total = people * len(groups)
    who = np.repeat(np.arange(total), images)
    group = np.array(groups)[who // people]
    first, second = np.triu_indices(len(who), 1)
    same = who[first] == who[second]
    keep = same | (group[first] == group[second])
    first, second, same = first[keep], second[keep], same[keep]
    effect = 0.4 * rng.normal(size=total)
    base = np.where(same, 3.2, 0.0) + effect[who[first]] + effect[who[second]]
    paths = np.array([f"{g}/p{w}/{n}.jpg" for n, (g, w) in enumerate(zip(group, who, strict=True))])

    def scores(model, lift):
        own = np.random.default_rng([seed, model])
        return base + lift * ((group[first] == groups[-1]) & ~same) + noise * own.normal(size=len(first))

    return (scores(1, bias), scores(2, 0.0)), {
        "label": same.astype(int), "subject1": np.array([f"p{w}" for w in who[first]]),
        "subject2": np.array([f"p{w}" for w in who[second]]), "group1": group[first], "group2": group[second],
        "path1": paths[first], "path2": paths[second],
    }  # fmt: skip


def compared(capsys, tmp_path, one, two, *options):
    for name, arrays in (("one", one), ("two", two)):
        np.savez(tmp_path / f"{name}.npz", **arrays)
    paths = [str(tmp_path / f"{name}.npz") for name in ("one", "two")]
    assert run(["compare-scores", *paths, "--at", "fmr=0.05", "--bootstrap", "300", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def rows_of(found):
    return {(row["figure"], row.get("group")): row for row in found["differences"]}


def test_a_model_against_itself_differs_in_nothing(capsys, tmp_path):
    (one, _), about = study()
    found = compared(capsys, tmp_path, {"score": one} | about, {"score": one} | about)
    assert found["comparisons"] == len(one) and found["matched_by"].startswith("the two images")
    for row in found["differences"]:
        assert row["difference"] == 0 and row["better"] == "cannot tell", row
        assert row["ci"] in ([0, 0], None), row
    (said,) = found["cautions"]
    assert said.startswith("Both files give every comparison the same score")
    assert set(found["less_biased"].values()) == {"cannot tell"}


def test_what_may_be_meant_otherwise_is_told(capsys, tmp_path):
    """Groups that differ between the files, and scores that look like distances."""
    (one, two), about = study()
    other = about | {
        "group1": np.where(about["group1"] == "A", "X", "B"),
        "group2": np.where(about["group2"] == "A", "X", "B"),
    }
    count = int((about["group1"] == "A").sum())
    found = compared(capsys, tmp_path, {"score": one} | about, {"score": -two} | other)
    assert len(found["cautions"]) == 2
    assert "--distance" in found["cautions"][0] and found["cautions"][0].startswith("two: ")
    assert found["cautions"][1] == f"{count:,} comparisons have other groups in two; those of one count."
    assert run(["compare-scores", str(tmp_path / "one.npz"), str(tmp_path / "two.npz"), "--bootstrap", "0"]) == 0
    assert "other groups in two" in capsys.readouterr().out


def test_a_biased_model_is_told_from_a_fair_one(capsys, tmp_path):
    (one, two), about = study(bias=1.2)
    found = compared(capsys, tmp_path, {"score": one} | about, {"score": two} | about)
    rows = rows_of(found)
    fmr = rows["fmr", "B"]
    assert fmr["difference"] < 0 and fmr["ci"][1] < 0 and fmr["better"] == "second"
    assert found["less_biased"]["gini_fmr"] == "yes" and found["less_biased"]["fmr_max_minus_min"] == "yes"
    turned = compared(capsys, tmp_path, {"score": two} | about, {"score": one} | about)
    assert turned["less_biased"]["gini_fmr"] == "no"
    other = rows_of(turned)["fmr", "B"]
    assert other["difference"] == -fmr["difference"] and other["ci"] == pytest.approx(
        [-fmr["ci"][1], -fmr["ci"][0]], abs=0.004
    )
    before, after = found["normalised_first"]["before"], found["normalised_first"]["after"]
    assert after["fmr_max_minus_min"] < before["fmr_max_minus_min"] / 2


def test_figures_are_those_of_each_model_alone(capsys, tmp_path):
    (one, two), about = study(bias=0.5)
    found = compared(capsys, tmp_path, {"score": one} | about, {"score": two} | about)
    rows = rows_of(found)
    for side, name in (("first", "one"), ("second", "two")):
        assert (
            run(
                [
                    "evaluate",
                    str(tmp_path / f"{name}.npz"),
                    "--by",
                    "group",
                    "--at",
                    "fmr=0.05",
                    "--bootstrap",
                    "0",
                    "--json",
                ]
            )
            == 0
        )
        alone = json.loads(capsys.readouterr().out)
        assert rows["eer", None][side] == alone["eer"]
        assert rows["tar_at_far 0.01", None][side] == alone["tar_at_far"]["0.01"]["tar"]
        for group, row in alone["groups"]["per_group"].items():
            assert rows["fmr", group][side] == row["fmr"] and rows["fnmr", group][side] == row["fnmr"]
        assert rows["GARBE", None][side] == alone["groups"]["fairness"]["GARBE"]
    for row in rows.values():
        assert row["difference"] == row["second"] - row["first"]


def test_other_order_and_missing_comparisons_are_matched_and_counted(capsys, tmp_path):
    (one, two), about = study()
    whole = compared(capsys, tmp_path, {"score": one} | about, {"score": one.copy()} | about)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(two))[5:]
    moved = {name: value[order] for name, value in ({"score": two} | about).items()}
    moved |= {
        "path1": moved["path2"],
        "path2": moved["path1"],
        "subject1": moved["subject2"],
        "subject2": moved["subject1"],
    }
    gaps = one.copy()
    gaps[:3] = np.nan
    found = compared(capsys, tmp_path, {"score": gaps} | about, moved)
    assert not any("same score" in one for one in found["cautions"])
    assert found["only_in_first"] == 5 and found["only_in_second"] == 0
    assert found["unscored"] == 3 - np.isin(np.arange(3), np.setdiff1d(np.arange(len(two)), order)).sum()
    assert found["comparisons"] == len(one) - 5 - found["unscored"] < whole["comparisons"]


def test_without_images_the_same_rows_are_needed(capsys, tmp_path):
    (one, two), about = study()
    bare = {name: value for name, value in about.items() if not name.startswith("path")}
    found = compared(capsys, tmp_path, {"score": one} | bare, {"score": two} | bare)
    assert found["matched_by"] == "the order of the rows"
    np.savez(tmp_path / "two.npz", score=two[:-1], **{name: value[:-1] for name, value in bare.items()})
    assert run(["compare-scores", str(tmp_path / "one.npz"), str(tmp_path / "two.npz")]) == 2
    assert "not scores of the same list" in capsys.readouterr().err
    np.savez(tmp_path / "two.npz", genuine=two[:5], impostor=two[5:])
    assert run(["compare-scores", str(tmp_path / "one.npz"), str(tmp_path / "two.npz")]) == 2
    assert "in order" in capsys.readouterr().err


def test_labels_that_disagree_are_refused(capsys, tmp_path):
    (one, two), about = study()
    wrong = about | {"label": 1 - about["label"]}
    np.savez(tmp_path / "one.npz", score=one, **about)
    np.savez(tmp_path / "two.npz", score=two, **wrong)
    assert run(["compare-scores", str(tmp_path / "one.npz"), str(tmp_path / "two.npz")]) == 2
    assert "disagree" in capsys.readouterr().err


def test_the_deviation_of_one_model_is_that_of_its_rate():
    """With the other model never wrong, the paired standard error is the rate's own (`rate_variance`)."""
    rng = np.random.default_rng(5)
    n = 30
    first, second = (side.repeat(2) for side in np.triu_indices(n, 1))
    effect = rng.normal(size=n)
    score = effect[first] + effect[second] + rng.normal(size=len(first))
    none = np.zeros(len(first), dtype=np.int64)
    subjects = Subjects(first, second, none, none, n, 1, n, none > 0)
    use = np.ones(len(first), dtype=bool)
    variance = variance_of(count_errors(subjects, use, score, np.array([1.0]), falling=True), [0])
    deviation, _ = paired_deviation(subjects, use, (score >= 1.0).astype(float))
    assert deviation**2 == pytest.approx(variance.variance[0])


def test_intervals_of_differences_hold_the_truth():
    """120 studies of two models that do not differ: an interval of 95 % leaves zero out in few of them."""
    from pathlib import Path

    from fairdesk.metrics.comparison.job import compare_matched
    from fairdesk.metrics.params import CompareScoresParams
    from fairdesk.metrics.scores.score_set import ScoreSet

    here = Path(__file__)
    params = CompareScoresParams(first=here, second=here, at="fmr=0.05", bootstrap=120)
    held = {}
    for number in range(60):
        (one, two), about = study(100 + number, people=20, images=2)
        texts = {k: v for k, v in about.items() if k not in ("label", "path1", "path2")}
        sets = [ScoreSet(score=s, label=about["label"].astype(bool), **texts) for s in (one, two)]
        for row in compare_matched(*sets, params).differences:
            if row.ci is not None:
                held.setdefault(row.figure, []).append(row.ci[0] <= 0 <= row.ci[1])
                if row.figure == "fnmr" and row.group is None:
                    held.setdefault("fnmr of all", []).append(held["fnmr"][-1])
    assert len(held["fnmr of all"]) == 60 and np.mean(held["fnmr of all"]) > 0.88, np.mean(held["fnmr of all"])
    assert {"eer", "fmr", "fnmr", "GARBE", "FDR"} <= set(held)
    for figure in ("eer", "fmr", "fnmr", "GARBE", "FDR", "gini_fmr"):
        assert np.mean(held[figure]) > 0.88, (figure, np.mean(held[figure]))


def test_the_tables_are_written(capsys, tmp_path):
    (one, two), about = study()
    found = compared(capsys, tmp_path, {"score": one} | about, {"score": two} | about, "--out", str(tmp_path / "out"))
    table = (tmp_path / "out" / "differences.csv").read_text().splitlines()
    assert table[0].startswith("figure,group,first,second") and len(table) == len(found["differences"]) + 1


def test_one_error_more_in_few_is_no_difference(tmp_path):
    """Eight people a group and few impostor pairs: some groups have no false match, and figures jump with each."""
    told = []
    for seed in range(25):
        scores, about = study(seed=seed, people=8, images=2, groups=tuple("ABCD"))
        kept = (about["label"] == 1) | (np.random.default_rng(seed).random(len(scores[0])) < 0.15)
        texts = {name: about[name][kept] for name in ("subject1", "subject2", "group1", "group2")}
        sets = [ScoreSet(score=one[kept], label=about["label"][kept] == 1, **texts) for one in scores]
        params = CompareScoresParams(first=tmp_path / "a", second=tmp_path / "b", at="fmr=0.05", bootstrap=200)
        found = compare_matched(sets[0], sets[1], params).less_biased
        told += [(seed, name) for name, answer in found.items() if "fmr" in name and answer != "cannot tell"]
    assert len(told) <= 1, told


def test_figures_of_too_few_subjects_are_not_compared():
    from pathlib import Path

    from fairdesk.metrics.comparison.job import compare_matched
    from fairdesk.metrics.params import CompareScoresParams
    from fairdesk.metrics.scores.score_set import ScoreSet

    (one, two), about = study(people=3, images=4)
    texts = {k: v for k, v in about.items() if k not in ("label", "path1", "path2")}
    sets = [ScoreSet(score=s, label=about["label"].astype(bool), **texts) for s in (one, two)]
    params = CompareScoresParams(first=Path(__file__), second=Path(__file__), at="threshold=0.5", bootstrap=100)
    rows = {row.figure: row for row in compare_matched(*sets, params).differences if row.group is None}
    assert rows["GARBE"].ci is None and "fewer than 4 subjects" in rows["GARBE"].ci_why
    assert rows["gini_fnmr"].ci is None and rows["gini_fnmr"].better == "cannot tell"


@pytest.mark.parametrize(
    ("change", "at", "why"),
    [
        ({}, "fmr=0.001", "impostor comparisons to learn from; an FMR of 0.001 needs at least 1,000. Give more, or a larger --at fmr="),
        ({}, "fmr=1e-3", "needs at least 1,000"),
        ({}, "eer", "Compare at one: --at fmr=0.01"),
        ({}, "threshold=1", "Compare at one: --at fmr=0.01"),
        ({}, "fmr=0", "Compare at one: --at fmr=0.01"),
        ({"subject1": None, "subject2": None}, "fmr=0.1", "the scores do not name subjects"),
        ({}, "fmr=0.1", None),
    ],
)  # fmt: skip
def test_what_normalising_would_buy_is_said_or_why_it_is_not_known(change, at, why):
    (one, two), about = study(people=10)
    names = {name: about[name] for name in ("subject1", "subject2", "group1", "group2")} | change
    sets = [ScoreSet(score=score.copy(), label=about["label"].astype(bool), **names) for score in (one, two)]
    params = CompareScoresParams(first=Path("a.npz"), second=Path("b.npz"), at=at, bootstrap=0)
    result = compare_matched(*sets, params)
    said = [line for line in result.text().splitlines() if "ormalis" in line]
    assert len(said) == 2
    for name, line, found in zip("ab", said, (result.normalised_first, result.normalised_second), strict=True):
        if why is None:
            assert line.startswith(f"{name} normalised by group, on other people: FMR") and found.why is None
        else:
            assert line.startswith(f"What normalising {name} by group would buy is not known: ")
            assert why in line and why in found.why


def test_without_groups_nothing_is_said_of_normalising_them():
    (one, two), about = study(people=6)
    names = {name: about[name] for name in ("subject1", "subject2")}
    sets = [ScoreSet(score=score.copy(), label=about["label"].astype(bool), **names) for score in (one, two)]
    result = compare_matched(*sets, CompareScoresParams(first=Path("a"), second=Path("b"), bootstrap=0))
    assert result.normalised_first is None and "ormalis" not in result.text()


def test_a_comparison_in_which_no_difference_has_an_interval_claims_none():
    (one, two), about = study(people=3, groups=("A",))
    names = {name: about[name] for name in ("subject1", "subject2", "group1", "group2")}
    sets = [ScoreSet(score=score.copy(), label=about["label"].astype(bool), **names) for score in (one, two)]
    result = compare_matched(*sets, CompareScoresParams(first=Path("a"), second=Path("b"), at="threshold=1"))
    assert result.differences and not any(row.ci for row in result.differences)
    assert result.interval == "none: fewer than 4 subjects"


def test_what_numbers_are_rounded_to_is_no_difference():
    assert _apart(0.1 + 0.2, 0.3) == 0 and _apart(0.0, 0.0) == 0
    assert _apart(0.3, 0.3 + 1e-9) == pytest.approx(1e-9) and _apart(0.5, 0.25) == -0.25
