"""A window in a test: isolated settings, an asyncio loop on Qt, and nothing left behind."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
import qasync
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QDialog

from fairdesk.gui.app import make_window
from fairdesk.gui.jobs.state import DONE
from tests.metrics.test_model_comparison import study


@pytest.fixture
def settings_home(tmp_path):
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    QSettings("FairDesk", "FairDesk").clear()
    return tmp_path / "settings"


@pytest.fixture
def window(qapp, qtbot, settings_home):
    loop = qasync.QEventLoop(qapp, already_running=True)
    asyncio.set_event_loop(loop)
    made = make_window(qapp)
    made.resize(1280, 800)
    made.dock.show()  # hidden at first where the screen is small
    made.show()
    qtbot.waitExposed(made)
    qtbot.keyClick(made, Qt.Key.Key_unknown)  # Qt goes on to think that a key of an earlier test is held: Shift, Ctrl
    assert QApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier
    yield made
    made.shut_down(keep_jobs=False)
    made.close()
    made.deleteLater()
    qapp.processEvents()
    asyncio.set_event_loop(None)


class Hand:
    """What a person does."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.seen = set()

    def open(self, project):
        assert self.window.session.open(project)
        self.settle()

    def settle(self):
        self.qtbot.waitUntil(lambda: not self.window.session.background.busy, timeout=15_000)
        self.qtbot.wait(30)
        self.qtbot.waitUntil(lambda: not self.window.session.background.busy, timeout=15_000)

    def do(self, action):
        self.window._refresh_actions()
        found = self.window.book.actions[action]
        assert found.isEnabled(), f"{action} cannot be done now"
        found.trigger()

    def dialog(self, kind=QDialog):
        self.qtbot.waitUntil(
            lambda: any(isinstance(w, kind) and w.isVisible() for w in QApplication.topLevelWidgets()), timeout=5000
        )
        return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())

    def go(self, tab):
        self.window.tabs.setCurrentWidget(getattr(self.window, tab))
        self.settle()

    def finish_job(self, kind, state=DONE):
        """Wait for a job of this kind that was not waited for yet."""
        jobs = self.window.session.jobs

        def found():
            return next((j for j in jobs.jobs.values() if j.spec.kind == kind and j.id not in self.seen), None)

        self.qtbot.waitUntil(lambda: found() is not None and found().finished, timeout=90_000)
        job = found()
        self.seen.add(job.id)
        assert job.state == state, job.message
        self.settle()
        return job


@pytest.fixture
def hand(window, qtbot):
    return Hand(window, qtbot)


def answer(qtbot, name):
    """Press a button of the question that is open."""
    from PySide6.QtWidgets import QMessageBox

    qtbot.waitUntil(lambda: any(isinstance(w, QMessageBox) and w.isVisible() for w in QApplication.topLevelWidgets()))
    box = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible())
    next(b for b in box.buttons() if b.text() == name).click()


@pytest.fixture
def shown(window, hand, qtbot, tmp_path):
    """The Metrics tab with the scores of two groups of 12 people."""
    (one, _), about = study(people=12, bias=0.8)
    path = tmp_path / "scores.npz"
    np.savez(path, score=one, **about)
    hand.go("metrics")
    window.metrics.show_scores(path)
    hand.settle()
    qtbot.waitUntil(lambda: window.metrics.shown is not None and not window.metrics._drawing, timeout=30_000)
    return window.metrics
