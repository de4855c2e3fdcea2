"""Pairs whose label is contradicted, by the identities of their images or by another line: they stay, and are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fairdesk.metrics.pair_lists.pairs import LeftOutLine, Pair
from fairdesk.words import tr, tr_n

_SHOWN = 5


class Labelled(NamedTuple):
    """A pair's line and label, and what its two images are called: (identity, group), each empty where it is not known."""

    line: int
    label: int
    one: tuple[str, str]
    other: tuple[str, str]


def labelled(pair: Pair) -> Labelled:
    """Return a pair as its list names it."""
    return Labelled(pair.line, pair.label, (pair.subject1, pair.group1), (pair.subject2, pair.group2))


def against_identities(pairs: Iterable[Labelled]) -> list[LeftOutLine]:
    """Return the impostor pairs of one identity and the genuine pairs of two, each with the reason.

    The same name in two groups may be two people; where one of the two has no group it is taken for one.
    """
    out = []
    for line, label, one, other in pairs:
        if not one[0] or not other[0]:
            continue
        if label and one[0] != other[0]:
            why = tr("a genuine pair of two identities, {one} and {other}", one=one[0], other=other[0])
            out.append(LeftOutLine(line, why))
        elif not label and one[0] == other[0] and (one[1] == other[1] or not one[1] or not other[1]):
            out.append(LeftOutLine(line, tr("an impostor pair of one identity, {one}", one=one[0])))
    return out


def with_both_labels(pairs: Iterable[Pair]) -> list[LeftOutLine]:
    """Return the pairs that stand in a list before with the other label, each with the line where."""
    first: dict[tuple[tuple[str, str], tuple[str, str]], Pair] = {}
    out = []
    for pair in pairs:
        one, other = (pair.path1, pair.group1), (pair.path2, pair.group2)
        before = first.setdefault((one, other) if one < other else (other, one), pair)
        if before.label != pair.label:
            out.append(
                LeftOutLine(pair.line, tr("line {line} has the same pair with the other label", line=before.line))
            )
    return out


def told_doubtful(doubtful: Sequence[LeftOutLine]) -> str:
    """Say which pairs have a label that is contradicted."""
    head = tr_n(
        "{n:,} pair has a label that is contradicted; it stays as it is:",
        "{n:,} pairs have a label that is contradicted; they stay as they are:",
        len(doubtful),
    )
    lines = [tr("line {line}: {why}", line=one.line, why=one.why) for one in doubtful[:_SHOWN]]
    if len(doubtful) > _SHOWN:
        lines.append(tr("... and {n:,} more", n=len(doubtful) - _SHOWN))
    return "\n  ".join([head, *lines])
