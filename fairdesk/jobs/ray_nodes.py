"""Whether any machine of a Ray cluster works: its head may answer while nothing behind it does."""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module
from time import monotonic
from typing import Any

_EVERY = 1.0  # seconds between two questions
_GRACE = 6.0  # seconds in which the first machine of a cluster that just begins is not there yet
_ALIVE = 0  # GcsNodeInfo.ALIVE
_TIMEOUT = 1  # seconds


class NoMachineError(Exception):
    """The head answers, and says that no machine of the cluster works."""


class Machines:
    """Asks the head of a cluster now and then, while something waits for it; in a thread, as one that says nothing holds whoever asks."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        self._over = threading.Event()
        self._none_since: float | None = None  # that the head has said that none works
        threading.Thread(target=self._ask, daemon=True, name="machines of the Ray cluster").start()

    def check(self) -> None:
        """Raise `NoMachineError` where the head has said for some seconds that none works; nothing where it says nothing."""
        since = self._none_since
        if since is not None and monotonic() - since > _GRACE:
            raise NoMachineError

    def end(self) -> None:
        """Ask no more."""
        self._over.set()

    def _ask(self) -> None:
        while not self._over.wait(_EVERY):
            self.note(self._alive(), monotonic())

    def note(self, alive: int | None, now: float) -> None:
        """Take in what the head said: how many machines work, None where it said nothing."""
        if alive != 0:
            self._none_since = None
        elif self._none_since is None:
            self._none_since = now

    def _alive(self) -> int | None:
        """Return how many machines work; None where that cannot be told."""
        with suppress(Exception):  # its own inside, which may move; or a head that is busy
            self._client = self._client or _client(self._address)
            found: dict[Any, Any] = self._client.get_all_node_info(timeout=_TIMEOUT)
            return len([one for one in found.values() if one.state == _ALIVE])
        return None


def _client(address: str) -> Any:
    return import_module("ray._raylet").GcsClient(address=address)
