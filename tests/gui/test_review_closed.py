"""A review that was closed without an answer leaves no trace and no error; Back says why it has nothing to take back."""

import pytest
from PySide6.QtCore import Qt

from fairdesk.clustering.review.session import METHOD, ReviewSession
from fairdesk.clustering.store import UNCLUSTERED, clusters, faces_of, versions
from fairdesk.clustering.verdicts import edits
from fairdesk.gui.tabs.clustering import presenter
from fairdesk.gui.tabs.clustering.map_pane import read_map
from fairdesk.gui.tabs.clustering.shown_faces import shown_faces
from fairdesk.project import Project
from fairdesk.project.verdicts import verdicts
from tests.gui.test_review_pane import KEYS, crowd, reviewing, says

__all__ = ["crowd", "reviewing"]


@pytest.fixture
def judged(crowd):
    """A project in which something was said of faces: only then does a list look for the detector of its version."""
    project, _ = crowd
    one = clusters(project, 1)[0]
    edits.confirm(project, 1, faces_of(project, one.id)[:2], one)
    return project


@pytest.fixture
def closed(judged):
    """A review that was opened and not answered; returns it and a function that takes its version back, as another thread would."""
    review = ReviewSession(judged, 1)
    review.start()
    other = Project.open(judged.folder)
    yield review, other.journal.undo
    other.close()


@pytest.fixture
def told(window):
    kept = []
    window.session.told.connect(lambda notice: kept.append(notice.text))
    return kept


def test_the_list_is_read_as_it_is_at_one_moment(closed, judged, monkeypatch):
    review, take_back = closed
    real = presenter.members

    def taken_back_meanwhile(*what):
        take_back()
        return real(*what)

    monkeypatch.setattr(presenter, "members", taken_back_meanwhile)
    view = presenter.look(judged, review.version)
    assert view.version.id == review.version and len(view.faces) == view.version.faces == 480
    assert view.quality is not None
    monkeypatch.undo()
    assert presenter.look(judged, review.version).version.id == 1


def test_of_a_version_that_was_taken_back_meanwhile_nothing_is_shown(closed, judged):
    review, take_back = closed
    there = clusters(judged, review.version)
    shown = shown_faces(judged, review.version, there[:1], None, {})
    assert len(shown.ids) == there[0].faces
    assert read_map(judged, review.version, "pca", "cluster").points is not None
    take_back()
    assert len(shown_faces(judged, review.version, there[:1], None, {}).ids) == 0
    assert read_map(judged, review.version, "pca", "cluster") is None


def test_opened_and_closed_again_and_again_nothing_is_told(window, hand, qtbot, judged, told):
    hand.open(judged.folder)
    hand.go("clustering")
    window.clustering.map_button.click()
    for time in range(6):
        hand.do("clustering.review")
        hand.settle()
        qtbot.keyClick(window.clustering.review, Qt.Key.Key_Escape)
        qtbot.wait(time)
        hand.settle()
    assert [one.id for one in versions(judged)] == [1] and not told
    assert window.clustering.view.version.id == 1


@pytest.mark.parametrize("wait", [0, 1, 20])
def test_opened_again_before_the_list_was_read_it_asks(wait, window, hand, qtbot, judged, told):
    hand.open(judged.folder)
    hand.go("clustering")
    pane = window.clustering.review
    hand.do("clustering.review")
    hand.settle()
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    if wait:
        qtbot.wait(wait)
    hand.do("clustering.review")
    hand.settle()
    assert pane.current is not None and window.clustering.reviewing and not told
    assert [one.method == METHOD for one in versions(judged)] == [True, False]
    assert versions(judged)[0].params["of"] == 1
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    hand.settle()
    assert [one.id for one in versions(judged)] == [1] and not told


def test_back_says_that_nothing_was_answered_since_it_was_opened(window, hand, qtbot, reviewing):
    project, who, pane = reviewing
    qtbot.keyClick(pane, KEYS[says(pane.current, who)])
    hand.settle()
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    hand.settle()
    hand.do("clustering.review")
    hand.settle()
    asked, kept = pane.current, len(verdicts(project))
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()
    assert pane.current is asked and len(verdicts(project)) == kept == 1
    assert "nothing was answered" in pane.note.text()
    assert "Ctrl+Z" in pane.note.text() and "Verdicts…" in pane.note.text()
    qtbot.keyClick(pane, KEYS["unsure"])
    hand.settle()
    assert "nothing was answered" not in pane.note.text()
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()
    assert "nothing was answered" not in pane.note.text() and len(verdicts(project)) == 1
    qtbot.keyClick(pane, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hand.settle()
    assert not verdicts(project)  # as the note says


def test_the_list_is_sorted_anew_after_a_review(window, hand, qtbot, reviewing):
    """While somebody points at it a correction moves nothing in it; after a review nobody does."""
    project, who, pane = reviewing
    tab = window.clustering
    assert tab.order.currentText() == "Largest first"
    for _ in range(25):
        if pane.current is None:
            break
        qtbot.keyClick(pane, KEYS[says(pane.current, who)])
        hand.settle()
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    hand.settle()
    faces = {one.id: one.faces for one in clusters(project, tab.view.version.id)}
    shown = [faces[number] for number in tab._listed[1] if number != UNCLUSTERED]
    assert len(shown) > 20 and shown == sorted(shown, reverse=True)
