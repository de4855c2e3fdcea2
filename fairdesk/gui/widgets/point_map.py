"""A map of faces: up to some 100,000 points as one picture; thumbnails where there are few; a lasso selects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QHelpEvent,
    QImage,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from fairdesk.figures.point_raster import NONE, as_pixels, blended, draw_points
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.gui.widgets.map_overlays import LegendLine, legend_places, paint_card, paint_legend
from fairdesk.project.image_queries import GridItem
from fairdesk.words import tr, tr_n

Ids = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
NEAR = 300  # points in sight: fewer show their faces
SIDE, CELL = 46, 50  # of a thumbnail, and of the squares of which each has one at most
REACH = 9  # pixels from the pointer to what it points at
DIMMED = 0.3  # of its colour a point keeps that is not selected, where others are
LISTED = 10  # categories of the legend
_MARGIN, _STEP = 24, 60
_DRAG = 4  # pixels that are no click any more


class PointMap(QWidget):
    """Shows points of shape (n, 2). A selection is a mask of them."""

    picked = Signal()  # a person has changed the selection
    opened = Signal(int)  # row: double click, Space, Return
    wanted = Signal(object)  # rows whose faces are about to be shown
    menu_asked = Signal(QPoint)  # in the whole screen's coordinates

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails: Thumbnails | None = None
        self.items: dict[int, GridItem] = {}  # by row
        self.selection: Marks = np.zeros(0, dtype=bool)
        self.empty_text = ""
        self.hovered = -1
        self._asked: set[int] = set()  # rows whose faces were asked for
        self._places: npt.NDArray[np.float32] = np.zeros((0, 2), dtype=np.float32)
        self._of: Ids = np.zeros(0, dtype=np.int64)
        self._titles: list[str] = []
        self._shades: list[str] = []
        self._legend: list[LegendLine] = []
        self._centre, self._scale, self._fitted = QPointF(0, 0), 1.0, 1.0
        self._firm = True  # the selection is one of faces
        self._moved = False  # the view is a person's
        self._base: QImage | None = None
        self._layers: list[tuple[Ids, npt.NDArray[np.uint32], float]] | None = None
        self._shown: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Ids] | None = (
            None  # x, y, row of those in sight
        )
        self._press: QPointF | None = None
        self._pan: QPointF | None = None
        self._panned = False
        self._lasso: list[QPointF] = []
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 140)
        self.setAccessibleName(tr("Map of faces"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # what is shown

    def show_points(self, places: npt.NDArray[np.float32], *, keep_view: bool = False) -> None:
        """Show other points; nothing is selected."""
        self._places = places
        self.selection = np.zeros(len(places), dtype=bool)
        self._of = np.full(len(places), -1, dtype=np.int64)
        self.items, self.hovered, self._lasso = {}, -1, []
        self._asked.clear()
        if not keep_view or not self._moved:
            self.fit()
        self._redraw(layers=True)

    def show_colours(self, of: Ids, titles: Sequence[str], shades: Sequence[str], sizes: Ids) -> None:
        """Colour the points by category (-1: none)."""
        self._of, self._titles, self._shades = of, list(titles), list(shades)
        order = [n for n in np.argsort(-sizes, kind="stable").tolist() if sizes[n]]
        self._legend = [(f"{titles[n]}  {sizes[n]:,}", shades[n], n) for n in order[:LISTED]]
        if len(order) > LISTED:
            rest = len(order) - LISTED
            self._legend.append((tr_n("{n:,} other", "{n:,} others", rest), "", -2))
        if loose := int(np.count_nonzero(of < 0)):
            self._legend.append((tr("none  {n:,}", n=loose), NONE, -1))
        if not self._moved:
            self.fit()
        self._redraw(layers=True)

    def select(self, marks: Marks, *, firm: bool = True) -> None:
        """Select points; nobody is told. What is not `firm` is only shown: its clusters are selected, not its faces."""
        self._firm = firm
        if len(marks) == len(self._places) and not np.array_equal(marks, self.selection):
            self.selection = marks
            self._redraw(layers=True)

    def _redraw(self, *, layers: bool = False) -> None:
        self._base, self._shown = None, None
        if layers:
            self._layers = None
        self.update()

    # where it is looked at

    def fit(self, marks: Marks | None = None) -> None:
        """Show all points, or all of some."""
        some = self._places if marks is None or not marks.any() else self._places[marks]
        self._moved = marks is not None and bool(marks.any())
        if not len(self._places):
            return
        low, high = some.min(axis=0), some.max(axis=0)
        whole = self._places.max(axis=0) - self._places.min(axis=0)
        self._fitted = self._scale_of(whole)
        self._scale = min(self._scale_of(high - low), self._fitted * 400)
        x, y = ((low + high) / 2).tolist()
        self._centre = QPointF(x - self._beside() / 2 / self._scale, y)
        self._redraw()

    def _beside(self) -> int:
        """Return the width that the legend takes: no point is drawn, or in sight, there."""
        return max((rect.right() + 1 for rect, _ in self._lines()), default=0)

    def _scale_of(self, extent: npt.NDArray[np.float32]) -> float:
        room = max(20, self.width() - 2 * _MARGIN - self._beside()), max(20, self.height() - 2 * _MARGIN)
        return float(min(room[0] / max(float(extent[0]), 1e-9), room[1] / max(float(extent[1]), 1e-9)))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a place of the widget; without one about its middle."""
        at = at or QPointF(self.width() / 2, self.height() / 2)
        before = self._scale
        self._scale = max(self._fitted / 4, min(self._fitted * 4000, self._scale * factor))
        shift = at - QPointF(self.width() / 2, self.height() / 2)
        change = 1 / before - 1 / self._scale
        self._centre += QPointF(shift.x() * change, -shift.y() * change)
        self._moved = True
        self._redraw()

    def pan(self, by: QPointF) -> None:
        """Move what is shown by so many pixels."""
        self._centre -= QPointF(by.x() / self._scale, -by.y() / self._scale)
        self._moved = True
        self._redraw()

    def at(self, row: int) -> QPointF:
        """Return where a point is in the widget."""
        x, y = self._places[row].tolist()
        return QPointF(
            (x - self._centre.x()) * self._scale + self.width() / 2,
            (self._centre.y() - y) * self._scale + self.height() / 2,
        )

    def _pixels(self, ratio: float) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return x and y of all points in pixels, of which a device has `ratio` for each of the widget's."""
        scale = np.float32(self._scale * ratio)
        x = (self._places[:, 0] - np.float32(self._centre.x())) * scale + np.float32(self.width() * ratio / 2)
        y = (np.float32(self._centre.y()) - self._places[:, 1]) * scale + np.float32(self.height() * ratio / 2)
        far = 2**20  # what is out of sight stays a whole number of 32 bits
        return np.clip(x, -far, far).astype(np.int32), np.clip(y, -far, far).astype(np.int32)

    def in_sight(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Ids]:
        """Return x, y and row of the points that can be seen."""
        if self._shown is None:
            x, y = self._pixels(1.0)
            rows = np.flatnonzero((x >= self._beside()) & (x < self.width()) & (y >= 0) & (y < self.height()))
            self._shown = x[rows], y[rows], rows
        return self._shown

    def row_at(self, place: QPointF) -> int:
        """Return the row of the point at a place, -1 for none."""
        x, y, rows = self.in_sight()
        if not len(rows):
            return -1
        reach = SIDE / 2 if len(rows) <= NEAR else REACH
        away = (x - place.x()) ** 2 + (y - place.y()) ** 2
        best = int(away.argmin())
        return int(rows[best]) if away[best] <= reach**2 else -1

    # painting

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(520, 480)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if not self._moved:
            self.fit()
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._redraw(layers=True)
        super().changeEvent(event)

    def picture(self) -> QImage:
        """Return the points as a picture of the widget's size."""
        ratio = self.devicePixelRatioF()
        width, height = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        behind = self.palette().base().color().rgb()
        canvas = np.full((height, width), behind, dtype=np.uint32)
        x, y = self._pixels(ratio)
        count = len(self.in_sight()[2])
        radius = ratio * (1.4 if count > 30_000 else 2.0 if count > 4000 else 3.2)
        if self._layers is None:
            self._layers = self._layered(behind)
        for rows, pixels, more in self._layers:
            draw_points(canvas, x[rows], y[rows], pixels, radius + more * ratio)
        image = QImage(canvas.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        image.setDevicePixelRatio(ratio)
        return image

    def _layered(self, behind: int) -> list[tuple[Ids, npt.NDArray[np.uint32], float]]:
        """Return rows, their colours, and how much larger they are drawn, the lowest layer first: grey ones, the others, those selected."""
        shades = as_pixels([*self._shades, NONE])
        chosen = np.flatnonzero(self.selection)
        pale = blended(shades, behind, DIMMED) if len(chosen) else shades
        grey, others = (np.flatnonzero(~self.selection & some) for some in (self._of < 0, self._of >= 0))
        ring = np.full(len(chosen), self.palette().text().color().rgb(), dtype=np.uint32)
        return [
            (grey, pale[self._of[grey]], 0.0),
            (others, pale[self._of[others]], 0.0),
            (chosen, ring, 1.2),
            (chosen, shades[self._of[chosen]], 0.0),
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if not len(self._places):
            painter.fillRect(self.rect(), self.palette().base())
            painter.setPen(self.palette().placeholderText().color())
            area = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.empty_text)
            return
        if self._base is None or self._base.devicePixelRatio() != self.devicePixelRatioF():
            self._base = self.picture()
        painter.drawImage(0, 0, self._base)
        rows = self.in_sight()[2]
        if len(rows) <= NEAR:
            self._paint_faces(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_legend(painter, self, self._lines())
        if len(self._lasso) > 1:
            colour = self.palette().highlight().color()
            painter.setPen(QPen(colour, 1.5))
            colour.setAlpha(40)
            painter.setBrush(QBrush(colour))
            painter.drawPolygon(QPolygonF(self._lasso))
        elif self.hovered >= 0:
            self._paint_card(painter)

    def _shade(self, row: int) -> QColor:
        number = int(self._of[row])
        return QColor(self._shades[number] if number >= 0 else NONE)

    def _paint_faces(self, painter: QPainter) -> None:
        """Draw faces over their points, one in each square; those selected first."""
        x, y, rows = self.in_sight()
        taken: set[tuple[int, int]] = set()
        shown: list[int] = []
        for at in np.argsort(~self.selection[rows], kind="stable").tolist():
            cell = int(x[at]) // CELL, int(y[at]) // CELL
            if cell not in taken:
                taken.add(cell)
                shown.append(at)
        missing = [int(rows[at]) for at in shown if int(rows[at]) not in self.items]
        if missing and not self._asked.issuperset(missing):
            self._asked.update(missing)
            self.wanted.emit(missing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for at in reversed(shown):
            row = int(rows[at])
            item = self.items.get(row)
            pixmap = self.thumbnails.get("face", item) if item is not None and self.thumbnails is not None else None
            if pixmap is None:
                continue
            size = pixmap.size().scaled(QSize(SIDE, SIDE), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(QPoint(0, 0), size)
            target.moveCenter(QPoint(int(x[at]), int(y[at])))
            painter.drawPixmap(target, pixmap)
            chosen = bool(self.selection[row])
            painter.setPen(QPen(self.palette().highlight().color() if chosen else self._shade(row), 3 if chosen else 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(target)

    def _lines(self) -> list[tuple[QRect, LegendLine]]:
        return legend_places(self._legend, self.size(), self.fontMetrics())

    def _paint_card(self, painter: QPainter) -> None:
        """Draw the face that is pointed at, and what it is called."""
        row = self.hovered
        item = self.items.get(row)
        pixmap = self.thumbnails.get("face", item) if item is not None and self.thumbnails is not None else None
        painter.setPen(QPen(self.palette().text().color(), 2))
        painter.setBrush(self._shade(row))
        painter.drawEllipse(self.at(row), 5, 5)
        paint_card(painter, self, self.at(row).toPoint(), pixmap, self.said_of(row), room=item is not None)

    def said_of(self, row: int) -> list[str]:
        """Return what is said of a point: its category, its name and group."""
        number = int(self._of[row])
        item = self.items.get(row)
        told = [
            self._titles[number] if number >= 0 else "",
            *((item.title, item.group or "") if item is not None else ()),
        ]
        return [one for one in dict.fromkeys(told) if one]

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self._press, self._lasso = event.position(), [event.position()]
        elif event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
            self._pan, self._panned = event.position(), False
        self._hover(-1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        place = event.position()
        if self._pan is not None:
            by = place - self._pan
            if self._panned or by.manhattanLength() >= _DRAG:
                self._panned, self._pan = True, place
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self.pan(by)
        elif self._press is not None:
            if (place - self._lasso[-1]).manhattanLength() >= 2:
                self._lasso.append(place)
                self.update()
        else:
            self._hover(-1 if self._line_at(place) is not None else self.row_at(place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self._press is not None:
            drawn, press = self._lasso, self._press
            self._press, self._lasso = None, []
            dragged = any((place - press).manhattanLength() >= _DRAG for place in drawn)
            if dragged and len(drawn) > 2:
                self._choose(self.inside(QPolygonF(drawn)), event.modifiers())
            elif not dragged:
                self._clicked(event)
            self.update()
        elif self._pan is not None and event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
            panned, self._pan = self._panned, None
            self.unsetCursor()
            if event.button() == Qt.MouseButton.RightButton and not panned:
                row = self.row_at(event.position())
                if row >= 0 and not (self._firm and self.selection[row]):
                    self._choose(self._only(row), Qt.KeyboardModifier.NoModifier)
                self.menu_asked.emit(event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        row = self.row_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.opened.emit(row)

    def _clicked(self, event: QMouseEvent) -> None:
        line = self._line_at(event.position())
        if line is not None:
            if line[2] >= -1:
                self._choose(self._of == line[2], event.modifiers())
            return
        row = self.row_at(event.position())
        self._choose(self._only(row), event.modifiers())

    def _line_at(self, place: QPointF) -> LegendLine | None:
        return next((line for rect, line in self._lines() if rect.contains(place.toPoint())), None)

    def _only(self, row: int) -> Marks:
        marks = np.zeros(len(self._places), dtype=bool)
        if row >= 0:
            marks[row] = True
        return marks

    def inside(self, outline: QPolygonF) -> Marks:
        """Return which points an outline holds: it is filled as a picture, and each point looks at its pixel."""
        width, height = self.width(), self.height()
        filled = QImage(width, height, QImage.Format.Format_Grayscale8)
        filled.fill(0)
        painter = QPainter(filled)
        painter.setPen(QPen(Qt.GlobalColor.white, 1))
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawPolygon(outline)
        painter.end()
        area = np.frombuffer(filled.constBits(), dtype=np.uint8).reshape(height, filled.bytesPerLine())
        x, y, rows = self.in_sight()
        marks = np.zeros(len(self._places), dtype=bool)
        marks[rows[area[y, x] > 127]] = True
        return marks

    def _choose(self, marks: Marks, keys: Qt.KeyboardModifier) -> None:
        """Select, as keys say: Shift adds, Ctrl adds or takes away, Alt takes away."""
        if keys & Qt.KeyboardModifier.ShiftModifier:
            marks = self.selection | marks
        elif keys & Qt.KeyboardModifier.ControlModifier:
            marks = self.selection ^ marks
        elif keys & Qt.KeyboardModifier.AltModifier:
            marks = self.selection & ~marks
        if not self._firm or not np.array_equal(marks, self.selection):
            self.selection, self._firm = marks, True
            self._redraw(layers=True)
            self.picked.emit()

    def _hover(self, row: int) -> None:
        if row != self.hovered:
            self.hovered = row
            if row >= 0 and row not in self.items and row not in self._asked:
                self._asked.add(row)
                self.wanted.emit([row])
            self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._hover(-1)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        by = event.angleDelta()
        touch = event.device().type() == QInputDevice.DeviceType.TouchPad
        if touch and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.pan(QPointF(event.pixelDelta()) if not event.pixelDelta().isNull() else QPointF(by) / 4)
        else:
            self.zoom(1.0015 ** (by.y() or by.x()), event.position())
        self._hover(-1)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Keys of the map are not those of a shortcut while it has the focus; a line of the legend is told whole."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._meant(event):
            event.accept()
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            line = self._line_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), line[0] if line is not None else "", self)
            return True
        return super().event(event)

    @staticmethod
    def _meant(event: QKeyEvent) -> bool:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return event.key() == Qt.Key.Key_A
        return event.key() in _KEYS

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self._meant(event):
            super().keyPressEvent(event)
            return
        key, none = Qt.Key(event.key()), Qt.KeyboardModifier.NoModifier
        if key in _PANS:
            x, y = _PANS[key]
            self.pan(QPointF(x * _STEP, y * _STEP))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(1 / 1.4 if key == Qt.Key.Key_Minus else 1.4)
        elif key == Qt.Key.Key_Home:
            self.fit()
        elif key == Qt.Key.Key_End:
            self.fit(self.selection)
        elif key in (Qt.Key.Key_A, Qt.Key.Key_V):  # all, or what is in sight
            marks = np.full(len(self._places), key == Qt.Key.Key_A)
            marks[self.in_sight()[2]] = True
            self._choose(marks, none if key == Qt.Key.Key_A else event.modifiers())
        elif key == Qt.Key.Key_Escape:
            self._press, self._lasso = None, []
            self._choose(self._only(-1), none)
            self.update()
        else:
            rows = np.flatnonzero(self.selection)
            row = self.hovered if self.hovered >= 0 else int(rows[0]) if len(rows) else -1
            if row >= 0:
                self.opened.emit(row)


_PANS = {
    Qt.Key.Key_Left: (1, 0), Qt.Key.Key_Right: (-1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}  # fmt: skip
_KEYS = frozenset(
    {
        *_PANS, Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Escape,
        Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_V,
    }
)  # fmt: skip
