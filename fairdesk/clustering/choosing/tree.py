"""Clusters against the height at which a tree is cut, and the tree as it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.choosing.following import Following
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.outcome import Outcome, Silhouettes, outcome
from fairdesk.clustering.methods.by_name import linkage_tree
from fairdesk.errors import RequestError
from fairdesk.words import tr_n

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
Lines = npt.NDArray[np.float64]
Linkage = Literal["ward", "average", "complete"]
MOST = 6_000  # faces: a few seconds; of more a sample is taken
LEAVES = 50  # that are drawn


@dataclass(frozen=True)
class Leaf:
    """A leaf as drawn: the faces below it, as rows, the most typical first."""

    rows: Numbers


class CutTree:
    """What every height comes to."""

    def __init__(
        self, vectors: Floats, known: Known, linkage: Linkage, pca: float, seed: int = 0, following: Following | None = None
    ) -> None:  # fmt: skip
        """Compute the tree of all faces, or of a random sample of `MOST`.

        Raises
        ------
        RequestError
            For fewer than three faces.
        """
        self.all = len(vectors)
        if self.all < 3:
            raise RequestError(
                tr_n(
                    "There is {n} face with an embedding; a tree needs at least 3.",
                    "There are {n} faces with an embedding; a tree needs at least 3.",
                    self.all,
                )
            )
        self.rows = np.arange(self.all)
        if self.all > MOST:
            self.rows = np.sort(np.random.default_rng(seed).choice(self.all, MOST, replace=False))
        self.linkage = linkage
        self._vectors = vectors[self.rows]
        self.joins = linkage_tree(self._vectors, linkage, pca)
        whole = self.faces == self.all
        self._following = following if whole or following is None else following.some(self.rows)
        self.known = known if whole else known.some(self.rows) if self._following is None else self._following.known
        self.silhouettes = None if self.known.enough else Silhouettes(self._vectors)

    @property
    def faces(self) -> int:
        """Of how many faces the tree is."""
        return len(self.rows)

    @property
    def top(self) -> float:
        """The height of the last join."""
        return float(self.joins[-1, 2])

    def labels(self, height: float) -> Numbers:
        """Return the tree's own clusters below a height."""
        from scipy.cluster.hierarchy import fcluster

        return np.asarray(fcluster(self.joins, height, "distance"), dtype=np.int64) - 1

    def outcome(self, height: float) -> Outcome:
        """Return what a height comes to."""
        return outcome(height, self.labels(height), self.known, self.silhouettes, self._following)

    def values(self, steps: int) -> list[float]:
        """Return heights from the joins of the first faces to the last, spread as the joins are and evenly."""
        heights = self.joins[:, 2]
        spread = np.quantile(heights, np.linspace(0.05, 1, steps // 2))
        even = np.linspace(float(spread[0]), self.top, steps - steps // 2, endpoint=False)
        return sorted({float(f"{one:.4g}") for one in np.append(spread, even).tolist() if one > 0})

    def drawn(self) -> tuple[Lines, Lines, list[Leaf]]:
        """Return x and y of the lines, shape (joins, 4), and the leaves at x = 0, 1, 2, ...: the last joins alone."""
        from scipy.cluster.hierarchy import dendrogram

        found = dendrogram(self.joins, no_plot=True, truncate_mode="lastp", p=LEAVES)
        leaves = [Leaf(self.rows[self._typical_first(self._below(number))]) for number in found["leaves"] or []]
        return (np.array(found["icoord"]) - 5) / 10, np.array(found["dcoord"]), leaves

    def _below(self, node: int) -> Numbers:
        open_, out = [node], []
        while open_:
            one = open_.pop()
            if one < self.faces:
                out.append(one)
            else:
                open_ += [int(self.joins[one - self.faces, 0]), int(self.joins[one - self.faces, 1])]
        return np.array(sorted(out), dtype=np.int64)

    def _typical_first(self, rows: Numbers) -> Numbers:
        some = self._vectors[rows]
        return rows[np.argsort(((some - some.mean(axis=0)) ** 2).sum(axis=1), kind="stable")]
