"""A plot's legend above it, where it covers no point; its columns follow the plot's width."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject

_SAMPLE = 34  # of the line before a name, with the gaps around it
_ROW, _MARGIN = 17, 24


class TopLegend(QObject):
    """Takes the place of a plot's title."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        super().__init__(plot)
        self._plot = plot
        self._shown: list[tuple[str, Any, str]] = []
        self.item = pg.LegendItem(size=(0, 0), verSpacing=-6, frame=False)
        layout = plot.getPlotItem().layout
        plot.getPlotItem().titleLabel.setVisible(False)
        layout.removeItem(plot.getPlotItem().titleLabel)
        layout.addItem(self.item, 0, 1)
        layout.setRowFixedHeight(0, 0)
        plot.installEventFilter(self)

    def show_entries(self, entries: list[tuple[str, Any]], colour: str) -> None:
        """List names with their pens, in a text colour."""
        shown = [(text, pg.mkPen(pen), colour) for text, pen in entries]
        if shown == self._shown:  # an entry that is made anew is laid out later
            return
        self._shown = shown
        self.item.clear()
        self.item.setLabelTextColor(colour)
        for text, pen in entries:
            thick = pg.mkPen(pen)
            thick.setWidthF(3)  # a line of one pixel is pale, most of all on dark
            self.item.addItem(pg.PlotDataItem(pen=thick), text)
        self._arrange()

    def _arrange(self) -> None:
        widest = max((label.itemRect().width() for _, label in self.item.items), default=0.0) + _SAMPLE
        room = self._plot.width() - self._plot.getPlotItem().getAxis("left").width() - _MARGIN
        columns = max(1, min(int(room / widest), len(self.item.items)))
        if columns != self.item.columnCount:
            self.item.setColumnCount(columns)
        rows = -(-len(self.item.items) // columns)
        layout = self._plot.getPlotItem().layout
        layout.setRowFixedHeight(0, rows * _ROW + (4 if rows else 0))
        self.item.setMaximumWidth(columns * widest)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._plot and event.type() == QEvent.Type.Resize:
            self._arrange()
        return super().eventFilter(watched, event)
