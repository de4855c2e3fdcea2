"""Axes of rates: percent, and on a logarithmic axis a tick a decade."""

from __future__ import annotations

import math
from statistics import NormalDist

import pyqtgraph as pg

from fairdesk.figures.drawn_rates import probit_ticks

_HIGH, _WIDE = 15, 44  # pixels of a number


class RateAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """`scale` is "linear", "log" (values are logarithms) or "probit"."""

    def __init__(self, side: str, scale: str = "linear") -> None:
        super().__init__(side)
        self._scale = scale
        self.enableAutoSIPrefix(False)

    @property
    def linear(self) -> bool:
        """Whether its values are the rates themselves."""
        return self._scale == "linear"

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802
        """Return the places of ticks, as pyqtgraph asks for them."""
        if self._scale == "log":
            decades = [float(n) for n in range(math.floor(low), math.ceil(high) + 1) if low <= n <= high]
            if len(decades) < 3:  # a narrow range: 2 and 5 between them
                between = [n + math.log10(k) for n in range(math.floor(low) - 1, math.ceil(high) + 1) for k in (2, 5)]
                decades = sorted([*decades, *(place for place in between if low <= place <= high)])
            return [(1.0, self._apart(decades, low, high, size))]
        if self._scale == "probit":
            return [(1.0, self._apart(probit_ticks(low, high), low, high, size))]
        found: list[tuple[float, list[float]]] = super().tickValues(low, high, size)
        return found[:1] if len(found[0][1]) > 2 else found[:2]

    def _apart(self, places: list[float], low: float, high: float, size: float) -> list[float]:
        """Leave out ticks whose numbers would touch the one before; `size` is how many pixels the axis has."""
        needed = (_HIGH if self.orientation in ("left", "right") else _WIDE) * (high - low) / max(size, 1.0)
        kept: list[float] = []
        for place in places:
            if not kept or place - kept[-1] >= needed:
                kept.append(place)
        return kept

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:  # noqa: N802
        """Return what stands at ticks."""
        if self._scale == "log":
            values = [10**value for value in values]
        elif self._scale == "probit":
            values = [NormalDist().cdf(value) for value in values]
        elif self.linear:  # a ROC's goes a little beyond 0 and 100 %, where nothing is
            return ["" if not -1e-9 < value < 1 + 1e-9 else f"{float(f'{100 * value:.3g}'):g} %" for value in values]
        digits = 6 if self._scale == "probit" else 3  # 99.99 % is not 100 %
        return [f"{float(f'{100 * value:.{digits}g}'):g} %" for value in values]
