"""A plot that is never smaller than what it has to show: where there is less room, it is scrolled."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtWidgets import QFrame, QScrollArea

LEAST = QSize(300, 190)
"""Pixels of any plot."""


class PlotScroll(QScrollArea):
    """Holds one plot. The wheel zooms the plot, as it does where nothing is scrolled; the bars scroll.

    `wanted` returns how many pixels it needs at its width now.
    """

    def __init__(self, plot: pg.PlotWidget, wanted: Callable[[], QSize]) -> None:
        super().__init__()
        self._plot, self._wanted = plot, wanted
        self.setWidget(plot)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        plot.setMinimumSize(LEAST)
        plot.installEventFilter(self)

    def fit(self) -> None:
        """Let the plot have at least what it needs."""
        self._plot.setMinimumSize(self._wanted().expandedTo(LEAST))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the plot's width: a bar that comes takes some of it."""
        if watched is self._plot and event.type() == QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)
