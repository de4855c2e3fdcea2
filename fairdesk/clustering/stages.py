"""How far some work is that has several stages, and how it is stopped where a library does it in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fairdesk.jobs.listening import beside

Check = Callable[[int, int], None]  # how much is done, of how much (0: nobody knows); may raise
Made = TypeVar("Made")


def stoppable(check: Check | None, work: Callable[[], Made], done: int = 0, of: int = 1) -> Made:
    """Return what a call of a library comes to, which neither tells how far it is nor can be asked to stop.

    It runs in a thread of its own, while `check` is called now and then (with `done` of `of`). Where that raises, nobody waits for the thread any
    longer: what it comes to is dropped, and it ends with the process of the job.
    """
    if check is None:
        return work()
    return beside(work, lambda _looks: check(done, of))


class Stages:
    """Tells how far some work is that has several stages, each a share of it."""

    def __init__(self, check: Check | None) -> None:
        self._check, self._done = check, 0.0

    def next(self, share: float) -> Check:
        """Return what the next stage tells how far it is."""
        before, self._done = self._done, self._done + share

        def tell(done: int, of: int) -> None:
            if self._check is not None:
                self._check(round(1000 * (before + share * min(1.0, done / max(of, 1)))), 1000)

        tell(0, 1)
        return tell
