"""Results of a Ray cluster as they come, with an eye on its head: where that dies, Ray waits a minute and ends this process."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fairdesk.errors import JobFailed
from fairdesk.jobs.ray_connection import silence
from fairdesk.words import tr

_LOOK = 3.0  # seconds without a result after which the head is asked
_DEAD = 12.0  # seconds in which the head has not answered
_LISTEN = 0.2  # seconds after which a person who stops is heard
_LONGEST = 5.0  # seconds for which the end of what is being received is waited for
_END = object()


class _Receiver(threading.Thread):
    """Receives rows in a thread of its own, as Ray cannot be interrupted; two wait here, more in Ray's store."""

    def __init__(self, rows: Iterable[Any]) -> None:
        super().__init__(daemon=True, name="rows of Ray")
        self.came: queue.Queue[Any] = queue.Queue(maxsize=2)
        self.over = threading.Event()
        self._rows = rows

    def run(self) -> None:
        """Receive all rows, or until it is over; then the end, or the error that ended them."""
        try:
            for row in self._rows:
                if not self._put(row):
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised where the rows are asked for
            self._put(error)
        else:
            self._put(_END)

    def _put(self, one: Any) -> bool:
        while not self.over.is_set():
            try:
                self.came.put(one, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False


def watched(rows: Iterable[Any], address: str, check: Callable[[], None] = lambda: None) -> Iterator[Any]:
    """Yield rows as long as they come, or the cluster's head at HOST:PORT answers; `check` is called while none comes.

    Raises
    ------
    JobFailed
        If neither has been so for some ten seconds.
    """
    receiver = _Receiver(rows)
    receiver.start()
    heard = asked = time.monotonic()
    gone = False
    try:
        while True:
            try:
                one = receiver.came.get(timeout=min(_LISTEN, _LOOK))
            except queue.Empty:
                check()
                if time.monotonic() - asked < _LOOK:
                    continue
                if silence(address, _LOOK) is None:
                    heard = time.monotonic()
                asked = time.monotonic()
                gone = time.monotonic() - heard > _DEAD
                if gone:
                    raise JobFailed(_head_gone(address)) from None
                continue
            heard = asked = time.monotonic()
            if one is _END:
                return
            if isinstance(one, BaseException):
                raise one
            yield one
    finally:
        receiver.over.set()
        if not gone:  # else it may never end
            receiver.join(_LONGEST)


def _head_gone(address: str) -> str:
    return tr(
        "The first machine of the Ray cluster, {address}, does not answer any more. What was finished is kept. "
        "Begin the cluster again and run this again.",
        address=address,
    )
