"""An axis below a plot with a picture at each whole number, in as many rows as they need to be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

MOST = 44  # pixels of a side
WANTED, ROWS = 30, 3  # pixels from which one row is enough; rows at most


class ThumbnailAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Asks for the picture of 0, 1, 2, ... when it is painted; they grow when the plot is zoomed."""

    def __init__(self, count: Callable[[], int], picture: Callable[[int], QPixmap | None]) -> None:
        super().__init__("bottom")
        self._count, self._picture = count, picture
        self.setStyle(showValues=False, tickLength=0)
        self.setHeight(ROWS * WANTED + 6)

    def places(self) -> list[tuple[int, QRectF]]:
        """Return the numbers in view, and where their pictures are."""
        view = self.linkedView()
        if view is None:
            return []
        (low, high), _ = view.viewRange()
        width = self.size().width()
        apart = width / max(high - low, 1e-9)
        rows = min(ROWS, max(1, int(np.ceil(WANTED / max(apart, 1e-9)))))
        side = min(MOST if rows == 1 else WANTED, apart * rows) * 0.94
        out = []
        for number in range(max(0, int(low)), min(self._count(), int(high) + 2)):
            middle = (number - low) * apart
            if -side / 2 <= middle <= width + side / 2:
                out.append((number, QRectF(middle - side / 2, 3 + number % rows * side * 1.06, side, side)))
        return out

    def paint(self, painter: QPainter, option: Any, widget: QWidget | None) -> None:
        super().paint(painter, option, widget)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipRect(QRectF(0, 0, self.size().width(), self.size().height()))
        for number, place in self.places():
            pixmap = self._picture(number)
            if pixmap is None:
                painter.fillRect(place.adjusted(1, 1, -1, -1), Qt.GlobalColor.gray)
                continue
            size = pixmap.size().toSizeF().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(place.topLeft(), size)
            target.moveCenter(place.center())
            painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
