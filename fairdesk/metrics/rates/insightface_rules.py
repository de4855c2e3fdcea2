"""Values by InsightFace's rules, for comparison with its tables alone: they can exceed what the target FAR allows."""

from __future__ import annotations

import numpy as np

from fairdesk.metrics.rates.error_rates import Scores


def tar_at_nearest_far(scores: Scores, targets: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """Return TAR and the FAR that is nearest to each target, the larger TAR of equals (`eval_ijbc.py`).

    The points are those of scikit-learn's `roc_curve`, which leaves out points on a straight line between two others.
    """
    values = np.unique(np.concatenate([scores.genuine, scores.impostor]))[::-1]
    tp = np.append(0, scores.ng - np.searchsorted(scores.genuine, values, "left"))
    fp = np.append(0, scores.ni - np.searchsorted(scores.impostor, values, "left"))
    if len(fp) > 3:  # without the first, as roc_curve looks before it adds that point
        bent = (np.diff(fp[1:], 2) != 0) | (np.diff(tp[1:], 2) != 0)
        keep = np.concatenate([[True, True], bent, [True]])
        tp, fp = tp[keep], fp[keep]
    far, tar = fp / scores.ni, tp / scores.ng
    found = {}
    for target in targets:
        away = np.abs(far - float(target))
        place = len(away) - 1 - int(np.argmin(away[::-1]))
        found[target] = float(tar[place]), float(far[place])
    return found
