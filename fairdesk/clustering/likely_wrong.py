"""Which clusters are most likely wrong: wide ones, those that look like two people, those whose faces are called differently."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.review.likeness import HEAPS
from fairdesk.words import tr

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
FEWEST = 4  # faces, of which two and two can be told apart
_ROUNDS = 5
_STEEP = 4.0  # how soon two heaps count: heaps twice as far apart as their faces are count four fifths
_TOLD = 0.15  # a sign that is weaker is not told


@dataclass(frozen=True)
class Suspicion:
    """What speaks against a cluster, each from 0 to 1."""

    wide: float = 0.0  # how much wider it is than clusters usually are
    modes: float = 0.0  # how much its faces fall into two heaps
    mixed: float = 0.0  # share of its labelled faces that are called otherwise than most

    @property
    def score(self) -> float:
        """All of it together: how likely it is that something is wrong, were these its chances."""
        return 1 - (1 - self.wide) * (1 - self.modes) * (1 - self.mixed)

    def text(self) -> str:
        """Say what speaks against it; empty where nothing does."""
        said = [
            text
            for share, text in (
                (self.mixed, tr("{share:.0%} of its labelled faces are called otherwise", share=self.mixed)),
                (self.modes, tr("its faces fall into two heaps")),
                (self.wide, tr("it is wider than most")),
            )
            if share >= _TOLD
        ]
        return "; ".join(said)


def suspicions(vectors: Floats, home: Ids, mixed: Mapping[int, float]) -> dict[int, Suspicion]:
    """Return what speaks against each cluster.

    Parameters
    ----------
    vectors, home
        The vectors of all clustered faces, and the cluster of each.
    mixed
        Cluster to the share of its labelled faces that are called otherwise than most.
    """
    order = np.argsort(home, kind="stable")
    numbers, starts = np.unique(home[order], return_index=True)
    groups = np.split(order, starts[1:])
    spreads = np.array([_spread(vectors[rows]) for rows in groups])
    several = np.array([len(rows) > 1 for rows in groups], dtype=bool)
    usual = float(np.median(spreads[several])) if several.any() else 0.0
    out = {}
    for number, rows, spread in zip(numbers.tolist(), groups, spreads.tolist(), strict=True):
        wide = min(1.0, max(0.0, spread / usual - 1)) if usual > 0 and len(rows) > 1 else 0.0
        out[number] = Suspicion(wide, two_heaps(vectors[rows]), mixed.get(number, 0.0))
    return out


def _spread(rows: Floats) -> float:
    return float(np.linalg.norm(rows - rows.mean(axis=0), axis=1).mean())


def two_heaps(rows: Floats) -> float:
    """Return from 0 to 1 how much faces fall into two heaps: how much farther apart the heaps are than the faces of each."""
    n = len(rows)
    if n < FEWEST:
        return 0.0
    middle = rows.mean(axis=0)
    first = rows[int(((rows - middle) ** 2).sum(axis=1).argmax())]
    second = rows[int(((rows - first) ** 2).sum(axis=1).argmax())]
    side = np.zeros(n, dtype=bool)
    for _ in range(_ROUNDS):
        now = ((rows - first) ** 2).sum(axis=1) > ((rows - second) ** 2).sum(axis=1)
        if now.all() or not now.any() or (now == side).all():
            break
        side = now
        first, second = rows[~side].mean(axis=0), rows[side].mean(axis=0)
    fewest = int(min(side.sum(), n - side.sum()))
    if fewest < FEWEST // 2:
        return 0.0
    inside = [float(((rows[part] - rows[part].mean(axis=0)) ** 2).sum()) for part in (side, ~side)]
    counts = [int(side.sum()), n - int(side.sum())]
    within = 2 * sum(inside) / (n - 2)  # mean squared distance of two faces of one heap
    between = float(((first - second) ** 2).sum()) + sum(one / count for one, count in zip(inside, counts, strict=True))
    excess = (1 - 1 / fewest) * max(0.0, math.log(max(between, 1e-12) / max(within, 1e-12)) - HEAPS)
    return 1 - math.exp(-_STEEP * excess)
