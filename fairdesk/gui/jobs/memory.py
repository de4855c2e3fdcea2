"""Memory: enough of it for one more job beside those that run? No Qt."""

from __future__ import annotations

import psutil

from fairdesk.jobs.processes import memory_of
from fairdesk.words import tr

_GB = 1 << 30
_NEEDED = _GB  # free before a light job starts beside another one
_LAST = _GB // 4  # free at least, or a light job has to go


def shortage() -> str:
    """Say that there is too little memory to start one more job, or nothing."""
    memory = psutil.virtual_memory()
    needed = min(_NEEDED, memory.total // 10)
    if memory.available >= needed:
        return ""
    return tr(
        "for free memory ({available:.1f} GB free, {needed:.1f} GB needed)",
        available=memory.available / _GB,
        needed=needed / _GB,
    )


def nearly_out() -> bool:
    """Whether the machine is about to run out of memory."""
    memory = psutil.virtual_memory()
    return bool(memory.available < min(_LAST, memory.total // 30))


def taken_by(process: psutil.Process | None) -> int:
    """Return how many bytes a job takes; 0 where it is gone."""
    return memory_of(process) if process is not None else 0
