"""The objects of a review: the garbage collector does not look through them while somebody answers, and they go with it."""

import gc
import weakref

import pytest
from PySide6.QtCore import Qt

from fairdesk.clustering.store import clusters, merge_clusters
from fairdesk.project import Project
from tests.gui.test_review_pane import KEYS, crowd, press_each, reviewing, says

__all__ = ["crowd", "reviewing"]


@pytest.fixture
def counted():
    """No collector: what goes, goes as nothing refers to it any more."""
    gc.disable()
    yield
    gc.enable()


def seen_by_the_collector(review):
    return [part for part in gc.get_objects() if part is review or part is review.review.clusters]


def test_the_collector_leaves_a_review_alone(window, hand, qtbot, reviewing):
    """Of 100,000 faces it looks for 0.4 s, in which no key is heard."""
    project, _, pane = reviewing
    assert not seen_by_the_collector(pane._review)
    first = pane._review
    elsewhere = Project.open(project.folder)
    one, other, *_ = clusters(project, first.version)
    merge_clusters(elsewhere, one.id, [other.id])
    elsewhere.close()
    window.session.look()
    hand.settle()
    assert pane._review is not first and not seen_by_the_collector(pane._review)


def test_a_closed_review_goes_without_the_collector(window, hand, qtbot, reviewing, counted):
    _, who, pane = reviewing
    review, engine = weakref.ref(pane._review), weakref.ref(pane._review.review)
    for _ in range(3):
        press_each(hand, qtbot, pane, KEYS[says(pane.current, who)])
    press_each(hand, qtbot, pane, Qt.Key.Key_Backspace, Qt.Key.Key_Escape)
    assert pane._review is None
    assert review() is None and engine() is None
