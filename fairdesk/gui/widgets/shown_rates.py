"""What the plots of error rates in the window draw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from fairdesk.figures.error_curve import Curve

Array = npt.NDArray[np.float64]
Bins = tuple[Array, Array, Array]


@dataclass(frozen=True)
class Shown:
    """What the plots draw; thresholds are in the file's own sense."""

    curves: Sequence[Curve] = ()
    groups: Sequence[str] = ()
    bins: Bins | None = None
    group_bins: dict[str, Bins] = field(default_factory=dict)
    threshold: float | None = None
    common: dict[str, tuple[float, float]] = field(default_factory=dict)
    """FMR and FNMR of each curve at the common threshold."""
    distance: bool = False

    def seen(self, hidden: Collection[str]) -> list[Curve]:
        """Return the curves that are not hidden, each with its rates at the common threshold; groups keep their colours."""
        groups = list(self.groups)
        return [
            replace(
                curve,
                common=self.common.get(curve.name),
                number=groups.index(curve.name) if curve.name in groups else None,
            )
            for curve in self.curves
            if curve.name not in hidden
        ]
