"""How well clusters agree with known identities."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.results import Agreement
from fairdesk.words import tr

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """How well clusters agree with known identities; NaN where undefined."""

    pairwise_precision: float
    pairwise_recall: float
    pairwise_f1: float
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    nmi: float
    ari: float


def figures(labels: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> Figures | None:
    """Compare cluster labels with identities; both of shape (n,), unclustered faces (-1) are clusters of one.

    Pairwise and BCubed figures (Bagga and Baldwin, 1998), normalised mutual information (arithmetic mean) and the
    adjusted Rand index; None for fewer than two faces.
    """
    if len(labels) < 2:
        return None
    alone = labels < 0
    clusters = labels.copy()
    clusters[alone] = labels.max(initial=0) + 1 + np.arange(int(alone.sum()))
    _, c = np.unique(clusters, return_inverse=True)
    _, t = np.unique(truth, return_inverse=True)
    _, cells = np.unique(c.astype(np.int64) * (int(t.max()) + 1) + t, return_inverse=True)
    both = np.bincount(cells).astype(float)
    sizes_c, sizes_t = np.bincount(c).astype(float), np.bincount(t).astype(float)

    def pairs(sizes: npt.NDArray[np.float64]) -> float:
        return float((sizes * (sizes - 1)).sum() / 2)

    hits, said, true = pairs(both), pairs(sizes_c), pairs(sizes_t)
    precision = float((both[cells] / sizes_c[c]).mean())
    recall = float((both[cells] / sizes_t[t]).mean())
    return Figures(
        hits / said if said else math.nan,
        hits / true if true else math.nan,
        2 * hits / (said + true) if said + true else math.nan,
        precision,
        recall,
        2 * precision * recall / (precision + recall),
        _mutual_information(both, sizes_c, sizes_t),
        _adjusted_rand(hits, said, true, pairs(np.array([len(c)], dtype=float))),
    )


def agreement(labels: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> Agreement:
    """Return the figures that a result has; None with a reason where there are no two known faces."""
    found = figures(labels, truth)
    faces, people = len(truth), len(np.unique(truth))
    if found is None:
        why = tr("fewer than two faces have a known identity")
        return Agreement(
            pairwise_f1=None,
            pairwise_f1_why=why,
            bcubed_f1=None,
            bcubed_f1_why=why,
            nmi=None,
            nmi_why=why,
            ari=None,
            ari_why=why,
            known_faces=faces,
            known_people=people,
        )
    undefined = math.isnan(found.pairwise_f1)
    return Agreement(
        pairwise_f1=None if undefined else found.pairwise_f1,
        pairwise_f1_why=tr("no two faces share a cluster or an identity") if undefined else None,
        bcubed_f1=found.bcubed_f1,
        nmi=found.nmi,
        ari=found.ari,
        known_faces=faces,
        known_people=people,
    )


def _mutual_information(both: Counts, one: Counts, other: Counts) -> float:
    """Return the mutual information of two partitions by the mean of their entropies (both in one piece: 1).

    `both` are the sizes of what two parts share, where they share anything; it is summed over n log n alone.
    """
    if len(one) == len(other) == 1:
        return 1.0
    n = float(one.sum())

    def entropy(sizes: Counts) -> float:
        return float(np.log(n) - (sizes * np.log(sizes)).sum() / n)

    joint, first, second = entropy(both), entropy(one), entropy(other)
    shared = first + second - joint
    return 0.0 if shared <= 1e-12 else float(min(1.0, 2 * shared / (first + second)))


def _adjusted_rand(hits: float, said: float, true: float, every: float) -> float:
    """Return the Rand index adjusted for chance (Hubert and Arabie, 1985), from counts of pairs."""
    if hits == said == true:
        return 1.0
    expected = said * true / every
    return float((hits - expected) / ((said + true) / 2 - expected))
