"""A pair without a score (its image is missing) is counted, and takes nothing from the others: not even their intervals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_files import write_scores
from fairdesk.metrics.scores.score_set import ScoreSet

COLUMNS = ("subject1", "subject2", "group1", "group2", "gender1", "gender2")


def study(people=10):
    """Return all pairs of people of two groups, two scores each, and one genuine pair more of each person."""
    rng = np.random.default_rng(4)
    group = np.repeat(["A", "B"], people)
    one, two = (side.repeat(2) for side in np.triu_indices(2 * people, 1))
    one, two = (np.append(side, np.arange(2 * people).repeat(4)) for side in (one, two))
    label = one == two
    names = np.array([f"p{k}" for k in range(2 * people)])
    gender = np.where(np.arange(2 * people) % 2, "f", "m")
    return ScoreSet(
        score=rng.normal(size=len(one)) + 2 * label, label=label, subject1=names[one], subject2=names[two],
        group1=group[one], group2=group[two], gender1=gender[one], gender2=gender[two],
    )  # fmt: skip


def with_more(scores, **names):
    """Return the scores with a genuine pair more that has none, and so named."""
    named = {column: np.append(getattr(scores, column), names.get(column, "")) for column in COLUMNS}
    return replace(scores, score=np.append(scores.score, np.nan), label=np.append(scores.label, True), **named)


def figures(scores, **options):
    given = {"scores": Path(__file__), "at": "threshold=1", "bootstrap": None, "by": "group"} | options
    return evaluate(scores, EvaluateParams(**given))[0]


def said(result):
    """Return all that a result holds but what is counted as dropped."""
    whole = result.model_dump()
    whole.pop("dropped")
    for row in whole.get("groups", {"per_group": {}})["per_group"].values():
        row.pop("dropped")
    return whole


@pytest.mark.parametrize("by", ["none", "group", "gender", "group+gender"])
@pytest.mark.parametrize(
    "names",
    [
        {},
        {"subject1": "p1", "group1": "A", "gender1": "f"},
        {"subject1": "new", "subject2": "new", "group1": "A", "group2": "A", "gender1": "f", "gender2": "f"},
        {"subject1": "p1", "subject2": "p1"},
    ],
    ids=["neither is named", "the other is missing", "of a person who is in no other", "without a group"],
)
def test_the_others_keep_what_they_have_without_it(names, by):
    whole, more = figures(study(), by=by), figures(with_more(study(), **names), by=by)
    assert more.dropped.genuine == 1 and whole.dropped.genuine == 0
    assert more.subjects == 20 and "by subjects" in more.interval
    assert said(more) == said(whole)


def test_a_group_that_only_such_a_pair_names_is_empty_and_the_others_are_as_before():
    names = dict.fromkeys(("group1", "group2"), "Z") | dict.fromkeys(("subject1", "subject2"), "z")
    whole, more = figures(study()), figures(with_more(study(), **names))
    assert list(more.groups.per_group) == ["A", "B", "Z"]
    assert more.groups.per_group["Z"].dropped.genuine == 1 and more.groups.per_group["Z"].subjects == 0
    for name in ("A", "B"):
        one, two = (found.groups.per_group[name] for found in (whole, more))
        assert (one.fmr_ci, one.fnmr_ci) == (two.fmr_ci, two.fnmr_ci) and one.fmr_ci is not None


@pytest.mark.parametrize("ending", [".npz", ".csv"])
def test_draws_that_are_asked_for_are_made_of_a_file(tmp_path, ending):
    path = tmp_path / f"scores{ending}"
    write_scores(path, with_more(study()))
    found = evaluate_scores(EvaluateParams(scores=path, by="group", bootstrap=100), QuietContext())
    assert found.draws == 100 and found.eer_ci is not None and found.warning is None


def blank(scores, *sides):
    """Return the scores without the names of some rows, as (side, rows)."""
    out = replace(scores, subject1=scores.subject1.copy(), subject2=scores.subject2.copy())
    for side, rows in sides:
        getattr(out, f"subject{side}")[rows] = ""
    return out


@pytest.mark.parametrize("by", ["none", "group", "gender"])
def test_a_face_without_a_name_is_who_its_pair_says_or_a_person_of_its_own(by):
    """Against the same scores with such names written by hand."""
    scores = study()
    genuine, impostor = np.flatnonzero(scores.label)[:3], np.flatnonzero(~scores.label)[[0, 7, 30, 31]]
    by_hand = replace(scores, subject1=scores.subject1.astype("U9"), subject2=scores.subject2.astype("U9"))
    first = sorted([genuine[2], impostor[3]])  # numbered as the draws number them: the first sides, then the second
    by_hand.subject1[first] = ["zz1", "zz2"]
    by_hand.subject2[genuine[2]] = by_hand.subject1[genuine[2]]
    by_hand.subject2[impostor] = ["zz3", "zz4", "zz5", "zz6"]
    some = blank(scores, (1, genuine), (2, genuine[2:]), (2, impostor), (1, impostor[3:]))
    right, found = figures(by_hand, by=by), figures(some, by=by)
    assert found.draws == right.draws == 1000 and found.subjects == 20 and right.subjects > 20
    assert found.unnamed == 7 and "7 comparisons do not name both of their subjects" in found.interval
    ours, theirs = said(found), said(right)
    for one in (ours, theirs):
        for name in ("interval", "unnamed", "subjects"):
            one.pop(name, None)
        one.get("groups", {}).pop("interval", None)
        for row in one.get("groups", {"per_group": {}})["per_group"].values():
            row.pop("subjects")
    assert ours == theirs
    if by == "group":
        assert {row.subjects for row in found.groups.per_group.values()} == {10}


def test_one_pair_without_a_name_changes_next_to_nothing():
    scores = study()
    whole = figures(scores)
    for kind in (scores.label, ~scores.label):
        found = figures(blank(scores, (1, np.flatnonzero(kind)[:1])))
        assert "by subjects" in found.interval and "1 comparison does not name" in found.interval
        for name, row in found.groups.per_group.items():
            assert np.allclose(row.fmr_ci, whole.groups.per_group[name].fmr_ci, atol=0.01)
            assert row.fmr_ci_by is None


def test_many_pairs_without_a_name_are_counted_and_intervals_are_by_pairs():
    scores = study()
    rows = np.flatnonzero(scores.label)[:40]
    some, told = blank(scores, (2, rows)), f"40 of {len(scores.score):,} comparisons with a score do not name both"
    found = figures(with_more(some))
    assert found.draws is None and told in found.interval and found.unnamed is None
    with pytest.raises(RequestError, match=told):
        figures(with_more(some), bootstrap=100)


def test_a_group_where_many_have_no_name_is_named():
    scores = study()
    mine = (scores.group1 == "B") & (scores.group2 == "B") & scores.label
    found = figures(blank(scores, (2, np.flatnonzero(mine)[:4])))
    assert "too narrow where these are many: B" in found.interval


def test_nothing_but_such_pairs_is_no_figure_and_no_fault():
    scores = study()
    scores.score = np.full(len(scores.score), np.nan)
    found = figures(scores)
    assert found.eer is None and found.dropped.impostor == int((~scores.label).sum())
