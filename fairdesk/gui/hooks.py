"""Where nothing is lost: exceptions of every thread and Qt's own messages go to the log, and are told in the window."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from fairdesk.errors import RequestError

_log = logging.getLogger("fairdesk.uncaught")
_qt = logging.getLogger("fairdesk.qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Hooks:
    """Catches what nothing else has caught, until it is taken out. `tell` may be called from any thread."""

    def __init__(self, tell: Callable[[BaseException], None]) -> None:
        self._tell = tell
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        self._qt_before = qInstallMessageHandler(self._on_qt)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread
        sys.unraisablehook = self._on_unraisable
        logging.captureWarnings(True)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Catch what the flows of a loop raise."""
        loop.set_exception_handler(self._on_loop)

    def remove(self) -> None:
        """Put back what was there before."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        qInstallMessageHandler(self._qt_before)
        logging.captureWarnings(False)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        self._caught("the main thread", error, trace)
        self._before[0](kind, error, trace)

    def _on_thread(self, arguments: threading.ExceptHookArgs) -> None:
        name = arguments.thread.name if arguments.thread is not None else "unknown"
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
            self._caught(f"thread {name}", arguments.exc_value, arguments.exc_traceback)
        self._before[1](arguments)

    def _on_unraisable(self, arguments: Any) -> None:
        where = type(arguments.object).__name__  # its text may name a photograph
        if arguments.exc_value is not None:  # it happened while something was thrown away: nobody can do anything
            _log.error("%s (%s)", arguments.err_msg or "ignored", where, exc_info=arguments.exc_value)

    def _on_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(context["message"])
        if isinstance(error, RequestError):  # a person's slip, which is told: the program has no fault to trace
            self._tell(error)
            return
        self._caught("a flow of the window", error, error.__traceback__)

    def _caught(self, where: str, error: BaseException, trace: TracebackType | None) -> None:
        _log.error("uncaught in %s", where, exc_info=(type(error), error, trace))
        self._tell(error)

    def _on_qt(self, kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        _qt.log(_LEVELS.get(kind, logging.WARNING), "%s", message)
