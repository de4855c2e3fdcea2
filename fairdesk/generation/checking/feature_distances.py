"""How near synthetic faces are to real ones, from feature vectors: FID, KID, precision and recall, nearest, diversity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.words import tr

Floats = npt.NDArray[np.float64]


def fid(real: Floats, made: Floats) -> float:
    """Return the Fréchet distance of two sets of features, shapes (n, d) (Heusel et al., NeurIPS 2017).

    ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))``. With few images it is too large: compare with the figure
    of real against real at the same number.
    """
    if min(len(real), len(made)) < 2:
        raise RequestError(tr("FID needs at least 2 images on each side."))
    first, second = np.cov(real, rowvar=False), np.cov(made, rowvar=False)
    gap = real.mean(0) - made.mean(0)
    first, second = np.atleast_2d(first), np.atleast_2d(second)
    # tr (S1 S2)^(1/2) from the symmetric root of S1, which stays real where S1 has no inverse
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ second @ root)
    return float(gap @ gap + np.trace(first) + np.trace(second) - 2 * np.sqrt(np.clip(inner, 0, None)).sum())


def _cubic(a: Floats, b: Floats) -> Floats:
    return np.asarray((a @ b.T / a.shape[1] + 1) ** 3)


def mmd(real: Floats, made: Floats) -> float:
    """Return the unbiased squared MMD with the kernel ``(x y / d + 1)^3`` of two sets of the same size."""
    n = len(real)
    rr, mm, rm = _cubic(real, real), _cubic(made, made), _cubic(real, made)
    return float((rr.sum() - np.trace(rr) + mm.sum() - np.trace(mm)) / (n * (n - 1)) - 2 * rm.mean())


def kid(
    real: Floats, made: Floats, rng: np.random.Generator, subsets: int = 100, size: int = 1000
) -> tuple[float, float]:
    """Return mean and standard deviation of KID over random subsets (Binkowski et al., ICLR 2018); unbiased, unlike FID."""
    size = min(size, len(real), len(made))
    if size < 2:
        raise RequestError(tr("KID needs at least 2 images on each side."))
    found = [
        mmd(real[rng.choice(len(real), size, replace=False)], made[rng.choice(len(made), size, replace=False)])
        for _ in range(subsets)
    ]
    return float(np.mean(found)), float(np.std(found))


def pairwise(a: Floats, b: Floats) -> Floats:
    """Return Euclidean distances, shape (len(a), len(b))."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * (a @ b.T)
    return np.asarray(np.sqrt(np.clip(squares, 0, None)))


def precision_recall(real: Floats, made: Floats, k: int = 3) -> tuple[float, float]:
    """Return the share of synthetic faces inside the real ones' manifold, and the other way round (Kynkaanniemi et al., NeurIPS 2019).

    A manifold is the union of balls that reach to each point's k-th nearest neighbour.
    """
    if min(len(real), len(made)) <= k:
        raise RequestError(tr("Precision and recall need more than {k} images on each side.", k=k))
    across = pairwise(real, made)
    reach = [np.partition(pairwise(x, x), k, axis=1)[:, k] for x in (real, made)]
    precision = (across <= reach[0][:, None]).any(0).mean()
    recall = (across <= reach[1][None]).any(1).mean()
    return float(precision), float(recall)


@dataclass(frozen=True)
class Nearest:
    """The nearest real image of each made one, and how far apart real images are from each other."""

    place: npt.NDArray[np.int64]  # of the real image
    distance: Floats
    real: Floats  # of each real image to the nearest other


def nearest(real: Floats, made: Floats) -> Nearest:
    """Find the nearest real image of each made one."""
    table = pairwise(made, real)
    own = pairwise(real, real)
    np.fill_diagonal(own, np.inf)
    return Nearest(table.argmin(1), table.min(1), own.min(1))


def diversity(features: Floats) -> float:
    """Return the mean distance of two different images."""
    n = len(features)
    return float(pairwise(features, features).sum() / (n * (n - 1))) if n > 1 else 0.0
