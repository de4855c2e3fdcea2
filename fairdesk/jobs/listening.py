"""Work that nothing can interrupt is done in a thread: who stops or pauses is heard meanwhile, and it is said that it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from fairdesk.jobs.context import Context

Result = TypeVar("Result")

_LISTEN = 0.1  # seconds
_SHOW_AFTER = 5  # looks: what takes less than half a second is not told


def listen_while(work: Callable[[], Result], context: Context, unit: str) -> Result:
    """Return what `work` gives, or raise what it raises, calling `context.check` all the while; `unit` says what goes on.

    `work` must write nothing: where a person stops, it is left to itself and its result is dropped.
    """
    given: list[Result] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            given.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True, name="work that is listened for")
    thread.start()
    thread.join(_LISTEN)
    looks = 0
    while thread.is_alive():
        context.check()
        looks += 1
        if looks >= _SHOW_AFTER:
            context.progress(0, 0, unit)
        thread.join(_LISTEN)
    if raised:
        raise raised[0]
    return given[0]
