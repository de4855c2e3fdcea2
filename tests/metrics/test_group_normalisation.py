"""Scores normalised by group: what they were learned from, what they were applied to, and what is refused."""

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.params import EvaluateParams, NormaliseParams, PairsParams, ScoreParams
from fairdesk.metrics.scores.group_normalisation import normalise_scores as normalise
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.scores.score_files import read_scores, write_scores
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.store import ScoreSummary, origin_of, score_sets
from fairdesk.project.labels import Edit, edit_labels

GROUPS = {"a": (0.0, 1.0), "b": (0.8, 1.5)}  # where the impostor scores of a group lie, and how wide


def made_up(path, seed, people=40, prefix="", groups=GROUPS, between=0):
    """Scores of people who differ by group: all pairs of two people, three genuine ones of each, pairs across groups."""
    rng = np.random.default_rng(seed)
    rows = []
    for group, (centre, width) in groups.items():
        for i in range(people):
            rows += [
                (4 + centre + width * rng.normal(), True, f"{prefix}{i}", f"{prefix}{i}", group, group)
                for _ in range(3)
            ]
            rows += [
                (centre + width * rng.normal(), False, f"{prefix}{i}", f"{prefix}{j}", group, group) for j in range(i)
            ]
    for i in range(between):
        rows.append((rng.normal(), False, f"{prefix}{i}", f"{prefix}{i}", "a", "b"))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    scores = ScoreSet(score=columns[0].astype(float), label=columns[1], subject1=columns[2], subject2=columns[3],
                      group1=columns[4], group2=columns[5], measure="made up")  # fmt: skip
    write_scores(path, scores)
    return scores


def within(scores, group):
    return (scores.group1 == group) & (scores.group2 == group)


def test_own_thresholds_give_every_group_the_rate(tmp_path):
    source = made_up(tmp_path / "learn.npz", 1, prefix="x")
    scores = made_up(tmp_path / "s.npz", 2, people=60)
    result = normalise(
        NormaliseParams(
            scores=tmp_path / "s.npz", out=tmp_path / "n.npz", learn_from=tmp_path / "learn.npz", fmr="0.05"
        ),
        QuietContext(),
    )
    # by hand: the group's threshold is the first score above the (k + 1)-th greatest impostor's
    impostors = {g: np.sort(source.score[within(source, g) & ~source.label]) for g in GROUPS}
    pools = {**impostors, "all": np.sort(np.concatenate(list(impostors.values())))}
    threshold = {}
    for name, pool in pools.items():
        last = pool[len(pool) - 1 - int(0.05 * len(pool))]
        everyone = np.concatenate([pool, source.score[source.label]])
        threshold[name] = everyone[everyone > last].min()
    new = read_scores(tmp_path / "n.npz")
    for group in GROUPS:
        shift = threshold[group] - threshold["all"]
        assert result.rules[group].centre == pytest.approx(shift, abs=1e-12)
        rows = within(scores, group)
        assert np.allclose(new.score[rows], scores.score[rows] - shift, atol=1e-12)
        learned = impostors[group] - shift >= threshold["all"] - 1e-12
        assert learned.mean() <= 0.05 + 1e-12
    spread = [
        max(one.fmr for one in groups.values()) - min(one.fmr for one in groups.values())
        for groups in (result.before, result.after)
    ]
    assert spread[1] < spread[0] / 3
    assert new.subject1.tolist() == scores.subject1.tolist()


def test_the_impostors_of_every_group_become_alike(tmp_path):
    source = made_up(tmp_path / "learn.npz", 1, prefix="x")
    scores = made_up(tmp_path / "s.npz", 2, between=20)
    normalise(
        NormaliseParams(
            scores=tmp_path / "s.npz",
            out=tmp_path / "n.csv",
            learn_from=tmp_path / "learn.npz",
            method="zscore",
            fmr="0.01",
        ),
        QuietContext(),
    )
    new = read_scores(tmp_path / "n.csv")
    sides = []
    for group in GROUPS:
        pool = source.score[within(source, group) & ~source.label]
        sides.append((scores.score - pool.mean()) / pool.std())
        rows = within(scores, group)
        assert np.allclose(new.score[rows], sides[-1][rows], atol=1e-12)
        assert (
            abs(new.score[rows & ~scores.label].mean()) < 0.1 and abs(new.score[rows & ~scores.label].std() - 1) < 0.1
        )
    across = scores.group1 != scores.group2
    assert across.sum() == 20 and np.allclose(new.score[across], (sides[0] + sides[1])[across] / 2, atol=1e-12)


def test_learned_on_half_of_the_people_and_applied_to_the_others(tmp_path):
    scores = made_up(tmp_path / "s.npz", 3)
    params = NormaliseParams(scores=tmp_path / "s.npz", out=tmp_path / "n.npz", fmr="0.02")
    result = normalise(params, QuietContext())
    new = read_scores(tmp_path / "n.npz")
    for group in GROUPS:
        kept = set(new.subject1[within(new, group)]) | set(new.subject2[within(new, group)])
        assert len(kept) == 20
        others = np.isin(scores.subject1, list(kept)) | np.isin(scores.subject2, list(kept))
        assert (
            result.rules[group].impostors == int((within(scores, group) & ~scores.label & ~others).sum()) == 20 * 19 / 2
        )
    assert result.comparisons + result.between_the_halves + 2 * (20 * 19 // 2 + 60) == len(scores.score)
    assert "left out" in result.summary
    again = normalise(params, QuietContext())
    assert again.rules == result.rules
    other = normalise(params.model_copy(update={"seed": 2}), QuietContext())
    assert other.rules != result.rules


def test_distances_are_turned_first(tmp_path):
    scores = made_up(tmp_path / "s.npz", 3)
    one = normalise(NormaliseParams(scores=tmp_path / "s.npz", out=tmp_path / "n.npz"), QuietContext())
    scores.negate()
    write_scores(tmp_path / "d.npz", scores)
    two = normalise(NormaliseParams(scores=tmp_path / "d.npz", out=tmp_path / "m.npz", distance=True), QuietContext())
    assert one.rules == two.rules and one.after == two.after


def test_what_cannot_be_learned_is_told(tmp_path):
    made_up(tmp_path / "s.npz", 2)
    out = tmp_path / "n.npz"
    made_up(tmp_path / "same.npz", 5, groups={"a": (0.0, 1.0)})
    with pytest.raises(RequestError, match="40 people are in both score files"):
        normalise(NormaliseParams(scores=tmp_path / "s.npz", out=out, learn_from=tmp_path / "same.npz"), QuietContext())
    with pytest.raises(RequestError, match=r"group a has 190 impostor .* an FMR of 0.001 needs at least 1,000"):
        normalise(NormaliseParams(scores=tmp_path / "s.npz", out=out, fmr="0.001"), QuietContext())
    nameless = read_scores(tmp_path / "s.npz")
    nameless.subject1 = nameless.subject2 = None
    write_scores(tmp_path / "nameless.npz", nameless)
    with pytest.raises(RequestError, match="do not name subjects"):
        normalise(NormaliseParams(scores=tmp_path / "nameless.npz", out=out), QuietContext())
    made_up(tmp_path / "one.npz", 6, prefix="x", groups={"b": (0.0, 1.0)})
    result = normalise(
        NormaliseParams(scores=tmp_path / "s.npz", out=out, learn_from=tmp_path / "one.npz"), QuietContext()
    )
    assert result.without_a_rule == int(within(nameless, "a").sum())
    assert np.isnan(read_scores(out).score).sum() == result.without_a_rule
    nameless.group1 = nameless.group2 = None
    write_scores(tmp_path / "groupless.npz", nameless)
    with pytest.raises(RequestError, match="do not name groups"):
        normalise(NormaliseParams(scores=tmp_path / "groupless.npz", out=out), QuietContext())


def test_in_a_project_the_new_scores_are_listed(project, tmp_path):
    made_up(tmp_path / "s.npz", 3)
    out = project.exports("scores", "n.npz")
    normalise(NormaliseParams(scores=tmp_path / "s.npz", out=out), QuietContext(project))
    assert [(one.name, one.path) for one in score_sets(project)] == [("n.npz", str(out))]


def test_normalised_scores_rest_on_what_the_first_ones_rested_on(filled, tmp_path):
    context, scores, out = QuietContext(filled), tmp_path / "s.npz", tmp_path / "n.npz"
    wanted = PairsParams(genuine=80, impostor=480, within_group=True, out=tmp_path / "pairs.csv")
    make_pair_list(wanted, context)
    score_pairs(ScoreParams(pairs=wanted.out, encoder="made-up", out=scores), context)
    edit_labels(filled, [1], Edit(identity="Another"))
    normalise(NormaliseParams(scores=scores, out=out, fmr="1e-1"), context)
    made, first = score_sets(filled)
    assert (made.path, first.path) == (str(out), str(scores))
    assert (made.encoder, made.detector) == (first.encoder, first.detector) == ("made-up", "whole")
    assert str(made.change) == str(first.change) == "1 label changed since"  # the labels as they were for the first
    assert origin_of(filled, out).pairs == origin_of(filled, scores).pairs == str(wanted.out)


def test_a_summary_of_an_earlier_version_is_read():
    assert ScoreSummary.read('{"genuine": 3, "impostor": 4, "measure": "m"}') == ScoreSummary(3, 4, 0, "m", None)


def test_a_group_whose_rate_is_undefined_is_told_with_the_reason(tmp_path, capsys):
    """B has impostor comparisons alone: its FNMR is undefined, and its line stays."""
    rng = np.random.default_rng(0)
    group = np.repeat(["A", "B"], 400)
    label = (np.arange(800) % 2 == 0) & (group == "A")
    who = rng.integers(0, 40, (2, 800)).astype(str)
    np.savez(
        tmp_path / "s.npz", score=rng.normal(size=800) + 2 * label, label=label, group1=group, group2=group,
        subject1=who[0], subject2=np.where(label, who[0], np.char.add("x", who[1])),
    )  # fmt: skip
    assert run(["normalise", str(tmp_path / "s.npz"), "--out", str(tmp_path / "n.npz"), "--fmr", "0.1"]) == 0
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if line.startswith("B: "))
    assert line.count("undefined: no genuine pairs in this group") == 2 and "%" in line
    assert any(line.startswith("A: ") and "undefined" not in line for line in said.splitlines())


def test_a_mean_and_a_deviation_need_no_fmr(tmp_path):
    """Two impostors a group are enough, whatever the FMR; one is not."""
    path = tmp_path / "s.csv"
    rows = [(0.9, 1, "A"), (0.1, 0, "A"), (0.3, 0, "A"), (0.8, 1, "B"), (0.4, 0, "B"), (0.2, 0, "B")]
    for count in (6, 5):
        path.write_text("score,label,group1,group2\n" + "".join(f"{s},{one},{g},{g}\n" for s, one, g in rows[:count]))
        params = NormaliseParams(scores=path, learn_from=path, out=tmp_path / "n.csv", method="zscore", fmr="0.001")
        if count == 6:
            assert normalise(params, QuietContext()).rules["A"].centre == pytest.approx(0.2)
        else:
            with pytest.raises(RequestError, match="a mean and a deviation need at least 2"):
                normalise(params, QuietContext())


def test_it_says_which_pairs_its_one_threshold_is_from(tmp_path):
    """What is told of before and after is what `evaluate` gives with the same pairs, and not with all of them."""
    made_up(tmp_path / "s.npz", 5, people=70, between=600)
    result = normalise(NormaliseParams(scores=tmp_path / "s.npz", out=tmp_path / "n.npz", fmr="0.05"), QuietContext())
    assert "FMR at most 5 % on pairs within groups" in result.summary and result.threshold_from == "within-group"
    assert "--threshold-from within-group" in result.summary
    rates = {}
    for source in ("within-group", "all"):
        params = EvaluateParams(
            scores=tmp_path / "n.npz", by="group", at="fmr=0.05", threshold_from=source, bootstrap=0
        )
        groups = evaluate(read_scores(tmp_path / "n.npz"), params)[0].groups.per_group
        rates[source] = {name: (one.fmr, one.fnmr) for name, one in groups.items()}
    told = {name: (one.fmr, one.fnmr) for name, one in result.after.items()}
    assert told == rates["within-group"] != rates["all"]
