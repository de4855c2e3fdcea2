"""Any picture a person may have, as upright 8-bit RGB, or a sentence that says why not."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from fairdesk.errors import RequestError
from fairdesk.images.decoding import need_read, opened
from fairdesk.images.formats import HEAD, UndecodableError, kind_of
from fairdesk.images.image_sources import read_checked, read_head, split
from fairdesk.images.levels import eight_bits
from fairdesk.images.reading_reasons import another_file, file_is_missing, why_unread
from fairdesk.words import tr

_LARGE = 16 << 20  # bytes
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
        ".heic",
        ".heif",
        ".hif",
        ".jxl",
        ".mpo",
        ".j2k",
        ".apng",
    ]
)


def is_picture(name: str) -> bool:
    """Whether a file's name says that it is a picture."""
    return os.path.splitext(name)[1].lower() in EXTENSIONS


_NO_PICTURES = frozenset(
    [
        ".txt",
        ".csv",
        ".tsv",
        ".json",
        ".jsonl",
        ".xml",
        ".html",
        ".htm",
        ".md",
        ".py",
        ".mat",
        ".npy",
        ".npz",
        ".pkl",
        ".pickle",
        ".bin",
        ".idx",
        ".rec",
        ".lst",
        ".parquet",
        ".log",
        ".ini",
        ".db",
        ".sqlite",
        ".yaml",
        ".yml",
        ".toml",
        ".sh",
        ".safetensors",
        ".pt",
        ".pth",
        ".onnx",
        ".h5",
        ".doc",
        ".docx",
        ".xls",
        ".xlsx",
    ]
)


def looks_like_picture(folder: Path, relative: str) -> bool:
    """Whether a file is a picture by its name, or by its bytes where the name says nothing."""
    suffix = os.path.splitext(relative)[1].lower()
    if suffix in EXTENSIONS or suffix in _NO_PICTURES:
        return suffix in EXTENSIONS
    try:
        kind = kind_of(read_head(folder / relative, HEAD), relative)
    except (OSError, RequestError):
        return False
    return kind is not None and kind.decoder is not None and (kind.sure or not suffix)


def why_no_picture(folder: Path, relative: str) -> str:
    """Say what a file is that `looks_like_picture` does not take for a picture."""
    try:
        kind = kind_of(read_head(folder / relative, HEAD), relative)
    except (OSError, RequestError):
        kind = None
    return tr("not an image file") if kind is None or kind.decoder is not None else kind.why


def read_picture(path: Path) -> bytes:
    """Return the bytes of a file that begins as a picture does; of any other only the head is read.

    Raises
    ------
    UndecodableError
        If it is empty, or what it is is not read here.
    OSError
        If it cannot be read.
    """
    return read_checked(path, HEAD, lambda head: _need_picture(path, head))


def _need_picture(path: Path, head: bytes) -> None:
    """Refuse a file by its first bytes, or for the pixels it claims if it is large. Raises `UndecodableError`."""
    if not head:
        raise UndecodableError(tr("the file is empty"))
    kind = kind_of(head, path.name)
    if kind is None or (not is_picture(path.name) and path.suffix and not kind.sure and kind.decoder is not None):
        known = is_picture(path.name)
        raise UndecodableError(tr("not a picture in a known format") if known else _no_image(path))
    need_read(kind)
    if split(path) is None and os.stat(path).st_size > _LARGE:
        with opened(path):
            pass


def _no_image(path: Path) -> str:
    return tr("not an image file ({kind})", kind=path.suffix) if path.suffix else tr("not an image file")


class UnreadableImageError(RequestError):
    """A file that is no picture, or a damaged one; `why` says what is wrong, without the path."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class AnotherFileError(UnreadableImageError):
    """A file is there under the name, and is not the one that was meant."""


def open_image(path: Path, data: bytes | None = None, *, sha256: bytes = b"") -> Image.Image:
    """Decode a picture whole; parameters and errors are those of `open_with_info`."""
    return open_with_info(path, data, sha256=sha256)[0]


def open_with_info(path: Path, data: bytes | None = None, *, sha256: bytes = b"") -> tuple[Image.Image, dict[Any, Any]]:
    """Decode a picture whole: first frame, EXIF-upright, 8-bit RGB (transparency on white), and its texts.

    Parameters
    ----------
    path
        The file; named in errors.
    data
        Its bytes when they were read already.
    sha256
        What these bytes have to be; empty where any will do.

    Raises
    ------
    UnreadableImageError
        If the file is missing, empty, truncated, too large, no picture, or another than it has to be.
    """
    try:
        if data is None:
            data = read_picture(path)
        with opened(data, path.name) as image:
            image.load()
            if sha256 and hashlib.sha256(data).digest() != sha256:  # one that is damaged is told as that
                raise UnreadableImageError(path, another_file())
            ImageOps.exif_transpose(image, in_place=True)
            info, profile = dict(image.info), image.info.get("icc_profile")
            upright = to_rgb(image)
            # What the file says of its own packing would decide how a copy is packed, which it may not fit.
            upright.info = {"icc_profile": profile} if profile and image.mode in ("RGB", "RGBA", "P") else {}
            return upright, info
    except (FileNotFoundError, NotADirectoryError) as error:  # the latter: its folder became a file
        raise UnreadableImageError(path, file_is_missing()) from error
    except OSError as error:
        raise UnreadableImageError(path, why_unread(error)) from error
    except UndecodableError as error:
        raise UnreadableImageError(path, str(error)) from error.__cause__


def to_rgb(image: Image.Image) -> Image.Image:
    """Turn any mode into RGB: 16-bit and float scaled to 8 bits, transparency laid on white."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I") or image.mode == "F":
        import numpy as np

        return Image.fromarray(eight_bits(np.asarray(image))).convert("RGB")
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
