"""Whose process a job is. A job folder may come from a stranger: what it says of a process is checked before it is believed."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import psutil

from fairdesk.plain_json import parse

PROCESS = "process.json"
_SLACK_S = 2.0  # two readings of when a process began may differ by so much


def worker_command(program: list[str], folder: Path) -> list[str]:
    """Return the program and arguments that run one job folder."""
    return [*program, "-m", "fairdesk", "--worker", str(folder)]


def _about(process: psutil.Process) -> dict[str, Any]:
    """Say what tells a process from any other: its beginning counted from the machine's, so that a set clock changes nothing."""
    return {
        "pid": process.pid,
        "after_boot": process.create_time() - psutil.boot_time(),
        "host": platform.node(),
        "user": psutil.Process().username(),
    }


def write_owner(folder: Path, pid: int | None = None, *, over: bool = True) -> None:
    """Write down that a process runs a job folder: this one, or one that this one has just started."""
    try:
        text = json.dumps(_about(psutil.Process(pid)))
    except psutil.Error:  # it has ended already
        return
    if not over and (folder / PROCESS).exists():
        return
    part = folder / f"{PROCESS}.{os.getpid()}.part"
    part.write_text(text, encoding="utf-8")
    part.replace(folder / PROCESS)


def worker_of(folder: Path) -> psutil.Process | None:
    """Return the process that runs a job folder now, or None.

    It is believed only if this user started it on this machine, at the time the folder names, as a worker of this
    very folder. A folder that names any other process is as good as one that names none.
    """
    try:
        said = parse((folder / PROCESS).read_text(encoding="utf-8"))
        process = psutil.Process(int(said["pid"]))
        found = _about(process)
        same = all(said[key] == found[key] for key in ("pid", "host", "user"))
        same = same and abs(float(said["after_boot"]) - found["after_boot"]) <= _SLACK_S
        if same and process.username() == found["user"] and _runs(process.cmdline(), folder):
            return process
    except (OSError, ValueError, TypeError, KeyError, OverflowError, psutil.Error):
        pass
    return None


def _runs(command: list[str], folder: Path) -> bool:
    if command[-4:-1] != ["-m", "fairdesk", "--worker"]:
        return False
    place = Path(command[-1])
    return place.exists() and place.samefile(folder)
