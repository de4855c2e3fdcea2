"""Starting the window."""

from __future__ import annotations

import asyncio
import locale
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from fairdesk.gui import translator
from fairdesk.gui.collector import without_collector
from fairdesk.gui.hooks import Hooks
from fairdesk.logfile import LogFile
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.main_window import MainWindow


TURN = 0.001  # seconds that a thread in the background may go on while the window waits


def headless() -> bool:
    """Whether this machine has no display to draw on."""
    return sys.platform == "linux" and not any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))


def make_application() -> QApplication:
    """Return the QApplication, made on first use; offscreen where there is no display."""
    if headless() and "QT_QPA_PLATFORM" not in os.environ:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        print(tr("There is no display: the window is drawn offscreen."), file=sys.stderr)
    sys.setswitchinterval(TURN)
    found = QApplication.instance()
    application = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("FairDesk")
    application.setDesktopFileName("fairdesk")
    translator.install(application)
    locale.setlocale(locale.LC_NUMERIC, "C")  # QApplication sets the user's, which breaks float parsing in C libraries
    return application


def make_window(application: QApplication, *, whole: bool = True) -> MainWindow:
    """Build the window, without showing it; with the one tab that is seen, or the `whole` of it."""
    with without_collector():
        from fairdesk.gui.main_window import MainWindow
        from fairdesk.gui.session import Session
        from fairdesk.gui.settings import Settings
        from fairdesk.gui.theme import Theme

        settings = Settings()
        theme = Theme(application, settings.theme())
        window = MainWindow(Session(settings, theme))
        if whole:
            window.make_tabs()
        return window


def run(arguments: list[str]) -> int:
    """Open the window, on a project if one is named, and return when it is closed."""
    import qasync

    log = LogFile("The window")
    log.catch_crashes()
    application = make_application()
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    window = make_window(application, whole=False)
    window.help.log_path = log.path
    hooks = Hooks(window.session.failed.emit)
    hooks.watch(loop)

    def begin() -> None:
        """The window is seen: make the rest of it, and open the project."""
        with without_collector():
            window.make_tabs()
        log.tell_versions()
        recent = [Path(arguments[0])] if arguments else window.session.settings.recent()
        if recent:
            window.session.open(recent[0])

    window.drawn.connect(begin)
    window.show()
    signal.signal(signal.SIGINT, lambda *_: window.close())
    awake = QTimer(window)  # Python hears of Ctrl-C only when it has something to do
    awake.timeout.connect(lambda: None)
    awake.start(500)
    answers = QTimer(window)
    answers.timeout.connect(log.answers)
    answers.start(5000)
    application.lastWindowClosed.connect(loop.stop)
    with loop:
        loop.run_forever()
    window.shut_down(keep_jobs=False)
    hooks.remove()
    log.close()
    return 0
