"""The estimate follows from the answers that hold, not from those that were given and taken back, nor from what was skipped."""

import pytest

from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.verdicts.saying import say
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


def false_answer_of_another(project, session, monkeypatch):
    asked = next(one for one in session.queue(20) if one.kind is not Kind.NAME)
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ben")
    with project.journal.step("ben says") as connection:
        say(project, connection, *asked.says(Reply.YES if asked.thought is Reply.NO else Reply.NO))
    monkeypatch.undo()


def followed(session):
    return session.read_again() if session.follow_history() is None else session


@pytest.mark.parametrize("readings", [1, 2])
def test_undo_of_answers_among_those_of_others_leads_back_to_the_estimate_before(
    opened, project, monkeypatch, readings
):
    session, who = opened
    answer(session, who, 6)
    before, mine = figures(session), len(project.journal.history())
    for _ in range(readings):
        false_answer_of_another(project, session, monkeypatch)
        session = followed(session)
        answer(session, who, 3)
    assert session.past.answers() == 6 + 3 * readings
    while sum(not step.undone for step in project.journal.history()) > mine:
        project.journal.undo()
        session = followed(session)
    now = session.estimate()
    assert (now.purity, now.completeness) == before[0] and now.answers_left == before[1]
    assert session.past.answers() == 6
    session.take_back()  # and on, through those before
    assert session.past.answers() == 5
    answer(session, who, 1)
    assert figures(session)[1] == before[1]


def test_surprises_of_answers_before_a_reading_still_count(opened, project, monkeypatch):
    session, who = opened
    answer(session, who, 8)
    factors = session.review._lessons.surprises()
    assert factors != [1.0] * len(factors)
    false_answer_of_another(project, session, monkeypatch)
    session = followed(session)
    assert session.review._lessons.surprises() == pytest.approx(factors)
