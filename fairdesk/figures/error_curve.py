"""A curve of error rates, as the window and the reports draw it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Error rates against threshold (ascending; the last is +inf), and the EER point. All of shape (n,)."""

    name: str
    threshold: Array
    fmr: Array
    fnmr: Array
    eer: float
    eer_threshold: float
    ng: int
    ni: int
