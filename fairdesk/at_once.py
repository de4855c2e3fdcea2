"""Ctrl-C that is pressed again ends this process and its helpers, whatever they wait for."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import NoReturn

from fairdesk.words import tr

STOPPED = 130  # the exit status
_TIDY = 0.5  # seconds in which what was begun can be tidied up
_told = threading.Event()


def tell() -> None:
    """Say, once, that it was stopped."""
    if not _told.is_set():
        _told.set()
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            sys.stderr.write(tr("Stopped at once.") + "\n")
            sys.stderr.flush()


def end_soon() -> None:
    """End this process and all that it started in half a second, unless it has ended by itself by then."""
    timer = threading.Timer(_TIDY, _end)
    timer.daemon = True
    timer.start()


def _end() -> NoReturn:
    import psutil  # takes a while

    try:
        tell()
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    finally:
        os._exit(STOPPED)


def end_now(*_signal: object) -> NoReturn:
    """End this process while nothing is begun yet: what is half imported can raise anything."""
    os.write(2, (tr("Stopped at once.") + "\n").encode())
    os._exit(STOPPED)
