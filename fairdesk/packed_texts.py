"""Many texts in one piece of memory, and where each of them stands: a million paths take as much as their letters."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

import numpy as np

from fairdesk.made_sequences import MadeSequence

_FEW = 1024  # texts


class PackedTexts(MadeSequence[str]):
    """Texts that are appended and read by place; a list of them takes 50 bytes more for each."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._letters = bytearray()
        self._ends = array("q", [0])
        for text in texts:
            self.append(text)

    def append(self, text: str) -> None:
        """Add a text at the end."""
        self._letters += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._letters))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def item(self, place: int) -> str:
        """Make the one at a place."""
        return self._letters[self._ends[place] : self._ends[place + 1]].decode("utf-8", "surrogatepass")


class Places:
    """Where texts may stand, by their hash: twelve bytes each. Whoever asks compares the text itself.

    Texts may be added and asked for in turn: the last ones, up to a sixteenth of all, are in a dictionary, the others sorted.
    """

    def __init__(self) -> None:
        self._hashes = array("q")
        self._places = array("i")
        self._sorted = 0  # so many are sorted by their hash
        self._late: dict[int, list[int]] = {}  # hash: places of those after them
        self._looked = 0  # so many are sorted or in `_late`

    def add(self, text: str, place: int) -> None:
        """Say that a text stands at a place."""
        self._hashes.append(hash(text))
        self._places.append(place)

    def of(self, text: str) -> Iterator[int]:
        """Yield the places at which a text may stand, in the order they were added."""
        if self._looked < len(self._hashes):
            self._look()
        key = hash(text)
        at = bisect_left(self._hashes, key, 0, self._sorted)
        while at < self._sorted and self._hashes[at] == key:
            yield self._places[at]
            at += 1
        yield from self._late.get(key, ())

    def _look(self) -> None:
        if len(self._hashes) - self._sorted > max(_FEW, self._sorted // 16):
            order = np.argsort(np.frombuffer(self._hashes, dtype=np.int64), kind="stable")
            self._hashes = array("q", np.frombuffer(self._hashes, dtype=np.int64)[order].tobytes())
            self._places = array("i", np.frombuffer(self._places, dtype=np.int32)[order].tobytes())
            self._sorted = len(self._hashes)
            self._late.clear()
        else:
            for at in range(self._looked, len(self._hashes)):
                self._late.setdefault(self._hashes[at], []).append(self._places[at])
        self._looked = len(self._hashes)
