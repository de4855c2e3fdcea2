"""Other names of groups change names alone: intervals, ranges and differences hang on the seed, the subjects and the scores."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdesk.metrics.evaluation import evaluate
from tests.metrics.test_whole_rates import options, study

NEW = {"a": "z", "b": "y", "c": "x"}  # in the opposite order


def made(seed, *, named=True, shared=False, apart=1.5):
    """Return a study of three groups of unlike sizes; with `shared` some people's names are in several groups."""
    scores = study(seed, apart)
    rng = np.random.default_rng(seed)
    of = rng.choice(list(NEW), 20, p=[0.5, 0.3, 0.2])
    of[:9] = np.repeat(list(NEW), 3)
    sides = [np.array([int(name[1:]) for name in side]) for side in (scores.subject1, scores.subject2)]
    group1, group2 = (of[side] for side in sides)
    people = [np.array([f"p{(side % 7 if shared else side)[k]}" for k in range(len(side))]) for side in sides]
    return replace(
        scores,
        group1=group1,
        group2=group2,
        subject1=people[0] if named else None,
        subject2=people[1] if named else None,
    )


def told(scores, **given):
    return evaluate(scores, options(by="group", bootstrap=100, **given))[0]


def close(one, two):
    if one is None or two is None or isinstance(one, str):
        return one == two
    return one == pytest.approx(two, rel=1e-9, abs=1e-12)


@given(st.integers(0, 10_000), st.sampled_from(["eer", "fmr=0.05", "threshold=2.5"]), st.booleans(), st.booleans())
@settings(max_examples=12, deadline=None)
def test_renaming_groups_changes_no_digit(seed, at, named, shared):
    scores, again = made(seed, named=named, shared=shared), made(seed, named=named, shared=shared)
    again.group1, again.group2 = (np.array([NEW[g] for g in side]) for side in (again.group1, again.group2))
    rows = np.random.default_rng(seed).permutation(len(again.score))  # nor does the order of rows matter
    again = replace(
        again, **{name: value[rows] for name, value in vars(again).items() if isinstance(value, np.ndarray)}
    )
    one, two = told(scores, at=at), told(again, at=at)
    assert close(one.eer_ci, two.eer_ci)
    assert list(two.groups.per_group) == sorted(NEW.values())
    for name, row in one.groups.per_group.items():
        other = two.groups.per_group[NEW[name]]
        for key in ("fmr_ci", "fnmr_ci", "eer_ci", "fmr_ci_why", "fnmr_ci_why", "subjects"):
            assert close(getattr(row, key), getattr(other, key)), key
        for target, point in (row.tar_at_far or {}).items():
            assert close(point.tar_ci, other.tar_at_far[target].tar_ci)
    fair, other = one.groups.fairness, two.groups.fairness
    assert fair.intervals.keys() == other.intervals.keys() and fair.null_ranges.keys() == other.null_ranges.keys()
    for name, span in fair.intervals.items():
        assert close(span, other.intervals[name]), name
    for name, span in fair.null_ranges.items():
        assert close(span, other.null_ranges[name]), name
    turned = {(d.rate, d.first, d.second): d for d in two.groups.differences}
    for one_ in one.groups.differences:
        found = turned[one_.rate, NEW[one_.second], NEW[one_.first]]  # the later group is the first now
        assert found.difference == pytest.approx(-one_.difference)
        for mine, its in ((one_.ci, found.ci), (one_.together, found.together)):
            assert close(mine, None if its is None else (-its[1], -its[0]))
