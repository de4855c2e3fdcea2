"""A plot's legend above it, where it covers no point; its columns follow the plot's width, its rows take a third of its height."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import pyqtgraph as pg
from pyqtgraph.graphicsItems.LegendItem import ItemSample
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter

from fairdesk.figures.style import group_dash, group_style
from fairdesk.words import tr_n

_LINE = 30  # pixels of the line before a name
_SAMPLE = _LINE + 14  # with the gaps around it
Entry = tuple[str, Any] | tuple[str, Any, str | None]
_ROW, _MARGIN = 17, 24
_LONGEST = 60  # letters of a name
_SHARE = 0.35  # of the plot's height, at most


def _short(text: str) -> str:
    """Leave out the middle of a long name."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST * 2 // 3]}…{text[-(_LONGEST // 3 - 1) :]}"


def group_pen(number: int) -> Any:
    """Return the pen of the n-th group's line."""
    pen = pg.mkPen(group_style(number)[0], width=1.5)
    if group_dash(number):
        pen.setDashPattern(group_dash(number))
    return pen


class _Sample(ItemSample):  # type: ignore[misc]  # pyqtgraph has no types
    """A line long enough to show its dashes, and the symbol on it."""

    def __init__(self, item: Any) -> None:
        super().__init__(item)
        self.setFixedWidth(_LINE)

    def boundingRect(self) -> QRectF:  # noqa: N802
        return QRectF(0, 0, _LINE, 20)

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw both in the middle of its height."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen, symbol = self.item.opts["pen"], self.item.opts["symbol"]
        if pen is None:
            return
        painter.setPen(pg.mkPen(pen))
        painter.drawLine(0, 11, _LINE, 11)
        if symbol is not None:
            painter.translate(_LINE / 2, 11)
            drawSymbol(painter, symbol, 9, pg.mkPen(None), pg.mkBrush(pg.mkPen(pen).color()))


class TopLegend(QObject):
    """Takes the place of a plot's title."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        super().__init__(plot)
        self._plot = plot
        self._shown: list[tuple[str, Any, str | None, str]] = []
        self._widest, self._most = 0.0, 0
        self.item = pg.LegendItem(size=(0, 0), verSpacing=-6, frame=False, sampleType=_Sample)
        layout = plot.getPlotItem().layout
        plot.getPlotItem().titleLabel.setVisible(False)
        layout.removeItem(plot.getPlotItem().titleLabel)
        layout.addItem(self.item, 0, 1)
        layout.setRowFixedHeight(0, 0)
        plot.installEventFilter(self)

    def show_entries(self, entries: Sequence[Entry], colour: str) -> None:
        """List names with their pens, and symbols where they have any, in a text colour."""
        shown = [(text, pg.mkPen(pen), symbol[0] if symbol else None, colour) for text, pen, *symbol in entries]
        if shown == self._shown:  # an entry that is made anew is laid out later
            return
        self._shown = shown
        self._plot.legend_entries = [(text, pen) for text, pen, *_ in shown]
        self.item.setLabelTextColor(colour)
        self._list(len(shown))
        self._widest = max((label.itemRect().width() for _, label in self.item.items), default=0.0) + _SAMPLE
        self._arrange()

    def entry_of(self, item: object) -> int | None:
        """Return the number of the entry whose sample this is."""
        places = range(min(self._most, len(self._shown)))
        return next((place for place in places if self.item.items[place][0].item is item), None)

    def height_for_all(self) -> int:
        """Return how high the plot has to be, at its width, for every name to be listed."""
        rows = -(-len(self._shown) // self._columns())
        return int(rows * _ROW / _SHARE) + 1

    def _columns(self) -> int:
        count = len(self._shown)
        room = self._plot.width() - self._plot.getPlotItem().getAxis("left").width() - _MARGIN
        return max(1, min(int(room / self._widest), count)) if count else 1

    def _list(self, most: int) -> None:
        """List so many names, and how many are left out."""
        self._most = most
        self.item.clear()
        for text, pen, symbol, _ in self._shown[:most]:
            thick = pg.mkPen(pen)
            if symbol is None or pen.style() == Qt.PenStyle.SolidLine:
                thick.setWidthF(3 if symbol is None else 2)  # a line of one pixel is pale, most of all on dark
            self.item.addItem(pg.PlotDataItem(pen=thick, symbol=symbol), escape(_short(text)))  # it takes HTML
        left = len(self._shown) - most
        if left > 0:
            self.item.addItem(pg.PlotDataItem(pen=None), tr_n("{n:,} more", "{n:,} more", left))

    def _arrange(self) -> None:
        count = len(self._shown)
        columns = self._columns()
        rows = min(-(-count // columns), max(1, int(self._plot.height() * _SHARE / _ROW)))
        most = count if count <= rows * columns else max(1, rows * columns - 1)
        if most != self._most:
            self._list(most)
        if columns != self.item.columnCount:
            self.item.setColumnCount(columns)
        layout = self._plot.getPlotItem().layout
        layout.setRowFixedHeight(0, rows * _ROW + (4 if rows else 0))
        self.item.setMaximumWidth(columns * self._widest)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._plot and event.type() == QEvent.Type.Resize:
            self._arrange()
        return super().eventFilter(watched, event)
