"""How likely two parts are one person, from their vectors, and learned further from each answer.

What counts is measured in the data's own units. A part's nearest strangers (the fifth nearest cluster) say where faces
of other people begin; how far two parts are apart, against how far the faces of each are, says whether they are two
heaps. Both work without any label; answers then say how often two heaps are one person here (years, a beard) and how
often two (siblings).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fairdesk.clustering.review.parts import Part

START = (11.0, 11.0, -15.0, 0.0, 0.0)
"""Weights before any answer: nearness of single faces, of several, two heaps, and what speaks for either from the start."""
TRUST = (2.0, 2.0, 7.0, 1.5, 3.0)
"""How far answers may move each (standard deviations)."""
NEARER = 0.85  # of the strangers' distance: as likely one person as two
HEAPS = 0.2  # excess (logarithm) of the distance between two parts over those within that means nothing
FEW = 1.5  # faces that a part's spread is averaged with the usual one
SLIPS = 0.05  # share of answers that say nothing: slips of the hand, and pairs that look like no others
_STEPS, _ENOUGH = 30, 1e-7

Features = tuple[float, float, float, float, float]
Array = npt.NDArray[np.float64]


def share(log_odds: float) -> float:
    """Return the probability of log odds."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, log_odds))))


class Likeness:
    """Log odds that two parts are one person: a logistic regression whose weights begin as `START`."""

    def __init__(self, spread: float, strangers: float, nearer: float = NEARER) -> None:
        self.spread, self.strangers, self.nearer = spread, strangers, nearer
        self.weights: Features = START
        self.samples: list[tuple[Features, bool]] = []

    def features(self, a: Part, b: Part) -> Features:
        """Return what speaks for and against one person."""
        distance = max(a.distance(b), 1e-12)
        begin = max(self.nearer * (a.strangers + b.strangers - self.strangers), 0.5 * max(a.strangers, b.strangers))
        near = -math.log(distance / max(begin, 1e-12))
        fewest = min(a.faces, b.faces)
        if fewest < 2:
            return near, 0.0, 0.0, 1.0, 0.0
        within = (self._spread(a) + self._spread(b)) / 2
        heaps = (1 - 1 / fewest) * max(0.0, math.log(distance / max(within, 1e-12)) - HEAPS)
        return 0.0, near, heaps, 0.0, 1.0

    def _spread(self, part: Part) -> float:
        return (FEW * self.spread + (part.faces - 1) * part.spread) / (FEW + part.faces - 1)

    def log_odds(self, a: Part, b: Part) -> float:
        """Return the log odds that two parts are one person."""
        return self.of(self.features(a, b))

    def of(self, features: Features) -> float:
        """Return the log odds of features."""
        return sum(weight * value for weight, value in zip(self.weights, features, strict=True))

    def odds(
        self, distance: Array, faces: tuple[Array, Array], strangers: tuple[Array, Array], spread: tuple[Array, Array]
    ) -> Array:
        """Return the log odds of many pairs of parts, by the same formula as `log_odds`."""
        distance = np.maximum(distance, 1e-12)
        begin = np.maximum(
            self.nearer * (strangers[0] + strangers[1] - self.strangers), 0.5 * np.maximum(strangers[0], strangers[1])
        )
        near = -np.log(distance / np.maximum(begin, 1e-12))
        fewest = np.minimum(faces[0], faces[1])
        usual = [(FEW * self.spread + (n - 1) * own) / (FEW + n - 1) for n, own in zip(faces, spread, strict=True)]
        within = np.maximum((usual[0] + usual[1]) / 2, 1e-12)
        heaps = (1 - 1 / fewest) * np.maximum(0.0, np.log(distance / within) - HEAPS)
        single, several, apart, of_single, of_several = self.weights
        found: Array = np.where(fewest < 2, single * near + of_single, several * near + apart * heaps + of_several)
        return found

    def learn(self, samples: list[tuple[Features, bool]]) -> None:
        """Fit the weights to answers; a few that fit nothing move them little."""
        self.samples = samples
        if not samples:
            self.weights = START
            return
        x = np.array([features for features, _ in samples])
        y = np.array([float(same) for _, same in samples])
        mean, trust = np.array(START), np.array(TRUST)
        weights = _fitted(x, y, mean, trust, np.array(self.weights))
        self.weights = tuple(weights.tolist())


def _fitted(x: Array, y: Array, mean: Array, trust: Array, weights: Array) -> Array:
    """Return the most likely weights: Gauss-Newton steps, halved until they help."""

    def said(w: Array) -> tuple[Array, Array]:
        p = 1 / (1 + np.exp(-np.clip(x @ w, -40, 40)))
        return p, SLIPS + (1 - 2 * SLIPS) * p

    def loss(w: Array) -> float:
        _, o = said(w)
        return float(-(y * np.log(o) + (1 - y) * np.log(1 - o)).sum() + (((w - mean) / trust) ** 2).sum() / 2)

    before = loss(weights)
    for _ in range(_STEPS):
        p, o = said(weights)
        slope = (1 - 2 * SLIPS) * p * (1 - p)
        gradient = x.T @ ((y / o - (1 - y) / (1 - o)) * slope) - (weights - mean) / trust**2
        curvature = (x * (slope**2 / (o * (1 - o)))[:, None]).T @ x + np.diag(1 / trust**2)
        step, length = np.linalg.solve(curvature, gradient), 1.0
        while length > 1e-4 and loss(weights + length * step) > before:
            length /= 2
        weights = weights + length * step
        after = loss(weights)
        if before - after < _ENOUGH:
            break
        before = after
    return weights
