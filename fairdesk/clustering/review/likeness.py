"""How likely two parts are one person, from their vectors, and learned further from each answer.

What counts is measured in the data's own units. A part's nearest strangers (the fifth nearest cluster) say where faces
of other people begin; how far two parts are apart, against how far the faces of each are, says whether they are two
heaps. Both work without any label; answers then say how often two heaps are one person here (years, a beard) and how
often two (siblings).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

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

KNOTS = np.log(np.geomspace(0.03, 1.2, 19))
"""Of the curve that answers bend freely: logarithms of how far two heaps' centres are apart, in that of strangers' (squared)."""
BENT, ALIKE = 2.5, 0.35  # how far answers may bend it (standard deviation), and how far along that reaches

Array = npt.NDArray[np.float64]


class Features(NamedTuple):
    """What speaks for and against one person."""

    single: float
    several: float
    heaps: float
    of_single: float
    of_several: float
    apart: float  # place on the curve
    share: float  # how much of the curve counts


def share(log_odds: float) -> float:
    """Return the probability of log odds."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, log_odds))))


class Likeness:
    """Log odds that two parts are one person: a logistic regression whose weights begin as `START`, and a curve that begins flat."""

    def __init__(self, spread: float, strangers: float, nearer: float = NEARER) -> None:
        self.spread, self.strangers, self.nearer = spread, strangers, nearer
        self.weights = np.array(START)
        self.curve = np.zeros(len(KNOTS))
        self._scale = max(strangers - spread, 0.1 * strangers, 1e-12)
        self.samples: list[tuple[Features, bool]] = []

    def features(self, a: Part, b: Part) -> Features:
        """Return what speaks for and against one person."""
        numbers = [np.array([value]) for one in (a, b) for value in (one.faces, one.strangers, one.spread)]
        found = self._measured(np.array([a.distance(b)]), numbers[0::3], numbers[1::3], numbers[2::3])
        return Features(*(float(column[0]) for column in found))

    def _measured(self, distance, faces, strangers, spread):
        distance = np.maximum(distance, 1e-12)
        begin = np.maximum(
            self.nearer * (strangers[0] + strangers[1] - self.strangers), 0.5 * np.maximum(strangers[0], strangers[1])
        )
        near = -np.log(distance / np.maximum(begin, 1e-12))
        fewest = np.minimum(faces[0], faces[1])
        usual = [(FEW * self.spread + (n - 1) * own) / (FEW + n - 1) for n, own in zip(faces, spread, strict=True)]
        within = np.maximum((usual[0] + usual[1]) / 2, 1e-12)
        sure = 1 - 1 / np.maximum(fewest, 1)
        heaps = sure * np.maximum(0.0, np.log(distance / within) - HEAPS)
        several = fewest >= 2
        apart = np.log(np.maximum((distance - within) / self._scale, 1e-3))
        return (
            np.where(several, 0.0, near), np.where(several, near, 0.0), np.where(several, heaps, 0.0),
            np.where(several, 0.0, 1.0), np.where(several, 1.0, 0.0), apart, np.where(several, sure, 0.0),
        )

    def log_odds(self, a: Part, b: Part) -> float:
        """Return the log odds that two parts are one person."""
        return self.of(self.features(a, b))

    def of(self, features: Features) -> float:
        """Return the log odds of features."""
        return float(self.weights @ np.array(features[:5])) + features.share * float(np.interp(features.apart, KNOTS, self.curve))

    def odds(
        self, distance: Array, faces: tuple[Array, Array], strangers: tuple[Array, Array], spread: tuple[Array, Array]
    ) -> Array:
        """Return the log odds of many pairs of parts, by the same formula as `log_odds`."""
        *linear, apart, share = self._measured(distance, faces, strangers, spread)
        return sum(w * x for w, x in zip(self.weights, linear)) + share * np.interp(apart, KNOTS, self.curve)

    def learn(self, samples: list[tuple[Features, bool]]) -> None:
        """Fit the weights to answers; a few that fit nothing move them little."""
        self.samples = samples
        if not samples:
            self.weights, self.curve = np.array(START), np.zeros(len(KNOTS))
            return
        x = np.array([features for features, _ in samples])
        y = np.array([float(same) for _, same in samples])
        hats = np.array([np.interp(x[:, 5], KNOTS, row) for row in np.eye(len(KNOTS))]).T * x[:, 6:]
        mean = np.concatenate([START, np.zeros(len(KNOTS))])
        covariance = np.zeros((len(mean), len(mean)))
        covariance[:5, :5] = np.diag(np.square(TRUST))
        covariance[5:, 5:] = BENT**2 * np.exp(-((KNOTS[:, None] - KNOTS) ** 2) / (2 * ALIKE**2)) + 1e-3 * np.eye(len(KNOTS))
        precision = np.linalg.inv(covariance)
        weights = _fitted(np.hstack([x[:, :5], hats]), y, mean, precision, np.concatenate([self.weights, self.curve]))
        self.weights, self.curve = weights[:5], weights[5:]


def _fitted(x: Array, y: Array, mean: Array, precision: Array, weights: Array) -> Array:
    """Return the most likely weights: Gauss-Newton steps, halved until they help."""

    def said(w: Array) -> tuple[Array, Array]:
        p = 1 / (1 + np.exp(-np.clip(x @ w, -40, 40)))
        return p, SLIPS + (1 - 2 * SLIPS) * p

    def loss(w: Array) -> float:
        _, o = said(w)
        return float(-(y * np.log(o) + (1 - y) * np.log(1 - o)).sum() + (w - mean) @ precision @ (w - mean) / 2)

    before = loss(weights)
    for _ in range(_STEPS):
        p, o = said(weights)
        slope = (1 - 2 * SLIPS) * p * (1 - p)
        gradient = x.T @ ((y / o - (1 - y) / (1 - o)) * slope) - precision @ (weights - mean)
        curvature = (x * (slope**2 / (o * (1 - o)))[:, None]).T @ x + precision
        step, length = np.linalg.solve(curvature, gradient), 1.0
        while length > 1e-4 and loss(weights + length * step) > before:
            length /= 2
        weights = weights + length * step
        after = loss(weights)
        if before - after < _ENOUGH:
            break
        before = after
    return weights
