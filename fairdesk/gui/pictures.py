"""Pictures for the window: from a file or out of an archive, upright, scaled while they are decoded.

Threads call this. No `QBuffer` or other Python-made device may be given to Qt's reader: it asks the device, which
waits for Python's lock, while it holds a lock of its own that the window may be waiting for. The window stood still.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from fairdesk.errors import FairDeskError

_BEGINS = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}
_QTS = {"JPEG": b"jpeg", "PNG": b"png", "WEBP": b"webp", "GIF": b"gif", "BMP": b"bmp"}  # left to Qt, which is faster


def read_image(path: str, side: int | None = None) -> tuple[QImage, float]:
    """Read a picture whose longer side is at most `side` pixels; returns it and its scale (null if unreadable).

    What it is is told by its bytes, as everywhere, and Qt is given that one decoder only. What Qt has none for or
    cannot decode (CMYK TIFF, 16-bit grey) is decoded as the jobs do.
    """
    from fairdesk.images.decoding import opened
    from fairdesk.images.formats import HEAD, UndecodableError, kind_of
    from fairdesk.images.image_sources import read_head

    place = Path(path)
    try:
        kind = kind_of(read_head(place, HEAD), place.name)
        form = _QTS.get(kind.decoder or "") if kind is not None else None
        if form is None or not place.is_file():
            return _as_the_jobs_do(path, side)
        with opened(place):  # refuses what claims too many pixels
            pass
    except (OSError, UndecodableError, FairDeskError):
        return QImage(), 1.0
    reader = QImageReader(path)
    reader.setAutoDetectImageFormat(False)
    reader.setDecideFormatFromContent(False)
    reader.setFormat(QByteArray(form))
    reader.setAutoTransform(True)
    size, scale = reader.size(), 1.0
    longest = max(size.width(), size.height())
    if side is not None and longest > side:
        scale = side / longest
        reader.setScaledSize(QSize(max(1, round(size.width() * scale)), max(1, round(size.height() * scale))))
    image = reader.read()
    return (image, scale) if not image.isNull() else _as_the_jobs_do(path, side)


def fit(image: QImage, side: int) -> QImage:
    """Return a picture as large as fits into a square, also one that is smaller."""
    return image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


def decode(data: bytes, form: Literal["jpeg", "png"]) -> QImage:
    """Decode bytes that this program wrote; null if they do not begin as that format.

    Qt is given the decoder's name: where it tries them all, that of SVG takes the lock that the head of this file is about.
    """
    if not data.startswith(_BEGINS[form]):
        return QImage()
    return QImage.fromData(QByteArray(data), form)  # type: ignore[arg-type]  # a text, whatever PySide's types say


def _as_the_jobs_do(path: str, side: int | None) -> tuple[QImage, float]:
    from fairdesk.images.image_reading import open_image

    try:
        found = open_image(Path(path))
    except FairDeskError:
        return QImage(), 1.0
    image = QImage(found.tobytes(), found.width, found.height, 3 * found.width, QImage.Format.Format_RGB888).copy()
    longest = max(image.width(), image.height())
    if side is None or longest <= side:
        return image, 1.0
    return image.scaled(
        side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    ), side / longest
