"""The Help menu, notices, and the hooks that lose nothing."""

import asyncio
import gc
import logging
import sys
import threading

import pytest
from PySide6.QtCore import QPoint, QRect, Qt, qWarning
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QPushButton

from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review.engine import Review
from fairdesk.gui.dialogs.import_dialog import ImportDialog
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.table_dialog import TableDialog
from fairdesk.gui.help.guide import CHAPTERS
from fairdesk.gui.help.next_dialog import NextDialog
from fairdesk.gui.help.next_step import next_step, steps
from fairdesk.gui.help.shortcuts import ShortcutsDialog
from fairdesk.gui.help.text_dialog import TextDialog
from fairdesk.gui.hooks import Hooks
from fairdesk.gui.session import Notice
from fairdesk.jobs.context import QuietContext
from fairdesk.logfile import LogFile
from fairdesk.project.image_queries import overview
from fairdesk.project.recipes import StoredRecipe, VectorSet


def heading(guide):
    """The heading above the first line that is shown."""
    block = guide.pages.cursorForPosition(guide.pages.viewport().rect().topLeft()).block()
    while block.isValid() and block.blockFormat().headingLevel() < 2:
        block = block.previous()
    return block.text()


@pytest.mark.parametrize(
    ("tab", "words"),
    [("dataset", "Detect faces"), ("clustering", "Cluster"), ("generation", "GAN"), ("training", "ArcFace"), ("metrics", "FMR")],
)  # fmt: skip
def test_f1_opens_the_guide_at_the_tabs_chapter(window, qtbot, tab, words):
    window.tabs.setCurrentWidget(getattr(window, tab))
    qtbot.keyClick(window, Qt.Key.Key_F1)
    guide = window.help.guide
    qtbot.waitUntil(lambda: guide is not None and guide.isVisible())
    assert guide.chapters.currentItem().text().startswith(f"{CHAPTERS[tab]}.")
    qtbot.wait(50)
    assert heading(guide) == guide.chapters.currentItem().text()
    after = guide.pages.toPlainText().partition(guide.chapters.currentItem().text())[2]
    assert words in after.partition("\n" + str(CHAPTERS[tab] + 1) + ". ")[0]
    assert set(CHAPTERS) == {one.name for one in window.all_tabs}


def test_the_guide_is_searched_and_fetches_nothing(window, qtbot):
    window.help.open_guide()
    guide = window.help.guide
    qtbot.keyClick(guide, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    guide.search.setText("dendrogram")
    assert guide.pages.textCursor().selectedText() == "dendrogram" and guide.found.text() == ""
    first = guide.pages.textCursor().position()
    guide.search.setText("identity")
    one = guide.pages.textCursor().position()
    guide.find_next()
    assert guide.pages.textCursor().position() > one != first
    guide.find_next(back=True)
    assert guide.pages.textCursor().position() == one
    guide.pages.moveCursor(QTextCursor.MoveOperation.End)
    guide.find_next()
    assert guide.pages.textCursor().position() == one  # round the end
    guide.search.setText("no such words at all")
    assert guide.found.text() == "Not found"
    assert guide.pages.loadResource(2, "https://example.org/x.png") is None
    assert guide.pages.loadResource(2, "pictures/dataset.png").width() == 640
    assert guide.pages.horizontalScrollBar().maximum() == 0
    window.shut_down(keep_jobs=False)
    assert not guide.isVisible()


def test_every_action_is_in_the_table_of_shortcuts(window, hand):
    hand.do("help.shortcuts")
    dialog = hand.dialog(ShortcutsDialog)
    listed = {dialog.table.item(y, 0).text() for y in range(dialog.table.rowCount())}
    assert {spec.text.replace("&", "").rstrip("…") for spec in window.book.specs.values()} <= listed

    def shown():
        return {dialog.table.item(y, 0).text() for y in range(dialog.table.rowCount()) if not dialog.table.isRowHidden(y)}  # fmt: skip

    dialog.search.setText("ctrl+e")
    assert "Compute embeddings" in shown() and "Quit" not in shown()
    dialog.search.setText("merge")
    assert shown() == {"Merge"}
    dialog.reject()


DLIB = VectorSet(StoredRecipe(1, "0" * 16, "dlib", "hog", 128, "euclidean", 0.0), 5, 5)
COUNTS = {"images": 0, "identities": 0, "searched": 0, "faces": 0, "vectors": [], "lists": 0, "scores": 0}


@pytest.mark.parametrize(
    ("counts", "action"),
    [
        (None, "file.new"),
        ({}, "dataset.import"),
        ({"images": 5}, "dataset.detect"),
        ({"images": 5, "searched": 3, "faces": 3}, "dataset.detect"),
        ({"images": 5, "searched": 5, "faces": 5}, "dataset.encode"),
        ({"images": 5, "searched": 5, "faces": 5, "vectors": [DLIB]}, "clustering.cluster"),
        ({"images": 5, "searched": 7, "faces": 5, "vectors": [DLIB], "identities": 2}, "metrics.pairs"),
        (
            {"images": 5, "searched": 5, "faces": 5, "vectors": [DLIB], "identities": 2, "lists": 1},
            "metrics.score",
        ),
        (
            {"images": 5, "searched": 5, "faces": 5, "vectors": [DLIB], "identities": 2, "lists": 1, "scores": 1},
            "view.tab_metrics",
        ),
    ],
)
def test_what_to_do_next(window, counts, action):
    found = steps(None if counts is None else COUNTS | counts)
    assert next_step(found).action == action
    assert all(step.action in window.book.specs for step in found)


def test_what_to_do_next_does_it(window, hand, qtbot, filled):
    hand.do("help.next")
    dialog = hand.dialog(NextDialog)
    assert dialog.next.action == "file.new"
    dialog.reject()
    hand.open(filled.folder)
    assert next_step(steps(overview(filled))).action == "metrics.pairs"
    hand.go("generation")  # the Metrics tab has not been seen, and does not know yet what it can do
    hand.do("help.next")
    qtbot.waitUntil(lambda: hand.dialog(NextDialog).next.action == "metrics.pairs")
    hand.dialog(NextDialog).do_button.click()
    form = hand.dialog(JobDialog)
    assert form.windowTitle() == "Create a pair list" and window.tabs.currentWidget() is window.metrics
    form.reject()


def test_an_empty_project_is_to_be_filled(window, hand, qtbot, project):
    hand.open(project.folder)
    hand.do("help.next")
    hand.dialog(NextDialog).do_button.click()
    dialog = hand.dialog(ImportDialog)
    dialog.reject()


def test_log_and_about_are_shown(window, hand):
    log = LogFile("A test")
    window.help.log_path = log.path
    logging.getLogger("fairdesk.x").warning("a line of the log")
    hand.do("help.log")
    dialog = hand.dialog(TextDialog)
    assert "a line of the log" in dialog.text.toPlainText()
    dialog.reject()
    log.close()
    hand.do("help.about")
    dialog = hand.dialog(TextDialog)
    assert "Apache License" in dialog.text.toPlainText() and "PySide6" in dialog.text.toPlainText()
    dialog.reject()


def toasts(window):
    """The notices that can be seen, from the foot up."""
    shown = [toast.notice.text for toast in window.toasts._errors if toast.isVisible()]
    return shown + ([window.toasts._info.notice.text] if window.toasts._info is not None else [])


def close(toast):
    next(b for b in toast.findChildren(QPushButton) if b.accessibleName() == "Dismiss").click()


def test_news_never_replace_an_error(window, qtbot, monkeypatch):
    monkeypatch.setattr("fairdesk.gui.notices.SHOWN_MS", 50)
    told = window.session.told.emit
    told(Notice("bad", "error"))
    told(Notice("fine"))
    assert toasts(window) == ["bad", "fine"]
    place = window.toasts._errors[0].pos()
    told(Notice("fine too"))
    assert toasts(window) == ["bad", "fine too"] and window.bell.text() == "1 unread error"
    qtbot.waitUntil(lambda: toasts(window) == ["bad"])
    assert window.toasts._errors[0].pos() == place  # it is not moved by what comes and goes
    told(Notice("bad", "error"))  # the same once more
    for number in range(4):
        told(Notice(f"worse {number}", "error"))
    assert toasts(window) == ["bad", "worse 0", "worse 1"] and window.bell.text() == "5 unread errors"
    close(window.toasts._errors[0])
    assert toasts(window) == ["worse 0", "worse 1", "worse 2"]
    for _ in range(4):
        close(window.toasts._errors[0])
    assert toasts(window) == [] and window.bell.text() == "Notices"


def on(window, widget):
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def test_notices_cover_neither_each_other_nor_a_control(window, hand, filled, qtbot, monkeypatch):
    """Errors push what is there; news lie where no button and no text is, in the smallest window too."""
    monkeypatch.setattr(Review, "least", 0.0)  # so few faces are asked about too
    cluster_faces(ClusterParams(eps=0.8), QuietContext(filled))
    window.resize(1024, 700)
    hand.open(filled.folder)
    hand.go("clustering")
    hand.do("clustering.review")
    hand.settle()
    for text in ("one " * 60, "two", "three"):
        window.session.told.emit(Notice(text, "error"))
    window.session.told.emit(Notice("news", action="Do it", run=lambda: None))
    qtbot.waitUntil(lambda: all(toast.isVisible() for toast in window.toasts._errors))
    QApplication.processEvents()
    shown = [*window.toasts._errors, window.toasts._info]
    frames = [on(window, toast) for toast in shown]
    assert all(not a.intersects(b) for a in frames for b in frames if a is not b)
    assert all(window.rect().contains(frame) for frame in frames) and window.height() == 700
    review = window.clustering.review
    controls = [on(window, one) for one in (*review.buttons.values(), review.progress, review.title) if one.isVisible()]
    assert len(controls) > 5 and not any(a.intersects(b) for a in frames for b in controls)


def test_past_notices_can_be_read_with_their_times(window, hand):
    window.session.told.emit(Notice("first"))
    window.session.told.emit(Notice("second", "error"))
    window.bell.click()
    dialog = hand.dialog(TableDialog)
    rows = [[dialog.table.item(y, x).text() for x in range(3)] for y in range(2)]
    assert [row[1:] for row in rows] == [["Error", "second"], ["", "first"]] and rows[0][0].count(":") == 2
    dialog.reject()


def test_an_error_offers_the_log_where_only_that_explains(window, hand):
    window.session.tell_error(ValueError("odd"))
    assert "Internal error: ValueError: odd" in toasts(window)
    next(b for b in window.toasts._errors[0].findChildren(QPushButton) if b.text() == "Open log").click()
    hand.dialog(TextDialog).reject()
    assert toasts(window) == []


@pytest.fixture
def hooked(window, qtbot):
    log = LogFile("A test")
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = threading.excepthook = lambda *_: None  # what pytest has there would fail the test
    hooks = Hooks(window.session.failed.emit)
    yield hooks, log
    hooks.remove()
    sys.excepthook, threading.excepthook, sys.unraisablehook = before
    log.close()


def test_what_nothing_catches_is_logged_and_told(window, hand, qtbot, hooked):
    hooks, log = hooked
    text = lambda: log.path.read_text()
    try:
        raise ValueError("in the main thread")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    thread = threading.Thread(target=lambda: 1 / 0, name="worker bee")
    thread.start()
    thread.join()
    loop = asyncio.get_event_loop()
    hooks.watch(loop)

    async def flow():
        raise KeyError("in a flow")

    from fairdesk.gui import async_glue

    async_glue.start(flow())
    qtbot.waitUntil(lambda: len(window.toasts._errors) == 3)
    assert "in the main thread" in text() and "uncaught in thread worker bee" in text()
    assert "ZeroDivisionError" in text() and "KeyError: 'in a flow'" in text() and text().count("Traceback") == 3


def test_errors_that_nobody_can_catch_and_qts_own_words_are_logged(window, hooked):
    _, log = hooked

    class Odd:
        def __del__(self):
            raise ValueError("while thrown away")

    odd = Odd()
    del odd
    gc.collect()
    qWarning("a word of Qt's")
    text = log.path.read_text()
    assert "while thrown away" in text and "WARNING MainThread fairdesk.qt: a word of Qt's" in text
    assert not window.toasts._errors
