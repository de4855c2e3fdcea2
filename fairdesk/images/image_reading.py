"""Any picture a person may have, as upright 8-bit RGB, or a sentence that says why not."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from fairdesk.errors import RequestError
from fairdesk.images.image_sources import read_bytes

MAX_PIXELS = 120_000_000  # a 360 MB array; more is refused with its size, not decoded
EXTENSIONS = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".jp2",
        ".avif",
        ".ico",
        ".tga",
    ]
)

Image.MAX_IMAGE_PIXELS = None  # open_image holds to MAX_PIXELS itself, and says the size


def is_picture(name: str) -> bool:
    """Whether a file's name says that it is a picture."""
    return os.path.splitext(name)[1].lower() in EXTENSIONS


class UnreadableImageError(RequestError):
    """A file that is no picture, or a damaged one; `why` says what is wrong, without the path."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


def open_image(path: Path, data: bytes | None = None) -> Image.Image:
    """Decode a picture whole; parameters and errors are those of `open_with_info`."""
    return open_with_info(path, data)[0]


def open_with_info(path: Path, data: bytes | None = None) -> tuple[Image.Image, dict[Any, Any]]:
    """Decode a picture whole: first frame, EXIF-upright, 8-bit RGB (transparency on white), and its texts.

    Parameters
    ----------
    path
        The file; named in errors.
    data
        Its bytes when they were read already.

    Raises
    ------
    UnreadableImageError
        If the file is missing, empty, truncated, too large, or no picture.
    """
    try:
        if data is None:
            data = read_bytes(path)
        if not data:
            raise UnreadableImageError(path, "the file is empty")
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UnreadableImageError(
                    path, f"{width} x {height} pixels is more than {MAX_PIXELS // 1_000_000} megapixels; scale it down"
                )
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return to_rgb(image), image.info
    except UnreadableImageError:
        raise
    except FileNotFoundError as error:
        raise UnreadableImageError(path, "the file is missing") from error
    except UnidentifiedImageError as error:
        raise UnreadableImageError(path, "not a picture in a known format") from error
    except OSError as error:
        text = error.strerror or str(error)
        truncated = "truncated" in text.lower() or "broken" in text.lower()
        raise UnreadableImageError(
            path, f"truncated or damaged ({text})" if truncated else f"cannot be read: {text}"
        ) from error
    except (SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise UnreadableImageError(path, f"damaged ({error})") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Turn any mode into RGB: 16-bit and float scaled to 8 bits, transparency laid on white."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I") or image.mode == "F":
        import numpy as np

        values = np.asarray(image, dtype=np.float64)
        top = float(values.max(initial=0.0))
        scale = 255.0 if image.mode == "F" and top <= 1.0 else 1.0 if top <= 255.0 else 255.0 / 65535.0
        grey = np.clip(values * scale + 0.5, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("RGB")


def thumbnail(image: Image.Image, side: int) -> bytes:
    """Return a JPEG whose longer side is at most `side` pixels."""
    factor = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    small = image if factor == 1.0 else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def box_with_margin(box: tuple[int, int, int, int], size: tuple[int, int], margin: float) -> tuple[int, int, int, int]:
    """Grow a (top, right, bottom, left) box by a share of its size, kept inside (width, height).

    Returns (left, top, right, bottom), as Pillow's crop takes it.
    """
    top, right, bottom, left = box
    dx, dy = round((right - left) * margin), round((bottom - top) * margin)
    width, height = size
    return max(0, left - dx), max(0, top - dy), min(width, right + dx), min(height, bottom + dy)
