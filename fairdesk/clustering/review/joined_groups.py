"""Groups of faces that verdicts join, as one where they share faces, and what else they join by these."""

from __future__ import annotations

from collections.abc import Iterable


def heads(groups: Iterable[Iterable[int]]) -> dict[int, int]:
    """Return, for each number that is in a group, the smallest of those that groups join it with, one after the other."""
    parent: dict[int, int] = {}

    def top(number: int) -> int:
        while (up := parent.setdefault(number, number)) != number:
            number = up
        return number

    for group in groups:
        tops = {top(number) for number in group}
        parent.update(dict.fromkeys(tops, min(tops, default=0)))
    return {number: top(number) for number in parent}


def merged(groups: list[list[int]], apart: list[tuple[list[int], list[int]]]) -> list[list[int]]:
    """Join groups that share faces, but where a verdict keeps them apart."""
    sides: dict[int, set[int]] = {}
    for number, (first, second) in enumerate(apart):
        for rows, side in ((first, 2 * number), (second, 2 * number + 1)):
            for row in rows:
                sides.setdefault(row, set()).add(side)
    out: dict[int, set[int]] = {}
    of: dict[int, int] = {}  # row to the group that it is in
    for number, group in enumerate(groups):
        whole = set(group)
        for place in sorted({of[row] for row in group if row in of}):
            one = out[place]
            mine = {side for row in whole for side in sides.get(row, ())}
            theirs = {side ^ 1 for row in one for side in sides.get(row, ())}
            if mine & theirs:
                whole -= one
            else:
                whole |= one
                del out[place]
        if len(whole) > 1:
            out[number] = whole
            of.update(dict.fromkeys(whole, number))
    return [sorted(one) for one in out.values()]
