"""One-to-many search: who is found at which rank, and how often someone who is not enrolled is taken for another.

Every gallery entry is a candidate; of a subject with several, the best counts. Ties are counted both ways: pessimistic (an
entry of another person with the same score comes first, as bob.measure does) and optimistic. A candidate counts from
score >= threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.rates.error_rates import Floats

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]
_CELLS = 4_000_000  # scores looked at in one step


@dataclass(frozen=True)
class Searches:
    """What each probe's search gave; arrays of shape (probes,).

    A probe without any score is a failure to acquire: `failed`, and in no rate.
    """

    mated: Mask
    """Whose subject is in the gallery."""
    failed: Mask
    pessimistic: Ints
    """Rank of the mate, from 1; one more than there are entries where it has no score. 0 for non-mated probes."""
    optimistic: Ints
    mate: Array
    """The best score of the own subject; -inf for non-mated probes."""
    highest: Array
    """The highest score of all."""
    missing: Ints
    """Gallery entries without a score, of a probe that has some; 0 for a `failed` one."""
    unmatched: Mask
    """Whose subject is in the gallery, and without any score there, of those that have other scores."""


def search(scores: Floats, probe_subject: npt.NDArray[np.str_], gallery_subject: npt.NDArray[np.str_]) -> Searches:
    """Rank the gallery for each probe; `scores` has shape (probes, gallery). NaN is no candidate."""
    names, codes = np.unique(np.concatenate([probe_subject, gallery_subject]), return_inverse=True)
    probes, entries = len(probe_subject), len(gallery_subject)
    mine, theirs = codes[:probes], codes[probes:]
    enrolled = np.zeros(len(names), dtype=bool)
    enrolled[theirs] = True
    pessimistic, optimistic = np.zeros(probes, dtype=np.int64), np.zeros(probes, dtype=np.int64)
    mate, highest = np.full(probes, -np.inf), np.full(probes, -np.inf)
    failed, unmatched = np.zeros(probes, dtype=bool), np.zeros(probes, dtype=bool)
    missing = np.zeros(probes, dtype=np.int64)
    step = max(1, _CELLS // max(entries, 1))
    for start in range(0, probes, step):
        rows = slice(start, start + step)
        part = np.asarray(scores[rows], dtype=np.float64)
        empty = np.isnan(part)
        failed[rows] = empty.all(1)
        part = np.where(empty, -np.inf, part)
        own = theirs[None, :] == mine[rows, None]
        best = np.where(own, part, -np.inf).max(1)
        here = enrolled[mine[rows]]
        scored = (own & ~empty).any(1)
        others = ~own & ~empty
        worst, top = (1 + (others & (part >= best[:, None])).sum(1)), (1 + (part > best[:, None]).sum(1))
        for ranks, counted in ((pessimistic, worst), (optimistic, top)):
            ranks[rows] = np.where(here, np.where(scored, counted, entries + 1), 0)
        mate[rows], highest[rows] = best, part.max(1)
        missing[rows] = np.where(failed[rows], 0, empty.sum(1))
        unmatched[rows] = here & ~scored & ~failed[rows]
    return Searches(enrolled[mine], failed, pessimistic, optimistic, mate, highest, missing, unmatched)


def match_rates(ranks: Ints, entries: int) -> Array:
    """Return the share of mated probes whose mate is within rank 1, 2, ... (the cumulative match characteristic)."""
    counts = np.bincount(ranks, minlength=entries + 2)
    return np.asarray(np.cumsum(counts[1 : entries + 1]) / len(ranks))


def allowed_at(target: str, probes: int) -> int:
    """Return how many of the non-mated probes may have a candidate, in exact arithmetic."""
    return int(Fraction(target) * probes)


def threshold_at_fpir(highest: Array, scores: Floats, target: str) -> float:
    """Return the smallest observed score at which at most `target` of the non-mated probes have a candidate; else +inf.

    `highest` holds the highest score of each non-mated probe, sorted.
    """
    allowed = allowed_at(target, len(highest))
    limit = -np.inf if allowed >= len(highest) else highest[len(highest) - 1 - allowed]
    smallest = np.inf
    step = max(1, _CELLS // max(scores.shape[1], 1))
    for start in range(0, len(scores), step):
        part = np.asarray(scores[start : start + step], dtype=np.float64)
        if allowed >= len(highest):
            above = part[~np.isnan(part)]
        else:
            above = part[part > limit]
        if len(above):
            smallest = min(smallest, float(above.min()))
    return smallest
