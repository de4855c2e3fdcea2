"""Ages and genders in a table that are none, or that are written in two ways: told, so that no group is made of them unseen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from fairdesk.words import tr, tr_n

OLDEST = 125  # years
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_SAME = {"m": "male", "f": "female", "man": "male", "woman": "female"}  # as they are shortened
_EMPTY = ("nan", "none", "null", "n/a", "na", "<na>", "nat")
_SHOWN = 5


def possible_age(text: str) -> bool:
    """Tell whether a person may have this age; what is no number (a range, a word) may be anything."""
    return not _NUMBER.fullmatch(text) or 0 <= float(text) <= OLDEST


def odd_lines(
    ages: Mapping[str, int], genders: Mapping[str, int], groups: Mapping[str, int] = MappingProxyType({})
) -> list[str]:
    """Say what is odd about the ages, genders and groups of a table; each maps what is written to how many rows have it."""
    lines = []
    impossible = {age: rows for age, rows in ages.items() if not possible_age(age)}
    if impossible:
        lines.append(
            tr_n(
                "{n:,} row has an age that nobody has and is left without one: {ages}",
                "{n:,} rows have an age that nobody has and are left without one: {ages}",
                sum(impossible.values()),
                ages=_some(impossible),
            )
        )
    words = {age: rows for age, rows in ages.items() if not any(letter.isdigit() for letter in age)}
    if words:
        lines.append(
            tr_n(
                "{n:,} row has an age without a number, kept as it is written: {ages}",
                "{n:,} rows have an age without a number, kept as it is written: {ages}",
                sum(words.values()),
                ages=_some(words),
            )
        )
    meant = [_SAME.get(gender.lower(), gender.lower()) for gender in genders]
    if len(meant) > 2 or len(set(meant)) < len(meant):
        lines.append(tr("Each of these is a gender of its own, as it is written: {genders}", genders=_some(genders)))
    empty = {group: rows for group, rows in groups.items() if group.lower() in _EMPTY}
    if empty:
        lines.append(
            tr_n(
                "{n:,} row has a group that programs write for an empty cell, kept as a group: {groups}",
                "{n:,} rows have a group that programs write for an empty cell, kept as a group: {groups}",
                sum(empty.values()),
                groups=_some(empty),
            )
        )
    return lines


def _some(words: Mapping[str, int]) -> str:
    shown = sorted(words, key=lambda word: (-words[word], word))
    return ", ".join(shown[:_SHOWN]) + (" …" if len(shown) > _SHOWN else "")
