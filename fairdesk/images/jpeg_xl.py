"""JPEG XL: its size from the first bits, as the decoder decodes all at once, and the picture itself."""

from __future__ import annotations

import io

from PIL import Image

from fairdesk.words import tr

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_LENGTHS = (9, 13, 18, 30)


class _Bits:
    """Reads numbers from bytes, lowest bit first."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise EOFError(tr("cut off in its head"))
        value = self._value & (1 << count) - 1
        self._value >>= count
        self._left -= count
        return value

    def length(self) -> int:
        return 1 + self.take(_LENGTHS[self.take(2)])


def _codestream(data: bytes) -> bytes:
    """Return the beginning of the codestream, out of its container if it lies in one (ISO/IEC 18181-2)."""
    if data[:2] == b"\xff\x0a":
        return data[:16]
    at = 0
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        start = at + 8
        if length == 1:
            length, start = int.from_bytes(data[start : start + 8], "big"), start + 8
        if kind == b"jxlc":
            return data[start : start + 16]
        if kind == b"jxlp":
            return data[start + 4 : start + 20]
        if length < 8:
            break
        at += length
    raise ValueError(tr("no codestream in it"))


def size_of(data: bytes) -> tuple[int, int]:
    """Return the width and height that a file claims (ISO/IEC 18181-1, SizeHeader). Raises `ValueError`, `EOFError`."""
    stream = _codestream(data)
    if stream[:2] != b"\xff\x0a":
        raise ValueError(tr("no codestream in it"))
    bits = _Bits(stream[2:])
    small = bits.take(1)
    height = 8 * (1 + bits.take(5)) if small else bits.length()
    ratio = bits.take(3)
    if ratio:
        over, under = _RATIOS[ratio - 1]
        return height * over // under, height
    return (8 * (1 + bits.take(5)) if small else bits.length()), height


def decode(data: bytes) -> Image.Image:
    """Decode a picture whole, upright. Raises what the decoder does."""
    from pillow_jxl import Decoder

    try:
        was_jpeg, about, body, profile, boxes = Decoder(num_threads=1)(data)
    except RuntimeError as error:
        raise ValueError(tr("its JPEG XL data cannot be decoded")) from error
    except Exception:
        raise
    except BaseException as error:  # a panic of the decoder's Rust is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(tr("its decoder gave up")) from error
    if was_jpeg:  # it was packed without loss: the JPEG is whole
        if not bytes(body).startswith(b"\xff\xd8"):
            raise ValueError(tr("no JPEG in it"))
        jpeg = Image.open(io.BytesIO(body), formats=["JPEG"])
        jpeg.load()
        return jpeg
    mode = "F" if about.mode == "F;16" else about.mode
    image = Image.frombytes(mode, (about.width, about.height), bytes(body))
    for box in boxes:  # an orientation in its Exif does not count: the decoder turns by the codestream's own
        if bytes(box.box_type) == b"xml ":
            image.info["xmp"] = bytes(box.data)
    if profile:
        image.info["icc_profile"] = bytes(profile)
    return image
