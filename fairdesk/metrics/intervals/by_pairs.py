"""How sure a rate would be if pairs were independent; light enough for the window."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fairdesk.words import tr

Interval = tuple[float, float]
By = Literal["pairs"]
"""What an interval is by, where it is not by subjects: pairs as if they were independent, which is too narrow."""

Z95 = 1.959963984540054


def wilson(errors: int, trials: int, z: float = Z95) -> Interval | None:
    """95 % interval of a rate (Wilson, 1927), as if pairs were independent; None without trials."""
    if trials == 0:
        return None
    rate = errors / trials
    denominator = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / denominator
    half = z * np.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)) / denominator
    low = 0.0 if errors == 0 else float(max(0.0, centre - half))
    return low, 1.0 if errors == trials else float(min(1.0, centre + half))


def threshold_by_pairs() -> str:
    """Say which intervals by pairs take the threshold as known, and which do not."""
    return tr(
        "FMR and FNMR take the threshold as if it were known, EER and TAR take it anew in each draw: the intervals of a TAR "
        "and of the FNMR at its threshold are no mirrors of each other"
    )
