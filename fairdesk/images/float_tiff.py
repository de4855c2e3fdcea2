"""TIFF of several float channels or of doubles, which Pillow does not know and OpenCV does."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from fairdesk.images.formats import UndecodableError
from fairdesk.images.levels import eight_bits
from fairdesk.words import tr

_WIDTH, _HEIGHT, _BITS, _CHANNELS, _SAMPLES = 256, 257, 258, 277, 339
_FLOAT = 3


def decode(file: BinaryIO, check: Callable[[int, int], None]) -> Image.Image:
    """Decode a TIFF of floats whole; `check` may refuse its width and height before.

    Raises
    ------
    UndecodableError
        If it is another kind of TIFF.
    ValueError
        If it is damaged.
    """
    data = file.read()
    about = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
    stream = io.BytesIO(data)
    stream.seek(about.next)
    about.load(stream)
    bits, channels = about.get(_BITS, (1,)), about.get(_CHANNELS, 1)
    if about.get(_SAMPLES, (1,))[0] != _FLOAT or bits[0] not in (32, 64) or channels not in (1, 3, 4):
        raise UndecodableError(
            tr(
                "TIFF of {channels} channels of {bits} bits, not read here: save it as PNG",
                channels=channels,
                bits=bits[0],
            )
        )
    check(int(about[_WIDTH]), int(about[_HEIGHT]))
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError(tr("its pixels cannot be decoded"))
    levels = eight_bits(pixels)
    return Image.fromarray(levels if levels.ndim == 2 else np.ascontiguousarray(levels[..., 2::-1]))
