"""The review in the window: one key an answer, the next question at once, back through answers."""

import contextlib
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from fairdesk.clustering import store
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review import bunches
from fairdesk.clustering.review.engine import Review
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.session import METHOD, ReviewSession
from fairdesk.clustering.store import clusters, membership, merge_clusters, versions
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.purge import purge
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.changes import Change
from fairdesk.project.changes import Kind as Changed
from fairdesk.project.faces import set_identity
from fairdesk.project.images import hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.verdicts import Said, verdicts
from tests.benchmarks.bench_corrections import f1
from tests.clustering.test_review import people
from tests.conftest import add_faces, plain_images

KEYS = {"yes": Qt.Key.Key_Y, "no": Qt.Key.Key_N, "unsure": Qt.Key.Key_U}


@pytest.fixture
def crowd(project, with_vectors):
    """480 faces of people with two modes and near twins; returns the project and who each face shows."""
    vectors, truth = (some[:480] for some in people(4, count=60, two=0.5, twins=0.4))
    return project, dict(zip(with_vectors(vectors, 4, 12), truth.tolist(), strict=True))


@pytest.fixture
def reviewing(window, hand, crowd):
    project, who = crowd
    hand.open(project.folder)
    hand.go("clustering")
    hand.do("clustering.review")
    hand.settle()
    return project, who, window.clustering.review


@pytest.fixture
def nameless(window, hand, filled):
    """A review of clusters that only have to be named."""
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    hand.open(filled.folder)
    hand.go("clustering")
    hand.do("clustering.review")
    hand.settle()
    return window.clustering.review


def press_each(hand, qtbot, pane, *keys):
    """Press keys, each once all that came of the one before is there."""
    for key in keys:
        qtbot.keyClick(pane, key)
        hand.settle()


def says(asked, who):
    sides = [[who[f] for f in side] for side in (asked.shown_first, asked.shown_second)]
    a, b = (max(set(side), key=side.count) for side in sides)
    if any(side.count(one) < len(side) for side, one in zip(sides, (a, b), strict=True)):
        return "unsure"
    return "yes" if (a == b) != (asked.kind is Kind.SPLIT) else "no"


@pytest.fixture
def curious(monkeypatch):
    """However little an answer would put right, it is asked for: how many are is no matter of how fast is learned."""
    monkeypatch.setattr(Review, "least", 0.0)


def test_a_hundred_questions_from_the_keyboard(window, hand, qtbot, curious, reviewing):
    project, who, pane = reviewing
    assert versions(project)[0].method == METHOD and window.clustering.pages.currentWidget() is pane
    slowest, answered = 0.0, 0
    for _ in range(100):
        if pane.current is None or pane.current.kind is Kind.NAME:
            break
        before = pane.current
        begin = time.perf_counter()
        qtbot.keyClick(pane, KEYS[says(before, who)])
        qtbot.waitUntil(lambda before=before: pane.current is not before, timeout=5000)
        slowest = max(slowest, time.perf_counter() - begin)
        answered += 1
        hand.settle()
    assert answered == 100 == pane.answered and len(verdicts(project)) > 50
    assert slowest < 1.0  # seconds; `bench_review` measures it
    assert pane.first.shown() == len(pane.current.shown_first)
    labels, loose = membership(project, versions(project)[0].id), clusters(project, versions(project)[0].id)[-1]
    now = np.array([-1 if labels[face] == loose.id and loose.label < 0 else labels[face] for face in who])
    assert f1(now, np.array(list(who.values()))) > 0.96


def test_the_figures_follow_while_answers_are_given(window, hand, qtbot, curious, reviewing, monkeypatch):
    """The list waits until nobody answers; the figures above it do not."""
    monkeypatch.setattr(window.clustering, "refresh", lambda: pytest.fail("the whole list was read"))
    project, who, pane = reviewing
    version, shown = versions(project)[0], window.clustering.quality
    began, before = time.perf_counter(), shown.text()
    while shown.text() == before and time.perf_counter() - began < 20:
        asked = pane.current
        window.clustering._later.start()  # so slow a machine too answers at speed
        qtbot.keyClick(pane, KEYS[says(asked, who)])
        qtbot.waitUntil(lambda asked=asked: pane.current is not asked, timeout=5000)
        qtbot.wait(50)
    window.clustering._later.stop()
    assert shown.text() != before
    qtbot.waitUntil(
        lambda: shown.text().startswith(f"{len(clusters(project, version.id)) - 1:,} cluster"), timeout=8000
    )
    assert shown.toolTip() == shown.text()
    monkeypatch.undo()


def test_the_banner_follows_new_names_and_their_undo_while_questions_are_answered(
    reviewing, window, hand, qtbot, monkeypatch
):
    monkeypatch.setattr(window.clustering, "refresh", lambda: pytest.fail("the whole list was read"))
    project, who, pane = reviewing
    banner = window.clustering.banner
    assert pane.current is not None and banner.isHidden()
    window.session.edit(lambda held: set_identity(held, list(who)[:3], "Somebody New"), "named")
    qtbot.waitUntil(lambda: not banner.isHidden(), timeout=8000)
    window.clustering._later.stop()
    assert window.clustering.banner_text.text() == f"Out of date: {versions(project)[0].stale}."
    window.session.undo()
    qtbot.waitUntil(banner.isHidden, timeout=8000)
    window.clustering._later.stop()
    monkeypatch.undo()


def test_back_undo_skip_and_not_sure(window, hand, qtbot, reviewing):
    project, who, pane = reviewing
    version = versions(project)[0].id
    first, state = pane.current, membership(project, version)
    qtbot.keyClick(pane, Qt.Key.Key_S)
    assert pane.current is not first and not verdicts(project)
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    assert pane.current is first
    qtbot.keyClick(pane, KEYS[says(first, who)])
    second = pane.current
    hand.settle()
    assert len(verdicts(project)) == 1 and pane.current is second
    qtbot.keyClick(pane, Qt.Key.Key_U)
    hand.settle()
    assert verdicts(project)[-1].said is Said.UNSURE
    qtbot.keyClick(pane, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hand.settle()
    assert len(verdicts(project)) == 1 and pane.current is second
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()
    assert verdicts(project) == [] and pane.current is first and membership(project, version) == state
    qtbot.keyClick(pane, KEYS[says(first, who)])
    hand.settle()
    hand.do("edit.undo")  # by the menu: the review notices, and goes on
    hand.settle()
    assert verdicts(project) == [] and pane.current is not None and membership(project, version) == state
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    assert len(verdicts(project)) == 1
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    hand.settle()
    assert window.clustering.pages.currentWidget() is window.clustering.splitter
    assert window.clustering.view.version.id == version and not window.clustering.reviewing


@pytest.mark.parametrize("menu", [True, False])
def test_undo_takes_the_newest_answer_back_and_redo_takes_it_again(window, hand, qtbot, reviewing, menu):
    project, _, pane = reviewing
    version = versions(project)[0].id
    asked, states = [], []
    for _ in range(3):
        asked.append(pane.current)
        states.append(membership(project, version))
        qtbot.keyClick(pane, Qt.Key.Key_N)
        hand.settle()
    states.append(membership(project, version))
    assert "3 answered" in pane.progress.text()

    def undo():
        if menu:
            hand.do("edit.undo")
        else:
            qtbot.keyClick(pane, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        hand.settle()

    for left in (2, 1):
        undo()
        assert pane.current is asked[left] and f"{left:,} answered" in pane.progress.text()
        assert membership(project, version) == states[left] and len(verdicts(project)) == left
        assert pane.buttons["back"].isEnabled()
    hand.do("edit.redo")
    hand.settle()
    assert pane.current is not None and pane.current is not asked[1] and "2 answered" in pane.progress.text()
    assert membership(project, version) == states[2] and len(verdicts(project)) == 2
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)  # what was redone is taken back as any other
    hand.settle()
    assert pane.current is asked[1] and len(verdicts(project)) == 1 and "1 answered" in pane.progress.text()
    undo()
    assert pane.current is asked[0] and verdicts(project) == [] and not pane.buttons["back"].isEnabled()
    assert "0 answered" in pane.progress.text() and membership(project, version) == states[0]


def test_undo_and_back_wait_for_the_answers_on_their_way(window, hand, qtbot, reviewing):
    project, _, pane = reviewing
    first = pane.current
    for _ in range(3):
        qtbot.keyClick(pane, Qt.Key.Key_N)
    hand.do("edit.undo")
    hand.settle()
    assert "2 answered" in pane.progress.text() and len(verdicts(project)) == 2 and pane.buttons["back"].isEnabled()
    for _ in range(3):
        qtbot.keyClick(pane, Qt.Key.Key_N)
    for _ in range(5):
        qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()
    assert "0 answered" in pane.progress.text() and verdicts(project) == [] and pane.current is first


def press_undo(pane, hand, qtbot):
    qtbot.keyClick(pane, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hand.settle()


def test_undo_goes_on_through_what_else_was_done_and_ends_where_the_review_begins(window, hand, qtbot, reviewing):
    project, _, pane = reviewing
    version = versions(project)[0].id
    state, hidden = membership(project, version), project.db.rows("SELECT count(*) FROM image WHERE hidden")
    for _ in range(2):
        qtbot.keyClick(pane, Qt.Key.Key_N)
        hand.settle()
    window.session.edit(lambda held: hide_images(held, [1]), lambda _: "hidden")
    hand.settle()
    assert pane.current is not None
    press_undo(pane, hand, qtbot)
    assert project.db.rows("SELECT count(*) FROM image WHERE hidden") == hidden and len(verdicts(project)) == 2
    assert window.toasts.history[-1].text.startswith("Undone: Hide 1 image")
    for left in (1, 0):
        press_undo(pane, hand, qtbot)
        assert (
            len(verdicts(project)) == left and pane.current is not None and f"{left} answered" in pane.progress.text()
        )
    assert membership(project, version) == state
    steps = [step.undone for step in project.journal.history()]
    for _ in range(2):  # the review's own clustering stays, and what came before it
        press_undo(pane, hand, qtbot)
        assert window.toasts.history[-1].text.startswith("No answer of this review is left")
        assert pane.current is not None and window.clustering.reviewing and versions(project)[0].id == version
    assert [step.undone for step in project.journal.history()] == steps


def test_undo_says_why_it_stops_at_what_later_work_rests_on(window, hand, qtbot, reviewing, tmp_path):
    project, _, pane = reviewing
    qtbot.keyClick(pane, Qt.Key.Key_N)
    hand.settle()
    plain_images(tmp_path / "more", 1, 1, 2, side=8)
    import_images(ImportParams(folder=tmp_path / "more"), QuietContext(project))
    add_faces(project, encoder="other")  # they are of no step
    hand.settle()
    for _ in range(2):
        press_undo(pane, hand, qtbot)
        told = window.toasts.history[-1]
        assert told.kind == "error" and "Import" in told.text and "faces found" in told.text
        assert told.text.endswith("close the review and remove its verdict: Clustering, Verdicts…")
        assert len(verdicts(project)) == 1 and window.clustering.reviewing and pane.current is not None
    qtbot.keyClick(pane, Qt.Key.Key_N)
    hand.settle()
    assert len(verdicts(project)) == 2
    press_undo(pane, hand, qtbot)
    assert len(verdicts(project)) == 1


def back_after_something_else(window, hand, qtbot, pane):
    """Answer, label an image, and press Back."""
    qtbot.keyClick(pane, Qt.Key.Key_N)
    hand.settle()
    window.session.edit(lambda held: edit_labels(held, [1], Edit(gender="female")), lambda _: "labelled")
    hand.settle()
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()


def test_back_says_what_came_after_the_last_answer(window, hand, qtbot, reviewing):
    project, _, pane = reviewing
    first = pane.current
    back_after_something_else(window, hand, qtbot, pane)
    told = window.toasts.history[-1]
    assert "female" in told.text and "was done after the last answer" in told.text and told.action == "Undo"
    assert len(verdicts(project)) == 1 and window.clustering.reviewing
    told.run()
    hand.settle()
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()
    assert verdicts(project) == [] and pane.current is first


def test_what_is_said_of_back_goes_with_the_review(window, hand, qtbot, reviewing):
    _, _, pane = reviewing
    back_after_something_else(window, hand, qtbot, pane)
    assert "then Back goes on" in window.toasts._info.notice.text
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    assert window.toasts._info is None
    hand.settle()


def test_answers_of_an_earlier_session_are_undone_too(window, hand, qtbot, reviewing):
    project, _, pane = reviewing
    version = versions(project)[0].id
    assert pane.progress.text().startswith("Estimated from likeness alone: ")
    for _ in range(2):
        qtbot.keyClick(pane, Qt.Key.Key_N)
        hand.settle()
    assert pane.progress.text().startswith("Estimated: ")
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    hand.settle()
    hand.do("clustering.review")
    hand.settle()
    assert "0 answered" in pane.progress.text() and "2 verdicts kept in all" in pane.progress.text()
    for left in (1, 0, 0):
        press_undo(pane, hand, qtbot)
        assert len(verdicts(project)) == left and pane.current is not None
    assert versions(project)[0].id == version and window.clustering.reviewing


def test_an_answer_right_after_undo_is_counted_for_itself(window, hand, qtbot, reviewing):
    project, _, pane = reviewing
    for _ in range(3):
        qtbot.keyClick(pane, Qt.Key.Key_N)
        hand.settle()
    hand.do("edit.undo")
    qtbot.keyClick(pane, Qt.Key.Key_N)
    hand.settle()
    assert "3 answered" in pane.progress.text() and len(verdicts(project)) == 3
    for left in (2, 1, 0):
        qtbot.keyClick(pane, Qt.Key.Key_Backspace)
        hand.settle()
        assert f"{left} answered" in pane.progress.text() and len(verdicts(project)) == left


def test_who_is_it(hand, qtbot, filled, nameless):
    for _ in range(40):
        if nameless.current.kind is Kind.NAME:
            break
        qtbot.keyClick(nameless, Qt.Key.Key_S)
        hand.settle()
    first = nameless.current
    assert first.names and nameless.names[0].isVisible() and first.names[0] in nameless.names[0].text()
    qtbot.keyClick(nameless, Qt.Key.Key_1)
    hand.settle()
    version = versions(filled)[0].id
    assert first.names[0] in [c.identity for c in clusters(filled, version)]
    assert isinstance(nameless.name, QLineEdit)
    qtbot.keyClicks(nameless.name, "Zoe")
    qtbot.keyClick(nameless.name, Qt.Key.Key_Return)
    hand.settle()
    assert "Zoe" in [c.identity for c in clusters(filled, version)]
    assert np.unique(list(membership(filled, version).values())).size == 8


def test_a_name_that_is_half_typed_outlives_a_change_elsewhere(window, hand, qtbot, filled, nameless):
    qtbot.waitUntil(lambda: nameless.current is not None and nameless.current.kind is Kind.NAME)
    qtbot.keyClick(nameless, Qt.Key.Key_S)  # the second question, so that it is not asked first by chance
    hand.settle()
    asked = nameless.current
    nameless.name.setFocus()
    qtbot.keyClicks(nameless.name, "Zoe Yas")
    face = next(face for face, home in membership(filled, versions(filled)[0].id).items() if home not in asked.clusters)
    hide_images(filled, [filled.db.value("SELECT image_id FROM face WHERE id = ?", (face,))])
    window.session.look()
    hand.settle()
    assert (
        nameless.current.clusters == asked.clusters and nameless.name.text() == "Zoe Yas" and nameless.name.hasFocus()
    )
    qtbot.keyClicks(nameless.name, "min")
    qtbot.keyClick(nameless.name, Qt.Key.Key_Return)
    hand.settle()
    assert "Zoe Yasmin" in [c.identity for c in clusters(filled, versions(filled)[0].id)]
    assert nameless.name.text() == "" and nameless.current.clusters != asked.clusters


def test_where_nothing_is_left_it_says_what_to_do(hand, qtbot, nameless):
    skipped = 0
    while nameless.current is not None:
        qtbot.keyClick(nameless, Qt.Key.Key_S)
        hand.settle()
        skipped += 1
    assert nameless.title.text() == "Nothing is left to ask" and skipped == 8
    assert "8 questions were skipped" in nameless.note.text() and "close the review (Esc)" in nameless.note.text()
    qtbot.keyClick(nameless, Qt.Key.Key_Backspace)
    hand.settle()
    assert nameless.current is not None and nameless.note.text() == ""


def test_keys_of_the_tab_do_nothing_while_questions_are_asked(window, hand, qtbot, reviewing):
    project, _, _pane = reviewing
    before = membership(project, versions(project)[0].id)
    window._refresh_actions()
    for action in ("clustering.merge", "clustering.split", "clustering.out", "clustering.rename", "clustering.review"):
        assert not window.book.actions[action].isEnabled()
    assert membership(project, versions(project)[0].id) == before


def test_a_review_tells_how_far_it_is_and_can_be_cancelled(window, hand, filled, monkeypatch, qtbot):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    hand.open(filled.folder)
    hand.go("clustering")
    tab, gate = window.clustering, threading.Event()
    told, strangers = [], bunches._strangers

    def slowly(rows, squares, homes, check):
        while not gate.wait(0.01):
            check(0, 1)  # raises once it is cancelled
            told.append(1)
        return strangers(rows, squares, homes, check)

    monkeypatch.setattr(bunches, "_strangers", slowly)
    hand.do("clustering.review")
    qtbot.waitUntil(lambda: len(told) > 3 and tab.review.bar.value() > 0)
    assert (
        tab.review.bar.isVisible()
        and "%" in tab.review.title.text()
        and tab.review.buttons["done"].text() == "Cancel (Esc)"
    )
    tab.session.edit(
        lambda project: store.rename_cluster(project, store.clusters(project, 1)[0].id, "meanwhile")
    )  # other work goes on
    qtbot.waitUntil(lambda: store.clusters(filled, 1)[0].name == "meanwhile")
    qtbot.keyClick(tab.review, Qt.Key.Key_Escape)
    hand.settle()
    assert not tab.reviewing and len(store.versions(filled)) == 1
    gate.set()
    hand.do("clustering.review")
    hand.settle()
    assert tab.review.current is not None and not tab.review.bar.isVisible() and len(store.versions(filled)) == 2
    assert tab.review.buttons["done"].text() == "Close (Esc)"


def test_a_review_without_an_answer_leaves_nothing(window, hand, qtbot, crowd):
    project, who = crowd
    cluster(ClusterParams(encoder="people", method="kmeans", n_clusters=9), QuietContext(project))
    hand.open(project.folder)
    hand.go("clustering")
    tab, pane = window.clustering, window.clustering.review
    tab.show_version(1)
    hand.settle()
    before = versions(project)
    hand.do("clustering.review")
    hand.settle()
    assert len(versions(project)) == 3
    for key in (Qt.Key.Key_S, Qt.Key.Key_Escape):  # skipped only
        qtbot.keyClick(pane, key)
    hand.settle()
    assert versions(project) == before and tab.view.version.id == 1 and not tab.reviewing
    hand.do("clustering.review")  # answered, and taken back
    hand.settle()
    press_each(hand, qtbot, pane, KEYS[says(pane.current, who)], Qt.Key.Key_Backspace, Qt.Key.Key_Escape)
    assert versions(project) == before and verdicts(project) == [] and tab.view.version.id == 1
    hand.do("clustering.review")
    hand.settle()
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    qtbot.keyClick(pane, Qt.Key.Key_Escape)  # while the answer is on its way
    hand.settle()
    assert len(verdicts(project)) == 1 and len(versions(project)) == 3 and tab.view.version.method == METHOD


def test_a_review_closed_while_its_version_is_made_leaves_nothing(window, hand, qtbot, crowd, monkeypatch):
    project, _ = crowd
    gate, begun, start = threading.Event(), threading.Event(), ReviewSession.start

    def slowly(self):
        begun.set()
        assert gate.wait(20)
        return start(self)

    monkeypatch.setattr(ReviewSession, "start", slowly)
    hand.open(project.folder)
    hand.go("clustering")
    hand.do("clustering.review")
    qtbot.waitUntil(begun.is_set)
    qtbot.keyClick(window.clustering.review, Qt.Key.Key_Escape)
    gate.set()
    hand.settle()
    assert [one.id for one in versions(project)] == [1] and window.clustering.view.version.id == 1


@pytest.mark.parametrize("way", ["quit", "another project"])
@pytest.mark.parametrize("answers", [0, 1])
def test_leaving_in_the_middle_keeps_answers_and_nothing_else(reviewing, window, hand, qtbot, project_at, way, answers):
    project, who, pane = reviewing
    assert len(versions(project)) == 2
    for _ in range(answers):
        qtbot.keyClick(pane, KEYS[says(pane.current, who)])
        hand.settle()
    if way == "quit":
        window.close()
    else:
        hand.open(project_at("other"))
    found = versions(project)
    assert [one.method for one in found] == ([METHOD, "dbscan"] if answers else ["dbscan"])
    assert bool(verdicts(project)) == bool(answers)


def test_faces_that_are_hidden_are_not_asked_about(reviewing, window, hand):
    from fairdesk.project.faces import images_of_faces

    project, _, pane = reviewing
    asked = {*pane.current.shown_first, *pane.current.shown_second}
    images = list(images_of_faces(project, sorted(asked)).values())
    window.session.edit(lambda held: hide_images(held, images), lambda _: "hidden")
    hand.settle()
    assert pane.current is not None and not asked & {*pane.current.shown_first, *pane.current.shown_second}


def test_a_review_whose_version_is_undone_elsewhere_ends_with_a_reason(reviewing, window, hand, qtbot, project_at):
    project, who, pane = reviewing
    version = versions(project)[0].id
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    for _ in range(2):  # the answer, and what the review made at its start: by the menu, or by `fairdesk undo`
        hand.do("edit.undo")
        hand.settle()
    told = [notice.text for notice in window.toasts.history if notice.kind == "error"]
    assert len(told) == 1 and f"clustering {version} is no longer there" in told[0] and "Edit, Redo" in told[0]
    assert not window.clustering.reviewing and [one.id for one in versions(project)] == [1]
    hand.do("edit.redo")
    hand.do("edit.redo")
    hand.settle()
    assert [one.id for one in versions(project)] == [version, 1] and len(verdicts(project)) == 1
    assert window.toasts.unread == 1
    hand.do("clustering.review")  # it is no longer so: the notice goes, and is told among the past ones
    hand.settle()
    assert window.clustering.reviewing and window.toasts.unread == 0
    assert [notice.text for notice in window.toasts.history if notice.kind == "error"] == told
    for _ in range(2):
        hand.do("edit.undo")
        hand.settle()
    assert window.toasts.unread == 1
    hand.open(project_at("other"))  # where neither its clustering is nor a step that could be done again
    assert window.toasts.unread == 0 and window.bell.text() == "Notices"


def test_questions_go_on_while_answers_are_kept_slowly(reviewing, window, hand, qtbot, monkeypatch):
    """Whoever answers faster than answers are kept sees the next question at once, and each answer is kept."""
    project, who, pane = reviewing
    gate, answer = threading.Event(), ReviewSession.answer

    def slowly(self, *given, **more):
        assert gate.wait(20)
        return answer(self, *given, **more)

    monkeypatch.setattr(ReviewSession, "answer", slowly)
    seen = []
    for _ in range(15):
        seen.append(pane.current)
        qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    assert pane.current is not None and len({id(one) for one in seen}) == 15
    qtbot.waitUntil(lambda: pane.first.shown() == len(pane.current.shown_first), timeout=2000)
    gate.set()
    hand.settle()
    assert len(verdicts(project)) == 15 and pane.current is not None


def test_what_takes_long_to_learn_waits_until_nobody_answers(reviewing, hand, qtbot, monkeypatch):
    project, who, pane = reviewing
    learned = []
    pane._review.review.relearning_takes = 0.15
    pane._idle.setInterval(60_000)
    monkeypatch.setattr(type(pane._review.review), "relearn", lambda self, check=None: learned.append(pane.answered))
    while pane.answered < 4:
        said = says(pane.current, who)
        qtbot.keyClick(pane, Qt.Key.Key_S if said == "unsure" else KEYS[said])
    hand.settle()
    assert learned == [] and pane._idle.isActive()
    pane._idle.start(0)
    qtbot.waitUntil(lambda: learned == [4], timeout=3000)
    hand.settle()
    assert len(verdicts(project)) == 4 and pane.current is not None


def test_what_others_change_between_two_answers_is_read_and_no_answer_is_lost(reviewing, window, hand, qtbot):
    """Each answer comes right after a change of another process, before the window has noticed it."""
    project, who, pane = reviewing
    version = versions(project)[0].id
    other = Project.open(project.folder)
    hidden = sorted(who)[:3]
    for face in hidden:
        hide_images(other, [other.db.value("SELECT image_id FROM face WHERE id = ?", (face,))])
        qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    window.session.look()
    hand.settle()
    assert len(verdicts(project)) == 3 and "3 answered" in pane.progress.text()
    assert not set(hidden) & set(pane._review.faces.tolist())
    withdrawn = 0
    for _ in range(2):  # clusters that an answer is about are gone
        asked = pane.current
        rest = next(one.id for one in clusters(other, version) if one.id not in asked.clusters and one.label >= 0)
        merge_clusters(other, rest, [*asked.clusters, rest])  # a verdict too
        withdrawn += asked.again and says(asked, who) == "unsure"  # of the merge before, which all speaks against
        qtbot.keyClick(pane, KEYS[says(asked, who)])
        hand.settle()
        window.session.look()
        hand.settle()
    assert withdrawn == 1 and len(verdicts(project)) == 7 - withdrawn
    assert "5 answered" in pane.progress.text() and not pane.bar.isVisible()
    at, labels = membership(project, version), pane._review.review.labels()
    for face, row in pane._review._row.items():  # the version follows
        same = {f for f, r in pane._review._row.items() if labels[r] == labels[row]}
        assert len(same) == 1 or same == {f for f in pane._review._row if at[f] == at[face]}
    for _ in range(3):
        hand.do("edit.undo")
        hand.settle()
    for _ in range(3):
        hand.do("edit.redo")
        hand.settle()
    assert len(verdicts(project)) == 7 - withdrawn and "5 answered" in pane.progress.text()
    other.close()


def test_a_review_that_is_not_seen_takes_no_answer(reviewing, window, hand, qtbot):
    """Whatever others change meanwhile, what is typed elsewhere is typed there."""
    project, who, pane = reviewing
    hand.go("dataset")
    window.dataset.find_line.setFocus()
    hide_images(project, [project.db.value("SELECT image_id FROM face WHERE id = ?", (sorted(who)[0],))])
    window.session.look()
    hand.settle()
    assert window.focusWidget() is window.dataset.find_line
    qtbot.keyClick(pane, Qt.Key.Key_Y)
    qtbot.keyClick(pane, Qt.Key.Key_N)
    hand.settle()
    assert not verdicts(project) and pane.answered == 0
    hand.go("clustering")
    hand.do("edit.undo")  # of the hiding, in Dataset: the person stays here
    hand.settle()
    assert window.tabs.currentWidget() is window.clustering and window.clustering.reviewing


def test_an_undo_elsewhere_right_after_an_answer_and_a_purge_are_counted(reviewing, window, hand, qtbot, monkeypatch):
    project, who, pane = reviewing
    other, journal = Project.open(project.folder), type(project.journal)
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    plain = journal.step

    @contextlib.contextmanager
    def undone_at_once(self, *words, **named):
        with plain(self, *words, **named) as connection:
            yield connection
        if self is window.session.project.journal:
            other.journal.undo()

    monkeypatch.setattr(journal, "step", undone_at_once)
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    monkeypatch.setattr(journal, "step", plain)
    window.session.look()
    hand.settle()
    assert "1 answered" in pane.progress.text() and len(pane._review.past.given) == 1 == len(verdicts(project))
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    image = project.db.value("SELECT image_id FROM face WHERE id = ?", (sorted(set(who) - {*pane.current.first})[-1],))
    purge(other, [image])
    window.session.look()
    hand.settle()
    assert "2 answered" in pane.progress.text()
    other.close()


def test_back_goes_on_after_a_change_elsewhere(reviewing, window, hand, qtbot):
    project, who, pane = reviewing
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    hide_images(project, [project.db.value("SELECT image_id FROM face WHERE id = ?", (sorted(who)[0],))])
    window.session.look()
    hand.settle()
    assert pane.buttons["back"].isEnabled()
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()
    assert len(verdicts(project)) == 1 and "was done after the last answer" in window.toasts.history[-1].text


def test_a_clustering_made_elsewhere_does_not_replace_the_one_that_is_reviewed(reviewing, window, hand, qtbot):
    project, who, pane = reviewing
    mine = window.clustering.view.version.id
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    cluster(ClusterParams(encoder="people", eps=0.4), QuietContext(project))
    window.session.look()
    hand.settle()
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    hand.settle()
    assert window.clustering.view.version.id == mine


def test_names_and_clusterings_of_others_are_no_reason_to_read_again(reviewing, window, hand, qtbot):
    project, who, pane = reviewing
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    review, asked = pane._review, pane.current
    store.rename_cluster(project, asked.clusters[0], "Somebody known")
    window.session.look()
    hand.settle()
    assert pane._review is review and pane.current is asked
    assert "Somebody known" in " ".join(label.text() for label in pane.findChildren(QLabel))
    cluster(ClusterParams(encoder="people", eps=0.4), QuietContext(project))
    window.session.look()
    hand.settle()
    assert pane._review is review and pane.current is asked and not review.outdated
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    assert pane._review is review and len(verdicts(project)) == 2 and "2 answered" in pane.progress.text()
    mine = versions(project)
    version = next(one for one in mine if one.id == review.version)
    a, b = clusters(project, version.id)[:2]
    merge_clusters(project, a.id, [b.id])
    window.session.look()
    hand.settle()
    assert (
        pane._review is not review and pane._review.measured.measure is review.measured.measure
    )  # the faces are the same
    fresh = ReviewSession(project, version.id)
    assert pane._review.estimate() == fresh.estimate() and len(verdicts(project)) == 3


def test_a_review_that_is_opened_again_begins_with_what_was_measured(reviewing, window, hand, qtbot, monkeypatch):
    """It asks what it would ask otherwise; what is kept goes with the vectors, and with the project."""
    project, who, pane = reviewing
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    before, times = pane._review.measured, []
    monkeypatch.setattr(bunches, "_strangers", lambda *_a, **_k: times.append(1))
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    hand.settle()
    hand.do("clustering.review")
    hand.settle()
    assert not times and pane._review.measured.measure is before.measure
    monkeypatch.undo()
    fresh = ReviewSession(project, pane._review.version)
    assert fresh.measured.measure is not before.measure
    asked = fresh.queue(1)[0]
    assert (asked.first, asked.second) == (pane.current.first, pane.current.second)
    assert fresh.estimate() == pane._review.estimate()
    other = before._replace(vectors=before.vectors + np.float32(0.1))
    assert ReviewSession(project, 1, None, other).measured.measure is not before.measure
    window.session.catalogue_changed.emit(Change.of(Changed.VECTORS))
    assert pane._measured is None


def press(qtbot, window, key):
    """Press a key where the keys go, not at a widget that a test chose."""
    qtbot.keyClick(window.focusWidget(), key)


def test_escape_leaves_the_field_of_the_name_and_then_the_review(window, hand, qtbot, filled, nameless, monkeypatch):
    said = []
    window.session.told.connect(said.append)
    asked = nameless.current
    assert asked.kind is Kind.NAME and nameless.hasFocus()
    qtbot.keyClick(nameless, Qt.Key.Key_Return)
    assert nameless.name.hasFocus()
    qtbot.keyClicks(nameless.name, "Zoe Yas")
    qtbot.keyClick(nameless.name, Qt.Key.Key_Escape)
    hand.settle()
    assert window.clustering.reviewing and nameless.current is asked
    assert nameless.hasFocus() and nameless.name.text() == "Zoe Yas" and not said
    qtbot.keyClick(nameless, Qt.Key.Key_S)  # the keys are the questions' again; what is typed stays with its own
    hand.settle()
    assert nameless.current is not asked and nameless.name.text() == ""
    qtbot.keyClick(nameless, Qt.Key.Key_Escape)
    hand.settle()
    assert not window.clustering.reviewing and not verdicts(filled)
    assert [one.text for one in said] == [
        "“Zoe Yas” was typed, but not given as a name. The next review asks about it first, and has it in its field, until FairDesk is closed."
    ]
    hand.do("clustering.review")
    hand.settle()
    assert set(nameless.current.first) == set(asked.first)
    assert nameless.name.text() == "Zoe Yas" and nameless.hasFocus()  # the keys are the review's until Enter
    press(qtbot, window, Qt.Key.Key_S)
    hand.settle()
    assert set(nameless.current.first) != set(asked.first)
    press(qtbot, window, Qt.Key.Key_Backspace)
    hand.settle()
    assert set(nameless.current.first) == set(asked.first)
    assert nameless.name.text() == "Zoe Yas" and nameless.hasFocus()
    press(qtbot, window, Qt.Key.Key_Return)
    assert nameless.name.hasFocus()
    qtbot.keyClicks(nameless.name, "min")
    qtbot.keyClick(nameless.name, Qt.Key.Key_Enter)
    hand.settle()
    assert "Zoe Yasmin" in [c.identity for c in clusters(filled, versions(filled)[0].id)]
    said.clear()
    qtbot.keyClick(nameless, Qt.Key.Key_Escape)  # it was given: nothing is left to tell
    hand.settle()
    assert not window.clustering.reviewing and not [one for one in said if "Zoe" in getattr(one, "text", "")]
    hand.do("clustering.review")
    hand.settle()
    assert nameless.name.text() == ""


@pytest.mark.parametrize("way", ["button", "project"])
def test_a_half_typed_name_is_told_however_the_review_is_closed(window, hand, qtbot, filled, nameless, way):
    said = []
    window.session.told.connect(said.append)
    qtbot.keyClick(nameless, Qt.Key.Key_Return)
    qtbot.keyClicks(nameless.name, "Zo")
    if way == "button":
        qtbot.mouseClick(nameless.buttons["done"], Qt.MouseButton.LeftButton)
    else:
        hand.do("file.close")
    hand.settle()
    assert not window.clustering.reviewing
    assert any("“Zo” was typed, but not given" in one.text for one in said)
    if way == "project":
        hand.open(filled.folder)
        hand.go("clustering")
    hand.do("clustering.review")
    hand.settle()
    assert nameless.name.text() == "Zo"


def test_the_keys_that_are_promised_are_there(hand, qtbot, filled, nameless):
    hints = {
        0: "Press Enter and type a name; Enter again gives it",
        1: "Choose a name with 1, or press Enter and type another; Enter again gives it",
        2: "Choose a name with 1 or 2, or press Enter and type another; Enter again gives it",
        3: "Choose a name with 1, 2 or 3, or press Enter and type another; Enter again gives it",
    }
    asked = nameless.current
    for count, text in hints.items():
        nameless._show(replace(asked, names=("Ann", "Ben", "Cem")[:count]))
        assert nameless.name.placeholderText() == text
        assert [one.isVisible() for one in nameless.names] == [place < count for place in range(3)]
    nameless._show(replace(asked, names=()))
    qtbot.keyClick(nameless, Qt.Key.Key_1)
    hand.settle()
    assert nameless.current.clusters == asked.clusters and nameless.hasFocus()


def test_enter_is_no_answer_to_other_questions(hand, qtbot, reviewing):
    project, _, pane = reviewing
    asked = pane.current
    assert asked.kind is not Kind.NAME
    qtbot.keyClick(pane, Qt.Key.Key_Return)
    hand.settle()
    assert pane.current is asked and not verdicts(project) and not pane.name.hasFocus()
