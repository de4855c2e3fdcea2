"""The face grid: a million cells that scroll smoothly, with range selection and drag."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QDrag, QKeyEvent, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from fairdesk.gui.widgets.face_grid.badges import NO_BADGES, OriginalBadges
from fairdesk.gui.widgets.face_grid.cell_view import CellView
from fairdesk.gui.widgets.face_grid.delegate import CAPTION, FaceDelegate
from fairdesk.gui.widgets.face_grid.model import FaceGridModel, data_of
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.project import Project
from fairdesk.project.image_queries import Ids, Kind
from fairdesk.words import tr, tr_n

MIN_SIDE, MAX_SIDE = 48, 256
NO_IDS: Ids = np.empty(0, dtype=np.int64)
_FEW = 100  # cells that are painted one by one


class FaceGrid(CellView):
    """A grid of images or faces."""

    selection_changed = Signal(int)  # how many are selected
    opened = Signal(int)  # an id: Space, Return or double click

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = Thumbnails(self)
        self.grid_model = FaceGridModel(self.thumbnails, self)
        self.cells = FaceDelegate(self.grid_model, self)
        self.setModel(self.grid_model)
        self.setItemDelegate(self.cells)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Faces"))
        self.set_side(112)
        self.empty_text = ""
        self.selectionModel().selectionChanged.connect(self._on_selection)
        self.grid_model.looks_different.connect(self._paint_again)
        self.doubleClicked.connect(lambda index: self.opened.emit(int(self.grid_model.ids[index.row()])))

    def set_project(self, project: Project | None) -> None:
        """Read thumbnails from a project."""
        self.thumbnails.set_project(project)

    def set_originals(self, badges: OriginalBadges = NO_BADGES) -> None:
        """Mark the cells whose originals are not there, are other pictures now, or cannot be read."""
        self.cells.originals = self.grid_model.originals = badges
        self.viewport().update()

    def set_marks(self, marks: dict[int, str], notes: Mapping[int, list[str]]) -> None:
        """Let cells bear signs, and their tips say more, by id."""
        self.grid_model.marks, self.grid_model.notes = marks, notes
        self.viewport().update()

    def set_side(self, side: int) -> None:
        """Set the size of the pictures in pixels."""
        self.cells.side = max(MIN_SIDE, min(MAX_SIDE, side))
        self.set_cell(QSize(self.cells.side + 8, self.cells.side + CAPTION + 8))

    def show_ids(self, project: Project | None, kind: Kind, ids: Ids) -> None:
        """Show other ids; selection, current cell and scroll position stay where their ids are still there."""
        same = kind == self.grid_model.kind
        kept = self.selected_array() if same else NO_IDS
        current = self.currentIndex()
        now = int(self.grid_model.ids[current.row()]) if same and current.isValid() else None
        scroll = self.verticalScrollBar().value()
        self.grid_model.show(project, kind, ids)
        if len(kept) or now is not None:
            self._select_ids(kept)
            row = self.grid_model.row_of(now) if now is not None else None
            if row is not None:
                self.selectionModel().setCurrentIndex(
                    self.grid_model.index(row), QItemSelectionModel.SelectionFlag.NoUpdate
                )
        self.verticalScrollBar().setValue(scroll if same else 0)
        self._on_selection()

    def _select_ids(self, ids: Ids | list[int]) -> None:
        rows = np.sort(self.grid_model.rows_of(ids))
        selection = QItemSelection()
        breaks = np.flatnonzero(np.diff(rows) > 1) + 1
        for part in np.split(rows, breaks) if len(rows) else []:
            selection.select(self.grid_model.index(int(part[0])), self.grid_model.index(int(part[-1])))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def select_ids(self, ids: list[int]) -> None:
        """Select ids and scroll to the first."""
        self._select_ids(ids)
        row = self.grid_model.row_of(ids[0]) if ids else None
        if row is not None:
            self.scrollTo(self.grid_model.index(row), QAbstractItemView.ScrollHint.PositionAtCenter)

    def _ranges(self) -> list[tuple[int, int]]:
        """The selection as ranges of rows (first, last); walking cells would take 100 ms at 100,000."""
        found = self.selectionModel().selection()
        return [(found[i].top(), found[i].bottom()) for i in range(found.size())]  # type: ignore[index]

    def selected_count(self) -> int:
        """How many cells are selected; walks ranges, not cells."""
        return sum(bottom - top + 1 for top, bottom in self._ranges())

    def selected_ids(self) -> list[int]:
        """Return the selected ids, in the order shown."""
        return [int(one) for one in self.selected_array()]

    def selected_array(self) -> Ids:
        """Return the selected ids, in the order shown, as an array."""
        parts = [self.grid_model.ids[top : bottom + 1] for top, bottom in sorted(self._ranges())]
        return np.concatenate(parts) if parts else NO_IDS

    @Slot(list)
    def _paint_again(self, rows: list[int]) -> None:
        if not rows or len(rows) > _FEW:
            self.viewport().update()
        for row in rows[:_FEW]:
            self.update(self.grid_model.index(row))

    @Slot()
    def _on_selection(self) -> None:
        self.selection_changed.emit(self.selected_count())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return) and self.currentIndex().isValid():
            self.opened.emit(int(self.grid_model.ids[self.currentIndex().row()]))
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_side(self.cells.side + (16 if event.angleDelta().y() > 0 else -16))
            event.accept()
            return
        super().wheelEvent(event)

    def startDrag(self, _actions: Qt.DropAction) -> None:  # noqa: N802
        """Drag the selected ids, with their number on a small picture."""
        ids = self.selected_array()
        if not len(ids):
            return
        drag = QDrag(self)
        drag.setMimeData(data_of(ids))
        picture = QPixmap(90, 28)
        picture.fill(self.palette().highlight().color())
        painter = QPainter(picture)
        painter.setPen(self.palette().highlightedText().color())
        painter.drawText(
            picture.rect(),
            Qt.AlignmentFlag.AlignCenter,
            tr_n("{n:,} face", "{n:,} faces", len(ids)),
        )
        painter.end()
        drag.setPixmap(picture)
        drag.setHotSpot(QPoint(-8, -8))
        drag.exec(Qt.DropAction.MoveAction)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not len(self.grid_model.ids) and self.empty_text:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().placeholderText().color())
            area = QRect(self.viewport().rect()).adjusted(40, 40, -40, -40)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.empty_text)
            painter.end()

    def close_threads(self) -> None:
        """End the decoding threads."""
        self.thumbnails.close()
