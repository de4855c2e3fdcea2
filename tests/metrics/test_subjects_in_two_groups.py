"""A person photographed in two age bands is one subject in both: counted, drawn and varied as one."""

from pathlib import Path

import numpy as np
import pytest

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.fairness.spread import permuted_members
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.grouped_scores import group_comparisons, regrouped
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import number_subjects

PEOPLE, EACH = 40, 5
FMR, FNMR = 0.05, 0.1


def study(rng, *, two=True):
    """Return comparisons of people at 25 and at 35, within each age and across; what a person adds is the same at both."""
    own, lamb = 0.7 * rng.normal(size=PEOPLE), 0.5 * rng.normal(size=PEOPLE)
    rest = np.sqrt(1 - 0.7**2), np.sqrt(1 - 0.5**2)
    rows = []
    for one, other in (("25", "25"), ("35", "35"), ("25", "35")):
        of, to = np.triu_indices(PEOPLE, 1)
        who = np.arange(PEOPLE).repeat(EACH)
        genuine = 1.2816 + own[who] + rest[0] * rng.normal(size=len(who))
        impostor = -1.6449 + (lamb[of] + lamb[to]) / 2**0.5 + rest[1] * rng.normal(size=len(of))
        rows += [(score, True, a, a, one, other) for score, a in zip(genuine, who, strict=True)]
        rows += [(score, False, a, b, one, other) for score, a, b in zip(impostor, of, to, strict=True)]
    score, label, first, second, one, other = (np.array(column) for column in zip(*rows, strict=True))
    names = [
        np.array([f"p{who}" + ("" if two else f" at {age}") for who, age in zip(side, ages, strict=True)])
        for side, ages in ((first, one), (second, other))
    ]
    return ScoreSet(
        score=score, label=label, subject1=names[0], subject2=names[1],
        group1=np.full(len(score), "g"), group2=np.full(len(score), "g"), age1=one, age2=other,
    )  # fmt: skip


def evaluated(scores, by="age", draws=200, seed=0):
    return evaluate(scores, EvaluateParams(scores=Path(__file__), by=by, at="threshold=0", bootstrap=draws, seed=seed))[
        0
    ]


def test_they_are_counted_once():
    found = evaluated(study(np.random.default_rng(0)))
    assert found.subjects == PEOPLE
    assert {name: row.subjects for name, row in found.groups.per_group.items()} == {"20–29": PEOPLE, "30–39": PEOPLE}
    assert evaluated(study(np.random.default_rng(0)), by="group+age").subjects == PEOPLE


def test_the_same_name_in_two_groups_is_still_two_people():
    scores = study(np.random.default_rng(0))
    scores.group1 = scores.group2 = np.where(scores.age1 == "25", "g", "h")
    for by in ("age", "group+age", "group", "none"):
        assert evaluated(scores, by=by, draws=20).subjects == 2 * PEOPLE, by


def test_intervals_hold_the_truth():
    """Taken for two people they would say that twice as many were looked at."""
    held, widths = {"eer": 0, "fmr": 0, "fnmr": 0, "difference": 0}, []
    studies = 60
    for number in range(studies):
        found = evaluated(study(np.random.default_rng(number)), seed=number)
        row = found.groups.per_group["20–29"]
        held["fmr"] += row.fmr_ci[0] <= FMR <= row.fmr_ci[1]
        held["fnmr"] += row.fnmr_ci[0] <= FNMR <= row.fnmr_ci[1]
        held["eer"] += found.eer_ci[0] <= 0.0717 <= found.eer_ci[1]
        apart = next(one for one in found.groups.differences if one.rate == "fnmr")
        held["difference"] += apart.ci[0] <= 0 <= apart.ci[1]
        rows = [one.fnmr_ci for one in found.groups.per_group.values()]
        widths.append((apart.ci[1] - apart.ci[0]) / np.hypot(*(high - low for low, high in rows)))
    assert all(count >= 0.88 * studies for count in held.values()), held
    assert np.median(widths) < 0.9  # what a person adds to both bands is in no difference between them


def test_one_person_says_less_than_two():
    one = [evaluated(study(np.random.default_rng(seed))).eer_ci for seed in range(6)]
    two = [evaluated(study(np.random.default_rng(seed), two=False)).eer_ci for seed in range(6)]
    assert np.mean([high - low for low, high in one]) > 1.15 * np.mean([high - low for low, high in two])


def test_in_permutations_a_person_keeps_as_many_groups():
    members = [np.array([0, 1, 2, 5]), np.array([0, 1, 3, 6]), np.array([1, 4, 7])]
    who, group = np.concatenate(members), np.repeat([0, 1, 2], [4, 4, 3])
    found = permuted_members(members, 300, np.random.default_rng(0))
    assert (np.sort(found, axis=1) == np.arange(11)).all()
    for row in found:
        groups = {person: [] for person in who}
        for place, member in enumerate(row):
            groups[who[member]].append(group[place])
        assert all(len(set(mine)) == len(mine) == (who == person).sum() for person, mine in groups.items())
    alone = np.flatnonzero([(who == person).sum() == 1 for person in who])
    assert {int(found[row, alone[0]]) for row in range(300)} == set(alone.tolist())
    both = np.flatnonzero(who == 0)
    assert {tuple(row[both]) for row in found} == {tuple(both), tuple(both[::-1])}


def test_subjects_by_number():
    scores = study(np.random.default_rng(1))
    found = number_subjects(scores, group_comparisons(regrouped(scores, "age")), "age")
    assert found.count == PEOPLE and found.groups == 2
    assert [len(who) for who in found.members] == [PEOPLE, PEOPLE]
    genuine = scores.label
    assert (found.first[genuine] == found.second[genuine]).all()  # at two ages too
    assert set(found.stratum) <= {0, 1}


def test_a_face_without_an_age_leaves_its_person_where_the_others_are():
    scores = study(np.random.default_rng(2))
    scores.age2 = np.where(np.arange(len(scores.score)) % 3 == 0, "", scores.age2)
    found = evaluated(scores)
    assert found.subjects == PEOPLE and found.groups.not_in_a_group.genuine_unnamed > 0
    assert found.eer_ci[0] < found.eer < found.eer_ci[1]


@pytest.mark.parametrize("by", ["age", "group+age"])
def test_null_ranges_know_that_they_are_the_same_people(by):
    """Bands that do not differ lie inside the range, which is narrower than among strangers."""
    inside, widths = 0, []
    for seed in range(30):
        one, two = (
            evaluated(study(np.random.default_rng(seed), two=two), by=by).groups.fairness for two in (True, False)
        )
        low, high = one.null_ranges["fnmr_max_minus_min"]
        inside += low <= one.fnmr_max_minus_min <= high
        widths.append(high / two.null_ranges["fnmr_max_minus_min"][1])
    assert inside >= 26 and np.median(widths) < 0.95
