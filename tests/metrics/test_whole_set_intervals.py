"""The intervals of the whole set are the same whatever its comparisons are grouped by, and those of few errors are no narrower for it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.identification.job import identify_probes
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams, IdentifyParams
from fairdesk.metrics.scores.score_set import ScoreSet

PEOPLE = 24


def study(apart=2.0, seed=0):
    """Return comparisons of people of two groups, six ages each; every person has a group of its own as gender."""
    rng = np.random.default_rng(seed)
    one, two = (side.repeat(2) for side in np.triu_indices(PEOPLE, 1))
    one, two = (np.append(side, np.arange(PEOPLE).repeat(5)) for side in (one, two))
    label = one == two
    names, group = np.array([f"p{k}" for k in range(PEOPLE)]), np.where(np.arange(PEOPLE) % 2, "A", "B")
    age = (np.arange(PEOPLE) % 6 * 10 + 20).astype(str)
    return ScoreSet(
        score=rng.normal(size=len(one)) + apart * label, label=label, subject1=names[one], subject2=names[two],
        group1=group[one], group2=group[two], gender1=names[one], gender2=names[two], age1=age[one], age2=age[two],
    )  # fmt: skip


def whole(scores, by, **options):
    given = {"scores": Path(__file__), "by": by, "bootstrap": 100} | options
    found = evaluate(scores, EvaluateParams(**given))[0]
    return found.eer_ci, {target: point.tar_ci for target, point in found.tar_at_far.items()}


@pytest.mark.parametrize("options", [{"at": "eer"}, {"at": "fmr=0.1"}, {"at": "threshold=1"}, {"threshold_from": "within-group", "at": "fmr=0.1"}])  # fmt: skip
@pytest.mark.parametrize("by", ["group", "age", "group+age", "gender"])
def test_they_do_not_depend_on_the_grouping(by, options):
    scores = study()
    if by == "gender" and "threshold_from" in options:
        pytest.skip("nobody is compared with another of the same group")
    assert whole(scores, by, **options) == whole(scores, "none")
    assert whole(scores, "none")[0] is not None


def test_nor_where_scores_name_no_subjects():
    scores = replace(study(), subject1=None, subject2=None)
    assert whole(scores, "age", bootstrap=None) == whole(scores, "none", bootstrap=None)


def test_without_an_error_people_in_groups_of_their_own_claim_no_more():
    """24 people without a miss: a rate up to 1 - 0.025^(1/24) is no surprise, whatever they are grouped by."""
    scores = study(apart=30.0)
    for by in ("none", "group", "gender"):
        eer, tar = whole(scores, by)
        assert eer[1] == pytest.approx(1 - 0.025 ** (1 / PEOPLE))
        assert tar["0.01"][0] == pytest.approx(0.025 ** (1 / PEOPLE))


def test_nor_do_differences_of_two_models():
    one, two = study(1.5), study(1.8, seed=1)
    params = CompareScoresParams(first=Path(__file__), second=Path(__file__), at="eer", bootstrap=100)

    def of_all(groups):
        sides = [replace(scores, group1=groups[0], group2=groups[1]) for scores in (one, two)]
        rows = compare_matched(sides[0], sides[1], params).differences
        return {
            row.figure: row.ci
            for row in rows
            if row.group is None and row.figure.partition(" ")[0] in ("eer", "tar_at_far")
        }

    alone = of_all((None, None))
    assert alone["eer"] is not None and any(name.startswith("tar") for name in alone)
    assert of_all((one.group1, one.group2)) == alone
    assert of_all((one.subject1, one.subject2)) == alone, "groups of one person each"


def test_nor_those_of_a_search(tmp_path):
    rng = np.random.default_rng(2)
    who = np.array([f"p{k}" for k in range(40)])
    probes = who.repeat(2)
    scores = rng.normal(size=(80, 25)) + 2 * (probes[:, None] == who[:25])
    found = {}
    for name, group in (("none", ""), ("two", np.where(np.arange(80) % 4 < 2, "A", "B")), ("one each", probes)):
        path = tmp_path / f"{name}.npz"
        np.savez(
            path, scores=scores, probe_subject=probes, gallery_subject=who[:25], probe_group=np.broadcast_to(group, 80)
        )
        by = "none" if name == "none" else "group"
        made = identify_probes(IdentifyParams(scores=path, by=by, bootstrap=100), QuietContext())
        found[name] = made.rank1_ci, {target: point.fnir_rank1_ci for target, point in made.fnir_at_fpir.items()}
    assert found["none"][0] is not None and found["none"][1]["0.1"] is not None
    assert found["two"] == found["none"] and found["one each"] == found["none"]
