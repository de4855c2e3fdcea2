"""Pictures for the window: from a file or out of an archive, upright, scaled while they are decoded."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from fairdesk.errors import FairDeskError


def read_image(path: str, side: int | None = None) -> tuple[QImage, float]:
    """Read a picture whose longer side is at most `side` pixels; returns it and its scale (null if unreadable).

    What Qt cannot decode (CMYK TIFF, 16-bit grey, members of archives it cannot open) is decoded as the jobs do.
    """
    buffer = QBuffer()
    inside = not Path(path).is_file()
    if inside:
        from fairdesk.images.image_sources import read_bytes

        try:
            buffer.setData(QByteArray(read_bytes(Path(path))))
        except (OSError, FairDeskError):
            return QImage(), 1.0
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer) if inside else QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size, scale = reader.size(), 1.0
    longest = max(size.width(), size.height())
    if side is not None and longest > side:
        scale = side / longest
        reader.setScaledSize(QSize(max(1, round(size.width() * scale)), max(1, round(size.height() * scale))))
    image = reader.read()
    if inside:
        reader.setDevice(None)  # type: ignore[arg-type]  # before the buffer goes: Qt's TIFF reader looks at it once more
    return (image, scale) if not image.isNull() else _as_the_jobs_do(path, side)


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
