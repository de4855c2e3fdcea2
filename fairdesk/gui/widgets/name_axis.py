"""An axis of names: in two lines, upright or left out where they would touch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from fairdesk.gui.widgets.name_shortening import shortened

_BETWEEN = 8  # pixels between two names
_NARROW = 90  # pixels of a name; with less, names that do not fit stand upright
MOST_BESIDE = 160  # pixels of a name beside an upright axis
MOST_UPRIGHT = 190  # pixels of a name that stands upright


class NameAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """A tick a name, at 0, 1, 2 and so on."""

    _names: Sequence[str] = ()

    @property
    def names(self) -> Sequence[str]:
        """The names, whole."""
        return self._names

    def set_names(self, names: Sequence[str]) -> None:
        """Show other names."""
        self._names = names
        self._fit()

    def resizeEvent(self, event: Any = None) -> None:  # noqa: N802
        """Have as much room below as the names take."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self.orientation == "bottom":
            high = self.height_at(self._apart())
            if self.fixedHeight != high + 8:
                self.setHeight(high + 8)
        self.picture = None
        self.update()

    def height_at(self, apart: float) -> float:
        """Return how many pixels names below take that stand so many apart."""
        if self._upright(apart):
            return min(float(MOST_UPRIGHT), max(map(self._metrics().horizontalAdvance, self._turned())))
        lines = max((text.count("\n") + 1 for text in self._shown(apart)), default=1)
        return self._metrics().height() * lines

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self.style["tickFont"] or self.font())

    def _apart(self) -> float:
        """Return how many pixels lie between two ticks."""
        size = self.width() if self.orientation == "bottom" else self.height()
        return float(size / max(abs(self.range[1] - self.range[0]), 1e-9))

    def _upright(self, apart: float | None = None) -> bool:
        room = (self._apart() if apart is None else apart) - _BETWEEN
        return (
            self.orientation == "bottom"
            and room < _NARROW
            and any("…" in fitted(name, self._metrics(), room) for name in self._names)
        )

    def _shown(self, apart: float | None = None) -> list[str]:
        """Return what is said of each name, where they stand so many pixels apart."""
        room = (
            (self._apart() if apart is None else apart) - _BETWEEN
            if self.orientation == "bottom"
            else float(MOST_BESIDE)
        )
        metrics = self._metrics()
        return shortened(self._names, lambda name: fitted(name, metrics, room))

    def _turned(self) -> list[str]:
        """Return what is said of each name where they stand upright."""
        metrics, dots = self._metrics(), Qt.TextElideMode.ElideMiddle
        return shortened(self._names, lambda name: metrics.elidedText(name, dots, MOST_UPRIGHT))

    def tickValues(self, low: float, high: float, _size: float) -> list[tuple[float, list[float]]]:  # noqa: N802
        """Return the places of ticks, as pyqtgraph asks for them: of names that would touch, each second or third."""
        each = max(1, -int(-self._metrics().height() // max(self._apart(), 1.0)))
        low, high = min(low, high), max(low, high)
        return [(1.0, [float(place) for place in range(0, len(self._names), each) if low <= place <= high])]

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:  # noqa: N802
        """Return what stands at ticks."""
        if self._upright():
            return [""] * len(values)
        shown = self._shown()
        return [shown[round(value)] for value in values]

    def drawPicture(self, painter: QPainter, axis: Any, ticks: Any, texts: Any) -> None:  # noqa: N802
        """Draw the axis, and the names that stand upright."""
        super().drawPicture(painter, axis, ticks, texts)
        if not self._upright():
            return
        metrics, box = self._metrics(), self.mapRectFromParent(self.geometry())
        painter.setPen(self.textPen())
        low, high = min(self.range), max(self.range)
        turned = self._turned()
        for value in self.tickValues(low, high, box.width())[0][1]:
            text = turned[round(value)]
            painter.save()
            painter.translate(box.left() + (value - low) / (high - low) * box.width(), box.top() + 5)
            painter.rotate(-90)
            painter.drawText(
                QRectF(-MOST_UPRIGHT, -metrics.height() / 2, MOST_UPRIGHT, metrics.height()),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                text,
            )
            painter.restore()


def fitted(name: str, metrics: QFontMetricsF, room: float) -> str:
    """Return a name that takes at most so many pixels: in two lines where that does it, else shortened."""
    if metrics.horizontalAdvance(name) <= room:
        return name
    ways = [(name[: at.end()].rstrip(), name[at.end() :]) for at in re.finditer(r"[\s_·,]+", name)]
    lines = min(ways, key=lambda way: max(map(metrics.horizontalAdvance, way)), default=(name,))
    return "\n".join(metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, room) for line in lines)
