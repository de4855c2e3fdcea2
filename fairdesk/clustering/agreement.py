"""How well clusters agree with known identities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.results import Agreement
from fairdesk.words import tr


def agreement(labels: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> Agreement:
    """Compare cluster labels with identities; both of shape (n,), unclustered faces (-1) are clusters of one.

    Returns pairwise F1, BCubed F1 (Bagga and Baldwin, 1998), normalised mutual information (arithmetic
    mean) and the adjusted Rand index; None with a reason where there are no two known faces.
    """
    if len(labels) < 2:
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
        )
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

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
    together = said + true
    return Agreement(
        pairwise_f1=2 * hits / together if together > 0 else None,
        pairwise_f1_why=None if together > 0 else tr("no two faces share a cluster or an identity"),
        bcubed_f1=2 * precision * recall / (precision + recall),
        nmi=float(normalized_mutual_info_score(t, c)),
        ari=float(adjusted_rand_score(t, c)),
    )
