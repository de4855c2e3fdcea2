"""The one place that hands bytes to a decoder: only those meant here, never one that starts a program.

The kind is told by the first bytes (`images/formats.py`), and Pillow is asked for that one decoder only: left to
itself it tries all it has, and one of them runs Ghostscript on what the file says. What any decoder raises becomes an
`UndecodableError` that says why.
"""

from __future__ import annotations

import importlib
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from fairdesk.errors import FairDeskError
from fairdesk.images import libtiff_messages
from fairdesk.images.formats import HEAD, Kind, UndecodableError, kind_of
from fairdesk.words import tr

MAX_PIXELS = 120_000_000  # a 360 MB array; more is refused with its size, not decoded
# Above so many pixels, a picture of more pixels a byte is refused: photographs have a twentieth of a byte a pixel and more.
_DENSEST = ((4_000_000, 1000), (16_000_000, 100))

logging.getLogger("PIL").addHandler(logging.NullHandler())  # what it has to say comes with the error
Image.MAX_IMAGE_PIXELS = None  # `opened` holds to MAX_PIXELS itself, and says the size


@cache
def _ready(decoder: str) -> None:
    """Load one decoder."""
    if decoder == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    elif decoder != "JXL":
        module = {"JPEG2000": "Jpeg2K", "WEBP": "WebP"}.get(decoder, decoder.title())
        importlib.import_module(f"PIL.{module}ImagePlugin")
    if decoder == "TIFF":
        libtiff_messages.silence()


@contextmanager
def opened(source: Path | bytes, name: str = "") -> Iterator[Image.Image]:
    """Open a picture: its head is read, pixels follow when they are asked for within the block.

    Parameters
    ----------
    source
        A file, or the bytes of one.
    name
        What the file is called; counts only where its bytes say little.

    Raises
    ------
    UndecodableError
        If it is no picture that is read here, claims to be too large, or its decoder fails within the block.
    OSError
        If a file cannot be opened.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with file:
        head = file.read(HEAD)
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        decoder = _decoder_of(head, name or (source.name if isinstance(source, Path) else ""))
        with _told(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = _opened(file, decoder, head, size)
            with image:
                yield image


def _decoder_of(head: bytes, name: str) -> str:
    if not head:
        raise UndecodableError(tr("the file is empty"))
    kind = kind_of(head, name)
    if kind is None:
        raise UndecodableError(tr("not a picture in a known format"))
    return need_read(kind)


def need_read(kind: Kind) -> str:
    """Return the decoder of a kind. Raises `UndecodableError` if it is not read here."""
    if kind.decoder is None:
        raise UndecodableError(kind.why)
    return kind.decoder


def _opened(file: io.BufferedReader | io.BytesIO, decoder: str, head: bytes, size: int) -> Image.Image:
    _ready(decoder)
    if decoder == "JXL":
        from fairdesk.images import jpeg_xl

        data = file.read()
        _need_sensible(*jpeg_xl.size_of(data), size)
        return jpeg_xl.decode(data)
    if decoder == "WEBP" and (claimed := _webp_size(head)) is not None:
        _need_sensible(*claimed, size)  # the decoder makes room for it at once
    try:
        image = Image.open(file, formats=[decoder])
    except UnidentifiedImageError:
        from fairdesk.images.float_tiff import decode as decode_floats

        if decoder != "TIFF":
            raise
        file.seek(0)
        return decode_floats(file, lambda width, height: _need_sensible(width, height, size))
    width, height = image.size
    _need_sensible(width, height, 8 * size if image.mode == "1" else size)
    return image


def _need_sensible(width: int, height: int, size: int) -> None:
    """Refuse a picture of too many pixels, or of more than its bytes can be worth."""
    pixels = width * height
    if pixels > MAX_PIXELS:
        raise UndecodableError(
            tr(
                "{width} x {height} pixels is more than {most} megapixels; scale it down",
                width=width,
                height=height,
                most=MAX_PIXELS // 1_000_000,
            )
        )
    if any(pixels > many and pixels > dense * size for many, dense in _DENSEST):
        raise UndecodableError(
            tr(
                "it claims {width} x {height} pixels in {size:,} bytes: no photograph, or cut off",
                width=width,
                height=height,
                size=size,
            )
        )


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """Return the size that a WebP file's first chunk claims (RFC 9649)."""
    kind, body = head[12:16], head[20:]
    if kind == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(body) >= 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return None


@contextmanager
def _told() -> Iterator[None]:
    """Turn whatever a decoder raises into a sentence. A picture that is cut off raises, whatever a library has set for all."""
    ImageFile.LOAD_TRUNCATED_IMAGES = (
        False  # face_recognition sets it where it is imported: half a face would be encoded
    )
    try:
        yield
    except FairDeskError:
        raise
    except UnidentifiedImageError as error:
        raise UndecodableError(tr("damaged (its head is not whole)")) from error
    except MemoryError as error:
        raise UndecodableError(tr("there is not enough memory to read it")) from error
    except OSError as error:
        text = error.strerror or str(error)
        if text.startswith("decoder error"):
            text = tr("or packed in a way that is not read here, {why}", why=text)
        truncated = "truncated" in text.lower() or "broken" in text.lower()
        raise UndecodableError(
            tr("truncated or damaged ({why})", why=text) if truncated else tr("damaged ({why})", why=text)
        ) from error
    except Exception as error:
        text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UndecodableError(tr("damaged ({why})", why=text)) from error
