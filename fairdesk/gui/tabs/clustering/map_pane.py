"""The map beside the grid: laid out by PCA at once or by t-SNE, coloured by choice, with a lasso."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from fairdesk.clustering.maps.face_map import (
    Coloured,
    MapPoints,
    coloured,
    map_points,
    read_layout,
    told_later,
)
from fairdesk.clustering.store import has_version
from fairdesk.clustering.version_basis import recipe_of_version
from fairdesk.figures.point_raster import colours
from fairdesk.gui.jobs.state import DONE, JobState
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.gui.widgets.flow_row import FlowRow
from fairdesk.gui.widgets.point_map import PointMap
from fairdesk.project import Project
from fairdesk.project.image_queries import GridItem, Ids, items
from fairdesk.project.layouts import kept_layout
from fairdesk.words import mark, tr

_METHODS = {"tsne": mark("t-SNE"), "pca": mark("PCA")}
_COLOURS = {
    "cluster": mark("by cluster"), "identity": mark("by identity"), "group": mark("by group"), "verdict": mark("by verdict"),
}  # fmt: skip


@dataclass(frozen=True)
class Read:
    """What the map shows; no points where t-SNE was asked for and is not made yet."""

    points: MapPoints | None
    by: Coloured | None
    method: str
    made: bool  # whether there is a t-SNE layout


def read_map(project: Project, version: int, method: str, by: str) -> Read | None:
    """Read a version's map; without a method t-SNE where it was made, else PCA. None where the version was undone meanwhile."""
    with project.db.moment():
        if not has_version(project, version):
            return None
        recipe = recipe_of_version(project, version)
    made = kept_layout(project, recipe, "tsne")
    method = method or ("pca" if made is None else "tsne")
    layout = made if method == "tsne" else read_layout(project, recipe, method)
    if layout is None:
        return Read(None, None, method, made is not None)
    points = map_points(project, recipe, version, layout)
    return Read(points, coloured(project, recipe, points, by), method, made is not None)


class MapPane(QWidget):
    """Chooses what the map shows, and speaks of faces where the map speaks of rows."""

    picked = Signal(object)  # faces that a person selected on the map
    opened = Signal(int)  # a face

    def __init__(self, session: Session, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._version: int | None = None
        self._points: MapPoints | None = None
        self._chosen: Ids = np.empty(0, dtype=np.int64)  # faces
        self._firm, self._old = True, False
        self.method, self.by = QComboBox(), QComboBox()
        for key, text in _METHODS.items():
            self.method.addItem(tr(text), key)
        self.method.setAccessibleName(tr("Layout of the map"))
        for key, text in _COLOURS.items():
            self.by.addItem(tr(text), key)
        self.by.setAccessibleName(tr("Colours of the map"))
        self._wanted = ""  # the method that a person chose
        self.make, self.whole = QPushButton(tr("Make a t-SNE map…")), QPushButton(tr("Whole map"))
        self.whole.setToolTip(tr("Show all points (Home); End shows those selected"))
        self.make.setToolTip(
            tr("Lay the faces out so that neighbours stay together; it takes some minutes for 100,000")
        )
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.map = PointMap()
        self.map.thumbnails = thumbnails
        row = FlowRow()
        for widget in (self.method, self.by, self.whole, self.make):
            widget.setParent(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(row)
        layout.addWidget(self.note)
        layout.addWidget(self.map, 1)
        self.method.activated.connect(self._on_method)
        self.by.activated.connect(lambda _row: self.refresh())
        self.whole.clicked.connect(lambda: self.map.fit())
        self.make.clicked.connect(self._ask)
        self.map.picked.connect(self._on_picked)
        self.map.opened.connect(lambda row: self.opened.emit(self._face(row)))
        self.map.wanted.connect(self._read_items)
        thumbnails.ready.connect(lambda *_: self.map.update())
        session.jobs.updated.connect(self._on_job)

    def show_version(self, version: int | None) -> None:
        """Show another version; the same one is read again."""
        if version != self._version:
            self._version, self._points = version, None
            self.map.show_points(np.zeros((0, 2), dtype=np.float32))
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self._old:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Read the map again: now if it is seen, else when it is."""
        project, version = self._session.project, self._version
        self._old = not self.isVisible()
        if project is None or version is None or self._old:
            return
        method, by = self._wanted, str(self.by.currentData())
        if self._points is None:
            self.map.empty_text = tr("Reading the map …")
            self.map.update()
        self._session.background.read("map", lambda: read_map(project, version, method, by), self._arrived)

    @Slot(object)
    def _arrived(self, found: Read | None) -> None:
        if found is None:  # another version is shown as soon as the list is read again
            return
        self.method.setCurrentIndex(self.method.findData(found.method))
        before, self._points = self._points, found.points
        points = found.points
        self.make.setVisible(not found.made or bool(points is not None and points.later and found.method == "tsne"))
        hint = tr(
            "Drag: select (Shift adds, Ctrl toggles, Alt removes). Wheel: zoom. Right drag: move. By keys: arrows, + and −, V selects what is in sight."
        )
        self.note.setText("" if points is None else told_later(points) or hint)
        if points is None or found.by is None:
            self.map.empty_text = tr(
                "There is no t-SNE map of these embeddings yet. Make one: it is kept with the project."
            )
            self.map.show_points(np.zeros((0, 2), dtype=np.float32))
            return
        same = before is not None and before.layout.method == points.layout.method
        if (
            before is None
            or not np.array_equal(before.faces, points.faces)
            or not np.array_equal(before.places, points.places)
        ):
            self.map.show_points(points.places, keep_view=same)
        by = found.by
        self.map.show_colours(by.of, by.titles, colours(len(by.titles)), by.sizes())
        self.mark(self._chosen, firm=self._firm)

    def mark(self, faces: Ids, *, firm: bool = True) -> None:
        """Show faces as selected, or, where that is not `firm`, as those of the selected clusters; nobody is told."""
        self._chosen, self._firm = faces, firm
        if self._points is not None:
            self.map.select(np.isin(self._points.faces, faces), firm=firm)

    def clusters_of(self, faces: Ids) -> set[int]:
        """Return the clusters that some faces are in, as the map knows them."""
        if self._points is None:
            return set()
        of = self._points.clusters.of[np.isin(self._points.faces, faces)]
        return {self._points.clusters.numbers[number] for number in np.unique(of[of >= 0]).tolist()}

    def _face(self, row: int) -> int:
        assert self._points is not None
        return int(self._points.faces[row])

    @Slot()
    def _on_picked(self) -> None:
        if self._points is not None:
            self._chosen = self._points.faces[self.map.selection]
            self.picked.emit(self._chosen)

    @Slot(object)
    def _read_items(self, rows: list[int]) -> None:
        project, points = self._session.project, self._points
        if project is None or points is None:
            return
        face_of = {self._face(row): row for row in rows}

        def arrived(found: dict[int, GridItem]) -> None:
            if points is self._points:
                self.map.items.update({face_of[face]: item for face, item in found.items()})
                self.map.update()

        self._session.background.read(object(), lambda: items(project, "face", list(face_of)), arrived)

    @Slot(int)
    def _on_method(self, row: int) -> None:
        self._wanted = str(self.method.itemData(row))
        self.refresh()

    @Slot()
    def _ask(self) -> None:
        self._session.ask("map", {"method": "tsne", "version": self._version})

    @Slot(object)
    def _on_job(self, job: JobState) -> None:
        if job.spec.kind == "map" and job.state == DONE and self._session.ended_now(job):
            if job.spec.params.get("method", "tsne") == "tsne":
                self._wanted = "tsne"
            self._points = None
            self.refresh()
