"""Faces drawn at random: what likeness claims is held against what a person sees."""

import json
import shlex
from collections import Counter

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.review.spot_checks import AT_ONCE, Checked, tally
from fairdesk.clustering.store import clusters, membership
from fairdesk.project.verdicts import verdicts
from tests.clustering.test_review import people, unit


def reply(asked, who):
    """What somebody says who knows everyone and sees the faces that are shown."""
    one, two = ({who[face] for face in side} for side in (asked.shown_first, asked.shown_second))
    if len(one) > 1 or len(two) > 1:
        return Reply.UNSURE
    return Reply.YES if (one == two) != (asked.kind is Kind.SPLIT) else Reply.NO


def checked(session, who, most=AT_ONCE):
    """Answer the checks that are wanted; returns what was asked, said, and to be said by the clusters as they were."""
    said = []
    while len(said) < most and session.queue(1) and session.queue(1)[0].check:
        asked, homes = session.queue(1)[0], membership(session.project, session.version)
        together = homes[asked.first[0]] == homes[asked.second[0]]
        said.append((asked, reply(asked, who), Reply.YES if together else Reply.NO))
        session.answer(*said[-1][:2])
    return said


@pytest.fixture
def opened(project, with_vectors):
    def opened(vectors, truth):
        faces = with_vectors(vectors.astype(np.float32))
        session = ReviewSession(project)
        session.start()
        return session, dict(zip(faces, truth, strict=True))

    return opened


@pytest.fixture
def lookalikes(opened):
    """40 people of three photographs, and 20 clusters of two strangers with one each, who look alike as two photographs of one person do."""
    rng = np.random.default_rng(0)
    centres = unit(rng.normal(size=(60, 64))) * 0.65
    rows = [centres[one] + rng.normal(size=64) * 0.15 / 8 for one in range(60) for _ in range(3 if one < 40 else 2)]
    truth = [f"person {one}" for one in range(40) for _ in range(3)] + [f"stranger {n}" for n in range(40)]
    return opened(np.array(rows), truth)


def test_what_likeness_cannot_see_is_found_and_put_right(lookalikes):
    session, who = lookalikes
    assert session.estimate().f1 >= 0.99, "likeness is sure of itself"
    assert not any(asked.check for asked in session.queue(200)), "nobody asked for checks"
    session.check_more()
    assert sum(asked.check for asked in session.queue(200)) == AT_ONCE
    said = checked(session, who)
    wrong = [(asked, reply) for asked, reply, thought in said if reply is not thought]
    found = tally(session.past.checks())
    assert len(said) == found.answered == AT_ONCE and not session.queue(1)[0].check
    assert found.right == AT_ONCE - len(wrong) and 4 <= len(wrong) <= 14  # 40 of 160 faces are with a stranger
    assert found.high < 0.97, "the interval does not hold what likeness claimed"
    homes = membership(session.project, session.version)
    parted = [asked for asked, reply in wrong if reply is Reply.NO]
    assert parted and all(
        homes[asked.first[0]] != homes[asked.second[0]] or session.labels[homes[asked.second[0]]] < 0
        for asked in parted
    )


def test_faces_are_drawn_and_not_chosen(opened):
    vectors, truth = people(5, count=60, two=0.2, twins=0.1)
    vectors, truth = vectors[:400], truth[:400]
    session, _ = opened(vectors, truth)
    session.check_more()
    first = [(asked.kind, asked.second) for asked in session.queue(60) if asked.check]
    again = ReviewSession(session.project, session.version)
    again.check_more()
    assert first == [(asked.kind, asked.second) for asked in again.queue(60) if asked.check], (
        "the same request, the same faces"
    )
    drawn = [asked.question.candidate.check for asked in session.queue(60) if asked.check]
    assert len(set(drawn)) == AT_ONCE
    kinds = [kind for kind, _ in first]
    assert 4 <= kinds.count(Kind.BELONGS) <= 16
    # every face is as likely to be drawn: the order is a permutation of all
    every = [one.check for one in session.review.checks(set())]
    assert len(every) == len(set(every)) > 200
    low, high = np.quantile(every[:100], [0.25, 0.75])
    assert 50 < low < 150 and 250 < high < 350


def test_checks_are_taken_back_and_asked_again(lookalikes):
    session, who = lookalikes
    session.check_more()
    before = membership(session.project, session.version)
    order = [asked.second for asked in session.queue(3)]
    checked(session, who, 3)
    assert tally(session.past.checks()).answered == 3
    for _ in range(3):
        session.take_back()
    assert tally(session.past.checks()) is None and verdicts(session.project) == []
    assert membership(session.project, session.version) == before
    assert [asked.second for asked in session.queue(3)] == order and sum(
        one.check for one in session.queue(99)
    ) == AT_ONCE


def test_checks_hold_when_the_review_is_read_again(lookalikes):
    session, who = lookalikes
    session.check_more()
    said = checked(session, who, 5)
    fresh = session.read_again()
    assert fresh.past.checks() == session.past.checks() and len(fresh.past.checks()) == 5
    later = [asked for asked in fresh.queue(99) if asked.check]
    assert len(later) == AT_ONCE - 5
    done = {one.face for one in fresh.past.checks()}
    assert done.isdisjoint(int(fresh.faces[asked.question.candidate.check]) for asked in later)
    assert {int(fresh.faces[asked.question.candidate.check]) for asked, *_ in said} == done


def test_who_cannot_tell_has_not_found_it_as_thought(lookalikes):
    session, _ = lookalikes
    session.check_more()
    session.answer(session.queue(1)[0], Reply.UNSURE)
    assert tally(session.past.checks())[:2] == (0, 1)


def test_one_that_is_skipped_is_replaced(lookalikes):
    session, _ = lookalikes
    session.check_more()
    first = session.queue(1)[0]
    session.skip(first)
    now = [asked for asked in session.queue(99) if asked.check]
    assert len(now) == AT_ONCE and all(asked.second != first.second for asked in now)


def test_the_interval_is_wilsons():
    z = 1.959963984540054
    for right, of in ((0, 1), (3, 20), (20, 20)):
        found = tally([Checked(n, n < right) for n in range(of)])
        assert (found.right, found.answered) == (right, of)
        p = right / of  # Wilson, 1927: the roots of (p - x)^2 = z^2 x (1 - x) / n
        roots = np.roots([1 + z**2 / of, -2 * p - z**2 / of, p**2])
        assert (found.low, found.high) == pytest.approx(sorted(roots.real), abs=1e-6)
    assert tally([]) is None


def test_verb(lookalikes, capsys):
    """The answers it says to type, the questions drawn, and what is thought: checked against the clusters."""
    session, who = lookalikes
    number, project = session.version, session.project
    assert run(["suggestions", str(project.folder), "--random", "--limit", "8", "--json"]) == 0
    drawn = json.loads(capsys.readouterr().out)
    assert len(drawn) == 8 and all(one["drawn"] for one in drawn)
    homes = membership(project, number)
    for one in drawn:
        together = homes[one["shown"][0][0]] == homes[one["shown"][1][0]]
        assert one["thought"] == ("yes" if together != (one["kind"] == "split") else "no")
    assert run(["suggestions", str(project.folder), "--random", "--limit", "8"]) == 0
    assert capsys.readouterr().out.count("drawn at random; as it is now: ") == 8
    assert run(["suggestions", str(project.folder), "--json"]) == 0
    assert not any(one["drawn"] for one in json.loads(capsys.readouterr().out))
    # an answer as typed parts strangers
    wrong = next(
        one
        for one in drawn
        if one["kind"] == "belongs" and one["thought"] == "yes" and who[one["faces"][0]] != who[one["shown"][0][0]]
    )
    assert run(["verdict", str(project.folder), *shlex.split(wrong["answers"]["no"])]) == 0
    homes = membership(project, number)
    assert homes[wrong["faces"][0]] != homes[wrong["shown"][0][0]]


def test_a_version_that_no_review_keeps_is_checked_as_it_is(project, with_vectors):
    vectors, _ = people(5, count=40, two=0.2, twins=0.1)
    with_vectors(vectors[:200])
    session = ReviewSession(project)
    session.check_more(60)
    homes = membership(project, session.version)
    loose = {one.id for one in clusters(project, session.version) if one.label < 0}
    drawn = [asked for asked in session.queue(200) if asked.check]
    for asked in drawn:
        if asked.kind is Kind.BELONGS:
            usual = Counter(homes[face] for face in asked.first).most_common(1)[0][0]
            assert asked.together == (usual == homes[asked.second[0]] and usual not in loose)
    assert len(drawn) == 60 and any(asked.kind is Kind.BELONGS for asked in drawn)
