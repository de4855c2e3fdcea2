"""Clusters against the radius of DBSCAN, from one computation of the pairs that are near."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.choosing.following import Following
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.outcome import Outcome, Silhouettes, outcome
from fairdesk.clustering.methods.density import from_pairs
from fairdesk.clustering.methods.whispers import by_nearest, strangers_begin
from fairdesk.clustering.neighbours.close_pairs import close_pairs
from fairdesk.clustering.neighbours.search import nearest
from fairdesk.clustering.neighbours.side_by_side import Check
from fairdesk.errors import RequestError
from fairdesk.words import tr, tr_n

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
Curve = npt.NDArray[np.float64]
MOST = 200_000  # faces: all their pairs take minutes
FARTHEST = 1.5  # times the distance where strangers begin: the widest radius that is looked at
PAIRS = 100  # a face, at most
SAMPLE = 500
STEPS = 40


class Radius:
    """What every radius comes to."""

    def __init__(
        self, vectors: Floats, known: Known, near: tuple[Numbers, Floats] | None = None, check: Check | None = None,
        count: int = 16, following: Following | None = None,
    ) -> None:  # fmt: skip
        """Find the pairs.

        Parameters
        ----------
        near
            The nearest neighbours of each face and their squared distances, where they are known.
        count
            How many are looked for otherwise.
        following
            What a clustering makes of the labels, where it does anything.

        Raises
        ------
        RequestError
            For too few faces, or more than `MOST`.
        """
        self.n = len(vectors)
        if self.n < 3:
            raise RequestError(
                tr_n(
                    "There is {n} face with an embedding; choosing a radius needs at least 3.",
                    "There are {n} faces with an embedding; choosing a radius needs at least 3.",
                    self.n,
                )
            )
        if self.n > MOST:
            raise RequestError(
                tr(
                    "There are {count:,} faces; the radius can be looked at for at most {most:,}. Use the graph method, which chooses it by itself.",
                    count=self.n,
                    most=MOST,
                )
            )
        _, self.squared = nearest(vectors, count, check) if near is None else near
        self.begin = strangers_begin(vectors, self.squared)
        self.most = self._widest(vectors)
        first, second, squared = close_pairs(vectors, self.most, check)
        order = np.argsort(squared, kind="stable")
        self.first, self.second, self.pairs = first[order], second[order], squared[order]
        self.known, self._following = known, following
        self.silhouettes = None if known.enough else Silhouettes(vectors)

    def _widest(self, vectors: Floats) -> float:
        """Return a radius within which a face has at most some `PAIRS` others."""
        rows = np.random.default_rng(0).choice(self.n, min(SAMPLE, self.n), replace=False)
        squares = np.einsum("ij,ij->i", vectors, vectors)
        away = squares[rows, None] + squares - 2 * vectors[rows] @ vectors.T
        place = min(away.size - 1, 2 * PAIRS * len(rows))
        crowded = float(np.sqrt(max(0.0, np.partition(away, place, axis=None)[place])))
        return max(min(FARTHEST * by_nearest(self.squared), crowded), self.begin / 2)

    def distances(self, min_samples: int) -> Curve:
        """Return how far from each face the neighbour is that makes it a core, ascending: the k-distance plot."""
        place = max(1, min(min_samples - 1, self.squared.shape[1])) - 1
        return np.sort(np.sqrt(self.squared[:, place].astype(np.float64)))

    @property
    def most_samples(self) -> int:
        """The largest `min_samples` that there are neighbours for."""
        return int(self.squared.shape[1]) + 1

    @property
    def judging(self) -> Known:
        """Who is known, of all faces that an outcome is judged by."""
        return self.known if self._following is None else self._following.known

    def labels(self, eps: float, min_samples: int) -> Numbers:
        """Return DBSCAN's own labels."""
        end = int(np.searchsorted(self.pairs, np.float32(eps * eps), side="right"))
        return from_pairs(self.n, self.first[:end], self.second[:end], min_samples)

    def outcome(self, eps: float, min_samples: int) -> Outcome:
        """Return what a radius comes to."""
        return outcome(eps, self.labels(eps, min_samples), self.known, self.silhouettes, self._following)

    def values(self, steps: int = STEPS) -> list[float]:
        """Return radii from where the first faces have a neighbour to the widest, evenly spaced and round: about so many."""
        near = self.squared[:, 0]
        low = min(float(np.sqrt(np.quantile(near, 0.02))), self.most / 2)
        every = [self._each(step, low) for step in round_steps((self.most - low) / steps)]
        return min((found for found in every if found), key=lambda found: abs(np.log(len(found) / steps)), default=[])

    def _each(self, step: float, low: float) -> list[float]:
        first = max(1, int(np.floor(low / step)))
        return [float(f"{step * number:.12g}") for number in range(first, int(np.floor(self.most / step)) + 1)]


def round_step(width: float) -> float:
    """Return the nearest of 1, 2 and 5 times a power of ten that is at least a width."""
    power = 10.0 ** np.floor(np.log10(max(width, 1e-12)))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= width * (1 - 1e-9)))


def round_steps(width: float) -> list[float]:
    """Return the multiples 1, 2, 2.5 and 5 of powers of ten that are near a width, the widest first."""
    power = int(np.floor(np.log10(max(width, 1e-12))))
    return [factor * 10.0**place for place in (power + 1, power, power - 1) for factor in (5.0, 2.5, 2.0, 1.0)]


def knee(ascending: Curve) -> float | None:
    """Return the height of the knee of an ascending curve: the point farthest below the line between its ends (Satopää, 2011)."""
    if len(ascending) < 3 or ascending[-1] <= ascending[0]:
        return None
    along = np.linspace(0, 1, len(ascending))
    up = (ascending - ascending[0]) / (ascending[-1] - ascending[0])
    return float(ascending[int(np.argmax(along - up))])


def best(outcomes: list[Outcome]) -> Outcome | None:
    """Return the outcome with the best BCubed F1, or silhouette where nobody is known; None where neither is known.

    `outcomes` are in the order of their values. Of several that are equally good it is the middle one of the longest run
    of neighbours: with few known faces many values are without a mistake, and the ends of such a run are nearest to one.
    Of runs of one length it is the one whose middle leaves fewest faces unclustered.
    """

    def worth(one: Outcome) -> float:
        if one.quality is not None:
            return one.quality.bcubed_f1
        return -np.inf if one.silhouette is None else one.silhouette

    worths = [worth(one) for one in outcomes]
    most = max(worths, default=-np.inf)
    if not np.isfinite(most):
        return None
    runs = [
        [place for place, _ in run]
        for equal, run in itertools.groupby(enumerate(worths), lambda one: one[1] >= most - 1e-12)
        if equal
    ]
    middles = [(len(run), outcomes[run[(len(run) - 1) // 2]]) for run in runs]
    return max(middles, key=lambda one: (one[0], -one[1].unclustered))[1]
