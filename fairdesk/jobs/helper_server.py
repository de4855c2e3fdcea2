"""The server that helper processes are forked from (`jobs/pool.py`). Nothing is imported here that takes time."""

from __future__ import annotations

import sys

FORKED = sys.platform == "linux"


def make_ready(*modules: str) -> None:
    """Import modules, and load what they load, while this process does something else; helpers then have them at once.

    On Linux helpers are forked from a server that has nothing else in memory, neither threads nor networks nor open files,
    and share what it loaded. Elsewhere each loads for itself. The first call decides what the server has.
    """
    if FORKED:
        from multiprocessing import forkserver  # there is none on Windows

        forkserver.set_forkserver_preload(list(modules))
        forkserver.ensure_running()
