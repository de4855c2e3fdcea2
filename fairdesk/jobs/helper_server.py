"""The server that helper processes are forked from (`jobs/pool.py`). Nothing is imported here that takes time."""

from __future__ import annotations

import signal
import sys

FORKED = sys.platform == "linux"


def make_ready(*modules: str) -> None:
    """Import modules, and load what they load, while this process does something else; helpers then have them at once.

    On Linux helpers are forked from a server that has nothing else in memory, neither threads nor networks nor open files,
    and share what it loaded. Elsewhere each loads for itself. The first call decides what the server has. The server and
    its helpers never know of a Ctrl-C, not even while they begin: it is the parent's to handle.
    """
    if FORKED:
        from multiprocessing import forkserver, resource_tracker  # there are none on Windows

        if modules:
            forkserver.set_forkserver_preload(list(modules))
        resource_tracker.ensure_running()  # which would let Ctrl-C through again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new program keeps what is blocked
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
