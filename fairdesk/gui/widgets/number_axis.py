"""An axis of plain numbers: where it is logarithmic, ticks that are read as numbers and never stand on each other."""

from __future__ import annotations

import itertools
import math

import pyqtgraph as pg

_LABEL = 62  # pixels that a label needs along the axis
_STEPS = ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,))


class NumberAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis whose logarithmic ticks are as dense as there is room for."""

    def logTickValues(  # noqa: N802
        self, low: float, high: float, size: float, _standard: object
    ) -> list[tuple[float | None, list[float]]]:
        """Return the places of ticks: round numbers in each decade, or every so many decades."""
        room = max(2, int(size / (_LABEL if self.orientation in ("bottom", "top") else _LABEL / 3)))
        begin, end = math.floor(low), math.ceil(high)
        for steps in _STEPS:
            places = [math.log10(step) for step in steps]
            gap = min(after - place for place, after in itertools.pairwise([*places, 1.0]))
            if gap * size / max(high - low, 1e-9) >= size / room:
                every_place = [decade + place for decade in range(begin, end + 1) for place in places]
                found = [place for place in every_place if low <= place <= high]
                return [(1.0, found if len(found) > 1 else _within(low, high, room))]
        decades = [float(decade) for decade in range(math.ceil(low), math.floor(high) + 1)]
        return [(1.0, decades[:: max(1, math.ceil(len(decades) / room))])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        """Return the numbers that stand at ticks, negative ones with a minus, as in tables."""
        return [text.replace("-", "\N{MINUS SIGN}") for text in super().tickStrings(values, scale, spacing)]

    def logTickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:  # noqa: N802
        """Return the numbers that stand at ticks."""
        return [_number(10**value) for value in values]


def _within(low: float, high: float, room: int) -> list[float]:
    """Return ticks of a range too narrow for round numbers of a decade: multiples of 1, 2 or 5 times a power of ten."""
    first, last = 10**low, 10**high
    power = 10 ** math.floor(math.log10(max(last - first, 1e-300)))
    for step in (power * k for k in (0.1, 0.2, 0.5, 1, 2, 5)):
        begin = math.ceil(first / step * (1 - 1e-12))
        values = [k * step for k in range(begin, math.floor(last / step * (1 + 1e-12)) + 1)]
        found = [math.log10(value) for value in values if value > 0]
        if len(found) < 3 or found[-1] - found[-2] >= (high - low) / room:
            return found if len(found) > 1 else [low, high]
    return [low, high]


def _number(value: float) -> str:
    rounded = float(f"{value:.8g}")
    return f"{rounded:,.8g}" if 1 <= rounded < 1e6 else f"{rounded:.8g}" if rounded < 1 else f"{rounded:g}"
