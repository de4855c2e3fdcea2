"""A curve of error rates, as the window and the reports draw it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Error rates against threshold and the EER point. All of shape (n,).

    The threshold is in the file's own sense: it ascends to +inf for similarities, and descends to -inf for distances.
    """

    name: str
    threshold: Array
    fmr: Array
    fnmr: Array
    eer: float
    eer_threshold: float
    ng: int
    ni: int
    distance: bool = False
