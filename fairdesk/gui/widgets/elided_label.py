"""A label of so many lines and no more: it never makes its place wider or higher; what does not fit is in its tooltip."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_LINE_SEPARATOR = "\u2028"


class ElidedLabel(QLabel):
    """Shows the beginning of its text; `text()` is all of it."""

    def __init__(self, parent: QWidget | None = None, *, lines: int = 1, breaks: bool = False) -> None:
        """Make it of some lines; with `breaks`, those of the text begin a new line in it."""
        super().__init__(parent)
        self.whole = ""  # what the tip says, cut or not; empty: the text where it is cut
        self._lines, self._break = lines, _LINE_SEPARATOR if breaks else " "
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
        layout = self._laid_out()
        number = 0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(self.width(), 1))
            number += 1
        layout.endLayout()
        return max(1, number)

    def _laid_out(self) -> QTextLayout:
        """Return the text to be laid out, word by word; one that is longer than a line goes on in the next."""
        layout = QTextLayout(self._break.join(self.text().split("\n")), self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        return layout

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(80, self.fontMetrics().lineSpacing() * self._lines + 2)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics, y, layout = self.fontMetrics(), 0.0, self._laid_out()
        text = layout.text()
        cut = False
        for number in range(self._lines):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(self.width())
            rest = text[line.textStart() :]
            if number == self._lines - 1 and line.textLength() < len(rest):
                cut = True
                rest = rest.replace(_LINE_SEPARATOR, " ")
                shown = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, self.width())
                painter.drawText(QPointF(0, y + metrics.ascent()), shown)
            else:
                line.draw(painter, QPointF(0, y))
            y += metrics.lineSpacing()
        layout.endLayout()
        painter.end()
        if self.toolTip() != (tip := self.whole or (self.text() if cut else "")):
            self.setToolTip(tip)
