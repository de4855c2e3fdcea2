"""How far some work is that has several stages."""

from __future__ import annotations

from collections.abc import Callable

Check = Callable[[int, int], None]  # how much is done, of how much; may raise


class Stages:
    """Tells how far some work is that has several stages, each a share of it."""

    def __init__(self, check: Check | None) -> None:
        self._check, self._done = check, 0.0

    def next(self, share: float) -> Check:
        """Return what the next stage tells how far it is."""
        before, self._done = self._done, self._done + share

        def tell(done: int, of: int) -> None:
            if self._check is not None:
                self._check(round(1000 * (before + share * min(1.0, done / max(of, 1)))), 1000)

        tell(0, 1)
        return tell
