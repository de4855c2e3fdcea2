"""When a job writes what it has collected: a killed one then loses a few seconds of work, however slow its images are."""

from __future__ import annotations

import time

SECONDS = 5.0


class WritingTimes:
    """Says when a write is due: enough is waiting, or the last write (or the beginning) was `SECONDS` ago."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._last = time.monotonic()

    def due(self, waiting: int) -> bool:
        """Whether to write now, with so many items waiting."""
        return waiting >= self._most or (waiting > 0 and time.monotonic() - self._last >= SECONDS)

    def written(self) -> None:
        """Take note that everything was written just now."""
        self._last = time.monotonic()
