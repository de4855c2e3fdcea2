"""How sure a share is, of so many; light enough for the window."""

from __future__ import annotations

import numpy as np

Interval = tuple[float, float]
Z95 = 1.959963984540054


def wilson(errors: int, trials: int, z: float = Z95) -> Interval | None:
    """95 % interval of a rate (Wilson, 1927), as if trials were independent; None without trials."""
    if trials == 0:
        return None
    rate = errors / trials
    denominator = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / denominator
    half = z * np.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)) / denominator
    low = 0.0 if errors == 0 else float(max(0.0, centre - half))
    return low, 1.0 if errors == trials else float(min(1.0, centre + half))
