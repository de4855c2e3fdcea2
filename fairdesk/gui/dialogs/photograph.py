"""The full photograph with the boxes of its faces: zoom, next and previous; the grid's selection follows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QDialog,
    QGraphicsScene,
    QGraphicsView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui.pictures import read_image
from fairdesk.gui.widgets.face_grid.model import FaceGridModel
from fairdesk.words import tr

_MOST = 2000  # pixels of the longer side that are decoded
_STEP, _LARGEST, _DEEPEST = 1.25, 8.0, 10.0  # of a zoom; the most it enlarges, and how much more than all of it
_GROUND, _TEXT, _MAIN, _OTHER = "#101214", "#d0d4d8", "#4493f8", "#9aa4ae"


class _View(QGraphicsView):
    """Shows all of the picture until a person zooms."""

    zoomed = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setScene(QGraphicsScene(self))
        self.setBackgroundBrush(QColor(_GROUND))
        self.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._fits = True

    def fit(self) -> None:
        """Show all of it."""
        self._fits = True
        self.fitInView(self.sceneRect(), Qt.AspectRatioMode.KeepAspectRatio)
        self.zoomed.emit(False)

    def zoom(self, factor: float) -> None:
        """Enlarge, or reduce until all of it is seen."""
        wanted = self.transform().m11() * factor
        whole = min(
            self.viewport().width() / max(self.sceneRect().width(), 1),
            self.viewport().height() / max(self.sceneRect().height(), 1),
        )
        if wanted <= whole:
            self.fit()
        elif wanted <= max(_LARGEST, _DEEPEST * whole):
            self._fits = False
            self.scale(factor, factor)
            self.zoomed.emit(True)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if event.angleDelta().y():
            self.zoom(_STEP if event.angleDelta().y() > 0 else 1 / _STEP)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._fits:
            self.fit()


class Photograph(QDialog):
    """Space or Escape closes it, left and right show the neighbours, plus, minus and 0 zoom."""

    shown = Signal(int)  # the id of what is shown

    def __init__(self, model: FaceGridModel, row: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._row = model, row
        self._id = int(model.ids[row])
        self._pixmap = QPixmap()
        self.view = _View(self)
        self.place = QLabel()
        self.place.setProperty("role", "muted")
        self.previous, self.next = QPushButton(tr("← Previous")), QPushButton(tr("Next →"))
        self.smaller, self.larger, self.whole = QPushButton("−"), QPushButton("+"), QPushButton(tr("Reset zoom"))
        self.smaller.setAccessibleName(tr("Zoom out"))
        self.larger.setAccessibleName(tr("Zoom in"))
        for button in (self.smaller, self.larger):
            button.setToolTip(button.accessibleName())
            button.setFixedWidth(36)
        row_of_buttons = QHBoxLayout()
        for button in (self.previous, self.next):
            row_of_buttons.addWidget(button)
        row_of_buttons.addWidget(self.place)
        row_of_buttons.addStretch()
        for button in (self.whole, self.smaller, self.larger):
            row_of_buttons.addWidget(button)
        for button in (self.previous, self.next, self.whole, self.smaller, self.larger):
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are the picture's
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.addWidget(self.view, 1)
        row_of_buttons.setContentsMargins(8, 0, 8, 0)
        layout.addLayout(row_of_buttons)
        self.whole.setEnabled(False)
        self.view.zoomed.connect(self.whole.setEnabled)
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.smaller.clicked.connect(lambda: self.view.zoom(1 / _STEP))
        self.larger.clicked.connect(lambda: self.view.zoom(_STEP))
        self.whole.clicked.connect(self.view.fit)
        self.view.viewport().installEventFilter(self)
        self.resize(820, 660)
        self._load()

    def step(self, by: int) -> None:
        """Show a neighbour in the grid's order, as it is now."""
        here = self._model.row_of(self._id)
        row = (self._row if here is None else here) + by
        if 0 <= row < self._model.rowCount():
            self._row, self._id = row, int(self._model.ids[row])
            self._load()
            self.shown.emit(self._id)

    def _load(self) -> None:
        item = self._model.item(self._row)
        if item is None:
            return
        image, scale = read_image(item.path, _MOST)
        self._pixmap = QPixmap.fromImage(image)
        scene = self.view.scene()
        scene.clear()
        if self._pixmap.isNull():
            text = scene.addText(tr("The original cannot be read. Was it moved?\nDataset: Find moved originals"))
            text.setDefaultTextColor(QColor(_TEXT))
            scene.setSceneRect(text.boundingRect().adjusted(-120, -120, 120, 120))
        else:
            scene.addPixmap(self._pixmap).setTransformationMode(Qt.TransformationMode.SmoothTransformation)
            scene.setSceneRect(QRectF(self._pixmap.rect()))
        for face in self._model.boxes(item) if not self._pixmap.isNull() else ():
            top, right, bottom, left = (side * scale for side in face.box)
            pen = QPen(QColor(_MAIN if face.main else _OTHER), 2 if face.main else 1)
            pen.setCosmetic(True)
            scene.addRect(QRectF(left, top, right - left, bottom - top), pen)
            if face.identity is not None:
                name = scene.addSimpleText(face.identity)
                name.setBrush(pen.color())
                name.setPos(left, bottom)
                name.setFlag(name.GraphicsItemFlag.ItemIgnoresTransformations)
        group = f" · {item.group}" if item.group else ""
        self.setWindowTitle(f"{item.identity or tr('Unknown')}{group} · {item.path}")
        self.place.setText(tr("{n:,} of {total:,}", n=self._row + 1, total=self._model.rowCount()))
        self.previous.setEnabled(self._row > 0)
        self.next.setEnabled(self._row + 1 < self._model.rowCount())
        self.view.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = Qt.Key(event.key())
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(key)
        factor = {Qt.Key.Key_Plus: _STEP, Qt.Key.Key_Equal: _STEP, Qt.Key.Key_Minus: 1 / _STEP}.get(key)
        if key == Qt.Key.Key_Space:
            self.close()
        elif key == Qt.Key.Key_0:
            self.view.fit()
        elif step is not None:
            self.step(step)
        elif factor is not None:
            self.view.zoom(factor)
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """A double click shows all of it again."""
        if watched is self.view.viewport() and event.type() == QEvent.Type.MouseButtonDblClick:
            self.view.fit()
            return True
        return super().eventFilter(watched, event)
