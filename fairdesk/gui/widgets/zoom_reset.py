"""A button on a plot that is there while the plot is zoomed or moved by hand, and shows all of it again."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QPushButton

from fairdesk.words import tr

_GAP = 4


class ZoomReset(QPushButton):
    """Stands in the plot's upper right corner; saved plots do not show it."""

    def __init__(self, plot: pg.PlotWidget, reset: Callable[[], object] | None = None) -> None:
        super().__init__(tr("Reset zoom"), plot)
        self._plot, self._view = plot, plot.getPlotItem().vb
        self._reset = reset or plot.getPlotItem().enableAutoRange
        self.hide()
        self._view.sigRangeChangedManually.connect(self._on_zoom)
        self._view.sigStateChanged.connect(self._on_state)
        self.clicked.connect(self._on_click)
        plot.installEventFilter(self)

    def _on_zoom(self, *_: object) -> None:
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()

    def _on_state(self, *_: object) -> None:
        if all(self._view.autoRangeEnabled()):
            self.hide()

    def _on_click(self) -> None:
        self._reset()
        self.hide()

    def _place(self) -> None:
        self.move(self._plot.width() - self.width() - _GAP, _GAP)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._plot and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
