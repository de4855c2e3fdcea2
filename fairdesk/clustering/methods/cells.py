"""Cells: vectors that lie near one another, by k-means on a sample; seeded, so that the same vectors give the same cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
SAMPLE = 16  # vectors a cell that the centres are learned from
ROUNDS = 3
_ROWS = 4096


@dataclass(frozen=True)
class Cells:
    """Where each vector stands once they are sorted by cell."""

    centres: Floats  # (m, dim)
    order: Numbers  # the vectors, cell after cell
    starts: Numbers  # (m,)
    ends: Numbers

    def liked(self, vectors: Floats) -> Numbers:
        """Return the cells, those nearest to some vectors first; cells without vectors are left out."""
        mean = vectors.mean(axis=0)
        near = self.centres @ mean - (self.centres**2).sum(axis=1) / 2
        ranked = np.argsort(-near, kind="stable")
        return ranked[self.ends[ranked] > self.starts[ranked]]


def make_cells(vectors: Floats, wanted: int, seed: int = 0) -> Cells:
    """Divide vectors (n, dim) into about so many cells."""
    n, wanted = len(vectors), max(1, min(wanted, len(vectors)))
    rng = np.random.default_rng(seed)
    sample = vectors[rng.choice(n, min(n, wanted * SAMPLE), replace=False)]
    centres = sample[:wanted].copy()
    for _ in range(ROUNDS if wanted > 1 else 0):
        home = _nearest_centre(sample, centres)
        order = np.argsort(home, kind="stable")
        first = np.flatnonzero(np.diff(home[order], prepend=-1))
        there = home[order][first]
        counts = np.diff(first, append=len(order))
        centres[there] = np.add.reduceat(sample[order], first, axis=0) / counts[:, None]
    home = _nearest_centre(vectors, centres)
    counts = np.bincount(home, minlength=wanted)
    ends = np.cumsum(counts)
    return Cells(centres, np.argsort(home, kind="stable"), ends - counts, ends)


def _nearest_centre(vectors: Floats, centres: Floats) -> Numbers:
    if len(centres) == 1:
        return np.zeros(len(vectors), dtype=np.int64)
    half = (centres**2).sum(axis=1) / 2
    out = np.empty(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), _ROWS):
        out[start : start + _ROWS] = (vectors[start : start + _ROWS] @ centres.T - half).argmax(axis=1)
    return out
