"""Comparisons by group, and each group's own scores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.rates.error_rates import Floats, Scores, sort_scores
from fairdesk.metrics.scores.score_set import PAIRWISE, PATHS, ScoreSet, Strings
from fairdesk.words import tr

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Grouped:
    """Comparisons by group: genuine ones within it, impostor ones within it."""

    names: list[str]
    code1: npt.NDArray[np.int64]
    code2: npt.NDArray[np.int64]
    score: Floats
    label: Mask

    def within_groups(self) -> Mask:
        """Tell which comparisons are of two faces of one group; faces without a group are of none."""
        return np.asarray((self.code1 == self.code2) & (self.code1 >= 0))

    def within(self, group: int) -> Mask:
        """Comparisons whose two faces are of one group."""
        same: Mask = (self.code1 == group) & (self.code2 == group)
        return same


def with_scores(scores: ScoreSet, grouped: Grouped | None) -> tuple[ScoreSet, Grouped | None]:
    """Return the comparisons that have a score, and their groups.

    One without a score enters no rate. Its image may be missing, so that it need not say whose faces it compares.
    """
    if scores.score is None:
        return scores, grouped
    good = ~np.isnan(scores.score)
    if good.all():
        return scores, grouped
    columns = {
        name: column[good]
        for name in ("score", "label", "fold", *PAIRWISE, *PATHS)
        if (column := getattr(scores, name)) is not None
    }
    if grouped is not None:
        code1, code2 = grouped.code1[good], grouped.code2[good]
        grouped = Grouped(grouped.names, code1, code2, grouped.score[good], grouped.label[good])
    return replace(scores, **columns), grouped


_SEED = 0x9E3779B97F4A7C15
_ROWS = 1 << 14  # that fit a cache


def text_hashes(column: Strings) -> npt.NDArray[np.uint64]:
    """Return a number for each text; texts of other widths have the same, two texts seldom do."""
    count, width = len(column), -(-column.dtype.itemsize // 8)  # two letters at once
    if column.dtype.itemsize % 8:
        column = column.astype(f"U{2 * width}")
    pairs = np.ascontiguousarray(column).view(np.uint64).reshape(count, width)
    factors = [np.uint64((_SEED * (2 * place + 1) ** 3 | 1) & (2**64 - 1)) for place in range(width)]
    out = np.zeros(count, dtype=np.uint64)
    for start in range(0, count, _ROWS):
        part, sums = pairs[start : start + _ROWS], out[start : start + _ROWS]
        for place, factor in enumerate(factors):
            sums += part[:, place] * factor
        sums ^= sums >> np.uint64(29)  # so that the first bits tell similar texts apart
        sums *= np.uint64(_SEED)
    return out


def _codes(known: npt.NDArray[np.uint64], hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return where each hash stands among the known ones (ascending): by a table of their first bits, and searched only where that is not it."""
    bits = min(max(10, (16 * len(known)).bit_length()), 24)
    shift = np.uint64(64 - bits)
    table = np.zeros(1 << bits, dtype=np.int64)
    table[known >> shift] = np.arange(len(known))
    codes: npt.NDArray[np.int64] = table[hashes >> shift]
    others = np.flatnonzero(known[codes] != hashes)
    codes[others] = np.minimum(np.searchsorted(known, hashes[others]), len(known) - 1)
    return codes


def number_texts(columns: list[Strings]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the texts of columns in order, and each row's number among them, one column after the other.

    Texts are told apart by a hash first: sorting two million texts, or a dictionary of them, takes many times as long.
    Every row is compared with the text it was given; should two texts share a hash, a dictionary decides.
    """
    hashes = np.concatenate([text_hashes(column) for column in columns])
    if not len(hashes):
        return [], np.empty(0, dtype=np.int64)
    known = np.unique(hashes[:: max(1, len(hashes) // 50_000)])
    while True:
        codes = _codes(known, hashes)
        new = hashes[known[codes] != hashes]
        if not len(new):
            break
        known = np.union1d(known, new)
    first = np.empty(len(known), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    starts = np.cumsum([0, *(len(column) for column in columns)])
    sides = np.searchsorted(starts, first, "right") - 1
    texts = np.array([columns[side][row - starts[side]] for side, row in zip(sides, first, strict=True)])
    names, place = np.unique(texts, return_inverse=True)
    codes = place.astype(np.int64)[codes]
    for column, start in zip(columns, starts, strict=False):
        mine = codes[start : start + len(column)]
        if len(names) < len(known) or any(
            (names[mine[part : part + _ROWS]] != column[part : part + _ROWS]).any()
            for part in range(0, len(column), _ROWS)
        ):
            return _number_by_dictionary(columns)
    return names.tolist(), codes


def _number_by_dictionary(columns: list[Strings]) -> tuple[list[str], npt.NDArray[np.int64]]:
    seen: dict[str, int] = {}
    raw = [seen.setdefault(text, len(seen)) for column in columns for text in column.tolist()]
    names = sorted(seen)
    place = np.empty(len(names), dtype=np.int64)
    for number, name in enumerate(names):
        place[seen[name]] = number
    return names, place[np.array(raw, dtype=np.int64)]


MOST_PAIRED = 64
"""Groups up to which every two of them are compared: the matrix and the differences grow with their square."""


def too_many_to_pair(groups: int) -> str | None:
    """Say that there are too many groups for figures of every two of them, or None."""
    if groups <= MOST_PAIRED:
        return None
    return tr(
        "left out: {groups:,} groups would make {pairs:,} of every two; up to {most} groups are compared",
        groups=groups,
        pairs=groups * (groups - 1) // 2,
        most=MOST_PAIRED,
    )


JOIN = " · "


def age_band(text: str) -> str:
    """Return the decade of an age in years ("34", "34.0" and "34,5" are "30–39", "nan" is none); other texts stay as they are."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return text
    if np.isnan(number):
        return ""
    return f"{10 * int(number // 10)}–{10 * int(number // 10) + 9}" if 0 <= number < 200 else text


def regrouped(scores: ScoreSet, by: str) -> ScoreSet:
    """Return scores whose groups are those of gender, age, or several together; a face that lacks one of them has none.

    Raises
    ------
    RequestError
        If the scores do not name what is asked for.
    """
    if by in ("none", "group"):
        return scores
    sides: list[Strings] = []
    for side in ("1", "2"):
        parts: list[list[str]] = []
        for kind in by.split("+"):
            values: Strings | None = getattr(scores, f"{kind}{side}")
            if values is None or not (values != "").any():
                raise RequestError(
                    tr(
                        "These scores do not name {kind}1 and {kind}2 of each comparison. Label the images, and score the list again.",
                        kind=kind,
                    )
                )
            names, codes = number_texts([values])
            shown = [age_band(name) for name in names] if kind == "age" else names
            parts.append(np.array(shown, dtype=str)[codes].tolist())
        joined = [JOIN.join(one) if all(one) else "" for one in zip(*parts, strict=True)]
        sides.append(np.array(joined, dtype=str))
    return replace(scores, group1=sides[0], group2=sides[1])


def group_comparisons(scores: ScoreSet) -> Grouped:
    """Number the groups of a score set, in order of their names. Raises `RequestError` if it has none."""
    if scores.group1 is None or scores.group2 is None or scores.score is None or scores.label is None:
        raise RequestError(tr("These scores do not name groups: they need group1 and group2 for each comparison."))
    if not len(scores.score):
        raise RequestError(tr("These scores hold no comparisons, so there are no groups to evaluate."))
    names, codes = number_texts([scores.group1, scores.group2])
    n = len(scores.score)
    kept = [name for name in names if name]
    if not kept:
        raise RequestError(tr("These scores do not name groups: group1 and group2 are empty."))
    shift = 1 if len(kept) < len(names) else 0  # the empty name sorts first: code -1
    return Grouped(kept, codes[:n] - shift, codes[n:] - shift, scores.score, scores.label)


def per_group_scores(grouped: Grouped) -> dict[str, Scores]:
    """Return each group's own scores: genuine, and impostor within the group."""
    n = len(grouped.names)
    group = np.where(grouped.code1 == grouped.code2, grouped.code1, -1)
    rows = np.flatnonzero(group >= 0)
    kind = group[rows] * 2 + grouped.label[rows]
    score = grouped.score[rows[np.argsort(kind, kind="stable")]]
    ends = np.cumsum(np.bincount(kind, minlength=2 * n))
    parts = np.split(score, ends[:-1])
    return {name: sort_scores(parts[2 * number + 1], parts[2 * number]) for number, name in enumerate(grouped.names)}
