"""A label of so many lines and no more: it never makes its place wider or higher; what does not fit is in its tooltip."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class ElidedLabel(QLabel):
    """Shows the beginning of its text; `text()` is all of it."""

    def __init__(self, parent: QWidget | None = None, *, lines: int = 1) -> None:
        super().__init__(parent)
        self._lines = lines
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_lines(self, lines: int) -> None:
        """Take the height of another number of lines."""
        if lines != self._lines:
            self._lines = lines
            self.updateGeometry()
            self.update()

    def lines_wanted(self) -> int:
        """Return how many lines all of the text takes at its width."""
        box = self.fontMetrics().boundingRect(0, 0, max(self.width(), 1), 10_000, Qt.TextFlag.TextWordWrap, self.text())
        return max(1, -(-box.height() // self.fontMetrics().lineSpacing()))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(80, self.fontMetrics().lineSpacing() * self._lines + 2)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics, y, text = self.fontMetrics(), 0.0, " ".join(self.text().split("\n"))
        layout = QTextLayout(text, self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        cut = False
        for number in range(self._lines):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(self.width())
            rest = text[line.textStart() :]
            if number == self._lines - 1 and line.textLength() < len(rest):
                cut = True
                shown = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, self.width())
                painter.drawText(QPointF(0, y + metrics.ascent()), shown)
            else:
                line.draw(painter, QPointF(0, y))
            y += metrics.lineSpacing()
        layout.endLayout()
        painter.end()
        if self.toolTip() != (tip := self.text() if cut else ""):
            self.setToolTip(tip)
