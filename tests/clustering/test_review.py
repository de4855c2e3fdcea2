"""The review: what it asks, what follows of answers, and how few of them bring clusters right."""

import itertools
import json
import math

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.clustering.agreement import figures
from fairdesk.clustering.naming import name_identity
from fairdesk.clustering.neighbours.search import nearest
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review import candidates
from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.candidates import Candidates
from fairdesk.clustering.review.engine import Review
from fairdesk.clustering.review.likeness import START, Likeness
from fairdesk.clustering.review.parts import Part
from fairdesk.clustering.review.questions import Kind, questions, shown
from fairdesk.clustering.review.session import METHOD, ReviewSession
from fairdesk.clustering.store import clusters, faces_of, membership, merge_clusters
from fairdesk.clustering.verdicts.saying import say
from fairdesk.jobs.context import QuietContext
from fairdesk.project.recipes import Recipe
from fairdesk.project.verdicts import Said, verdicts
from tests.benchmarks.bench_corrections import f1, review, says


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def people(seed, count=60, dims=64, faces=8, two=0.25, twins=0.15, spread=0.26):
    """People as vectors: some have two modes, some are near twins of others."""
    rng = np.random.default_rng(seed)
    centres = unit(rng.normal(size=(count, dims))) * 0.65
    for one in rng.permutation(count)[: int(count * twins)]:
        centres[one] = centres[rng.integers(count)] + unit(rng.normal(size=dims)) * 0.36
    vectors, who = [], []
    for one in range(count):
        modes = [centres[one]] + [centres[one] + unit(rng.normal(size=dims)) * 0.42] * (rng.random() < two)
        for _ in range(max(1, int(rng.poisson(faces)))):
            vectors.append(modes[rng.integers(len(modes))] + rng.normal(size=dims) * spread / np.sqrt(dims))
            who.append(one)
    return np.array(vectors, dtype=np.float32), np.array(who)


def test_neighbours_are_exact():
    from sklearn.neighbors import NearestNeighbors

    vectors, _ = people(0)
    found, squared = nearest(vectors, 5)
    expected, places = NearestNeighbors(n_neighbors=6).fit(vectors).kneighbors(vectors)
    assert np.allclose(np.sqrt(squared), expected[:, 1:], atol=1e-3)
    assert (found == places[:, 1:]).mean() > 0.999
    assert nearest(vectors[:1], 5)[0].shape == (1, 0) and nearest(vectors[:3], 5)[0].shape == (3, 2)


@pytest.mark.parametrize("seed", [1, 2])
def test_few_answers_bring_clusters_right(seed):
    vectors, truth = people(seed)
    answers, start, now, _, _ = review(vectors, truth)
    assert start < 0.97 and now >= 0.99 and answers <= 0.08 * len(truth)


@pytest.mark.parametrize("seed", [3, 7])
def test_slips_of_the_hand_come_back_as_questions(seed):
    vectors, truth = people(seed)
    answers, _, now, wrong, _ = review(vectors, truth, slips=0.03, seed=seed)
    assert wrong and now >= 0.98 and answers <= 0.15 * len(truth)


def test_an_answer_that_all_else_speaks_against_is_asked_again_at_once():
    rng = np.random.default_rng(0)
    vectors = np.concatenate([c + rng.normal(size=(6, 32)) * 0.02 for c in unit(rng.normal(size=(8, 32)))]).astype(
        np.float32
    )
    session = Review(vectors)
    assert len(set(session.labels())) == 8
    candidate = next(c for c in session.candidates(every=True) if not c.together)
    session.answer(candidate, same=True)  # two heaps far apart: surely a slip
    assert len(set(session.labels())) == 7
    again = next(iter(session.candidates()))
    assert again.again and again.together
    session.answer(again, same=False)
    assert len(set(session.labels())) == 8 and all(c.likely < 0.01 for c in session.candidates(every=True) if c.again)
    session.undo()
    assert len(set(session.labels())) == 7
    session.undo()
    assert len(set(session.labels())) == 8 and tuple(session.like.weights) == START


@pytest.mark.parametrize("said", [[True, True], [True, False, True], [True, False, False]])
def test_a_doubted_answer_is_asked_again_once_and_a_changed_one_once_more(said):
    """Even where everything else speaks against it."""
    rng = np.random.default_rng(0)
    heaps = [c + rng.normal(size=(6, 32)) * 0.02 for c in unit(rng.normal(size=(8, 32)))]
    session = Review(np.concatenate(heaps).astype(np.float32))
    asked = next(c for c in session.candidates(every=True) if not c.together)
    for count, same in enumerate(said):
        session.answer(asked, same=same)
        again = [c for c in session.candidates(every=True) if c.again]
        assert len(again) == (count + 1 < len(said))
        asked = again[0] if again else None
    together = len(set(session.labels())) == 7
    assert together == said[-1]
    session.undo()
    assert any(c.again for c in session.candidates(every=True))


def test_what_follows_by_logic_is_never_asked():
    vectors, truth = people(3, twins=0.3)
    session, asked = Review(vectors), set()
    for _ in range(60):
        found = questions(session, vectors, 1)
        if not found:
            break
        one = found[0]
        said = says(one, truth)
        if said is None:
            session.not_sure(one.candidate)
            continue
        pair = frozenset([frozenset(one.first), frozenset(one.second)])
        assert pair not in asked or one.candidate.again
        asked.add(pair)
        session.answer(one.candidate, same=said != (one.kind is Kind.SPLIT))
        for answer in (heard for heard in session.said.heard if heard.holds and heard.same is not None):
            homes = [set(session.labels()[list(side)].tolist()) for side in (answer.first, answer.second)]
            assert (len(homes[0] | homes[1]) == 1) if answer.same else not homes[0] & homes[1]
        for candidate in session.candidates(every=True):  # and is not asked the other way round
            if not candidate.together and not candidate.again:
                assert candidate.first.may_join(candidate.second)


def test_answers_teach():
    like = Likeness(0.1, 0.6)
    near = Part(4.0, np.zeros(2), 0.05, 0.6, [0])
    far = Part(4.0, np.array([0.4, 0.0]), 0.05 + 0.16, 0.6, [1])
    before = like.log_odds(near, far)
    like.learn([(like.features(near, far), True)] * 5)
    assert like.log_odds(near, far) > before + 1
    like.learn([(like.features(near, far), False)] * 5)
    assert like.log_odds(near, far) < before


def test_answers_bend_the_measure_where_they_fall_and_no_further():
    """Twins may be nearer to one another than the two modes of a person: no straight line tells that."""
    like = Likeness(0.1, 0.6)

    def pair(apart):
        near = Part(9.0, np.zeros(2), 0.05, 0.6, [0])
        return like.features(near, Part(9.0, np.array([apart, 0.0]), 0.05 + apart**2, 0.6, [1]))

    strangers = like.of(pair(0.7))
    like.learn([(pair(0.34), False), (pair(0.44), True)] * 8)
    assert like.of(pair(0.34)) < -0.5 < 0.5 < like.of(pair(0.44))
    assert like.of(pair(0.7)) < strangers / 2 < -2  # others stay others


def test_a_mixed_side_is_parted_where_its_two_people_are():
    """A person who cannot tell is asked next about the two heaps, of which each is one person."""
    rng = np.random.default_rng(0)
    centres = unit(rng.normal(size=(30, 64))) * 0.65
    centres[1] = centres[0] + unit(rng.normal(size=64)) * 0.3
    centres[2] = centres[0] + unit(rng.normal(size=64)) * 0.45
    truth = np.repeat(np.arange(30), 9)
    wide = np.where(np.arange(len(truth)) % 9 == 4, 1.8, 1.0)[:, None]  # one face of each person is a poor one
    vectors = (centres[truth] + rng.normal(size=(len(truth), 64)) * wide * 0.2 / 8).astype(np.float32)
    session = Review(vectors)
    mixed = [int(bunch) for bunch in np.unique(session.of[truth < 2])]
    other = [int(bunch) for bunch in np.unique(session.of[truth == 2])]
    assert len({int(session.home[bunch]) for bunch in mixed}) == 1  # twins in one cluster
    asked = next(iter(session.candidates()))
    session.not_sure(asked._replace(first=session._part(frozenset(mixed)), second=session._part(frozenset(other))))
    cut = next(iter(session.candidates()))
    assert cut.together
    assert {frozenset(truth[session.faces(part)].tolist()) for part in (cut.first, cut.second)} == {
        frozenset([0]),
        frozenset([1]),
    }
    assert says(questions(session, vectors, 1)[0], truth) is True
    session.answer(cut, same=False)
    assert session.home[session.of[truth == 0]].tolist() != session.home[session.of[truth == 1]].tolist()
    assert not any(
        set(c.first.bunches + c.second.bunches) == set(mixed) and c.together for c in session.candidates(every=True)
    )


def test_faces_to_look_at_are_the_nearest_and_the_farthest():
    vectors = np.array([[x, 0.0] for x in range(10)] + [[20.0, 0.0]], dtype=np.float32)
    assert shown(vectors, list(range(10)), [10], 4)[:3] == [9, 8, 0]
    assert shown(vectors, [3, 4], [10]) == [3, 4]


@pytest.fixture
def crowd(filled, monkeypatch):
    """The made-up project with vectors of people who have two modes and twins."""
    vectors, truth = people(5, count=6, faces=7, two=0.5, twins=0.5)
    vectors, truth = vectors[:40], truth[:40]
    monkeypatch.setattr(Review, "least", 0.0)  # many questions of few faces
    recipe = filled.vectors.register(Recipe("people", "whole", "none", vectors.shape[1], "euclidean", "none"))
    faces = filled.vectors.missing(recipe)
    filled.vectors.append(recipe, faces, vectors[: len(faces)], {})
    cluster(ClusterParams(encoder="people"), QuietContext(filled))
    return filled, dict(zip(faces, truth.tolist(), strict=True))


def reply(asked, who):
    sides = [
        max(set(found), key=found.count)
        for found in ([who[f] for f in side] for side in (asked.shown_first, asked.shown_second))
    ]
    return Reply.YES if (sides[0] == sides[1]) != (asked.kind is Kind.SPLIT) else Reply.NO


def test_a_review_keeps_a_version_and_every_answer_is_a_verdict(crowd):
    project, who = crowd
    before = membership(project, 1)
    session = ReviewSession(project, 1)
    version = session.start()
    assert version == 2 and membership(project, 1) == before
    states, again = [], 0
    for count in range(1, 6):
        asked = session.queue(1)
        if not asked or asked[0].kind is Kind.NAME:
            break
        states.append((membership(project, version), len(verdicts(project))))
        again += asked[0].again  # the same is not kept twice
        session.answer(asked[0], reply(asked[0], who))
        assert len(verdicts(project)) == count - again
        at, labels = membership(project, version), session.review.labels()
        for face, row in session._row.items():  # the version is what the review thinks
            same = {f for f, r in session._row.items() if labels[r] == labels[row]}
            if len(same) > 1:
                assert {at[f] for f in same} == {at[face]}
    assert states
    truth = np.array([who[int(f)] for f in session.faces])
    assert f1(session.review.labels(), truth) > 0.9
    for state in reversed(states):
        session.take_back()
        assert (membership(project, version), len(verdicts(project))) == state


def test_what_follows_of_an_answer_is_moved_in_the_version(crowd):
    project, _ = crowd
    session = ReviewSession(project, 1)
    version = session.start()
    asked = next(one for one in session.queue(50) if one.kind is not Kind.NAME)
    before = membership(project, version)
    together = asked.question.candidate.together
    says_same = Reply.NO if asked.kind is Kind.SPLIT else Reply.YES
    says_two = Reply.YES if asked.kind is Kind.SPLIT else Reply.NO
    assert session.answer(asked, says_two if together else says_same) > 0  # the opposite of what it thought
    at = membership(project, version)
    loose = {c.id for c in clusters(project, version) if c.label < 0}
    a, b = ({at[f] for f in side} for side in (asked.shown_first, asked.shown_second))
    assert (not (a & b) - loose) if together else (len(a | b) == 1 and not (a | b) & loose)
    assert at != before and set(at) == set(before)
    known = session._at.copy(), dict(session.titles)
    session.read()
    assert (session._at == known[0]).all() and all(known[1][one] == title for one, title in session.titles.items())
    session.take_back()
    assert membership(project, version) == before


def test_where_working_all_out_takes_long_answers_are_followed(crowd, monkeypatch):
    project, who = crowd
    session = ReviewSession(project, 1)
    session.start()
    session.review.relearning_takes = 100.0
    monkeypatch.setattr(session.review, "relearn", None)
    followed = []
    monkeypatch.setattr(session.review, "follow", lambda: followed.append(session.past.answers()))
    for _ in range(12):
        asked = session.queue(1)[0]
        if asked.kind is Kind.NAME:
            break
        session.answer(asked, reply(asked, who))
    assert len(followed) > 5 and followed == list(range(len(followed)))


def test_what_was_learned_turns_the_questions_worth_most():
    vectors, truth = people(4, count=120, two=0.5, twins=0.4)
    session = Review(vectors)

    def turned():
        some = [one for one in itertools.islice(session.candidates(), 300) if not one.again]
        return sum((session.like.log_odds(one.first, one.second) > 0) != one.together for one in some)

    assert turned() == 0
    most = 0
    for _ in range(15):
        one = questions(session, vectors, 1)[0]
        said = says(one, truth)
        if said is None:
            session.not_sure(one.candidate)
            continue
        session.answer(one.candidate, same=said != (one.kind is Kind.SPLIT))
        most = max(most, turned())
        session.follow()
    assert most >= 5 and turned() < most / 2


def test_a_review_goes_on_where_it_was_left(crowd):
    project, who = crowd
    session = ReviewSession(project, 1)
    session.start()
    for _ in range(3):
        asked = session.queue(1)[0]
        if asked.kind is Kind.NAME:
            break
        session.answer(asked, reply(asked, who))
    later = ReviewSession(project)
    assert later.version == session.version
    assert later.review.like.samples and tuple(later.review.like.weights) != START
    for verdict in verdicts(project):
        a, b = ({int(later.review.labels()[later._row[f]]) for f in side} for side in (verdict.faces, verdict.others))
        assert (len(a | b) == 1) if verdict.said in (Said.SAME, Said.CONFIRMED) else not a & b
    asked = later.queue(1)[0]
    if asked.kind is not Kind.NAME:
        later.answer(asked, Reply.UNSURE)
        assert verdicts(project)[-1].said is Said.UNSURE
        key = (asked.first, asked.second)
        assert key not in [(one.first, one.second) for one in later.queue(50)]
        assert key not in [(one.first, one.second) for one in ReviewSession(project).queue(50)]


def photographs(seed, plan, dims=128, spread=0.26):
    """People of whom there are few photographs: `plan` says of how many people there are how many."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(sum(plan.values())), np.repeat(list(plan), list(plan.values())))
    centres = unit(rng.normal(size=(truth.max() + 1, dims))) * 0.65
    return (centres[truth] + rng.normal(size=(len(truth), dims)) * spread / np.sqrt(dims)).astype(np.float32), truth


@pytest.mark.parametrize(
    "plan", [{1: 15}, {1: 120}, {1: 240, 2: 40}, {1: 220, 2: 60}, {1: 180, 2: 40, 5: 20}, {1: 300, 20: 10}]
)
def test_people_with_one_photograph_are_not_taken_for_one_person(project, with_vectors, plan):
    vectors, truth = photographs(4, plan)
    with_vectors(vectors)
    session = ReviewSession(project)
    found = figures(session.review.labels(), truth)
    assert found.bcubed_precision > 0.95 and found.bcubed_recall > 0.95
    of = session.of_review()
    assert abs(of.purity - found.bcubed_precision) < 0.05 and abs(of.completeness - found.bcubed_recall) < 0.12
    assert session.estimate().completeness > 0.8


@pytest.mark.parametrize("plan", [{2: 1}, {3: 1}, {28: 1}, {1: 2}, {1: 15}, {10: 6}, {6: 3, 1: 9}])
@pytest.mark.parametrize("slip", [False, True])
def test_a_review_of_few_faces_ends(project, with_vectors, plan, slip):
    """What was answered is asked again once at most, and nothing that would change next to nothing."""
    vectors, truth = photographs(4, plan)
    who = dict(zip(with_vectors(vectors), truth.tolist(), strict=True))
    session = ReviewSession(project)
    session.start()
    asked, before = [], {}
    while (queue := session.queue(1)) and queue[0].kind is not Kind.NAME:
        one = queue[0]
        assert one.gain >= Review.least
        right = reply(one, who)
        wrong = Reply.NO if right is Reply.YES else Reply.YES
        session.answer(one, wrong if slip and not asked else right)
        asked.append(one)
        sides = frozenset([frozenset(one.first), frozenset(one.second)])
        before.setdefault(sides, []).append(one.same(wrong if slip and len(asked) == 1 else right))
        assert len(asked) <= 4 * len(truth)
    for said in before.values():
        assert len(said) <= 2 or (len(said) == 3 and said[0] != said[1])
    given = [(one.said, one.faces, one.others) for one in verdicts(project)]
    assert len(given) == len(set(given))
    assert session.estimate().answers_left == 0
    assert f1(session.review.labels(), truth) > 0.95
    for _ in asked:
        session.take_back()
    assert not verdicts(project) and not session.review.said.heard


def test_a_version_with_too_small_a_radius_does_not_make_strangers_of_a_person(project, with_vectors):
    """Faces that it left alone are near others of their person: the vectors know better."""
    vectors, truth = people(2, count=20, two=0, twins=0)
    with_vectors(vectors)
    assert cluster(ClusterParams(encoder="people", eps=0.2), QuietContext(project)).clusters < 5
    assert f1(ReviewSession(project).review.labels(), truth) > 0.97


@pytest.mark.parametrize("wrong", [1, 2, 4])
def test_wrong_verdicts_do_not_overthrow_the_measure(project, with_vectors, wrong):
    """Strangers who were said to be one person are joined as said, nobody else is, and that is asked again first."""
    vectors, truth = people(2, count=10, dims=16, faces=10, two=0, twins=0)
    faces = with_vectors(vectors)
    who = dict(zip(faces, truth.tolist(), strict=True))
    before = ReviewSession(project)
    assert f1(before.review.labels(), truth) > 0.99
    joined = [
        ([f for f in faces if who[f] == a], [f for f in faces if who[f] == a + 1]) for a in range(0, 2 * wrong, 2)
    ]
    for first, second in joined:
        with project.journal.step("same") as connection:
            say(project, connection, Said.SAME, first, second)
    session = ReviewSession(project)
    told = np.where(truth < 2 * wrong, truth // 2 * 2, truth)
    assert f1(session.review.labels(), told) > 0.99
    estimate = session.of_review()
    assert estimate.purity < 1 - 0.05 * wrong and estimate.completeness > 0.9
    session.start()
    asked = session.queue(wrong)
    assert all(one.again and one.doubted and one.kind is Kind.SPLIT for one in asked)
    sides = {frozenset([frozenset(one.first), frozenset(one.second)]) for one in asked}
    assert sides == {frozenset([frozenset(a), frozenset(b)]) for a, b in joined}
    for _ in range(wrong):
        session.answer(session.queue(1)[0], Reply.YES)  # two people
    assert f1(session.review.labels(), truth) > 0.99 and f1(ReviewSession(project).review.labels(), truth) > 0.99
    for _ in range(wrong):
        session.take_back()
    assert f1(session.review.labels(), told) > 0.99


def test_surprising_answers_teach_where_several_agree_and_strangers_stay_strangers():
    like = Likeness(0.1, 0.6)

    def pair(apart):
        near = Part(9.0, np.zeros(2), 0.05, 0.6, [0])
        return like.features(near, Part(9.0, np.array([apart, 0.0]), 0.05 + apart**2, 0.6, [1]))

    modes, strangers = pair(0.48), pair(0.74)  # years apart; and as far as others are
    first = like.of(modes)
    assert first < -6
    like.learn([(modes, True)] * 3)
    assert like.of(modes) == first
    like.learn([(modes, True)] * 5)
    assert like.of(modes) > first + 4
    like.learn([(strangers, True)] * 6)
    assert np.allclose(like.weights, START, atol=1e-6) and np.allclose(like.curves, 0, atol=1e-6)


def test_names_go_along(crowd):
    project, _ = crowd
    first = clusters(project, 1)[0]
    name_identity(project, first.id, "Ann")
    session = ReviewSession(project, 1)
    version = session.start()
    named = [c for c in clusters(project, version) if c.identity == "Ann"]
    assert len(named) == 1 and set(faces_of(project, named[0].id)) & set(faces_of(project, first.id))
    names = [one for one in session.queue(100) if one.kind is Kind.NAME]
    assert names and named[0].id not in [one.clusters[0] for one in names] and names[0].gain == 0


def test_verb(crowd, capsys):
    project, _ = crowd
    assert run(["suggestions", str(project.folder), "--limit", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 1 <= len(found) <= 4 and all({"kind", "clusters", "faces", "gain"} <= set(one) for one in found)
    gains = [one["gain"] for one in found]
    assert gains == sorted(gains, reverse=True)
    labels = {c.label for c in clusters(project, 1)}
    assert all(set(one["clusters"]) <= labels for one in found)
    assert verdicts(project) == [] and project.db.value("SELECT count(*) FROM clustering") == 1
    assert run(["suggestions", str(project.folder)]) == 0
    told = capsys.readouterr().out
    assert "to 99 %" in told and "does not start from it" in told
    version = ReviewSession(project, 1).start()
    assert run(["suggestions", str(project.folder), "--version", str(version)]) == 0
    told = capsys.readouterr().out
    assert f"Clustering {version} as it is now" in told and "does not start from it" not in told
    assert run(["suggestions", str(project.folder), "--limit", "0"]) == 2
    assert METHOD == "review"


def test_the_estimate_is_of_the_version_as_it_is(crowd):
    """Each version has its own, near what it truly is; what the review would start from is told apart."""
    project, who = crowd
    for more in ({"eps": 900}, {"eps": 1e-6}, {"method": "kmeans", "n_clusters": 3}):
        cluster(ClusterParams(**({"encoder": "people", "pca": 1.0} | more)), QuietContext(project))
    seen = set()
    for version in (1, 2, 3, 4):
        session = ReviewSession(project, version)
        found, own = session.estimate(), session.of_review()
        at = membership(project, version)
        loose = {c.id for c in clusters(project, version) if c.label < 0}
        labels = np.array([-1 if at[face] in loose else at[face] for face in session.faces.tolist()])
        true = figures(labels, np.array([who[face] for face in session.faces.tolist()]))
        assert found.purity == pytest.approx(true.bcubed_precision, abs=0.15)
        assert found.completeness == pytest.approx(true.bcubed_recall, abs=0.15)
        assert own == session.review.estimate()
        seen.add((found.purity, found.completeness))
    assert len(seen) == 4
    session.start()
    assert session.of_review() is None
    kept = session.estimate()
    assert (kept.purity, kept.completeness) == pytest.approx((own.purity, own.completeness))
    a, b = clusters(project, session.version)[:2]
    merge_clusters(project, a.id, [b.id])  # a correction by hand that the review has not read yet
    session.read()
    assert session.estimate().purity < kept.purity - 0.05


def test_answers_touch_only_what_is_new_of_the_candidates(monkeypatch):
    """After many answers, the order and the estimate are those of all candidates put in order anew."""
    monkeypatch.setattr(candidates, "FRESH", 10.0)  # never by itself
    vectors, truth = people(6, two=0.5, twins=0.4)
    session = Review(vectors)
    for _ in range(25):
        one = questions(session, vectors, 1)[0]
        said = says(one, truth)
        if said is None:
            session.not_sure(one.candidate)
        else:
            session.answer(one.candidate, same=said != (one.kind is Kind.SPLIT))
    whole = Candidates(session.clusters)
    monkeypatch.setattr(candidates, "FRESH", 0.0)
    whole.add([one for some in session._candidates.by_kind() for one in some])
    assert sum(map(len, session._candidates._fresh)) > 0 == sum(map(len, whole._fresh))
    factors = session._lessons.surprises()
    assert [one.rank for one in whole.ranked(factors)] == [one.rank for one in session._candidates.ranked(factors)]
    assert whole.estimate(factors, session.n, 0.999, session.least) == pytest.approx(session.estimate(0.999))
    assert all(home in session.clusters for one in session.candidates(every=True) for home in one.clusters)


def test_questions_of_a_kind_that_never_surprise_sink():
    """Each kind is ranked by how often its answers were surprises, against how often that was expected."""
    vectors, _ = people(4, count=60, two=0.5, twins=0.4)
    session = Review(vectors)
    raw = [list(some) for some in session._candidates.by_kind()]
    asked = [one for one in raw[2] if one.together][:8]  # several faces, one person as it is thought
    expected, learned = 4.0, []
    for one in asked:
        like = Likeness(session.like.spread, session.like.strangers, session.like.nearer)
        like.learn(learned)
        session.answer(one, same=True)
        lesson = next(
            lesson for lesson in session._lessons._all if lesson.faces[0] == tuple(sorted(session.faces(one.first)))
        )
        expected += 1 / (1 + math.exp(like.of(lesson.features)))  # it is one person: how likely two were
        learned.append((lesson.features, True))
    factors = session._lessons.surprises()
    assert factors[2] == pytest.approx(4 / expected) and factors[2] < 0.95
    assert factors[:2] + factors[3:] == [1.0] * 4
    ranked = list(session.candidates(every=True))
    gains = [one.rank for one in ranked]
    assert gains == sorted(gains, reverse=True)
    for other, some in enumerate(session._candidates.by_kind()):
        wanted = [one.rank * factors[other] for one in some]
        assert [one.rank for one in ranked if one.kind == other] == pytest.approx(wanted)
    for _ in asked:
        session.undo()
    assert session._lessons.surprises() == [1.0] * 5
