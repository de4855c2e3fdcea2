"""Short work off the window's thread: reads on a few threads, edits one after the other on one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

Output = TypeVar("Output")
Done = Callable[[Any], None]
Failed = Callable[[BaseException], None]


class Background(QObject):
    """Runs functions elsewhere and brings their results back to the window's thread.

    Requests with the same key replace each other: only the newest one's result arrives.
    """

    failed = Signal(object)  # an exception nobody asked for
    _arrived = Signal(object, object, object, object, object)  # key, ticket, done, failed, future

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make_pools()
        self._tickets: dict[object, int] = {}
        self._numbers = itertools.count(1)  # never again the same: a result of before may still be on its way
        self._open = 0
        self._closed = False
        # never within the request, also where the work is done before it returns: who asks does not expect the answer yet
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def _make_pools(self) -> None:
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="fairdesk-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="fairdesk-edit")

    def read(
        self, key: object, work: Callable[[], Output], done: Callable[[Output], None], failed: Failed | None = None
    ) -> None:
        """Read something; a newer request with this key drops this one's result."""
        self._submit(self._readers, key, work, done, failed)

    def edit(self, work: Callable[[], Output], done: Callable[[Output], None], failed: Failed | None = None) -> None:
        """Change something; edits run in the order they were asked for, and each one's result arrives."""
        self._submit(self._writer, object(), work, done, failed)

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return self._open > 0

    def _submit(
        self, pool: ThreadPoolExecutor, key: object, work: Callable[[], Any], done: Done, failed: Failed | None
    ) -> None:
        if self._closed:
            return
        ticket = next(self._numbers)
        self._tickets[key] = ticket
        self._open += 1
        pool.submit(work).add_done_callback(lambda future: self._arrived.emit(key, ticket, done, failed, future))

    @Slot(object, object, object, object, object)
    def _deliver(self, key: object, ticket: int, done: Done, failed: Failed | None, future: Future[Any]) -> None:
        self._open -= 1
        if self._closed or self._tickets.get(key) != ticket:
            return
        del self._tickets[key]
        if _gone(done):
            return
        error = future.exception()
        if error is None:
            done(future.result())
        elif failed is not None:
            failed(error)
        else:
            self.failed.emit(error)

    def settle(self) -> None:
        """Before a project is closed: finish edits and reads under way; what they found is dropped."""
        self._tickets.clear()
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._writer.shutdown(wait=True)
        self._make_pools()

    def close(self) -> None:
        """Finish edits under way and drop everything else."""
        self._closed = True
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._writer.shutdown(wait=True)


def _gone(done: Done) -> bool:
    """Whether the dialog that waited for a result was closed and deleted meanwhile."""
    owner = getattr(done, "__self__", None)
    return isinstance(owner, QObject) and not shiboken6.isValid(owner)
