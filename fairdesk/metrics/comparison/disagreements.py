"""How far a difference of two models can be told from comparisons on which one errs and the other does not.

Where both err on the same comparisons, or neither errs, no draw of subjects shows a difference; that is no proof of none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.intervals.by_subjects import FEW, nothing_seen
from fairdesk.shares import Interval, wilson

Mask = npt.NDArray[np.bool_]

Reach = tuple[float, float]
"""How far below and above its estimate a difference may lie."""


@dataclass(frozen=True)
class Disagreements:
    """Comparisons of one kind on which only one of two models errs."""

    first: int
    """Only the first errs."""
    second: int
    """Only the second errs."""
    comparisons: int
    worth: float
    """Independent comparisons that these are worth: the smaller of both models' own numbers."""

    @property
    def few(self) -> bool:
        """Whether one of the two numbers is too small for draws to show how far it might lie from the truth."""
        return min(self.first, self.second) < FEW

    @property
    def hardly_any(self) -> bool:
        """Whether both numbers together are that small."""
        return self.first + self.second < FEW

    def reach(self) -> Reach:
        """Return how far below and above the difference of the rates the truth may lie, by these numbers alone.

        The difference of the rates is that of the two shares. Their intervals are added up by squares (MOVER: Newcombe,
        Statistics in Medicine 1998, 17:2635; Donner and Zou, 2012). A share's interval is Wilson's; without a
        disagreement it is what no error in as many independent comparisons allows.
        """
        (a, low_a, high_a), (b, low_b, high_b) = self._share(self.first), self._share(self.second)
        return math.hypot(b - low_b, high_a - a), math.hypot(high_b - b, a - low_a)

    def _share(self, count: int) -> tuple[float, float, float]:
        if count == 0:
            return 0.0, 0.0, nothing_seen(self.worth)
        low, high = wilson(count, self.comparisons) or (0.0, 1.0)
        return count / self.comparisons, low, high


def disagreements_of(first: Mask, second: Mask, worth: float) -> Disagreements:
    """Count where only one errs; `first` and `second` are the errors of both models on the same comparisons."""
    return Disagreements(int((first & ~second).sum()), int((second & ~first).sum()), len(first), worth)


def held(
    interval: Interval | None, estimate: float, reaches: list[Reach], own: Sequence[Interval | None]
) -> Interval | None:
    """Return the interval of a difference that claims no more than few disagreements allow, nor less than is known.

    It holds each of `reaches`, and lies within the least and greatest difference that the models' `own` intervals (the
    first's, the second's) allow, where both have one.
    """
    if interval is None:
        return None
    low = min(interval[0], *(estimate - down for down, _ in reaches)) if reaches else interval[0]
    high = max(interval[1], *(estimate + up for _, up in reaches)) if reaches else interval[1]
    held_by_own = within_own((low, high), estimate, own)
    return None if held_by_own is None else (max(-1.0, held_by_own[0]), min(1.0, held_by_own[1]))


def within_own(interval: Interval | None, estimate: float, own: Sequence[Interval | None]) -> Interval | None:
    """Return the part of a difference's interval that both models' `own` intervals (the first's, the second's) allow, where both have one."""
    one, two = own
    if interval is None or one is None or two is None:
        return interval
    low, high = max(interval[0], two[0] - one[1]), min(interval[1], two[1] - one[0])
    return min(low, estimate), max(high, estimate)
