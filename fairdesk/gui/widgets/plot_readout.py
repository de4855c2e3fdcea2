"""The one text on a plot that says what is at a place: at the pointer, or where the keyboard is. It stays within what is seen."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF

from fairdesk.gui.theme import Theme

_AWAY = 12  # pixels from the place
_LEAST_LINES = 2


class PlotReadout(pg.TextItem):  # type: ignore[misc]
    """A text in a box beside a place of a plot; where it has no room there, elsewhere in the plot, wrapped or cut by lines."""

    def __init__(self, plot: pg.PlotWidget, theme: Theme) -> None:
        super().__init__()
        self._plot, self._theme = plot, theme
        self.setZValue(41)
        self.hide()

    def room(self) -> QRectF:
        """Return what is seen of the plot's inside, in pixels of its scene."""
        inside = self._plot.getPlotItem().vb.sceneBoundingRect()
        seen = self._plot.viewport().visibleRegion().boundingRect()
        if seen.isEmpty():
            return QRectF(inside)
        shown = self._plot.mapToScene(seen).boundingRect().intersected(inside)
        return shown if not shown.isEmpty() else QRectF(inside)

    def show_at(self, text: str, x: float, y: float, *, border: str) -> None:
        """Show a text at a place in the plot's values; `border` is a colour of the theme."""
        tokens = self._theme.tokens
        if self.scene() is None:
            self._plot.addItem(self, ignoreBounds=True)
        self.fill, self.border = pg.mkBrush(tokens["base"]), pg.mkPen(tokens[border], width=2)
        room = self.room()
        wide, high = self._fit(text, room, tokens["text"])
        at = self._plot.getPlotItem().vb.mapViewToScene(QPointF(x, y))
        left = at.x() + _AWAY if at.x() + _AWAY + wide <= room.right() else at.x() - _AWAY - wide
        top = at.y() - _AWAY - high if at.y() - _AWAY - high >= room.top() else at.y() + _AWAY
        left = max(room.left(), min(left, room.right() - wide))
        top = max(room.top(), min(top, room.bottom() - high))
        self.setAnchor(((at.x() - left) / wide, (at.y() - top) / high))
        self.setPos(x, y)
        self.show()
        self.updateTransform(force=True)  # drawn anew, it would keep the scale of its first place

    def _fit(self, text: str, room: QRectF, colour: str) -> tuple[float, float]:
        """Set as much of a text as there is room for; returns its width and height."""
        lines = text.split("\n")
        while True:
            self.textItem.setTextWidth(-1)
            self.setText("\n".join(lines), color=colour)
            if self.textItem.boundingRect().width() > room.width():
                self.textItem.setTextWidth(room.width())
                self.updateTextPos()
            box = self.textItem.boundingRect()
            if box.height() <= room.height() or len(lines) <= _LEAST_LINES:
                return max(box.width(), 1.0), max(box.height(), 1.0)
            lines = [*lines[: len(lines) - (2 if lines[-1] == "…" else 1)], "…"]
