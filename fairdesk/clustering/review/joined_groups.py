"""Groups of faces that verdicts join, as one where they share faces."""

from __future__ import annotations


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
