"""Results of what was asked before a project was closed never arrive after it."""

import threading
from concurrent.futures import Future

import shiboken6
from PySide6.QtWidgets import QDialog, QLabel

from fairdesk.gui.background import Background


def test_a_result_on_its_way_is_not_taken_for_the_next_one(qtbot):
    background, got = Background(), []
    free = threading.Event()
    background.read("list", lambda: free.wait(5) and "of the first project", got.append)
    free.set()
    background.settle()  # it is done then, and the window has not heard of it yet
    background.read("list", lambda: "of the second", got.append)
    qtbot.waitUntil(lambda: not background.busy, timeout=5000)
    assert got == ["of the second"]
    background.close()


def test_a_dialog_that_is_gone_gets_no_result(qtbot):
    class Asks(QDialog):
        def __init__(self):
            super().__init__()
            self.told = QLabel(self)

        def show_it(self, text):
            self.told.setText(text)

    background, free, dialog = Background(), threading.Event(), Asks()
    background.read("words", lambda: free.wait(5) and "late", dialog.show_it)
    shiboken6.delete(dialog)
    free.set()
    qtbot.waitUntil(lambda: not background.busy, timeout=5000)  # qtbot fails the test on an exception in the event loop
    background.close()


def test_an_answer_never_comes_within_the_request(qtbot, monkeypatch):
    """Also where the work is done before the request returns, as it is now and then on a busy machine."""
    background, got = Background(), []

    def at_once(work):
        future = Future()
        future.set_result(work())
        return future

    monkeypatch.setattr(background._readers, "submit", at_once)
    background.read("list", lambda: "found", got.append)
    assert got == [] and background.busy
    qtbot.waitUntil(lambda: got == ["found"], timeout=5000)
    assert not background.busy
    background.close()
