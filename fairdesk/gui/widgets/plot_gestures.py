"""What the mouse does on a plot: a double click shows all of it, the right button saves or copies it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QCursor, QGuiApplication
from PySide6.QtWidgets import QMenu

from fairdesk.gui import async_glue
from fairdesk.gui.widgets.plot_export import picture_of, save_plot
from fairdesk.words import tr


class PlotGestures(QObject):
    """Follows the mouse on one plot; `clicked` tells the place of a click of the left button, in the plot's values."""

    clicked = Signal(float, float)
    saved = Signal(str)  # path

    def __init__(self, plot: pg.PlotWidget, reset: Callable[[], object]) -> None:
        super().__init__(plot)
        self._plot, self._reset = plot, reset
        self.entries: Callable[[], list[tuple[str, bool, Callable[[bool], None]]]] = list
        """What else the menu offers: (text, whether it is on, what turns it on or off)."""
        self.more: Callable[[], list[tuple[str, Callable[[], object]]]] = list
        """What it offers besides, to be done at once."""
        plot.scene().sigMouseClicked.connect(self._on_click)

    def _on_click(self, event: Any) -> None:
        view = self._plot.getPlotItem().vb
        if not view.sceneBoundingRect().contains(event.scenePos()):
            return
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self.menu().popup(QCursor.pos())
        elif event.double():
            event.accept()
            self._reset()
        elif event.button() == Qt.MouseButton.LeftButton:
            place = view.mapSceneToView(event.scenePos())
            self.clicked.emit(place.x(), place.y())

    def menu(self) -> QMenu:
        """Return the menu of the right button."""
        menu = QMenu(self._plot)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Save plot…"), lambda: async_glue.start(self._save()))
        menu.addAction(tr("Copy plot"), self.copy)
        menu.addAction(tr("Show all of it"), self._reset)
        for text, run in self.more():
            menu.addAction(text, run)
        entries = self.entries()
        if entries:
            menu.addSeparator()
        for text, on, change in entries:
            action = QAction(text.replace("&", "&&"), menu)
            action.setCheckable(True)
            action.setChecked(on)
            action.toggled.connect(change)
            menu.addAction(action)
        return menu

    async def _save(self) -> None:
        path = await save_plot(self._plot, self._plot)
        if path:
            self.saved.emit(path)

    def copy(self) -> None:
        """Put the plot's picture on the clipboard."""
        QGuiApplication.clipboard().setImage(picture_of(self._plot))
