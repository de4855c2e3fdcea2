"""Not sure: a person who cannot tell says nothing of how right the clusters are."""

import numpy as np
import pytest

from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.engine import Review
from fairdesk.clustering.review.questions import Kind, questions
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.review.told import Heard, Told
from tests.clustering.test_review import people


def unsure_of(vectors, told):
    """A review of faces of which, on either side, somebody could not tell."""
    return Review(vectors, Told(heard=[Heard(tuple(first), tuple(second), None) for first, second in told]))


@pytest.fixture
def opened(project, with_vectors):
    """A review of people of whom some have near twins."""
    vectors, _ = people(4, count=60, two=0.5, twins=0.4)
    vectors = vectors[: len(vectors) // 10 * 10]
    with_vectors(vectors)
    session = ReviewSession(project)
    session.start()
    return session


def test_not_sure_leaves_the_estimate_as_it_is(opened, project):
    before = opened.estimate()
    given = 0
    for _ in range(30):
        asked = [one for one in opened.queue(2) if one.kind is not Kind.NAME]
        if not asked:
            break
        opened.answer(asked[0], Reply.UNSURE)
        given += 1
    assert given > 10
    after, again = opened.estimate(), ReviewSession(project).estimate()
    for now in (after, again):
        assert now.purity == pytest.approx(before.purity, abs=0.001)
        assert now.completeness == pytest.approx(before.completeness, abs=0.001)


def test_what_nobody_could_tell_is_no_answer_that_is_left():
    vectors, _ = people(4, count=60, two=0.5, twins=0.4)
    session = Review(vectors)
    before = session.estimate(0.9999)
    assert before.answers_left > 5
    for _ in range(400):
        found = questions(session, vectors, 1)
        if not found:
            break
        session.not_sure(found[0].candidate)
    assert not questions(session, vectors, 1)
    left = session.estimate(0.9999)
    assert left.answers_left == 0
    assert (left.purity, left.completeness) == pytest.approx((before.purity, before.completeness), abs=0.001)


def test_a_side_that_may_be_mixed_is_still_asked_about_soon():
    """Its halves are asked about as if they were as likely two people as one, though they are thought to be one."""
    vectors, _ = people(2, count=40, two=0.0, twins=0.5)
    session = Review(vectors)
    for _ in range(8):
        one = questions(session, vectors, 1)[0]
        session.not_sure(one.candidate)
    raised = [one for one in session.candidates() if one.raised > 0]
    assert raised
    for one in raised:
        assert one.gain == 0 and one.rank >= session.least


def test_a_review_that_is_opened_again_doubts_the_same_sides():
    vectors, _ = people(2, count=40, two=0.0, twins=0.5)
    session = Review(vectors)
    told = []
    for _ in range(8):
        one = questions(session, vectors, 1)[0]
        told.append((one.shown_first, one.shown_second))
        session.not_sure(one.candidate)
    again = unsure_of(vectors, told)
    raised = [one for one in again.candidates() if one.raised > 0]
    assert raised and not any(one.raised for one in Review(vectors).candidates(every=True))
    for first, second in told:  # none of it is asked again
        for one in again.candidates():
            sides = [set(again.faces(part)) for part in (one.first, one.second)]
            assert not any(set(first) <= a and set(second) <= b for a, b in (sides, sides[::-1]))


def test_halves_of_a_bunch_that_nobody_could_tell_apart_are_two_again():
    rng = np.random.default_rng(0)
    vectors = np.vstack([rng.normal(scale=0.05, size=(8, 8)), rng.normal(loc=3.0, scale=0.05, size=(8, 8))]).astype(
        np.float32
    )
    assert len(set(Review(vectors).of[:8])) == 1
    session = unsure_of(vectors, [([0, 1, 2], [3, 4])])
    of = session.of
    assert of[0] == of[1] == of[2] != of[3] == of[4] and len(set(of[:8])) == 2 and len(set(of[8:])) == 1
    assert len(set(session.labels()[:8])) == 1  # nobody said that they are two people
    unsure_of(vectors, [([0, 1], [0, 1]), ([0], [0]), ([8], [9])])  # as files may say
