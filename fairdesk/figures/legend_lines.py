"""A line of a legend in a width: what tells two people of one name apart is kept, on the screen and in a picture."""

from __future__ import annotations

import re
from collections.abc import Callable

Measure = Callable[[str], float]
_NAME = 4  # the share of the room that a name has at least, beside what is in brackets


def fitted(text: str, width: float, of: Measure) -> str:
    """Return a line "NAME (GROUP)  COUNT" in a width.

    The count stays whole. The name is cut at its end; where that is not enough, what stands in brackets loses its middle and
    the words before a number: its beginning and its end stay.

    Parameters
    ----------
    of
        Returns the width of a text, in the unit of `width`.
    """
    if of(text) <= width:
        return text
    at = text.rfind("  ")
    rest, count = (text[:at], text[at:]) if at > 0 else (text, "")
    apart = rest.rfind(" (")
    name, brackets = (rest[:apart], rest[apart:]) if apart > 0 and rest.endswith(")") else (rest, "")
    room = width - of(count)
    if name.startswith("("):  # a row of its own, below the name
        return _bracketed(name, room, of) + count
    if not brackets:
        return _cut(name, room, of, middle=not count) + count
    if of(name[:1] + "…" + brackets) <= room:
        return _cut(name, room - of(brackets), of) + brackets + count
    name = _cut(name, room / _NAME, of)
    number = re.search(r"[0-9]", brackets)
    if number is not None and of(brackets) > room - of(name):  # it tells more than the word before it
        brackets = " (…" + brackets[number.start() :]
    line = name + _cut(brackets, room - of(name), of, middle=True) + count
    return line if of(line) <= width else name[:1] + "…" + count


def _bracketed(text: str, width: float, of: Measure) -> str:
    """Return "(GROUP)" in a width: without its middle, but with the first number that stands in it, such as a cluster's, while there is room."""
    number = re.search(r"[0-9]+", text)
    if number is None or of(text) <= width:
        return _cut(text, width, of, middle=True)
    begin = f"{text[:2]}…{number[0]}"
    line = begin + _cut(text[number.end() :], width - of(begin), of, middle=True)
    return line if number.start() > 2 and of(line) <= width else _cut(text, width, of, middle=True)


def _cut(text: str, width: float, of: Measure, *, middle: bool = False) -> str:
    """Return as much of a text as fits: at least its first letter, and its last where the middle is left out."""
    if of(text) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        tail = kept // 2 if middle else 0
        found = text[: kept - tail] + "…" + text[len(text) - tail :]
        if of(found) <= width:
            return found
    return text[:1] + "…" + (text[-1:] if middle else "")
