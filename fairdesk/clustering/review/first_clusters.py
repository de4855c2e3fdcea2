"""Clusters before any answer: which of them no gap parts, and which are beside each other."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fairdesk.clustering.neighbours.search import nearest
from fairdesk.clustering.review.likeness import HEAPS, Likeness
from fairdesk.clustering.review.links import each_pair
from fairdesk.clustering.review.many_parts import Parts, join_many
from fairdesk.clustering.review.parts import Check, spreads

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
BESIDE = 8  # clusters that one is compared with, beyond those of its faces' neighbours


def without_gaps(rows: Floats, squares: Floats, homes: Numbers, fewest: int, neighbours: int) -> Numbers:
    """Return the number of each face's heap: clusters that no gap parts are one.

    A wide person falls into many clusters, whose faces are no farther from each other's than from their own. Taken for
    strangers they would keep each other apart.

    Parameters
    ----------
    rows, squares
        Faces, shape (n, dim), and the squared length of each.
    homes
        Of each face: its cluster.
    fewest
        Faces that a cluster has at least, or nothing is known of how wide it is.
    neighbours
        How many of its nearest clusters are looked at.
    """
    _, of = np.unique(homes, return_inverse=True)
    sizes = np.bincount(of)
    known = np.flatnonzero(sizes >= fewest)
    if len(known) < 2:
        return of.astype(np.int64)
    means = means_of(rows, of)[known]
    square = np.bincount(of, squares)[known] / sizes[known]
    within = spreads(sizes[known].astype(np.float64), means, square)
    near, _ = nearest(means.astype(np.float32), min(neighbours, len(known) - 1))
    first, second = each_pair(np.repeat(np.arange(len(known)), near.shape[1]), near.ravel()).T
    between = square[first] + square[second] - 2 * np.vecdot(means[first], means[second])
    one = between < math.exp(HEAPS) * (within[first] + within[second]) / 2
    ends = known[first[one]], known[second[one]]
    links = coo_matrix((np.ones(len(ends[0])), ends), (len(sizes), len(sizes)))
    heaps: Numbers = connected_components(links, directed=False)[1][of].astype(np.int64)
    return heaps


def links_between(bunches: Parts, links: Numbers, like: Likeness, check: Check | None = None) -> Numbers:
    """Return links between the bunches of clusters that are beside each other, shape (m, 2).

    Of a person with many photographs each bunch has bunches of the same person around it, so that their links lead
    nowhere else: two modes of one person would never be compared.

    Parameters
    ----------
    bunches
        Of which the clusters are made.
    links
        Shape (m, 2): which bunches are beside each other, each pair once.
    like
        The measure of likeness before any answer.
    """
    _, of = np.unique(join_many(bunches, links, like, check=check), return_inverse=True)
    order = np.argsort(of, kind="stable")
    means = means_of(bunches.mean, of, bunches.faces)
    near, _ = nearest(means.astype(np.float32), min(BESIDE, len(means) - 1))
    members = np.split(order, np.cumsum(np.bincount(of))[:-1])
    out = []
    for a, b in each_pair(np.repeat(np.arange(len(means)), near.shape[1]), near.ravel()).tolist():
        ends = (members[a], means[b]), (members[b], means[a])
        out.append([some[_nearest(bunches.mean[some], other)] if len(some) > 1 else some[0] for some, other in ends])
    return np.array(out, dtype=np.int64).reshape(-1, 2)


def means_of(rows: Floats, of: Numbers, weights: Floats | None = None) -> Floats:
    """Return the mean of the rows of each number, weighted if need be."""
    sums = np.zeros((int(of.max()) + 1, rows.shape[1]))
    np.add.at(sums, of, rows if weights is None else rows * weights[:, None])
    found: Floats = sums / np.bincount(of, weights)[:, None]
    return found


def _nearest(rows: Floats, to: Floats) -> int:
    return int(((rows - to) ** 2).sum(axis=1).argmin())
