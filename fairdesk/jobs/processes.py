"""Processes on every system: their priority, the cores they may use, how they are set free and how they end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from enum import StrEnum
from typing import Any

import psutil

LANE, CORES, PARENT = "FAIRDESK_LANE", "FAIRDESK_CORES", "FAIRDESK_PARENT"  # in a worker's environment
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class Lane(StrEnum):
    """Jobs of one lane wait for each other, not for those of another."""

    PREVIEW = "preview"  # writes nothing: runs at once, in a dialog
    LIGHT = "light"  # seconds to minutes on a few cores: runs beside a training
    HEAVY = "heavy"  # takes all cores: one at a time
    GPU = "gpu"  # computes with a network: one on each device; on the processor it is a heavy one


def cores() -> int:
    """Return how many cores this process may use."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # not on macOS
        return len(process.cpu_affinity() or []) or 1
    return psutil.cpu_count() or 1


def environment_of(lane: Lane) -> dict[str, str]:
    """Return what a worker's environment says of its lane; light jobs and previews get a quarter of the cores."""
    added = {LANE: lane.value, "PYTHONUNBUFFERED": "1"}
    if lane in (Lane.LIGHT, Lane.PREVIEW):
        share = str(max(1, cores() // 4))
        added |= {CORES: share, **dict.fromkeys(_THREADS, share)}
    return {**os.environ, **added}


def lower_priority() -> None:
    """Put this worker behind the window, and one of a heavy lane behind the light ones."""
    light = os.environ.get(LANE) in (Lane.LIGHT, Lane.PREVIEW)
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.NORMAL_PRIORITY_CLASS if light else psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process().nice(5 if light else 10)


def set_free() -> dict[str, Any]:
    """Return the arguments of Popen for a process that a signal to this one does not reach, and that outlives it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def end(process: psutil.Process, *, kill: bool) -> None:
    """Ask a process to end, or kill it together with all that it has started."""
    with contextlib.suppress(psutil.Error):
        if not kill:
            process.terminate()
            return
        for one in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                one.kill()


def memory_of(process: psutil.Process) -> int:
    """Return the bytes of memory of a process and all that it has started; 0 where it is gone."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total


def end_with(pid: int) -> None:
    """End this process when another one of its program is gone: where a parent is killed, nothing of it goes on."""

    def watch() -> None:
        with contextlib.suppress(psutil.Error):
            other = psutil.Process(pid)
            while other.is_running() and other.status() != psutil.STATUS_ZOMBIE:
                time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()
