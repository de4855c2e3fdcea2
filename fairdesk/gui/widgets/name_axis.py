"""An axis of names: in two lines or shortened in the middle where they would touch."""

from __future__ import annotations

import re

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

_BETWEEN = 8  # pixels between two names
_MOST = 160  # pixels of a name on an upright axis


class NameAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """A tick a name, at 0, 1, 2 and so on."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self._names: list[str] = []

    def set_names(self, names: list[str]) -> None:
        """Show other names."""
        self._names = names
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, _size: float) -> list[tuple[float, list[float]]]:  # noqa: N802
        """Return the places of ticks, as pyqtgraph asks for them."""
        return [(1.0, [float(place) for place in range(len(self._names)) if min(low, high) <= place <= max(low, high)])]

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:  # noqa: N802
        """Return what stands at ticks."""
        metrics = QFontMetricsF(self.style["tickFont"] or self.font())
        room = float(_MOST)
        if self.orientation in ("bottom", "top"):
            low, high = self.range
            room = self.width() / max(abs(high - low), 1.0) - _BETWEEN
        return [fitted(self._names[round(value)], metrics, room) for value in values]

    def _updateMaxTextSize(self, size: float) -> None:  # noqa: N802
        """Have room for whole lines: pyqtgraph counts four fifths of a text's height."""
        super()._updateMaxTextSize(size if self.orientation in ("left", "right") else size / 0.8)


def fitted(name: str, metrics: QFontMetricsF, room: float) -> str:
    """Return a name that takes at most so many pixels: in two lines where that does it, else shortened."""
    if metrics.horizontalAdvance(name) <= room:
        return name
    ways = [(name[: at.end()].rstrip(), name[at.end() :]) for at in re.finditer(r"[\s_×,]+", name)]
    lines = min(ways, key=lambda way: max(map(metrics.horizontalAdvance, way)), default=(name,))
    return "\n".join(metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, room) for line in lines)
