"""What the window tells a person."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Notice:
    """Something to tell without stopping anyone; `action` adds a button."""

    text: str
    kind: Literal["info", "error"] = "info"
    action: str = ""
    run: Callable[[], None] | None = None
    topic: str = ""  # it stands in place of an earlier one of its topic, which is no longer so
    time: float = field(default_factory=time.time)
