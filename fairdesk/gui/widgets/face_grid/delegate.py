"""How a cell is painted: the picture, a name, the group's colour and symbol, a mark on synthetic ones."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from fairdesk.figures.style import group_style
from fairdesk.gui.widgets.face_grid.badges import NO_BADGES
from fairdesk.gui.widgets.face_grid.model import FaceGridModel, ItemRole
from fairdesk.words import tr

CAPTION = 20
_AMISS = "#e3a008"  # on pictures of any kind, with black on it


class FaceDelegate(QStyledItemDelegate):
    """Paints cells of one size."""

    def __init__(self, model: FaceGridModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.side = 112
        self.groups: list[str] = []
        self.originals = NO_BADGES

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(self.side + 8, self.side + CAPTION + 8)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        item = index.data(ItemRole)
        rect: QRect = option.rect.adjusted(2, 2, -2, -2)  # type: ignore[attr-defined]
        palette: QPalette = option.palette  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(rect, palette.highlight())
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, palette.alternateBase())
        if item is None:
            return
        area = QRect(rect.left() + 2, rect.top() + 2, self.side, self.side)
        pixmap = self._model.thumbnails.get(self._model.kind, item)
        if pixmap is not None:
            size = pixmap.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(QPoint(0, 0), size)
            target.moveCenter(area.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(target, pixmap)
        else:
            painter.fillRect(area, palette.alternateBase())
            if self._model.thumbnails.is_missing(self._model.kind, item.id):
                painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
                painter.drawText(
                    area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, tr("Original not found")
                )
        line = QRect(rect.left() + 3, area.bottom() + 1, rect.width() - 6, CAPTION)
        if item.group is not None and item.group in self.groups:
            colour, _, _ = group_style(self.groups.index(item.group))
            painter.fillRect(QRect(line.left(), line.top() + 5, 10, 10), QColor(colour))
            painter.setPen(QColor("white"))
            font = painter.font()
            font.setPixelSize(8)
            painter.save()
            painter.setFont(font)
            painter.drawText(
                QRect(line.left(), line.top() + 5, 10, 10),
                Qt.AlignmentFlag.AlignCenter,
                str(self.groups.index(item.group) + 1),
            )
            painter.restore()
            line.setLeft(line.left() + 14)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        if item.identity is None and not selected:
            role = QPalette.ColorRole.PlaceholderText
        painter.setPen(palette.color(role))
        text = painter.fontMetrics().elidedText(item.title, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if said := self.originals.text(item.image):
            wide = max(50, painter.fontMetrics().horizontalAdvance(said) + 8)
            badge = QRect(area.left() + 2, area.top() + 3, wide, 14)
            painter.fillRect(badge, QColor(_AMISS))
            painter.setPen(QColor("black"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, said)
        mark = self._model.marks.get(item.id)
        if mark is not None:
            badge = QRect(area.left() + 2, area.bottom() - 19, 18, 18)
            painter.fillRect(badge, QColor(0, 0, 0, 170))
            painter.setPen(QColor("white"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, mark)
        if item.synthetic:
            badge = QRect(area.right() - 34, area.top() + 3, 32, 14)
            painter.fillRect(badge, QColor(0, 0, 0, 170))
            painter.setPen(QColor("white"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, "synth")
