"""Pairs that say nothing, or the same twice: nothing is left out, but it is said."""

from __future__ import annotations

from collections.abc import Iterable

from fairdesk.metrics.pair_lists.pairs import Pair
from fairdesk.words import tr_n


def told_repeats(pairs: Iterable[Pair]) -> list[str]:
    """Say how many pairs compare an image with itself, stand there before, or stand there with the other label."""
    labels: dict[tuple[tuple[str, str], tuple[str, str]], int] = {}
    itself: list[int] = []
    again: list[int] = []
    contradicting: list[int] = []
    for pair in pairs:
        one, other = (pair.path1, pair.group1), (pair.path2, pair.group2)
        if one == other:
            itself.append(pair.line)
        key = (one, other) if one < other else (other, one)
        before = labels.get(key)
        if before is None:
            labels[key] = pair.label
        else:
            (again if before == pair.label else contradicting).append(pair.line)
    said = []
    if itself:
        said.append(
            tr_n(
                "{n:,} pair compares an image with itself (line {line}).",
                "{n:,} pairs compare an image with itself, the first in line {line}.",
                len(itself),
                line=itself[0],
            )
        )
    if again:
        said.append(
            tr_n(
                "{n:,} pair is in the list a second time (line {line}).",
                "{n:,} pairs are in the list a second time, the first in line {line}.",
                len(again),
                line=again[0],
            )
        )
    if contradicting:
        said.append(
            tr_n(
                "{n:,} pair is in the list as genuine and as impostor (line {line}).",
                "{n:,} pairs are in the list as genuine and as impostor, the first in line {line}.",
                len(contradicting),
                line=contradicting[0],
            )
        )
    return said
