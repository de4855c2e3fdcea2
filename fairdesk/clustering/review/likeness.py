"""How likely two parts are one person, from their vectors, and learned further from each answer.

What counts is measured in the data's own units. A part's nearest strangers (the fifth nearest cluster) say where faces
of other people begin; how far two parts are apart, against how far the faces of each are, says whether they are two
heaps. Both work without any label; answers then say how often two heaps are one person here (years, a beard) and how
often two (siblings).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag

if TYPE_CHECKING:
    from fairdesk.clustering.review.parts import Part

START = (11.0, 11.0, -15.0, 0.0, 0.0)
"""Weights before any answer: nearness of single faces, of several, two heaps, and what speaks for either from the start."""
TRUST = (1.0, 2.0, 7.0, 0.7, 3.0)
"""How far answers may move each (standard deviations)."""
NEARER = 0.85  # of the strangers' distance: as likely one person as two
HEAPS = 0.2  # excess (logarithm) of the distance between two parts over those within that means nothing
FEW = 1.5  # faces that a part's spread is averaged with the usual one
SLIPS = 0.05  # share of answers that say nothing: slips of the hand, and pairs that look like no others
ODD, SEVERAL = 6.0, 4  # log odds against an answer that teaches nothing, until so many say the same
STRANGE, OF_EACH = -3.0, 10.0  # log odds that strangers with so many faces keep, whatever surprising answers say
_STEPS, _ENOUGH = 30, 1e-11

KNOTS = np.log(np.geomspace(0.03, 1.2, 19))
"""Of the curve that answers bend freely: logarithms of how far two heaps' centres are apart, in that of strangers' (squared)."""
BENT, ALIKE = 2.5, 0.35  # how far answers may bend it (standard deviation), and how far along that reaches

Array = npt.NDArray[np.float64]
One = Array | float  # of many pairs, or the same of all
Two = tuple[One, One]  # of the one side of pairs, and of the other
Number = TypeVar("Number", float, npt.NDArray[np.float64])


class Features(NamedTuple):
    """What speaks for and against one person."""

    single: float
    several: float
    heaps: float
    of_single: float
    of_several: float
    apart: float  # place on the curves
    curve_single: float  # how much each curve counts
    curve_several: float


def share(log_odds: float) -> float:
    """Return the probability of log odds."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, log_odds))))


def _precision() -> Array:
    """Return what answers have to move the weights and the curves against: the inverse of their covariance."""
    reach = np.exp(-((KNOTS[:, None] - KNOTS) ** 2) / (2 * ALIKE**2)) + 1e-3 * np.eye(len(KNOTS))
    return block_diag(np.diag(1 / np.square(TRUST)), *[np.linalg.inv(BENT**2 * reach)] * 2)


PRECISION = _precision()


class Likeness:
    """Log odds that two parts are one person: a logistic regression whose weights begin as `START`, and a curve that begins flat."""

    def __init__(self, spread: float, strangers: float, nearer: float = NEARER) -> None:
        """Begin before any answer; `nearer` is, for a face alone, how near it is as likely one person as two."""
        self.spread, self.strangers, self.nearer = spread, strangers, nearer
        self.nearer_several = max(nearer, NEARER)
        self.weights = np.array(START)
        self.curves = np.zeros((2, len(KNOTS)))  # of single faces, of several
        self._pulls = np.zeros((0, 4))  # of each sample: its log odds, their variance, and what it pulls them by
        self._scale = max(strangers - spread, 0.1 * strangers, 1e-12)
        self.samples: list[tuple[Features, bool]] = []

    def surprising(self, features: Features, *, same: bool) -> bool:
        """Whether an answer is hugely unlikely, by what is thought before any answer."""
        odds = float(np.array(START) @ features[:5])
        return (-odds if same else odds) > ODD

    def features(self, a: Part, b: Part) -> Features:
        """Return what speaks for and against one person."""

        def both(first: float, second: float) -> tuple[Array, Array]:
            return np.array([first]), np.array([second])

        found = self._measured(
            np.array([a.distance(b)]),
            both(a.faces, b.faces),
            both(a.strangers, b.strangers),
            both(self.usual(a.faces, a.spread), self.usual(b.faces, b.spread)),
        )
        return Features(*found[:, 0].tolist())

    def usual(self, faces: Number, spread: Number) -> Number:
        """Return how wide parts are thought to be, by their width and that of all where they have few faces."""
        return (FEW * self.spread + (faces - 1) * spread) / (FEW + faces - 1)

    def _measured(self, distance: Array, faces: Two, strangers: Two, usual: Two) -> Array:
        """Return the features of many pairs, a row each feature."""
        distance = np.maximum(distance, 1e-12)
        fewest = np.minimum(*faces)
        within = np.maximum((usual[0] + usual[1]) / 2, 1e-12)
        several = fewest >= 2
        found: Array = np.empty((8, len(distance)))
        self._straight(found, distance, fewest, strangers, within)
        found[5] = np.log(np.maximum((distance - within) / self._scale, 1e-3))
        found[6], found[7] = found[3], several * (1 - 1 / np.maximum(fewest, 1))
        return found

    def _straight(self, out: Array, distance: Array, fewest: Array, strangers: Two, within: Array) -> None:
        """Fill in the first five features, those that the weights count: all that there is before any answer."""
        several = fewest >= 2
        nearer: float | Array = self.nearer
        if self.nearer != self.nearer_several:
            nearer = np.where(several, self.nearer_several, self.nearer)
        begin = np.maximum(nearer * (strangers[0] + strangers[1] - self.strangers), 0.5 * np.maximum(*strangers))
        near = -np.log(distance / np.maximum(begin, 1e-12))
        if not several.any():  # mostly: a face is compared, and then nothing else counts
            out[0], out[1:3], out[3], out[4] = near, 0.0, 1.0, 0.0
            return
        heaps = (1 - 1 / np.maximum(fewest, 1)) * np.maximum(0.0, np.log(distance / within) - HEAPS)
        out[0], out[1], out[2] = (
            np.where(several, 0.0, near),
            np.where(several, near, 0.0),
            np.where(several, heaps, 0.0),
        )
        out[3], out[4] = ~several, several

    def log_odds(self, a: Part, b: Part) -> float:
        """Return the log odds that two parts are one person."""
        return self.of(self.features(a, b))

    def of(self, features: Features) -> float:
        """Return the log odds of features."""
        bent = [float(np.interp(features.apart, KNOTS, curve)) for curve in self.curves]
        return float(np.append(self.weights, bent) @ (*features[:5], *features[6:]))

    def between(self, some: Sequence[Part], others: Sequence[Part]) -> Array:
        """Return the log odds of many pairs of parts."""
        distance = np.array([a.distance(b) for a, b in zip(some, others, strict=True)], dtype=np.float64)
        sides = [
            np.array([(one.faces, one.strangers, one.spread) for one in side], dtype=np.float64).reshape(-1, 3).T
            for side in (some, others)
        ]
        faces, strangers, spread = ((first, second) for first, second in zip(*sides, strict=True))
        return self.odds(distance, faces, strangers, (self.usual(faces[0], spread[0]), self.usual(faces[1], spread[1])))

    def odds(self, distance: Array, faces: Two, strangers: Two, usual: Two) -> Array:
        """Return the log odds of many pairs, by the same formula as `log_odds`; `usual` are their widths by `usual`."""
        if not self.bent:  # nothing was learned yet
            return np.asarray(self.weights @ self.straight(distance, faces, strangers, usual))
        features = self._measured(distance, faces, strangers, usual)
        bent = np.array([np.interp(features[5], KNOTS, curve) for curve in self.curves])
        found: Array = self.weights @ features[:5] + (features[6:] * bent).sum(axis=0)
        return found

    def straight(self, distance: Array, faces: Two, strangers: Two, usual: Two) -> Array:
        """Return the first five features of many pairs, a row each: their log odds are the weights' product with them while nothing is `bent`."""
        found: Array = np.empty((5, len(distance)))
        within = np.maximum((usual[0] + usual[1]) / 2, 1e-12)
        self._straight(found, np.maximum(distance, 1e-12), np.minimum(*faces), strangers, within)
        return found

    @property
    def bent(self) -> bool:
        """Whether answers have bent the curves."""
        return bool(self.curves.any())

    def learn(self, samples: list[tuple[Features, bool]]) -> None:
        """Fit the weights to answers; a few that fit nothing move them little."""
        self.samples = samples
        if not samples:
            self.weights, self.curves = np.array(START), np.zeros((2, len(KNOTS)))
            self._pulls = np.zeros((0, 4))
            return
        x = np.array([features for features, _ in samples])
        y = np.array([float(same) for _, same in samples])
        hats = np.array([np.interp(x[:, 5], KNOTS, row) for row in np.eye(len(KNOTS))]).T
        design = np.hstack([x[:, :5], hats * x[:, 6:7], hats * x[:, 7:]])
        odd = np.array([self.surprising(features, same=same) for features, same in samples])
        several = [same for same in (False, True) if np.count_nonzero(odd & (y == same)) >= SEVERAL]
        for believed in (several, []):
            counts = np.where(odd & ~np.isin(y, believed), 0.0, 1.0)
            weights = _fitted(design, y, counts, np.append(START, np.zeros(2 * len(KNOTS))), PRECISION)
            self.weights, self.curves = weights[:5], weights[5:].reshape(2, -1)
            if not believed or self._of_strangers() < STRANGE:
                break
            self.weights, self.curves = np.array(START), np.zeros((2, len(KNOTS)))
        pull, firm = counts * _pulls(design @ weights, y)
        covariance = np.linalg.inv((design * firm[:, None]).T @ design + PRECISION)
        self._pulls = np.stack(
            [design @ weights, np.einsum("ij,jk,ik->i", design, covariance, design), pull, firm], axis=1
        )

    def _of_strangers(self) -> float:
        """Return the log odds that two strangers with many faces each are one person."""

        def both(number: float) -> tuple[Array, Array]:
            return np.array([number]), np.array([number])

        usual = both(self.usual(OF_EACH, self.spread))
        return float(self.odds(np.array([self.strangers]), both(OF_EACH), both(self.strangers), usual)[0])

    def without(self, places: Sequence[int]) -> float:
        """Return the log odds of a pair that was answered, were these answers (places among the samples) not given."""
        some = self._pulls[list(places)]
        (middle, wide), (pull, firm) = some[:, :2].mean(axis=0), some[:, 2:].sum(axis=0)
        return float(middle - wide / max(1 - firm * wide, 0.05) * pull)


def _pulls(log_odds: Array, y: Array) -> Array:
    """Return how far each answer pulls its log odds, and how firmly (the slope and the curvature of its likelihood)."""
    p = 1 / (1 + np.exp(-np.clip(log_odds, -40, 40)))
    o, slope = SLIPS + (1 - 2 * SLIPS) * p, (1 - 2 * SLIPS) * p * (1 - p)
    return np.array([(y / o - (1 - y) / (1 - o)) * slope, slope**2 / (o * (1 - o))])


def _fitted(x: Array, y: Array, counts: Array, mean: Array, precision: Array) -> Array:
    """Return the most likely weights, each sample counted so many times: Gauss-Newton steps from the mean, halved until they help.

    What was learned before is no beginning: slips leave several best places, and which one is found must follow from the
    answers alone.
    """

    def loss(w: Array) -> float:
        o = SLIPS + (1 - 2 * SLIPS) / (1 + np.exp(-np.clip(x @ w, -40, 40)))
        return float(-counts @ (y * np.log(o) + (1 - y) * np.log(1 - o)) + (w - mean) @ precision @ (w - mean) / 2)

    weights = mean
    before = loss(weights)
    for _ in range(_STEPS):
        pull, firm = counts * _pulls(x @ weights, y)
        gradient = x.T @ pull - precision @ (weights - mean)
        curvature = (x * firm[:, None]).T @ x + precision
        step, length = np.linalg.solve(curvature, gradient), 1.0
        while length > 1e-4 and loss(weights + length * step) > before:
            length /= 2
        weights = weights + length * step
        after = loss(weights)
        if before - after < _ENOUGH:
            break
        before = after
    return weights
