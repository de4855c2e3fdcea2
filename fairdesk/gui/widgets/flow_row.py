"""A row of widgets that goes on in a second row where the window is narrow; a form's file names its class."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_SPACING = 6
_USUAL = 560  # pixels that there are at least in a window of 1024


class FlowRow(QWidget):
    """Places its children from left to right, and in further rows where they do not fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Tell that the height depends on the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Return the height of the rows that are needed."""
        rows = self._rows(width)
        return sum(map(_height, rows)) + _SPACING * (len(rows) - 1)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of one row."""
        shown = self._shown()
        width = sum(_size(widget).width() + _SPACING for widget in shown)
        return QSize(width, self.heightForWidth(max(self.width(), _USUAL)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the width of the widest widget, and the height of the rows."""
        widest = max((_size(widget).width() for widget in self._shown()), default=0)
        return QSize(widest, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Arrange anew when a child has another size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._arrange()  # what changed while it was hidden, Qt tells to nobody

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._arrange()

    def _shown(self) -> list[QWidget]:
        children = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [child for child in children if not child.isHidden()]

    def _rows(self, width: int) -> list[list[QWidget]]:
        rows: list[list[QWidget]] = [[]]
        x = 0
        shown = self._shown()
        for widget, following in zip(shown, [*shown[1:], None], strict=True):
            wide = _size(widget).width()
            both = wide  # a label stays beside what it names
            if isinstance(widget, QLabel) and following is not None:
                both += _SPACING + _size(following).width()
            if rows[-1] and x + (both if both <= width else wide) > width:
                rows.append([])
                x = 0
            rows[-1].append(widget)
            x += wide + _SPACING
        return rows

    def _arrange(self) -> None:
        """Place the children, and take the height that they need at this width: a layout's own idea is that of the hint."""
        y = 0
        rows = self._rows(self.width())
        if (height := self.heightForWidth(self.width())) != self.height():
            self.setFixedHeight(height)
        for row in rows:
            x, height = 0, _height(row)
            for widget in row:
                size = _size(widget)
                widget.setGeometry(x, y + (height - size.height()) // 2, size.width(), size.height())
                x += size.width() + _SPACING
            y += height + _SPACING


def _height(row: list[QWidget]) -> int:
    return max((_size(widget).height() for widget in row), default=0)


def _size(widget: QWidget) -> QSize:
    """Return the size a widget would have, within what it was told."""
    return widget.sizeHint().expandedTo(widget.minimumSize()).boundedTo(widget.maximumSize())
