"""Axes of a plot that is scrolled stay in sight: strips at the left and below show them where they are scrolled away."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QRect, QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

_MOST = 0.45  # of the width or height that is seen


class _Strip(QWidget):
    """Shows one part of a plot."""

    def __init__(self, plot: pg.PlotWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._plot = plot
        self.part = QRect()
        """Of the plot, in its pixels."""
        self.hide()

    def show_part(self, place: QRect, part: QRect) -> None:
        """Stand at a place of the scrolled area, showing this part of the plot."""
        self.part = part
        self.setGeometry(place)
        self.show()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self._plot.backgroundBrush())
        if not self.part.isEmpty():
            self._plot.render(painter, QRectF(self.rect()), self.part)
        painter.end()


class FrozenAxes(QObject):
    """Keeps the axes of the plot in a scroll area in sight."""

    def __init__(self, area: QScrollArea, plot: pg.PlotWidget) -> None:
        super().__init__(area)
        self._area, self._plot = area, plot
        self.left, self.bottom, self.corner = (_Strip(plot, area.viewport()) for _ in range(3))
        for bar in (area.horizontalScrollBar(), area.verticalScrollBar()):
            bar.valueChanged.connect(self.place)
            bar.rangeChanged.connect(self.place)
        plot.getPlotItem().vb.sigTransformChanged.connect(self.place)
        plot.getPlotItem().vb.sigResized.connect(self.place)
        area.viewport().installEventFilter(self)
        plot.installEventFilter(self)

    def place(self, *_: object) -> None:
        """Put the strips where they belong now."""
        seen, plot = self._area.viewport().size(), self._plot
        inside = plot.mapFromScene(plot.getPlotItem().vb.sceneBoundingRect()).boundingRect()
        wide = min(inside.left(), int(seen.width() * _MOST))
        high = min(plot.height() - inside.bottom(), int(seen.height() * _MOST))
        x, y = -plot.x(), -plot.y()  # of the plot, in the upper left corner of what is seen
        beside = inside.left() - x < wide  # an axis of which more is in sight than a strip shows would be seen twice
        below = inside.bottom() - y > seen.height() - high
        if beside:
            self.left.show_part(QRect(0, 0, wide, seen.height()), QRect(inside.left() - wide, y, wide, seen.height()))
        if below:
            top = seen.height() - high
            self.bottom.show_part(QRect(0, top, seen.width(), high), QRect(x, inside.bottom(), seen.width(), high))
        if beside and below:
            self.corner.show_part(QRect(0, seen.height() - high, wide, high), QRect())
        for strip, wanted in ((self.left, beside), (self.bottom, below), (self.corner, beside and below)):
            strip.setVisible(wanted)
            strip.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the sizes of what is seen and of the plot, and the plot's place."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self.place()
        return super().eventFilter(watched, event)
