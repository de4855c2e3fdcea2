"""Chinese Whispers on the graph of nearest neighbours (Biemann, 2006): fast, and grows with the number of faces only.

Every face begins as a cluster of its own and takes, again and again, the cluster that most of its neighbours are in, near
ones weighing more. Clusters with many links for their size are then joined. Half of the faces, drawn anew, move at a time,
so that two neighbours do not swap for ever; the seed decides which.

Leiden and Infomap find much the same (docs/design.md has the figures); their libraries are under the GPL.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.neighbours.side_by_side import Check

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
ROUNDS = 40
QUIET = 4  # rounds without a change are enough
LINKS = 0.1  # weight of links a face of the smaller cluster, from which two are joined
BEGIN = 2.2  # times the distance that a quarter of the faces have their nearest within: where strangers begin
SIGMAS = 2.75  # standard deviations below the median of pairs at random: one in 300 of them is nearer
LEAST_SHARE = 0.7
_PAIRS = 40_000
_LEAST = 1e-3  # weight of the longest link


def strangers_begin(vectors: Floats, squared: Floats) -> float:
    """Return the distance at which other people's faces begin.

    It is told by each face's nearest ones (`squared` distances), but not beyond where pairs at random begin, nearly all
    of whom are two people: where there are few people, others are among the nearest. Pairs at random may spread widely,
    as groups do: so much less than the nearest ones tell it never is.
    """
    far = by_nearest(squared)
    return float(np.clip(_by_chance(vectors), LEAST_SHARE * far, far))


def by_nearest(squared: Floats) -> float:
    """Return where strangers begin as each face's nearest ones tell it."""
    near = squared[:, 0] if squared.size else np.empty(0, dtype=np.float32)
    near = near[near > 0]
    return BEGIN * float(np.sqrt(np.quantile(near, 0.25))) if len(near) else 1.0


def _by_chance(vectors: Floats) -> float:
    rng = np.random.default_rng(0)
    one, two = rng.integers(0, len(vectors), (2, _PAIRS))
    apart = np.linalg.norm(vectors[one[one != two]] - vectors[two[one != two]], axis=1)
    if not len(apart) or not apart.any():
        return np.inf
    middle, above = np.quantile(apart, (0.5, 0.84))  # pairs of one person all lie below: they do not widen this half
    begin = float(middle - SIGMAS * (above - middle))
    return begin if begin > 0 else np.inf


def whispers(found: Labels, squared: Floats, eps: float, seed: int = 0, check: Check | None = None) -> Labels:
    """Cluster n faces; labels of shape (n,), -1 where a face has no neighbour in its cluster.

    Parameters
    ----------
    found, squared
        The nearest others of each face, as rows, and their squared distances, shape (n, count).
    eps
        Greatest distance of neighbours.
    """
    n = len(found)
    first, second, weight = _links(found, squared, eps)
    labels = _join(_whisper(n, first, second, weight, seed, check), first, second, weight)
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    return np.where(sizes[labels] > 1, labels, -1).astype(np.int64)


def _links(found: Labels, squared: Floats, eps: float) -> tuple[Labels, Labels, Floats]:
    """Return the pairs that are neighbours, each once, and how much each counts."""
    n, count = found.shape
    near = squared <= eps * eps
    rows, columns, away = np.nonzero(near)[0], found[near], squared[near]
    pair = np.minimum(rows, columns) * n + np.maximum(rows, columns)
    pair, place = np.unique(pair, return_index=True)
    scale = max(eps, by_nearest(squared)) if count else eps
    return pair // n, pair % n, np.maximum(1 - away[place] / scale**2, _LEAST).astype(np.float32)


def _whisper(n: int, first: Labels, second: Labels, weight: Floats, seed: int, check: Check | None) -> Labels:
    rng = np.random.default_rng(seed)
    rows, others = np.append(first, second), np.append(second, first)
    order = np.argsort(rows, kind="stable")
    rows, others, weights = rows[order], others[order], np.append(weight, weight)[order]
    labels = np.arange(n)
    quiet = 0
    for turn in range(ROUNDS):
        if check is not None:
            check(turn, ROUNDS)
        moving = rng.random(n) < 0.5
        told = moving[rows]
        who, label, said = rows[told], labels[others[told]], weights[told]
        pair = who * n + label
        order = np.argsort(pair, kind="stable")
        pair, said = pair[order], said[order]
        start = np.flatnonzero(np.diff(pair, prepend=-1))
        if not len(start):
            break
        total = np.add.reduceat(said.astype(np.float64), start)
        who, label = pair[start] // n, pair[start] % n
        order = np.lexsort((label, -total, who))
        who, label = who[order], label[order]
        best = np.flatnonzero(np.diff(who, prepend=-1))
        changed = np.count_nonzero(labels[who[best]] != label[best])
        labels[who[best]] = label[best]
        quiet = quiet + 1 if not changed else 0
        if quiet == QUIET:
            break
    return labels


def _join(labels: Labels, first: Labels, second: Labels, weight: Floats) -> Labels:
    """Join clusters that have many links between them for their size, until there are none."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    _, labels = np.unique(labels, return_inverse=True)
    while True:
        sizes = np.bincount(labels)
        a, b = labels[first], labels[second]
        apart = a != b
        pair = np.minimum(a, b)[apart] * len(sizes) + np.maximum(a, b)[apart]
        pair, place = np.unique(pair, return_inverse=True)
        one, other = pair // len(sizes), pair % len(sizes)
        close = np.bincount(place, weight[apart], minlength=len(pair)) >= LINKS * np.minimum(sizes[one], sizes[other])
        if not close.any():
            return labels
        graph = coo_matrix((np.ones(np.count_nonzero(close)), (one[close], other[close])), shape=(len(sizes),) * 2)
        labels = connected_components(graph, directed=False)[1][labels].astype(np.int64)
