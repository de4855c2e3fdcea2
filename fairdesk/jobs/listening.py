"""Work that nothing can interrupt is done in a thread: who stops or pauses is heard meanwhile, and it is said that it goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

from fairdesk.jobs.context import Context

Result = TypeVar("Result")

_LISTEN = 0.1  # seconds
_SHOW_AFTER = 5  # looks: what takes less than half a second is not told


def beside(work: Callable[[], Result], look: Callable[[int], None]) -> Result:
    """Return what `work` gives, or raise what it raises, calling `look` all the while with how often it looked before.

    Where `look` raises, nobody waits for the thread any longer: what it comes to is dropped, and it ends with this process.
    """
    found: Future[Result] = Future()

    def run() -> None:
        try:
            found.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            found.set_exception(error)

    Thread(target=copy_context().run, args=(run,), daemon=True, name="work that is listened for").start()
    looks = 0
    while True:
        look(looks)
        try:
            return found.result(_LISTEN)
        except TimeoutError:
            if found.done():  # meanwhile, or the work's own
                return found.result()
            looks += 1


def listen_while(work: Callable[[], Result], context: Context, unit: str) -> Result:
    """Return what `work` gives, or raise what it raises, calling `context.check` all the while; `unit` says what goes on.

    `work` must write nothing: where a person stops, it is left to itself and its result is dropped.
    """

    def look(looks: int) -> None:
        if looks:
            context.check()
        if looks >= _SHOW_AFTER:
            context.progress(0, 0, unit)

    return beside(work, look)
