"""What lies over a map: the legend, and the card of the face that is pointed at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from fairdesk.figures.legend_lines import fitted

CARD = 112  # side of the picture
_APART, _EDGE = 14, 6
_WIDEST, _NARROWEST = 0.36, 70  # of a map's width the legend's at most; narrower it would not be read, and is left out
_TEXT = 17  # from the edge of a line of the legend to its text
LegendLine = tuple[str, str, int]  # text, colour, category (-1: none of them)


def legend_places(lines: Sequence[LegendLine], size: QSize, metrics: QFontMetrics) -> list[tuple[QRect, LegendLine]]:
    """Return where the lines of a legend lie on a map; a line "NAME (GROUP)  COUNT" that is too long takes two rows."""
    longest = max((metrics.horizontalAdvance(text) for text, _, _ in lines), default=0)
    row, wide = metrics.height() + 3, min(longest + 28, 200, int(size.width() * _WIDEST))
    out: list[tuple[QRect, LegendLine]] = []
    top = 6
    for line in lines if wide >= _NARROWEST else ():
        high = row * len(rows_of(metrics, line[0], wide - _TEXT - 3))
        if top + high > size.height() - 6:
            break
        out.append((QRect(6, top, wide, high), line))
        top += high
    return out


def rows_of(metrics: QFontMetrics, text: str, width: int) -> list[str]:
    """Return the rows of a line of a legend, each in a width: the name, and below it what is in brackets and the count."""
    apart = text.rfind(" (")
    if apart <= 0 or metrics.horizontalAdvance(text) <= width:
        return [elided(metrics, text, width)]
    return [elided(metrics, text[:apart], width), elided(metrics, text[apart + 1 :], width)]


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
        inside = rect.adjusted(_TEXT, 0, 0, 0)
        inside.setRight(area.right() - 3)
        rows = rows_of(metrics, text, rect.width() - _TEXT - 3)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, "\n".join(rows))


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
