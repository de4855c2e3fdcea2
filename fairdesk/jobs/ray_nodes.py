"""Whether any machine of a Ray cluster works: its head may answer while nothing behind it does."""

from __future__ import annotations

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
    """Asks the head of a cluster now and then, while something waits for it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        self._begun = self._asked = monotonic()

    def check(self) -> None:
        """Ask, if it is time. Raises `NoMachineError` where the head has said for some seconds that none works; silent where it says nothing."""
        now = monotonic()
        if now - self._asked < _EVERY:
            return
        alive = self._alive()
        self._asked = monotonic()
        if alive is None or alive:
            self._begun = self._asked
        elif self._asked - self._begun > _GRACE:
            raise NoMachineError

    def _alive(self) -> int | None:
        """Return how many machines work; None where that cannot be told."""
        with suppress(Exception):  # its own inside, which may move; or a head that is busy
            self._client = self._client or _client(self._address)
            found: dict[Any, Any] = self._client.get_all_node_info(timeout=_TIMEOUT)
            return len([one for one in found.values() if one.state == _ALIVE])
        return None


def _client(address: str) -> Any:
    return import_module("ray._raylet").GcsClient(address=address)
