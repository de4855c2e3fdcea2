"""The estimate follows from the answers that hold, not from those that were given and taken back, nor from what was skipped."""

import pytest

from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.session import ReviewSession
from tests.clustering.test_review import people
from tests.clustering.test_review import reply as right_reply


@pytest.fixture(params=[2, 4])
def opened(project, with_vectors, request, monkeypatch):
    monkeypatch.setattr(
        "fairdesk.clustering.review.session.PATIENCE", 60.0
    )  # learned at once, however busy the machine is
    vectors, truth = people(request.param, count=60, two=0.5, twins=0.4)
    end = len(vectors) // 10 * 10
    who = dict(zip(with_vectors(vectors[:end]), truth[:end].tolist(), strict=True))
    session = ReviewSession(project)
    session.start()
    return session, who


def figures(session):
    found = session.estimate()
    return pytest.approx((found.purity, found.completeness), abs=1e-6), found.answers_left


def answer(session, who, count, unsure=()):
    """Answer some questions; returns how many there were."""
    for place in range(count):
        queue = [one for one in session.queue(1) if one.kind is not Kind.NAME]
        if not queue:
            return place
        session.answer(queue[0], Reply.UNSURE if place in unsure else right_reply(queue[0], who))
    return count


@pytest.mark.parametrize("unsure", [(), (1, 4)])
def test_answers_that_are_taken_back_leave_no_trace(opened, unsure):
    session, who = opened
    before, at = figures(session), []
    for _ in range(3):
        answer(session, who, 4, unsure)
        at.append(figures(session))
    assert at[2] != before
    for wanted in (at[1], at[0], before):
        for _ in range(4):
            session.take_back()
        now = session.estimate()
        assert (now.purity, now.completeness) == wanted[0] and now.answers_left == wanted[1]


def test_answers_that_are_given_again_say_the_same(opened, project):
    session, who = opened
    answer(session, who, 8)
    before = figures(session)
    for _ in range(8):
        session.take_back()
    for _ in range(8):
        project.journal.redo()
    assert session.follow_history() == 8
    now = session.estimate()
    assert (now.purity, now.completeness) == before[0] and now.answers_left == before[1]


def test_skipping_says_nothing(opened):
    session, who = opened
    answer(session, who, 3)
    before = figures(session)
    for _ in range(5):
        session.skip(session.queue(1)[0])
    now = session.estimate()
    assert (now.purity, now.completeness) == before[0] and now.answers_left == before[1]
