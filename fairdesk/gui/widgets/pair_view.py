"""Pairs of a list as their two faces: a scrolling list of cells, drawn as they come into sight."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.metrics.pair_lists.viewing import ListedFace, ListedPair
from fairdesk.project import Project
from fairdesk.project.image_queries import GridItem, Kind
from fairdesk.words import tr

SIDE = 104
_CAPTION = 40
_GAP = 4
PairRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


def told(pair: ListedPair) -> str:
    """Say what a pair is and where its images lie."""
    lines = [tr("Genuine: one person") if pair.pair.label else tr("Impostor: two people")]
    for face, subject, group in zip(pair.faces, pair.subjects, pair.groups, strict=True):
        who = " · ".join(part for part in (subject, group) if part)
        lines.append(f"{who}\n{face.path or face.name}" + (f"\n{face.why}" if face.why else ""))
    return "\n".join([*lines, tr("Fold {fold}, line {line}", fold=pair.pair.fold, line=pair.pair.line or "–")])


class PairModel(QAbstractListModel):
    """The pairs that are shown now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pairs: Sequence[ListedPair] = ()

    def show(self, pairs: Sequence[ListedPair]) -> None:
        """Show other pairs."""
        self.beginResetModel()
        self.pairs = pairs
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.pairs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        pair = self.pairs[index.row()]
        if role == PairRole:
            return pair
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return told(pair)
        return None


class _PairDelegate(QStyledItemDelegate):
    def __init__(self, thumbnails: Thumbnails, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails, self._theme = thumbnails, theme
        self._numbers: dict[str, int] = {}  # of images without a face: they have no number of the project

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return QSize(2 * SIDE + 3 * _GAP + 8, SIDE + _CAPTION + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        pair = index.data(PairRole)
        rect: QRect = option.rect.adjusted(3, 3, -3, -3)  # type: ignore[attr-defined]
        palette: QPalette = option.palette  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.fillRect(rect, palette.highlight() if selected else palette.alternateBase())
        if not isinstance(pair, ListedPair):
            return
        for side, face in enumerate(pair.faces):
            place = QRect(rect.left() + _GAP + side * (SIDE + _GAP), rect.top() + _GAP, SIDE, SIDE)
            self._paint_face(painter, palette, place, face)
        text = palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        painter.setPen(text if selected else QColor(self._theme.tokens["good" if pair.pair.label else "bad"]))
        sign = tr("= genuine") if pair.pair.label else tr("≠ impostor")
        line = QRect(rect.left() + _GAP, rect.top() + SIDE + 2 * _GAP, rect.width() - 2 * _GAP, 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, sign)
        painter.setPen(text)
        names = dict.fromkeys(pair.subjects if any(pair.subjects) else (face.name for face in pair.faces))
        caption = painter.fontMetrics().elidedText(" · ".join(names), Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line.translated(0, 17), Qt.AlignmentFlag.AlignVCenter, caption)

    def _paint_face(self, painter: QPainter, palette: QPalette, place: QRect, face: ListedFace) -> None:
        kind, item = self._item(face)
        pixmap = self._thumbnails.get(kind, item) if face.path else None
        if pixmap is not None:
            area = QRect(QPoint(0, 0), pixmap.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio))
            area.moveCenter(place.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(area, pixmap)
            return
        painter.fillRect(place, palette.base())
        if not face.path or self._thumbnails.is_missing(kind, item.id):
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            words = tr("Original not found") if face.path else tr("Not in the project")
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)

    def _item(self, face: ListedFace) -> tuple[Kind, GridItem]:
        """Return what the thumbnails are asked for: the face where it is known, else the whole image."""
        known = face.face is not None
        number = face.face if face.face is not None else -1 - self._numbers.setdefault(face.path, len(self._numbers))
        item = GridItem(number, face.name, None, face.path, face.box, False, None, None)
        return ("face" if known else "image"), item


class PairView(QListView):
    """Shows pairs; what is selected is told by the selection model."""

    def __init__(self, project: Project | None, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pairs = PairModel(self)
        self.thumbnails = Thumbnails(self)
        self.thumbnails.set_project(project)
        self.setModel(self.pairs)
        self.setItemDelegate(_PairDelegate(self.thumbnails, theme, self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(tr("Pairs"))
        self.thumbnails.ready.connect(self._on_ready)

    @Slot(str, int)
    def _on_ready(self, _kind: str, _number: int) -> None:
        self.viewport().update()

    def chosen(self) -> ListedPair | None:
        """Return the pair under the cursor."""
        found = self.currentIndex().data(PairRole)
        return found if isinstance(found, ListedPair) else None

    def close_pictures(self) -> None:
        """End the threads that read pictures."""
        self.thumbnails.close()
