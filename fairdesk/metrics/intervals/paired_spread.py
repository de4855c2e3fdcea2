"""How far the difference of two models' error rates on the same comparisons would be from the truth with other subjects."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.intervals.rate_variance import FEWEST, LEAST
from fairdesk.metrics.scores.subjects import Subjects

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def paired_deviation(subjects: Subjects, use: Mask, difference: Array) -> tuple[float, float] | None:
    """Return the standard error of the mean difference over the comparisons in `use`, and its degrees of freedom.

    `difference` is the error of the one model less that of the other, of each comparison: -1, 0 or 1. The variance is
    that over pairs that share a subject (see `rate_variance`), with residuals from the mean of the subject's group. None
    with fewer than four subjects.
    """
    first, second, value = subjects.first[use], subjects.second[use], difference[use].astype(np.float64)
    who, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    n, count = len(who), len(value)
    if n < FEWEST:
        return None
    one, two = codes[:count], codes[count:]
    residual = value - value.mean()
    own = one == two
    sums = np.bincount(one, weights=residual, minlength=n) + np.bincount(two[~own], weights=residual[~own], minlength=n)
    of_two = bool((~own).any())
    of = np.unique(np.concatenate([subjects.group1[use], subjects.group2[use]]))
    group = subjects.stratum[who] if len(of) > 1 else np.zeros(n, dtype=np.int64)
    for number in np.unique(group):
        mine = group == number
        members = int(mine.sum())
        sums[mine] -= sums[mine].mean()
        few = members / max(members - 2, 1) if of_two else math.sqrt(members / max(members - 1, 1))
        sums[mine] *= few
    squares = sums**2  # not sums**4 below: NumPy's powers of -x and x differ in the last digit
    between, fourth = float(squares.sum()), float((squares**2).sum())
    freedom = between**2 / fourth if fourth > 0 else 10.0
    if of_two:
        low, high = np.minimum(one, two)[~own], np.maximum(one, two)[~own]
        _, pair = np.unique(low * n + high, return_inverse=True)
        pairs = float((np.bincount(pair, weights=residual[~own]) ** 2).sum()) * (n / max(n - 2, 1)) ** 2
        variance = max(between - pairs, LEAST * pairs)
    else:
        variance, freedom = between, 3 * freedom - 1
    lowest = 10 if np.abs(value).sum() < 10 else 3
    return math.sqrt(max(variance, 0.0)) / count, float(np.clip(freedom, lowest, max(n - 1, 3)))
