"""A review is what the verdicts make of its version: opened anew it says and asks what it did when it was left."""

import shutil
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.verdicts.files import read_verdicts, write_verdicts
from fairdesk.project import Project
from fairdesk.project.verdicts import verdicts
from tests.clustering.test_review import people, photographs
from tests.clustering.test_review import reply as right_reply

CHOICES = ("right", "right", "right", "wrong", "unsure", "later", "check")


def crowd(kind):
    if kind == "alone":  # most have one photograph: the version's clusters are the measure of strangers
        return photographs(4, {1: 60, 2: 20})
    vectors, truth = people(kind, count=18, dims=24, faces=6, two=0.5, twins=0.4)
    end = len(vectors) // 10 * 10
    return vectors[:end], truth[:end]


@pytest.fixture(params=[2, 5, "alone"])
def opened(project, with_vectors, request, monkeypatch):
    monkeypatch.setattr("fairdesk.clustering.review.session.PATIENCE", 60.0)  # learned at once, however busy it is
    monkeypatch.setattr("fairdesk.clustering.review.engine.Review.least", 0.0)  # many questions of few faces
    vectors, truth = crowd(request.param)
    who = dict(zip(with_vectors(vectors), truth.tolist(), strict=True))
    session = ReviewSession(project)
    session.start()
    return project, session, who


def seen(session):
    """Return what a person is told and asked: how right it is, how much is left, and the questions in their order."""
    found = session.estimate(0.999)
    queue = [(one.kind, one.shown_first, one.shown_second, one.again, one.together) for one in session.queue(12)]
    return found.purity, found.completeness, found.answers_left, queue, session._at.tolist()


def give(session, who, choice):
    """Give one answer; returns whether there was a question."""
    if choice == "check":
        session.check_more(1)
    asked = [one for one in session.queue(3) if one.kind is not Kind.NAME]
    session.past.kept.wanted = 0
    if not asked:
        return False
    one = asked[-1] if choice == "later" else asked[0]
    right = right_reply(one, who)
    wrong = Reply.NO if right is Reply.YES else Reply.YES
    session.answer(one, {"wrong": wrong, "unsure": Reply.UNSURE}.get(choice, right))
    return True


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choices=st.lists(st.sampled_from(CHOICES), max_size=10))
def test_left_and_opened_again_it_is_the_same(opened, choices):
    project, session, who = opened
    states = [seen(session)]
    assert not verdicts(project)  # of the example before all was undone
    for choice in choices:
        if not give(session, who, choice):
            break
        states.append(seen(session))
        assert seen(ReviewSession(project, session.version)) == states[-1]
    for wanted in states[-2::-1]:
        session.take_back()
        assert seen(session) == wanted
    assert not verdicts(project)


def test_what_was_followed_alone_is_learned_as_soon_as_nobody_answers(opened, monkeypatch):
    monkeypatch.setattr("fairdesk.clustering.review.session.PATIENCE", 0.0)  # a machine that is busy
    project, session, who = opened
    states = [seen(session)]
    for choice in ("right", "wrong", "right", "unsure"):
        assert give(session, who, choice)
        assert not session.learn() and session.learn(idle=True)
        states.append(seen(session)[:4])
        assert seen(ReviewSession(project, session.version))[3] == states[-1][3]
    for wanted in states[-2::-1]:
        session.take_back()
        assert session.learn(idle=True) and session.review.estimate(0.999) == ReviewSession(
            project, session.version
        ).review.estimate(0.999)
        assert seen(session)[3] == wanted[3]


@pytest.mark.parametrize("choices", [CHOICES * 2, ["wrong", "later", "wrong", "right"] * 4])
def test_verdicts_from_a_file_make_the_same_review_in_another_copy(opened, choices, tmp_path):
    project, session, who = opened
    shutil.copytree(project.folder, tmp_path / "copy")
    for choice in choices:
        give(session, who, choice)
    write_verdicts(project, tmp_path / "verdicts.csv")
    assert len(verdicts(project)) > 5
    with closing(Project.open(tmp_path / "copy")) as copy:
        read_verdicts(copy, tmp_path / "verdicts.csv")
        assert ReviewSession(copy, 1).of_review(0.999) == ReviewSession(project, 1).of_review(0.999)
        theirs, mine = ReviewSession(copy, session.version).review, session.review
        assert mine.estimate(0.999) == theirs.estimate(0.999)
        for a, b in zip(mine.candidates(), theirs.candidates(), strict=True):
            assert (a.pair, a.rank, a.likely, a.again) == (b.pair, b.rank, b.likely, b.again)
