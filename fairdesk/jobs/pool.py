"""Work spread over processes: ordered results, few in flight, stops and pauses between batches."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, TypeVar

from fairdesk.errors import JobFailed
from fairdesk.jobs.helper_server import FORKED, make_ready
from fairdesk.jobs.processes import CORES, cores
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.jobs.context import Context

Item = TypeVar("Item")
Output = TypeVar("Output")

_SMALL = 24  # fewer items than this are not worth starting processes for


def processes() -> int:
    """How many processes or threads a job may use: as many as cores, or its lane's share of them; at most 8."""
    return max(1, min(8, cores(), int(os.environ.get(CORES, "8"))))


def _die_with_parent() -> None:
    """End this process when its parent is gone, so that a killed job leaves nothing running."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _start(initializer: Callable[..., None], arguments: tuple[Any, ...], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)  # a helper that is forked has that of when its server began
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it stops between batches
    threading.Thread(target=_die_with_parent, daemon=True).start()
    initializer(*arguments)


def map_batches(
    function: Callable[[list[Item]], Output],
    items: Sequence[Item],
    size: int,
    context: Context,
    initializer: Callable[..., None],
    arguments: tuple[Any, ...] = (),
    few: int | None = None,
    ready: str = "",
) -> Iterator[tuple[list[Item], Output]]:
    """Yield (batch, result) in order; `function` and `initializer` are module-level.

    `initializer(*arguments)` runs once in each process, to load a model. Few items (less than `few`, where that is said) run in this process.
    Processes have the module `ready` in memory when they begin, where that is possible (`make_ready`).
    `context.check()` is called between batches, so a stop loses no finished batch.

    Raises
    ------
    JobFailed
        If a process died, e.g. of memory.
    """
    batches = (list(items[start : start + size]) for start in range(0, len(items), size))  # not all at once
    count = min(processes(), -(-len(items) // size))
    if count <= 1 or len(items) < (_SMALL if few is None else few):
        if items:
            initializer(*arguments)
        for batch in batches:
            context.check()
            yield batch, function(batch)
        return
    make_ready(*([ready] if ready else []))
    pool = ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("forkserver" if FORKED else "spawn"), initializer=_start,
        initargs=(initializer, arguments, dict(os.environ)),
    )  # fmt: skip
    waiting: deque[tuple[list[Item], Future[Output]]] = deque()
    try:
        for batch in batches:
            context.check()
            waiting.append((batch, pool.submit(function, batch)))
            if len(waiting) >= count * 2:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            context.check()
            first, future = waiting.popleft()
            yield first, future.result()
    except BrokenProcessPool as error:
        context.check()  # who ends a whole group of processes (SIGTERM) ended the helpers too
        raise JobFailed(
            tr(
                "A worker process died, most likely out of memory. Finished work is kept; "
                "close other programs and run it again to continue."
            )
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
