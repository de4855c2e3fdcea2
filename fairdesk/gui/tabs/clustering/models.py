"""The list of clusters: a cover, a title and a count each; faces can be dropped on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QItemSelection,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from fairdesk.clustering.store import Cluster
from fairdesk.gui.tabs.clustering.foretelling import CLUSTER_MIME, drop_foretold
from fairdesk.gui.widgets.face_grid.model import MIME, faces_in
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.project.image_queries import GridItem
from fairdesk.words import tr, tr_n

ClusterRole = Qt.ItemDataRole.UserRole + 2
Index = QModelIndex | QPersistentModelIndex
COVER = 52

_BESIDE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
_IN_LIST = _BESIDE | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled


class ClusterModel(QAbstractListModel):
    """The clusters of one version."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.clusters: list[Cluster] = []
        self.covers: dict[int, GridItem] = {}
        self.notes: dict[int, str] = {}  # what speaks against a cluster

    def show(self, clusters: list[Cluster], covers: dict[int, GridItem]) -> None:
        """Show other clusters."""
        self.beginResetModel()
        self.clusters, self.covers = clusters, covers
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.clusters)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cluster = self.clusters[index.row()]
        if role == ClusterRole:
            return cluster
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                "\n".join([*([cluster.told] if cluster.shared else []), *filter(None, [self.notes.get(cluster.id)])])
                or None
            )
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return tr_n("{cluster}, {n:,} face", "{cluster}, {n:,} faces", cluster.faces, cluster=cluster.told)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _IN_LIST if index.isValid() else _BESIDE

    def mimeTypes(self) -> list[str]:  # noqa: N802
        return [CLUSTER_MIME, MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802
        data = QMimeData()
        numbers = [self.clusters[index.row()].id for index in indexes]
        data.setData(CLUSTER_MIME, QByteArray(json.dumps(numbers).encode()))
        return data


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: ClusterList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return QSize(200, COVER + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cluster: Cluster = index.data(ClusterRole)
        rect: QRect = option.rect  # type: ignore[attr-defined]
        palette: QPalette = option.palette  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(rect, palette.highlight())
        elif self._view.drop_row == index.row() or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, palette.alternateBase())
        area = QRect(rect.left() + 6, rect.top() + 4, COVER, COVER)
        item = self._view.cluster_model.covers.get(cluster.cover) if cluster.cover is not None else None
        pixmap = self._view.thumbnails.get("face", item) if item is not None and self._view.thumbnails else None
        if pixmap is not None:
            size = pixmap.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(QPoint(0, 0), size)
            target.moveCenter(area.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(target, pixmap)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        painter.setPen(palette.color(role))
        text = QRect(area.right() + 10, rect.top() + 9, rect.width() - COVER - 26, 20)
        title = painter.fontMetrics().elidedText(cluster.title, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, title)
        if not selected:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        about = tr_n("{n:,} face", "{n:,} faces", cluster.faces)
        if cluster.shared:  # what tells it from the others of its title comes first
            group = [cluster.group or tr("no group")] if cluster.identity else []
            about = " · ".join([tr("no. {label}", label=cluster.label), *group, about])
        elif cluster.identity:
            about += "  ·  " + tr("identity")
        if self._view.drop_row == index.row() and self._view.drop_text:
            about = self._view.drop_text
        about = painter.fontMetrics().elidedText(about, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text.translated(0, 20), Qt.AlignmentFlag.AlignVCenter, about)


class ClusterList(QListView):
    """Clusters; faces and other clusters can be dropped on one."""

    faces_dropped = Signal(object, object)  # face ids, Cluster
    clusters_dropped = Signal(object, object)  # cluster ids, Cluster
    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails: Thumbnails | None = None
        self.cluster_model = ClusterModel(self)
        self.drop_row, self.drop_text = -1, ""  # where something would be dropped, and what that would do
        self.setModel(self.cluster_model)
        self.setItemDelegate(_Delegate(self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setMinimumWidth(210)
        self.setAccessibleName(tr("Clusters"))
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())

    def selected(self) -> list[Cluster]:
        """The selected clusters, in the order shown."""
        found = self.selectionModel().selection()
        ranges = sorted((found.at(n).top(), found.at(n).bottom() + 1) for n in range(found.size()))
        return [cluster for first, end in ranges for cluster in self.cluster_model.clusters[first:end]]

    def show_clusters(self, clusters: list[Cluster], covers: dict[int, GridItem]) -> None:
        """Show clusters; the selection stays with those that are still there."""
        kept = {cluster.id for cluster in self.selected()}
        row = self.currentIndex().row()
        self.selectionModel().blockSignals(True)
        self.cluster_model.show(clusters, covers)
        self.selectionModel().blockSignals(False)
        rows = [place for place, cluster in enumerate(clusters) if cluster.id in kept]
        if not rows and clusters:
            rows = [min(max(row, 0), len(clusters) - 1)]
        self.select_rows(rows)
        self.selection_changed.emit()

    def select_rows(self, rows: list[int]) -> None:
        """Select rows and make the first current."""
        flags = self.selectionModel().SelectionFlag
        wanted, begin = QItemSelection(), 0
        for at, row in enumerate(rows):  # ranges: of thousands of rows one by one each would take seconds
            if at + 1 == len(rows) or rows[at + 1] != row + 1:
                wanted.select(self.cluster_model.index(rows[begin]), self.cluster_model.index(row))
                begin = at + 1
        self.selectionModel().select(wanted, flags.ClearAndSelect)
        if rows:
            self.selectionModel().setCurrentIndex(self.cluster_model.index(rows[0]), flags.NoUpdate)
            self.scrollTo(self.cluster_model.index(rows[0]))

    def select_cluster(self, number: int) -> None:
        """Select a cluster by its id, if it is shown."""
        rows = [row for row, cluster in enumerate(self.cluster_model.clusters) if cluster.id == number]
        if rows:
            self.select_rows(rows)

    @staticmethod
    def _takes(data: QMimeData) -> bool:
        return data.hasFormat(MIME) or data.hasFormat(CLUSTER_MIME)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if self._takes(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        self.drop_row, self.drop_text = self.indexAt(event.position().toPoint()).row(), ""
        if self.drop_row >= 0 and self._takes(event.mimeData()):
            clusters = self.cluster_model.clusters
            self.drop_text = drop_foretold(event.mimeData(), clusters[self.drop_row], clusters)
        QToolTip.showText(self.viewport().mapToGlobal(event.position().toPoint()), self.drop_text, self.viewport())
        self.viewport().update()
        if self.drop_row >= 0 and self._takes(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self.drop_row, self.drop_text = -1, ""
        QToolTip.hideText()
        self.viewport().update()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        row = self.indexAt(event.position().toPoint()).row()
        self.drop_row, self.drop_text = -1, ""
        QToolTip.hideText()
        data = event.mimeData()
        if row >= 0 and self._takes(data):
            target = self.cluster_model.clusters[row]
            if data.hasFormat(MIME):
                self.faces_dropped.emit(faces_in(data), target)
            else:
                self.clusters_dropped.emit(json.loads(bytes(data.data(CLUSTER_MIME).data())), target)
            event.setDropAction(Qt.DropAction.CopyAction)  # the edit moves the faces, not the view
            event.accept()
        self.viewport().update()
