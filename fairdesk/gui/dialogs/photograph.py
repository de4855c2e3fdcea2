"""The full photograph with the boxes of its faces; arrows go on to the next."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QDialog, QWidget

from fairdesk.gui.pictures import read_image
from fairdesk.gui.widgets.face_grid.model import FaceGridModel
from fairdesk.project.image_queries import Boxed
from fairdesk.words import tr


class Photograph(QDialog):
    """Space or Escape closes it, left and right show the neighbours."""

    def __init__(self, model: FaceGridModel, row: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._row = model, row
        self._pixmap = QPixmap()
        self._scale = 1.0
        self._faces: list[Boxed] = []
        self.resize(820, 640)
        self._load()

    def _load(self) -> None:
        item = self._model.item(self._row)
        if item is None:
            return
        image, self._scale = read_image(item.path, 2000)
        self._pixmap = QPixmap.fromImage(image)
        self._faces = self._model.boxes(item)
        group = f" · {item.group}" if item.group else ""
        self.setWindowTitle(f"{item.identity or tr('Unknown')}{group} · {item.path}")
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Space:
            self.close()
        elif step is not None and 0 <= self._row + step < self._model.rowCount():
            self._row += step
            self._load()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#101214"))
        painter.setPen(QColor("#d0d4d8"))
        if self._pixmap.isNull():
            painter.drawText(
                self.rect(),
                Qt.AlignmentFlag.AlignCenter,
                tr("The original cannot be read. Was it moved?\nDataset: Find moved originals"),
            )
            return
        size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        x, y = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QRectF(x, y, size.width(), size.height()), self._pixmap, QRectF(self._pixmap.rect()))
        factor = size.width() / self._pixmap.width() * self._scale
        for face in self._faces:
            top, right, bottom, left = face.box
            colour = QColor("#4493f8" if face.main else "#9aa4ae")
            painter.setPen(QPen(colour, 2 if face.main else 1))
            area = QRectF(x + left * factor, y + top * factor, (right - left) * factor, (bottom - top) * factor)
            painter.drawRect(area)
            if face.identity is not None:
                painter.drawText(area.bottomLeft() + QPointF(0, 16), face.identity)
