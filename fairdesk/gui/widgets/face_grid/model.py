"""The grid's model: an array of ids; what a cell shows is fetched a page at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)

from fairdesk.gui.widgets.face_grid.badges import NO_BADGES
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.project import Project
from fairdesk.project.image_queries import Boxed, GridItem, Ids, Kind, boxes, items
from fairdesk.words import tr

PAGE = 64
PAGES = 160
MIME = "application/x-fairdesk-faces"
ItemRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class FaceGridModel(QAbstractListModel):
    """Images or faces of one project, in the order of an id array.

    What cells show is told as `looks_different`, not as `dataChanged`: a list view answers that by laying out
    all its rows again, which takes 80 ms at 100,000.
    """

    looks_different = Signal(list)  # rows whose cells have to be painted again; empty for all

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.kind: Kind = "image"
        self.ids: Ids = np.empty(0, dtype=np.int64)
        self.originals = NO_BADGES
        self.marks: dict[int, str] = {}  # a sign that a cell bears, by id
        self.notes: Mapping[int, list[str]] = {}  # lines that its tip says too
        self._project: Project | None = None
        self._pages: OrderedDict[int, dict[int, GridItem]] = OrderedDict()
        self._dirty: set[int] = set()
        self._order: tuple[Ids, Ids] | None = None  # the ids in order, and the row of each
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(16)
        self._timer.timeout.connect(self._repaint)
        thumbnails.ready.connect(self._on_ready)

    def show(self, project: Project | None, kind: Kind, ids: Ids) -> None:
        """Show other ids."""
        self.beginResetModel()
        self._project, self.kind, self.ids = project, kind, ids
        self._pages.clear()
        self._order = None
        self.endResetModel()

    def refresh(self, numbers: Collection[int] | None = None) -> None:
        """Fetch what the cells show again, of all or of some ids; the list stays."""
        if numbers is None:
            self._pages.clear()
            self.looks_different.emit([])
            return
        rows = np.flatnonzero(np.isin(self.ids, list(numbers))).tolist()
        for row in rows:
            self._pages.pop(row // PAGE, None)
        if rows:
            self.looks_different.emit(rows)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.ids)

    def item(self, row: int) -> GridItem | None:
        """Return what a row shows; one query a page, some microseconds after."""
        if self._project is None or not 0 <= row < len(self.ids):
            return None
        page = row // PAGE
        found = self._pages.get(page)
        if found is None:
            wanted = [int(i) for i in self.ids[page * PAGE : (page + 1) * PAGE]]
            found = items(self._project, self.kind, wanted)
            self._pages[page] = found
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)
        return found.get(int(self.ids[row]))

    def boxes(self, item: GridItem) -> list[Boxed]:
        """Return the boxes of all faces on an item's photograph."""
        return [] if self._project is None else boxes(self._project, self.kind, item.id)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role in (ItemRole, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            item = self.item(index.row())
            if role == ItemRole or item is None:
                return item
            if role == Qt.ItemDataRole.DisplayRole:
                return item.title
            amiss = self.originals.text(item.image)
            lines = [
                tr("{path} ({amiss})", path=item.path, amiss=amiss) if amiss else item.path,
                tr("Identity: {identity}", identity=item.identity or tr("unknown")),
                tr("Group: {group}", group=item.group or tr("none")),
            ]
            if item.source:
                lines.append(tr("Label from: {source}", source=tr(item.source)))
            if item.predicted:
                lines.append(tr("Predicted by a model: {predicted}", predicted=item.predicted))
            lines += self.notes.get(item.id, [])
            return "\n".join(lines + ([tr("Marked synthetic")] if item.synthetic else []))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        base = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return base | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else base

    def mimeTypes(self) -> list[str]:  # noqa: N802
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802  # type: ignore[override]
        return data_of(self.ids[[index.row() for index in indexes]])

    def rows_of(self, numbers: Ids | Sequence[int]) -> Ids:
        """Return the rows of the ids that are shown."""
        if self._order is None:
            rows = np.argsort(self.ids, kind="stable")
            self._order = self.ids[rows], rows
        known, rows = self._order
        wanted = np.asarray(numbers, dtype=np.int64)
        place = np.searchsorted(known, wanted)
        if not len(known):
            return rows
        place = np.minimum(place, len(known) - 1)
        found: Ids = rows[place[known[place] == wanted]]
        return found

    def row_of(self, number: int) -> int | None:
        """Return the row of an id."""
        found = self.rows_of([number])
        return int(found[0]) if len(found) else None

    @Slot(str, int)
    def _on_ready(self, kind: str, number: int) -> None:
        if kind == self.kind:
            self._dirty.add(number)
            if not self._timer.isActive():
                self._timer.start()

    @Slot()
    def _repaint(self) -> None:
        rows = sorted(self.rows_of(list(self._dirty)).tolist())
        self._dirty.clear()
        if rows:
            self.looks_different.emit(rows)


def data_of(ids: Ids) -> QMimeData:
    """Return ids as a drag carries them."""
    data = QMimeData()
    data.setData(MIME, QByteArray(ids.astype("<i8").tobytes()))
    return data


def faces_in(data: QMimeData) -> list[int]:
    """Return the ids a drag carries."""
    raw = data.data(MIME).data()
    return [int(i) for i in np.frombuffer(bytes(raw), dtype="<i8")]
