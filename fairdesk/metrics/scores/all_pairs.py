"""All comparisons of a set of vectors, block by block: exact counts at every TAR point, and a histogram.

Genuine scores are kept, of impostor scores only the highest tenth or so: enough for every FMR up to 0.1. Where the tenth
begins is guessed from a sample, and a wrong guess costs a second pass. Scores are those of float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.rates.error_rates import TARGETS

Single = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

BINS = 4000
_ROWS = 512  # of a block
_PART = 1 << 16  # scores put into the histogram at once: they fit a cache
_MOST = Fraction("0.1")  # the largest FMR that is asked for
_SAMPLE = 200_000


@dataclass
class AllPairs:
    """What all comparisons gave; `genuine` and `tail` are sorted."""

    genuine: Single
    genuine_cell: Ints
    """Of each of these, low group * groups + high group."""
    impostors: int
    tail: Single
    """The highest impostor scores, at least a tenth of them."""
    tail_cell: Ints
    """The cell of each of these."""
    impostors_of: Ints
    """Impostor comparisons of each cell."""
    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    """Impostor scores in each bin."""

    def threshold_at(self, target: str) -> float:
        """Return the smallest observed score with an FMR of at most the target (up to 0.1), +inf if there is none."""
        allowed = int(Fraction(target) * self.impostors)
        limit = float(self.tail[len(self.tail) - 1 - allowed]) if allowed < len(self.tail) else -np.inf
        found = [float(values[place]) for values in (self.tail, self.genuine)
                 if (place := int(np.searchsorted(values, limit, "right"))) < len(values)]  # fmt: skip
        return min(found, default=np.inf)

    def false_matches(self, threshold: float) -> int:
        """Count impostor scores from a threshold on that lies in the tail."""
        return len(self.tail) - int(np.searchsorted(self.tail, np.float32(threshold), "left"))

    def misses(self, threshold: float) -> int:
        """Count genuine scores below a threshold."""
        return int(np.searchsorted(self.genuine, np.float32(threshold), "left"))


def _prepared(vectors: Single, metric: str) -> Single:
    out = np.array(vectors, dtype=np.float32)
    if metric == "cosine":
        out /= np.linalg.norm(out, axis=1, keepdims=True)
    return out


def _blocks(vectors: Single, metric: str) -> Iterator[tuple[int, Single, npt.NDArray[np.bool_]]]:
    """Yield (first row, scores with what comes after each row, which are no comparisons) for rows sorted by identity."""
    n = len(vectors)
    squares = (vectors * vectors).sum(1) if metric == "euclidean" else None
    for start in range(0, n, _ROWS):
        rows = vectors[start : start + _ROWS]
        scores = rows @ vectors[start:].T
        if squares is not None:
            scores *= -2
            scores += squares[start : start + _ROWS, None]
            scores += squares[None, start:]
            np.maximum(scores, 0, out=scores)
            np.sqrt(scores, out=scores)
            np.negative(scores, out=scores)
        before = np.arange(len(rows))[:, None] >= np.arange(min(len(rows), n - start))[None, :]
        yield start, scores, before


def _cut(vectors: Single, identity: Ints, metric: str) -> float:
    """Guess the score above which a little more than a tenth of the impostor scores lie."""
    rng = np.random.default_rng(0)
    n = len(vectors)
    one, two = rng.integers(0, n, _SAMPLE), rng.integers(0, n, _SAMPLE)
    use = identity[one] != identity[two]
    if use.sum() < 1000:
        return -np.inf
    a, b = vectors[one[use]], vectors[two[use]]
    scores = (a * b).sum(1) if metric == "cosine" else -np.sqrt(((a - b) ** 2).sum(1))
    return float(np.quantile(scores, 1 - 1.1 * float(_MOST)))


def compare_all(
    vectors: Single, identity: Ints, group: Ints, groups: int, metric: str,
    check: Callable[[], None] = lambda: None, progress: Callable[[int, int], None] = lambda done, total: None,
    without: Ints | None = None, home: Ints | None = None,
) -> AllPairs:  # fmt: skip
    """Compare every two rows; `identity` numbers people, `group` their groups (0 to groups - 1).

    One number in two groups is two people. `home`, where given, has the group that tells people apart, which is another
    one for a face that is in no group.
    `without` are comparisons that are left out, as two rows each: shape (k, 2), no comparison twice.
    """
    home = group if home is None else home
    order = np.lexsort((identity, home))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    left_out = np.sort(place[np.empty((0, 2), dtype=np.int64) if without is None else without], axis=1)
    vectors, identity, group, home = _prepared(vectors, metric)[order], identity[order], group[order], home[order]
    cut = _cut(vectors, identity, metric)
    runs = _runs(identity, home)
    while True:
        found = _pass(vectors, runs, group, groups, metric, cut, left_out, check, progress)
        if cut == -np.inf or len(found.tail) > int(_MOST * found.impostors):
            return found
        cut = -np.inf if cut < -1e30 else cut - 0.25 * abs(cut) - 0.05


def _pass(
    vectors: Single, runs: Ints, group: Ints, groups: int, metric: str, cut: float, left_out: Ints,
    check: Callable[[], None], progress: Callable[[int, int], None],
) -> AllPairs:  # fmt: skip
    n = len(vectors)
    low, high = _range(vectors, metric)
    scale = np.float32(BINS / (high - low))
    counts = np.zeros(BINS + 2, dtype=np.int64)
    genuine: list[Single] = []
    mates: list[Ints] = []
    tails: list[Single] = []
    cells: list[Ints] = []
    ends = np.searchsorted(runs, runs, "right")
    for start, scores, before in _blocks(vectors, metric):
        check()
        side = scores[:, : before.shape[1]]
        side[before] = np.nan  # each comparison once, none of a face with itself
        here = left_out[(left_out[:, 0] >= start) & (left_out[:, 0] < start + len(scores))] - start
        dropped = {row: here[here[:, 0] == row, 1] - row - 1 for row in set(here[:, 0].tolist())}
        scores[here[:, 0], here[:, 1]] = np.nan
        for row in range(len(scores)):
            end = int(ends[start + row]) - start
            own = scores[row, row + 1 : end]
            if len(own):
                out = dropped.get(row)
                mine, theirs = group[start + row], group[start + row + 1 : start + end]
                mated_in = np.minimum(mine, theirs) * groups + np.maximum(mine, theirs)
                kept_here = np.ones(len(own), dtype=bool)
                if out is not None:
                    kept_here[out[out < len(own)]] = False
                genuine.append(own[kept_here])
                mates.append(mated_in[kept_here])
                own[:] = np.nan
        flat = scores.reshape(-1)
        for part in range(0, len(flat), _PART):
            values = flat[part : part + _PART]
            place = (values - np.float32(low)) * scale + np.float32(1)
            np.nan_to_num(place, copy=False, nan=0.0)
            counts += np.bincount(np.clip(place, 0, BINS + 1).astype(np.intp), minlength=BINS + 2)
        with np.errstate(invalid="ignore"):
            where = np.flatnonzero(flat >= np.float32(cut)) if cut > -np.inf else np.flatnonzero(~np.isnan(flat))
        tails.append(flat[where])
        one, two = group[start + where // scores.shape[1]], group[start + where % scores.shape[1]]
        cells.append((np.minimum(one, two) * groups + np.maximum(one, two)).astype(np.int32))
        progress(min(start + _ROWS, n), n)
    kept = counts[1:-1].copy()  # the first bin holds what is no comparison
    kept[-1] += counts[-1]
    tail = np.concatenate(tails) if tails else np.empty(0, dtype=np.float32)
    cell = np.concatenate(cells) if cells else np.empty(0, dtype=np.int32)
    by_score = np.argsort(tail, kind="stable")
    mated = np.concatenate(genuine) if genuine else np.empty(0, dtype=np.float32)
    mated_cell = np.concatenate(mates) if mates else np.empty(0, dtype=np.int64)
    by_mate = np.argsort(mated, kind="stable")
    sizes = np.bincount(group, minlength=groups)
    of = np.triu(np.outer(sizes, sizes), 1)
    np.fill_diagonal(of, sizes * (sizes - 1) // 2)
    one, two = np.sort(group[left_out], axis=1).T
    of = of.reshape(-1) - np.bincount(mated_cell, minlength=groups * groups)
    of -= np.bincount(one * groups + two, minlength=groups * groups)
    assert int(kept.sum()) == int(of.sum())
    return AllPairs(
        mated[by_mate], mated_cell[by_mate], int(of.sum()), tail[by_score], cell[by_score].astype(np.int64), of,
        np.linspace(low, high, BINS + 1), kept,
    )  # fmt: skip


def _runs(identity: Ints, group: Ints) -> Ints:
    """Number the runs of one person within a group."""
    new = np.ones(len(identity), dtype=np.int64)
    new[1:] = (identity[1:] != identity[:-1]) | (group[1:] != group[:-1])
    return np.cumsum(new)


def _range(vectors: Single, metric: str) -> tuple[float, float]:
    """Return between which scores all lie."""
    if metric == "cosine":
        return -1.0001, 1.0001
    longest = 2 * float(np.sqrt((vectors * vectors).sum(1).max(initial=0.0))) * 1.0001 + 1e-6
    return -longest, 1e-6


def tar_points(found: AllPairs) -> dict[str, tuple[float, int, int]]:
    """Return threshold, false matches and misses at each target FAR."""
    out = {}
    for target in TARGETS:
        threshold = found.threshold_at(target)
        out[target] = threshold, found.false_matches(threshold), found.misses(threshold)
    return out
