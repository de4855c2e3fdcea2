"""What comes of a parameter: counts and sizes, and how good it is by what is known, or else by silhouettes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.agreement import Figures
from fairdesk.clustering.choosing.following import Following
from fairdesk.clustering.choosing.known import Known

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
SAMPLE = 500  # faces whose silhouettes are computed, against all others
SIZES = ((1, 1), (2, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None))
"""Ranges of sizes that clusters are counted in; None: and more."""


@dataclass(frozen=True)
class Outcome:
    """What one value of the parameter comes to."""

    value: float
    clusters: int
    unclustered: int
    largest: int
    sizes: tuple[int, ...]  # clusters in each range of `SIZES`
    quality: Figures | None = None  # against known identities
    groups: dict[str, Figures] = field(default_factory=dict)
    silhouette: float | None = None  # mean over a sample; where nobody is known
    before: int | None = None  # clusters, before verdicts were followed


class Silhouettes:
    """The silhouettes (Rousseeuw, 1987) of a sample of the faces, each against all faces; the distances are computed once."""

    def __init__(self, vectors: Floats, seed: int = 0) -> None:
        n = len(vectors)
        self.rows = np.sort(np.random.default_rng(seed).choice(n, min(n, SAMPLE), replace=False))
        centred = vectors - vectors.mean(axis=0)
        squares = np.einsum("ij,ij->i", centred, centred)
        away = squares[self.rows, None] + squares - 2 * centred[self.rows] @ centred.T
        away[np.arange(len(self.rows)), self.rows] = 0
        self.away = np.ascontiguousarray(np.sqrt(np.maximum(away, 0)).T)  # (n, sample)

    def mean(self, labels: Labels) -> float | None:
        """Return the mean over the sample, in which a face that is alone or unclustered counts 0; None for fewer than two clusters."""
        from scipy.sparse import csr_matrix

        inside = np.flatnonzero(labels >= 0)
        numbers, place = np.unique(labels[inside], return_inverse=True)
        if len(numbers) < 2:
            return None
        sizes = np.bincount(place)
        belongs = csr_matrix(
            (np.ones(len(inside), dtype=np.float32), (place, inside)), shape=(len(numbers), len(labels))
        )
        sums = np.asarray(belongs @ self.away)  # of the distances of the sample's faces from each cluster
        mine = np.flatnonzero(labels[self.rows] >= 0)
        if not len(mine):
            return 0.0
        own = np.searchsorted(numbers, labels[self.rows[mine]])
        others = sizes[own] - 1
        within = sums[own, mine] / np.maximum(others, 1)
        means = sums[:, mine] / sizes[:, None].astype(np.float32)
        means[own, np.arange(len(mine))] = np.inf
        nearest = means.min(axis=0)
        widest = np.maximum(np.maximum(within, nearest), 1e-12)
        return float(np.where(others > 0, (nearest - within) / widest, 0).sum() / len(self.rows))


def outcome(
    value: float, labels: Labels, known: Known, silhouettes: Silhouettes | None, following: Following | None = None
) -> Outcome:
    """Describe what a value comes to: labels of shape (n,) and who is known, before what is `following` of them, if anything."""
    compared, before = labels, len(np.unique(labels[labels >= 0]))
    if following is not None:
        labels, known = following.labels(labels), following.known
        compared = labels[following.there]
    sizes = np.bincount(labels[labels >= 0]) if (labels >= 0).any() else np.empty(0, dtype=np.int64)
    sizes = sizes[sizes > 0]
    quality, groups = known.judged(labels) if known.enough else (None, {})
    return Outcome(
        value,
        len(sizes),
        int(np.count_nonzero(labels < 0)),
        int(sizes.max(initial=0)),
        tuple(int(np.count_nonzero((sizes >= least) & (sizes <= (most or np.inf)))) for least, most in SIZES),
        quality,
        groups,
        silhouettes.mean(compared) if silhouettes is not None else None,
        before,
    )
