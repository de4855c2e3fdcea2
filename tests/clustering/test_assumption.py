"""Whether most people have one photograph: the clustering says so, and answers may speak against it."""

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review.engine import Review
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.jobs.context import QuietContext
from tests.benchmarks.bench_corrections import f1
from tests.clustering.test_review import photographs
from tests.clustering.test_review import reply as right_reply

SMALL = 0.6  # a threshold at which every face is alone


def crowd(seed=5, people=40, each=8, dims=128):
    """Faces of a noisy encoder: those of one person are .74 to 1.08 apart, those of others little more."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, dims))
    for number in range(1, people, 3):
        centres[number] += 0.4 * centres[number - 1]
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    truth = np.repeat(np.arange(people), each)
    noise = np.where(np.arange(each) < 5, 0.075, 0.095)
    vectors = 0.7 * (centres[truth] + rng.normal(size=(people * each, dims)) * np.tile(noise, people)[:, None])
    order = rng.permutation(len(truth))
    return vectors[order].astype(np.float32), truth[order]


@pytest.fixture
def unclustered(project, with_vectors):
    """A project whose clustering leaves every face alone, and who each face shows."""
    vectors, truth = crowd()
    faces = with_vectors(vectors, 4, 10)
    cluster(ClusterParams(encoder="people", eps=SMALL), QuietContext(project))
    return project, dict(zip(faces, truth.tolist(), strict=True))


def right(session, who):
    """Return the BCubed F1 of what a review thinks."""
    return f1(session.review.labels(), np.array([who[face] for face in session.faces.tolist()]))


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_an_encoder_whose_faces_are_far_apart_is_no_single_person(seed):
    """The nearest face says where strangers begin, but they begin no later than nearly all faces are apart."""
    vectors, truth = crowd(seed)
    review = Review(vectors)
    assert f1(review.labels(), truth) > 0.97
    estimate = review.estimate()
    assert abs(estimate.f1 - f1(review.labels(), truth)) < 0.03


def test_answers_show_that_people_have_several_photographs(unclustered):
    project, who = unclustered
    session = ReviewSession(project)
    assert session.assumed.holds and right(session, who) < 0.3
    answers = 0
    while not session.outdated:
        (asked,) = session.queue(1)
        session.answer(asked, right_reply(asked, who))
        answers += 1
        assert answers < 25
    assert session.assumed.over
    again = session.read_again()
    assert not again.assumed.holds and not again.outdated and again.assumed.refuted
    assert right(again, who) > 0.97 and abs(again.review.estimate().f1 - right(again, who)) < 0.03
    opened = ReviewSession(project)  # as whoever opens it later
    assert opened.review.labels().tolist() == again.review.labels().tolist() and not opened.assumed.holds
    project.journal.undo()  # that the clusters followed: the answers are there
    assert again.follow_history() is None and not ReviewSession(project).assumed.holds
    project.journal.undo()  # the last answer: without it, it is as the clustering says
    assert ReviewSession(project).assumed.holds and again.read_again().assumed.holds


def test_answers_that_were_expected_leave_it(project, with_vectors):
    vectors, truth = photographs(4, {1: 60, 2: 20})
    who = dict(zip(with_vectors(vectors), truth.tolist(), strict=True))
    session = ReviewSession(project)
    assert session.assumed.holds
    for _ in range(40):
        asked = session.queue(1)
        if not asked or asked[0].question is None:
            break
        session.answer(asked[0], right_reply(asked[0], who))
        assert not session.outdated and session.assumed.holds
    assert ReviewSession(project).assumed.holds


def test_the_verb_says_what_its_estimates_rest_on(unclustered, capsys):
    project, _ = unclustered
    assert run(["suggestions", str(project.folder)]) == 0
    assert "most people are taken to have one photograph" in capsys.readouterr().out
    cluster(ClusterParams(encoder="people", eps=1.0), QuietContext(project))
    assert run(["suggestions", str(project.folder)]) == 0
    assert "one photograph" not in capsys.readouterr().out
