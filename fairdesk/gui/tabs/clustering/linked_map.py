"""The map as the tab has it: beside the grid, its selection shared with the grid and the list of clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shiboken6
from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QSplitter, QWidget

from fairdesk.gui.actions import ActionBook
from fairdesk.gui.tabs.base import show_menu
from fairdesk.gui.tabs.clustering.map_pane import MapPane
from fairdesk.project.image_queries import Ids

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab

NARROW = 640  # pixels: below, the map stands above the grid
MENU = (
    "clustering.confirm", "clustering.reject", "clustering.ignore", "", "clustering.split", "clustering.out", "clustering.move",
    "clustering.merge", "", "clustering.mosaic",
)  # fmt: skip


class Beside(QSplitter):
    """Map and grid beside each other, or above each other where there is little room."""

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        wanted = Qt.Orientation.Horizontal if self.width() >= NARROW else Qt.Orientation.Vertical
        if wanted != self.orientation():
            self.setOrientation(wanted)
            self.setSizes([560, 440])


class LinkedMap(MapPane):
    """Faces selected on the map are what the grid shows, and their clusters are selected; what is selected there is marked here."""

    def __init__(self, tab: ClusteringTab) -> None:
        super().__init__(tab.session, tab.grid.thumbnails)
        self._tab = tab
        self.picked_faces: Ids | None = None  # until something else is selected in the list
        self._from: QWidget | None = None  # what had the focus when it was shown
        self._fresh = False  # they are about to be selected in the grid
        self._photograph: int | None = None  # a face whose photograph is wanted once the grid has it
        self._beside = Beside(Qt.Orientation.Horizontal)
        tab.vertical.insertWidget(0, self._beside)
        self._beside.addWidget(self)
        self._beside.addWidget(tab.grid)
        self._beside.setSizes([560, 440])
        self.hide()
        self.picked.connect(self._on_faces_picked)
        self.opened.connect(self._on_opened)
        self.map.menu_asked.connect(self._show_menu)
        tab.map_button.toggled.connect(self.show_map)

    def place_actions(self, book: ActionBook) -> None:
        """Know the tab's actions."""
        self._book = book
        self._tab.map_button.setToolTip(book.actions["clustering.map"].toolTip())

    @Slot(bool)
    def show_map(self, shown: bool) -> None:
        """Show the map, or hide it."""
        self._old = shown  # it is read when it is seen
        now = QApplication.focusWidget()
        if shown:
            inside = now is not None and self._tab.isAncestorOf(now) and now is not self._tab.map_button
            self._from = now if inside else None
            self.show()
            self.map.setFocus()
            return
        left = now is None or now is self._tab.map_button or self.isAncestorOf(now)
        self.hide()
        if left and self._tab.isVisible():
            back = self._from
            usable = back is not None and shiboken6.isValid(back) and back.isVisible() and back.isEnabled()
            (back if back is not None and usable else self._tab.clusters).setFocus()

    @Slot(object)
    def _on_faces_picked(self, faces: Ids) -> None:
        self.picked_faces, self._fresh = faces, True
        self.select_homes(self.clusters_of(faces))
        self._tab.on_clusters()

    def select_homes(self, clusters: set[int]) -> None:
        """Select the clusters of the picked faces in the list, which otherwise stays as it is."""
        listed = self._tab.clusters.cluster_model.clusters
        rows = [row for row, one in enumerate(listed) if one.id in clusters]
        if {one.id for one in self._tab.clusters.selected()} != {listed[row].id for row in rows}:
            self._tab.clusters.blockSignals(True)
            self._tab.clusters.select_rows(rows)
            self._tab.clusters.blockSignals(False)

    def shown(self, faces: Ids | None) -> None:
        """Select in the grid what was just picked, now that it is there."""
        if faces is not None and faces is self.picked_faces and self._fresh:
            self._tab.grid.selectAll()
            self._fresh = False
        if self._photograph is not None:
            self._tab.open_photograph(self._photograph)
            self._photograph = None

    @Slot(int)
    def _on_opened(self, face: int) -> None:
        if self._tab.grid.grid_model.row_of(face) is not None:
            self._tab.open_photograph(face)
        else:
            self._photograph = face
            self._on_faces_picked(np.array([face], dtype=np.int64))

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        show_menu(self, self._book, self._tab.name, MENU, place)
