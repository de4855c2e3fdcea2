"""The window is shown with one tab; the others are made when asked for."""

import asyncio

import pytest
import qasync

from fairdesk.gui.app import make_window
from fairdesk.gui.tabs.base import Tab


@pytest.fixture
def first(qapp, qtbot, settings_home):
    """A window that is not whole yet."""
    asyncio.set_event_loop(qasync.QEventLoop(qapp, already_running=True))
    window = make_window(qapp, whole=False)
    yield window
    window.shut_down(keep_jobs=False)
    window.close()
    window.deleteLater()
    qapp.processEvents()
    asyncio.set_event_loop(None)


def made(window):
    return [window.tabs.tabText(place) for place in range(5) if isinstance(window.tabs.widget(place), Tab)]


def test_it_is_shown_with_one_tab_and_all_menus(first, qtbot):
    assert made(first) == ["Dataset"]
    titles = [action.text() for action in first.menu_bar.actions()]
    with qtbot.waitSignal(first.drawn):
        first.show()
    first.make_tabs()
    assert made(first) == ["Dataset", "Clustering", "Generation", "Training", "Metrics"]
    assert [action.text() for action in first.menu_bar.actions()] == titles
    assert all(action.menu().actions() for action in first.menu_bar.actions())
    assert first.tabs.currentWidget() is first.dataset and first.clustering is first.all_tabs[1]


def test_a_tab_that_is_made_late_shows_the_project(first, qtbot, filled):
    first.show()
    assert first.session.open(filled.folder)
    first.show_tab("clustering")
    assert made(first) == ["Dataset", "Clustering"]
    qtbot.waitUntil(lambda: not first.clustering.reading, timeout=10_000)
    assert first.book.actions["clustering.cluster"].isEnabled() == (first.tab_name() == "clustering")
    first.book.refresh("clustering")
    assert "metrics.pairs" not in first.book.actions
    first.show_tab("metrics")
    assert "metrics.pairs" in first.book.actions


def test_the_tab_that_was_shown_last_is_the_first(first, qapp):
    first.make_tabs()
    first.show_tab("training")
    first.shut_down(keep_jobs=False)
    asyncio.set_event_loop(qasync.QEventLoop(qapp, already_running=True))
    again = make_window(qapp, whole=False)
    assert made(again) == ["Training"] and again.tab_name() == "training"
    again.shut_down(keep_jobs=False)
    again.deleteLater()
