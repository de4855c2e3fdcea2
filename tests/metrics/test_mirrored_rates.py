"""TAR is 1 - FNMR: where both are told at one threshold of one rule, one interval is the other's mirror, or both say the same why."""

from dataclasses import replace

import pytest

from fairdesk.metrics.evaluation import evaluate
from tests.metrics.test_whole_beside_groups import grouped_study
from tests.metrics.test_whole_rates import options, study


def both(scores, target, **more):
    found = evaluate(scores, options(at=f"fmr={target}", **more))[0]
    return found.tar_at_far[target], found.at_threshold


@pytest.mark.parametrize("by", ["none", "group"])
@pytest.mark.parametrize("target", ["0.1", "0.01", "0.001"])
@pytest.mark.parametrize("apart", [0.5, 2.0, 4.0])
def test_tar_at_far_and_fnmr_mirror_each_other(by, target, apart):
    for seed in range(3):
        tar, row = both(grouped_study(seed, apart), target, by=by)
        assert tar.tar == pytest.approx(1 - row.fnmr) and tar.false_matches == row.false_matches
        if row.fnmr_ci is None:
            assert tar.tar_ci is None and tar.tar_ci_why == row.fnmr_ci_why
        else:
            assert tar.tar_ci == pytest.approx((1 - row.fnmr_ci[1], 1 - row.fnmr_ci[0]), abs=1e-12)


def test_three_people_give_both_the_same_reason():
    scores = study()
    few = [f"p{number}" for number in range(3)]
    keep = [one in few and two in few for one, two in zip(scores.subject1, scores.subject2, strict=True)]
    arrays = {name: value[keep] for name, value in vars(scores).items() if hasattr(value, "shape")}
    tar, row = both(replace(scores, **arrays), "0.1")
    assert tar.tar_ci is row.fnmr_ci is None
    assert tar.tar_ci_why == row.fnmr_ci_why


def test_a_group_alone_mirrors_too():
    found = evaluate(study(), options(at="fmr=0.1", by="group"))[0]
    row = found.groups.per_group["all"]
    low, high = row.tar_at_far["0.1"].tar_ci
    assert row.fnmr_ci == pytest.approx((1 - high, 1 - low), rel=1e-6)
