"""What lies over a map: the legend, and the card of the face that is pointed at."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from fairdesk.figures.legend_lines import fitted

CARD = 112  # side of the picture
_APART, _EDGE = 14, 6
LegendLine = tuple[str, str, int]  # text, colour, category (-1: none of them)


def paint_legend(painter: QPainter, owner: QWidget, lines: list[tuple[QRect, LegendLine]]) -> None:
    """Draw the lines of a legend at their places, on a ground that is the legend's from top to bottom."""
    if not lines:
        return
    metrics, palette = owner.fontMetrics(), owner.palette()
    area = lines[0][0].united(lines[-1][0])
    painter.fillRect(QRect(0, 0, area.right() + 1, owner.height()), palette.base())
    for rect, (text, colour, _) in lines:
        if colour:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawEllipse(QRectF(rect.left() + 2, rect.center().y() - 4, 9, 9))
        painter.setPen(palette.text().color())
        inside = rect.adjusted(17, 0, 0, 0)
        inside.setRight(area.right() - 3)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, elided(metrics, text, inside.width()))


def elided(metrics: QFontMetrics, text: str, width: int) -> str:
    """Return the text of a legend in a width (`fitted`)."""
    return fitted(text, width, metrics.horizontalAdvance)


def paint_card(
    painter: QPainter, owner: QWidget, place: QPoint, picture: QPixmap | None, texts: list[str], *, room: bool
) -> None:
    """Draw a card beside a place: a picture, or `room` for one that is on its way, and lines of text."""
    metrics, palette = owner.fontMetrics(), owner.palette()
    high = metrics.height()
    wide = max([CARD, *(min(220, metrics.horizontalAdvance(text)) for text in texts)]) + 2 * _EDGE
    card = QRect(place.x() + _APART, place.y() + _APART, wide, (CARD + 2) * room + high * len(texts) + 2 * _EDGE)
    if card.right() > owner.width() - 2:
        card.moveRight(place.x() - _APART)
    if card.bottom() > owner.height() - 2:
        card.moveBottom(max(card.height(), place.y() - _APART))
    painter.setPen(QPen(palette.mid().color(), 1))
    painter.setBrush(palette.toolTipBase())
    painter.drawRoundedRect(card, 4, 4)
    inside = card.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
    if picture is not None:
        target = QRect(QPoint(0, 0), picture.size().scaled(QSize(CARD, CARD), Qt.AspectRatioMode.KeepAspectRatio))
        target.moveCenter(QRect(inside.left(), inside.top(), inside.width(), CARD).center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, picture)
    painter.setPen(palette.toolTipText().color())
    top = inside.top() + (CARD + 2) * room
    for number, text in enumerate(texts):
        line = QRect(inside.left(), top + number * high, inside.width(), high)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, elided(metrics, text, line.width()))
