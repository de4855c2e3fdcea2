"""Groups of faces that verdicts join, as one where they share faces."""

from __future__ import annotations


def merged(groups: list[list[int]], apart: list[tuple[list[int], list[int]]]) -> list[list[int]]:
    """Join groups that share faces, but where a verdict keeps them apart."""
    sides: dict[int, set[int]] = {}
    for number, (first, second) in enumerate(apart):
        for rows, side in ((first, 2 * number), (second, 2 * number + 1)):
            for row in rows:
                sides.setdefault(row, set()).add(side)
    out: list[set[int]] = []
    for group in groups:
        whole = set(group)
        touching = [one for one in out if one & whole]
        for one in touching:
            mine = {side for row in whole for side in sides.get(row, ())}
            theirs = {side ^ 1 for row in one for side in sides.get(row, ())}
            if mine & theirs:
                whole -= one
            else:
                whole |= one
                out.remove(one)
        if len(whole) > 1:
            out.append(whole)
    return [sorted(one) for one in out]
