"""Where the program keeps what is its own on this machine: the log, and which jobs wait. No photograph, no project."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def state_folder(*parts: str) -> Path:
    """Return the user's state folder of FairDesk, or a path in it; nothing is made."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return base.joinpath("fairdesk", *parts)
