"""The full photograph with its face's box; arrows go on to the next."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImageReader, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QDialog, QWidget

from fairdesk.gui.widgets.face_grid.model import FaceGridModel


class Photograph(QDialog):
    """Space or Escape closes it, left and right show the neighbours."""

    def __init__(self, model: FaceGridModel, row: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._row = model, row
        self._pixmap = QPixmap()
        self._scale = 1.0
        self.resize(820, 640)
        self._load()

    def _load(self) -> None:
        item = self._model.item(self._row)
        if item is None:
            return
        reader = QImageReader(item.path)
        reader.setAutoTransform(True)
        size = reader.size()
        self._scale = 1.0
        longest = max(size.width(), size.height())
        if longest > 2000:
            self._scale = 2000 / longest
            reader.setScaledSize(size * self._scale)
        self._pixmap = QPixmap.fromImage(reader.read())
        group = f" · {item.group}" if item.group else ""
        self.setWindowTitle(f"{item.identity or 'Unknown'}{group} · {item.path}")
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
                "The original cannot be read. Was it moved?\nDataset: Find moved originals",
            )
            return
        size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        x, y = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QRectF(x, y, size.width(), size.height()), self._pixmap, QRectF(self._pixmap.rect()))
        item = self._model.item(self._row)
        if item is not None and item.box is not None:
            factor = size.width() / self._pixmap.width() * self._scale
            top, right, bottom, left = item.box
            painter.setPen(QPen(QColor("#4493f8"), 2))
            painter.drawRect(
                QRectF(x + left * factor, y + top * factor, (right - left) * factor, (bottom - top) * factor)
            )
