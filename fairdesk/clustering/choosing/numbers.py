"""Clusters against a whole number: how many clusters k-means makes, and HDBSCAN's smallest size."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.choosing.following import Following
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.outcome import Outcome, Silhouettes, outcome
from fairdesk.clustering.methods.by_name import cluster_vectors
from fairdesk.clustering.methods.density import AllDistances
from fairdesk.clustering.params import ClusterParams
from fairdesk.errors import RequestError
from fairdesk.words import tr, tr_n

Floats = npt.NDArray[np.float32]
Method = Literal["kmeans", "hdbscan"]
MOST: dict[Method, int] = {"kmeans": 6_000, "hdbscan": 20_000}  # faces: seconds for each number
SIZES = (2, 3, 4, 5, 6, 8, 10, 15, 20)
STEPS = 12  # numbers of clusters
PCA = float(ClusterParams.model_fields["pca"].default)


class Numbers:
    """What every number comes to."""

    def __init__(self, vectors: Floats, known: Known, method: Method, following: Following | None = None) -> None:
        """Prepare what all numbers share: HDBSCAN's distances are computed once.

        Raises
        ------
        RequestError
            For too few faces, or more than `MOST`: those of a sample do not carry over.
        JobFailed
            If the distances would not fit into the memory that is free.
        """
        self.n, self.method = len(vectors), method
        if self.n < 3:
            raise RequestError(
                tr_n(
                    "There is {n} face with an embedding; choosing a number needs at least 3.",
                    "There are {n} faces with an embedding; choosing a number needs at least 3.",
                    self.n,
                )
            )
        if self.n > MOST[method]:
            raise RequestError(
                tr(
                    "There are {count:,} faces; this can be looked at for at most {most:,}, and what a sample shows does not carry over.",
                    count=self.n,
                    most=MOST[method],
                )
            )
        self._vectors, self.known, self._following = vectors, known, following
        self.silhouettes = None if known.enough else Silhouettes(vectors)
        self._distances = AllDistances(vectors, min(SIZES[-1], self.n)) if method == "hdbscan" else None

    def values(self) -> list[int]:
        """Return the numbers that are tried: for k-means around the number of known people, else up to half the faces."""
        if self.method == "hdbscan":
            return [size for size in SIZES if size <= self.n]
        people = len(np.unique(self.known.people[self.known.known]))
        low, high = (people / 4, people * 4) if self.known.enough else (2, self.n / 2)
        spread = np.geomspace(max(2, low), max(2, min(high, self.n)), STEPS).round().astype(int)
        return sorted({*spread.tolist(), *([people] if self.known.enough and people > 1 else [])})

    def outcome(self, value: int) -> Outcome:
        """Return what a number comes to."""
        if self._distances is not None:
            labels = self._distances.hdbscan(value)
        else:
            labels = cluster_vectors(
                self._vectors, ClusterParams(method="kmeans", n_clusters=value, pca=PCA), "euclidean"
            ).labels
        return outcome(value, labels, self.known, self.silhouettes, self._following)
