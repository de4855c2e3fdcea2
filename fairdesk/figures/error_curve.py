"""A curve of error rates, as the window and the reports draw it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.figures.whole_set import WHOLE, whole_name

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
    zero_fmr: float = 1.0
    """The lowest FNMR without a false match: in plots at an FMR of 3 / ni, where one would be expected."""
    zero_fnmr: float = 1.0
    """The lowest FMR without a false non-match."""
    common: tuple[float, float] | None = None
    """FMR and FNMR at the common threshold."""
    number: int | None = None
    """Of the group, for its colour; None is its place among those that are drawn."""
    whole_shown: str = ""
    """What the whole set is called, where this is its curve."""

    @property
    def whole(self) -> bool:
        """Whether this is of the whole set, not of a group."""
        return self.name == WHOLE

    @property
    def shown(self) -> str:
        """What it is called where people read it."""
        return (self.whole_shown or whole_name(())) if self.whole else self.name

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """The points of no error, (FMR, FNMR), as a DET has them: the error that was not seen is at its bound (rule of three)."""
        return [self.on_probit(0.0, self.zero_fmr), self.on_probit(self.zero_fnmr, 0.0)]

    def rates_at(self, threshold: float) -> tuple[float, float]:
        """Return FMR and FNMR at any threshold: those of the next point of the curve that is as strict or stricter."""
        sign = -1 if self.distance else 1
        place = int(np.searchsorted(sign * self.threshold, sign * threshold, "left"))
        return float(self.fmr[place]), float(self.fnmr[place])

    def seen(self, fmr: float, fnmr: float) -> tuple[float, float]:
        """Return where a point is drawn: a rate of no error at its bound."""
        return fmr or min(1.0, 3 / max(self.ni, 1)), fnmr or min(1.0, 3 / max(self.ng, 1))

    def on_probit(self, fmr: float, fnmr: float) -> tuple[float, float]:
        """Return where a point is drawn on axes without 0 and 1: a rate of nothing but errors at 1 less its bound, too.

        Six comparisons or fewer have none: 3 / n would be no less than 1 - 3 / n.
        """
        both = zip(self.seen(fmr, fnmr), (self.ni, self.ng), strict=True)
        placed_fmr, placed_fnmr = (1 - 3 / n if rate == 1 and n > 6 else rate for rate, n in both)
        return placed_fmr, placed_fnmr
