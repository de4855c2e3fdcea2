"""Ray is begun and ended in a thread of its own, as nothing can interrupt it: who stops is heard meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_LISTEN = 0.2  # seconds
_LONGEST = 20.0  # seconds that the end of it is waited for
_SHORT = 2.0  # the same where it has not begun yet: what was started ends with this process


class NotBegunError(Exception):
    """It has not begun in the time it had."""


class Held(threading.Thread):
    """Runs `begin`, and `end` when it is asked to; it lives as long, as Linux ends what Ray starts with the thread that did."""

    def __init__(self, begin: Callable[[], object], end: Callable[[], object]) -> None:
        super().__init__(daemon=True, name="connection to Ray")
        self._begin, self._end = begin, end
        self._begun, self._over = threading.Event(), threading.Event()
        self._error: BaseException | None = None

    def run(self) -> None:
        """Begin, wait, end."""
        try:
            self._begin()
        except BaseException as error:  # noqa: BLE001 - it is raised where the beginning is waited for
            self._error = error
        self._begun.set()
        self._over.wait()
        self._end()

    def begin(self, check: Callable[[], None], within: float | None = None) -> None:
        """Begin and wait for it, calling `check` all the while; raises what either does, or `NotBegunError` after some seconds."""
        self.start()
        latest = None if within is None else time.monotonic() + within
        while not self._begun.wait(_LISTEN):
            check()
            if latest is not None and time.monotonic() > latest:
                raise NotBegunError
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """End it, and wait for that."""
        self._over.set()
        if self.is_alive():
            self.join(_LONGEST if self._begun.is_set() else _SHORT)
