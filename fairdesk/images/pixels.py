"""Pictures as arrays, for what computes with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairdesk.images.image_reading import open_image

Pixels = npt.NDArray[np.uint8]


def pixels(image: Image.Image) -> Pixels:
    """Return an RGB image as an array of shape (height, width, 3), uint8, C-contiguous."""
    return np.ascontiguousarray(np.asarray(image, dtype=np.uint8))


def read_pixels(path: Path, sha256: bytes = b"") -> Pixels:
    """Open a picture, which has to have a SHA-256 unless that is empty, and return its pixels; raises as `open_image` does."""
    return pixels(open_image(path, sha256=sha256))
