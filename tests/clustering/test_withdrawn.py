""" "Not sure" to a question that was answered before: the latest word holds, and undo brings the earlier one back."""

import json
import re

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.engine import Review
from fairdesk.clustering.review.questions import questions
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.clustering.store import membership
from fairdesk.clustering.verdicts.saying import say
from fairdesk.project.verdicts import Said, Verdict, keep_verdict, outweighed, verdicts, withdrawn_by
from tests.clustering.test_review import f1, people
from tests.clustering.test_review import reply as right_reply


def state(review):
    """Return what answers can change: who is with whom, the measure of likeness, what is asked and how right it is thought to be."""
    labels = review.labels()
    first = np.unique(labels, return_index=True)[1][np.unique(labels, return_inverse=True)[1]]
    asked = [(sorted(review.faces(one.first)), sorted(review.faces(one.second))) for one in review.candidates()]
    estimate = review.estimate()
    return first.tolist(), asked, (estimate.purity, estimate.completeness)


@pytest.mark.parametrize("same", [True, False])
def test_the_engine_forgets_what_is_withdrawn_and_knows_it_again(same):
    vectors, _ = people(4, count=40, two=0.5, twins=0.4)
    review, plain = Review(vectors), Review(vectors)
    one = questions(review, vectors, 1)[0].candidate
    review.answer(one, same=same)
    given = state(review)
    assert review.not_sure(one) is True
    plain.not_sure(one)
    assert state(review)[0] == state(plain)[0]  # as if it had never been answered
    likely = [x.like.between([one.first], [one.second])[0] for x in (review, plain)]
    assert likely[0] == pytest.approx(likely[1])
    review.undo()
    assert state(review)[0] == given[0] and state(review)[2] == pytest.approx(given[2])
    review.not_sure(one)
    assert state(review)[0] == state(plain)[0]
    review.undo()
    review.undo()
    assert state(review)[0] == state(Review(vectors))[0]


def test_not_sure_of_another_question_withdraws_nothing():
    vectors, _ = people(4, count=40, two=0.5, twins=0.4)
    review = Review(vectors)
    one, two = (asked.candidate for asked in questions(review, vectors, 2))
    review.answer(one, same=True)
    assert review.not_sure(two) is False


def test_a_withdrawn_answer_of_a_review_is_no_verdict_and_undo_brings_it_back(project, with_vectors):
    vectors, truth = people(2, count=20, two=0.3, twins=0.4)
    vectors, truth = vectors[: len(vectors) // 10 * 10], truth[: len(vectors) // 10 * 10]
    who = dict(zip(with_vectors(vectors), truth.tolist(), strict=True))
    session = ReviewSession(project)
    session.start()
    again = None
    for place in range(60):
        queue = session.queue(1)
        if not queue or queue[0].question is None:
            break
        if queue[0].again:
            again = queue[0]
            break
        right = right_reply(queue[0], who)
        slip = Reply.NO if right is Reply.YES else Reply.YES
        session.answer(queue[0], slip if place < 2 else right)
    assert again is not None  # a slip of the hand comes back
    before, homes = [(one.said, one.faces) for one in verdicts(project)], membership(project, session.version)
    session.answer(again, Reply.UNSURE)
    left = [(one.said, one.faces) for one in verdicts(project)]
    gone = [one for one in before if one not in left]
    assert len(gone) == 1 and next(one for one in left if one not in before)[0] is Said.UNSURE
    step = project.journal.next_undo().text
    assert step.startswith("Not sure: ") and step.endswith("; an earlier answer is withdrawn")
    assert all(session.titles[number] in step for number in again.clusters)
    fresh = ReviewSession(project)  # read anew it is the same
    assert f1(session.review.labels(), fresh.review.labels()) > 0.99
    session.take_back()
    assert [(one.said, one.faces) for one in verdicts(project)] == before
    assert membership(project, session.version) == homes


def told(project, capsys, *words):
    capsys.readouterr()
    assert run(["verdict", str(project.folder), *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "definite", [["--confirm", "1", "--with", "2"], ["--not", "1", "--with", "2"], ["--not", "1", "--with", "2", "3"]]
)
@pytest.mark.parametrize("turned", [False, True])
def test_the_verb_says_what_is_withdrawn(filled, capsys, definite, turned):
    from fairdesk.clustering.new_version import cluster_faces
    from fairdesk.clustering.params import ClusterParams
    from fairdesk.jobs.context import QuietContext

    cluster_faces(ClusterParams(eps=0.8), QuietContext(filled))
    told(filled, capsys, *definite)
    (first,) = verdicts(filled)
    others = definite[3:]
    unsure = ["--unsure", *others, "--with", "1"] if turned else ["--unsure", "1", "--with", *others]
    assert run(["verdict", str(filled.folder), *unsure]) == 0
    assert f"It withdraws your earlier verdict {first.id}." in capsys.readouterr().out
    assert [one.said for one in verdicts(filled)] == [Said.UNSURE]
    assert run(["undo", str(filled.folder)]) == 0
    assert verdicts(filled) == [first]


def one(number, said, faces, others, who="ann"):
    return Verdict(number, str(number), said, tuple(faces), tuple(others), who, float(number))


def test_which_verdicts_are_withdrawn():
    unsure = one(9, Said.UNSURE, [1, 2], [3])
    equal, turned = one(1, Said.SAME, [1, 2], [3]), one(2, Said.DIFFERENT, [3], [2, 1])
    wider, other = one(3, Said.SAME, [1, 2, 4], [3, 5]), one(4, Said.NOT, [1], [3])
    ignored = one(5, Said.IGNORED, [1, 2], [])
    every = [equal, turned, wider, other, ignored, unsure]
    assert withdrawn_by(unsure, every) == [(equal, (1, 2)), (turned, (3,)), (other, (1,))]


def test_what_a_person_is_shown_of_a_large_side_stands_for_it():
    large = one(1, Said.SAME, range(1, 20), range(20, 40))
    shown, fewer = one(2, Said.UNSURE, range(1, 7), range(20, 26)), one(3, Said.UNSURE, [5], [20])
    turned, elsewhere = (
        one(4, Said.UNSURE, range(30, 36), range(7, 13)),
        one(5, Said.UNSURE, range(1, 7), range(36, 42)),
    )
    assert withdrawn_by(shown, [large]) == withdrawn_by(turned, [large]) == [(large, large.faces)]
    assert (
        withdrawn_by(fewer, [large]) == withdrawn_by(elsewhere, [large]) == []
    )  # the merge of many is not undone by two
    single = one(6, Said.CONFIRMED, [50, 51, 52], range(1, 20))  # of each face by itself
    assert withdrawn_by(one(7, Said.UNSURE, [51], range(1, 7)), [single]) == [(single, (51,))]
    assert withdrawn_by(one(7, Said.UNSURE, range(1, 7), [51, 52]), [single]) == [(single, (51, 52))]
    assert withdrawn_by(one(7, Said.UNSURE, [51], [1]), [single]) == []


def test_words_of_others_stay(filled, monkeypatch):
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ann")
    with filled.journal.step("one") as connection:
        say(filled, connection, Said.DIFFERENT, [1], [2])
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ben")
    with filled.journal.step("two") as connection:
        assert say(filled, connection, Said.UNSURE, [1], [2])[1] == []
    assert [(one.who, one.said) for one in verdicts(filled)] == [("ann", Said.DIFFERENT), ("ben", Said.UNSURE)]


def slip(project, with_vectors, who):
    """Return a review that asks an answer of `who` again: two people who are nothing alike are said to be one."""
    vectors, truth = people(2, count=20, two=0.0, twins=0.0)
    vectors, truth = vectors[: len(vectors) // 10 * 10], truth[: len(vectors) // 10 * 10]
    faces = np.array(with_vectors(vectors))
    sides = [faces[truth == one].tolist()[:8] for one in (0, 1)]
    with project.journal.step("others") as connection:
        keep_verdict(connection, Said.SAME, *sides, who)
    session = ReviewSession(project)
    return session, next(one for one in session.queue(60) if one.again)


def test_not_sure_leaves_the_answer_of_another_person_and_says_so(project, with_vectors):
    session, again = slip(project, with_vectors, "anna")
    assert again.of_others == ["anna"] and not again.own
    before, likely = (
        verdicts(project),
        session.review.like.between([again.question.candidate.first], [again.question.candidate.second]),
    )
    session.answer(again, Reply.UNSURE)
    assert [one for one in verdicts(project) if one.said is not Said.UNSURE] == before
    assert re.fullmatch(r"Not sure: .+; the answer of anna holds", project.journal.next_undo().text)
    assert session.review.like.between([again.question.candidate.first], [again.question.candidate.second]) == likely
    assert [one.holds for one in session.review.said.heard if one.same] == [True]  # it binds and teaches as before
    session.take_back()
    project.journal.redo()
    session.follow_history()
    assert [one.holds for one in session.review.said.heard if one.same] == [True]


def test_the_verb_withdraws_what_is_asked_again_with_the_line_that_is_printed(project, with_vectors, capsys):
    from fairdesk.project.verdicts import this_person

    _, again = slip(project, with_vectors, this_person())
    assert run(["suggestions", str(project.folder), "--limit", "60", "--json"]) == 0
    one = next(one for one in json.loads(capsys.readouterr().out) if one["again"])
    (mine,) = again.own
    assert one["answered"] == [mine.id] and one["answered_by"] == [mine.who]
    assert run(["suggestions", str(project.folder), "--limit", "60"]) == 0
    assert f"answered before, and asked again: verdict {mine.id} of {mine.who}" in capsys.readouterr().out
    assert told(project, capsys, *one["answers"]["not sure"].split())["replaced"] == [mine.id]


@pytest.mark.parametrize("reply", ["yes", "no"])
def test_the_line_for_not_sure_withdraws_what_the_lines_for_yes_and_no_say(project, with_vectors, capsys, reply):
    vectors, _ = people(4, count=30, two=0.5, twins=0.4)
    with_vectors(vectors[:240])
    assert run(["suggestions", str(project.folder), "--limit", "60", "--json"]) == 0
    asked = [one for one in json.loads(capsys.readouterr().out) if one["kind"] != "name"]
    sizes = [len(one["answers"]["no"].split()) - len(one["answers"]["not sure"].split()) for one in asked]
    assert max(sizes) > 0 or any("--same" in one["answers"]["yes"] for one in asked)  # more faces than are shown
    for one in asked:
        (number,) = told(project, capsys, *one["answers"][reply].split())["verdicts"]
        assert told(project, capsys, *one["answers"]["not sure"].split())["replaced"] == [number]
        assert run(["undo", str(project.folder)]) == run(["undo", str(project.folder)]) == 0


def test_the_verb_says_that_anothers_word_still_counts(filled, monkeypatch):
    from fairdesk.clustering.verdicts.edits import not_sure

    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "anna")
    with filled.journal.step("one") as connection:
        say(filled, connection, Said.DIFFERENT, [1, 2], [3])
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "ben")
    done = not_sure(filled, [3], [1, 2])
    assert not done.replaced and "Verdict 1 (different people, 3 faces, anna," in done.standing[0]
    assert "still counts: your “not sure” does not take back what anna said." in done.text()
    assert not_sure(filled, [4], [1, 2]).standing == []


@pytest.mark.parametrize("said", [Said.SAME, Said.DIFFERENT, Said.CONFIRMED, Said.NOT])
@pytest.mark.parametrize("turned", [False, True])
def test_not_sure_of_more_faces_on_both_sides_withdraws_what_is_within(said, turned):
    sides = ([1, 2, 3, 8], [0, 4, 5]) if not turned else ([0, 4, 5], [1, 2, 3, 8])
    within, beside = one(1, said, [2, 3], [4]), one(2, said, [2, 7], [4, 6])
    unsure = one(9, Said.UNSURE, *sides)
    assert withdrawn_by(unsure, [within, beside]) == [(within, (2, 3))]
    assert outweighed([within, beside, unsure]) == [(within, (2, 3))]  # as where files are read
    across = one(3, said, [2, 4], [3, 5])  # of faces on either side: another question
    assert withdrawn_by(unsure, [across]) == []


@pytest.mark.parametrize("said", [Said.SAME, Said.DIFFERENT, Said.CONFIRMED, Said.NOT])
def test_one_s_own_verdict_that_not_sure_leaves_is_told(filled, said):
    from fairdesk.clustering.verdicts.edits import not_sure

    with filled.journal.step("one") as connection:
        number, _ = say(filled, connection, said, [1, 2], [3, 4])
    done = not_sure(filled, [4], [1, 5])  # fewer on one side, others on the other
    assert not done.replaced and len(done.standing) == 1
    assert done.standing[0].startswith(f"Your earlier verdict {number} (") and "still counts" in done.text()
    assert f"--remove {number}" in done.standing[0]
    assert not_sure(filled, [1], [2]).standing == []  # both of one side: another question
    wider = not_sure(filled, [1, 2, 5], [3, 4, 6])
    assert wider.replaced == [number] and wider.standing == []
