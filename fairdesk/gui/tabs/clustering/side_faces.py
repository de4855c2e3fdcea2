"""The two sides of a question: a few faces of each, as large as there is room for."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from fairdesk.clustering.review.asked import Asked
from fairdesk.gui.tabs.clustering.review_ahead import side_title
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.project.image_queries import GridItem
from fairdesk.words import tr, tr_n

SIDE, LEAST, GAP = 150, 64, 6


class Faces(QWidget):
    """A few faces, as large as there is room for."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._items: list[GridItem] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(LEAST * 2, LEAST * 2)
        thumbnails.ready.connect(lambda *_: self.update())

    def show_faces(self, found: list[GridItem]) -> None:
        """Show other faces."""
        self._items = found
        names = sorted({item.identity for item in found if item.identity})
        self.setAccessibleName(
            tr_n("{n:,} face", "{n:,} faces", len(found)) + (f": {', '.join(names)}" if names else "")
        )
        self.setToolTip("\n".join(item.path for item in found))
        self.update()

    def shown(self) -> int:
        """How many of the faces have their picture."""
        return sum(self._thumbnails.get("face", item) is not None for item in self._items)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(3 * SIDE + 2 * GAP, 2 * SIDE + GAP)

    def _layout(self) -> tuple[int, int]:
        """Return columns and side such that the pictures are as large as they can be."""
        count = max(1, len(self._items))
        best = (1, 1)
        for columns in range(1, count + 1):
            rows = -(-count // columns)
            side = min(
                (self.width() - (columns - 1) * GAP) // columns, (self.height() - (rows - 1) * GAP) // rows, SIDE * 2
            )
            if side > best[1]:
                best = (columns, side)
        return best

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        columns, side = self._layout()
        for place, item in enumerate(self._items):
            area = QRect((place % columns) * (side + GAP), (place // columns) * (side + GAP), side, side)
            pixmap = self._thumbnails.get("face", item)
            if pixmap is None:
                painter.fillRect(area, self.palette().alternateBase())
                if self._thumbnails.is_missing("face", item.id):
                    painter.setPen(self.palette().placeholderText().color())
                    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                    painter.drawText(area, flags, tr("Original not found"))
                continue
            size = pixmap.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(area.topLeft(), size)
            target.moveCenter(area.center())
            painter.drawPixmap(target, pixmap)


class TwoSides(QWidget):
    """The faces of both sides of a question, beside each other, each with a title."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.faces = Faces(thumbnails), Faces(thumbnails)
        self.titles = QLabel(), QLabel()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(24)
        for column, (title, faces) in enumerate(zip(self.titles, self.faces, strict=True)):
            title.setProperty("role", "heading")
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            layout.addWidget(title, 0, column)
            layout.addWidget(faces, 1, column)
            layout.setColumnStretch(column, 1)
        layout.setRowStretch(1, 1)

    def clear(self) -> None:
        """Show nothing."""
        for title, faces in zip(self.titles, self.faces, strict=True):
            faces.show_faces([])
            title.setText("")

    def show_question(self, asked: Asked, items: Mapping[int, GridItem], titles: Mapping[int, str]) -> None:
        """Show what a question is about."""
        sides = (asked.shown_first, asked.first), (asked.shown_second, asked.second)
        for title, faces, (shown, every) in zip(self.titles, self.faces, sides, strict=True):
            faces.show_faces([items[face] for face in shown if face in items])
            faces.setVisible(bool(shown))
            title.setVisible(bool(shown))
            title.setText(side_title(asked, titles, len(every), first=faces is self.faces[0]))
