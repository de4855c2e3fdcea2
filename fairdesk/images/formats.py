"""What a file is by its first bytes: a picture that is read here, or what else it is called and what to do about it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from fairdesk.errors import FairDeskError
from fairdesk.words import mark, tr

HEAD = 512  # bytes that are enough to tell

# Decoders that are used, by the names Pillow and its plug-ins give them. None of them starts a program.
READ = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF", "HEIF", "JXL", "ICO", "TGA")

_CONVERT = mark("convert it to PNG or JPEG")


class UndecodableError(FairDeskError):
    """Bytes that are no picture, or a damaged one; the text says why, without the path."""


@dataclass(frozen=True)
class Kind:
    """What a file is. `decoder` is one of `READ`; without one `remedy` says what can be done, or None if it is no picture."""

    name: str
    decoder: str | None = None
    remedy: str | None = None
    sure: bool = True  # False: a signature of few bytes, that only a picture's name makes believable

    @property
    def why(self) -> str:
        """Why it is not read, for a person."""
        if self.remedy:
            return tr("{kind}, not read here: {remedy}", kind=tr(self.name), remedy=tr(self.remedy))
        return tr("not an image file ({kind})", kind=tr(self.name))


_BOX = b"\0\0\0\x0c"
_READ_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", Kind("JPEG", "JPEG")),
    (b"\x89PNG\r\n\x1a\n", Kind("PNG", "PNG")),
    (b"GIF87a", Kind("GIF", "GIF")),
    (b"GIF89a", Kind("GIF", "GIF")),
    (b"II*\0", Kind("TIFF", "TIFF")),
    (b"MM\0*", Kind("TIFF", "TIFF")),
    (b"II+\0", Kind("TIFF", "TIFF")),
    (b"MM\0+", Kind("TIFF", "TIFF")),
    (b"\xff\x4f\xff\x51", Kind("JPEG 2000", "JPEG2000")),
    (_BOX + b"jP  \r\n\x87\n", Kind("JPEG 2000", "JPEG2000")),
    (_BOX + b"JXL \r\n\x87\n", Kind("JPEG XL", "JXL")),
    (b"\xff\x0a", Kind("JPEG XL", "JXL", sure=False)),
    (b"BM", Kind("BMP", "BMP", sure=False)),
    (b"\0\0\1\0", Kind("ICO", "ICO", sure=False)),
)
_OTHER_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"%!PS", Kind("EPS", remedy=_CONVERT)),
    (b"\xc5\xd0\xd3\xc6", Kind("EPS", remedy=_CONVERT)),
    (b"%PDF", Kind("PDF", remedy=mark("save its pictures as PNG or JPEG"))),
    (b"8BPS", Kind("Photoshop (PSD)", remedy=_CONVERT)),
    (b"DDS ", Kind("DDS", remedy=_CONVERT)),
    (b"qoif", Kind("QOI", remedy=_CONVERT)),
    (b"gimp xcf", Kind("GIMP (XCF)", remedy=_CONVERT)),
    (b"icns", Kind("ICNS", remedy=_CONVERT)),
    (b"SIMPLE  =", Kind("FITS", remedy=_CONVERT)),
    (b"\x89HDF\r\n\x1a\n", Kind("HDF5", remedy=mark("write its pictures as PNG or JPEG"))),
    (b"\xd7\xcd\xc6\x9a", Kind("WMF", remedy=_CONVERT)),
    (b"\1\0\0\0\x6c\0\0\0", Kind("EMF", remedy=_CONVERT)),
    (b"BLP1", Kind("BLP", remedy=_CONVERT)),
    (b"BLP2", Kind("BLP", remedy=_CONVERT)),
    (b"\0\0\2\0", Kind(mark("a cursor (CUR)"), remedy=_CONVERT, sure=False)),
    (b"\x59\xa6\x6a\x95", Kind("SUN raster", remedy=_CONVERT)),
    (b"\1\xda", Kind("SGI", remedy=_CONVERT, sure=False)),
    (b"/* XPM */", Kind("XPM", remedy=_CONVERT)),
    (b"FUJIFILMCCD-RAW", Kind(mark("camera raw"), remedy=mark("develop it to JPEG"))),
    (b"IIRO", Kind(mark("camera raw"), remedy=mark("develop it to JPEG"))),
    (b"IIU\0", Kind(mark("camera raw"), remedy=mark("develop it to JPEG"))),
    (b"FORM", Kind("IFF", remedy=_CONVERT)),
    (b"v/1\1", Kind("OpenEXR", remedy=_CONVERT)),
    (b"#?RADIANCE", Kind("Radiance HDR", remedy=_CONVERT)),
    (b"FTEX", Kind("FTEX", remedy=_CONVERT)),
    (b"PK\3\4", Kind(mark("a zip archive"), remedy=mark("rename it to .zip, or unpack it"))),
    (b"\x1f\x8b", Kind("gzip", remedy=mark("unpack it"), sure=False)),
    (b"Rar!\x1a\7", Kind(mark("a RAR archive"), remedy=mark("unpack it"))),
    (b"7z\xbc\xaf\x27\x1c", Kind(mark("a 7-Zip archive"), remedy=mark("unpack it"))),
    (b"\x1aE\xdf\xa3", Kind(mark("a Matroska film"), remedy=mark("save its frames as JPEG"))),
    (b"version https://git-lfs", Kind(mark("a Git LFS pointer"), remedy=mark("fetch the picture with `git lfs pull`"))),
)
_BRANDS = {  # of ISO base media files
    b"avif": Kind("AVIF", "AVIF"),
    b"avis": Kind("AVIF", "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), Kind("HEIF", "HEIF")),
    b"crx ": Kind(mark("camera raw (CR3)"), remedy=mark("develop it to JPEG")),
}
_FILM = Kind(mark("a film"), remedy=mark("save its frames as JPEG"))
_RAW_NAMES = frozenset(
    [
        ".cr2",
        ".cr3",
        ".nef",
        ".nrw",
        ".arw",
        ".srf",
        ".sr2",
        ".dng",
        ".orf",
        ".rw2",
        ".raf",
        ".pef",
        ".srw",
        ".3fr",
        ".iiq",
        ".x3f",
        ".rwl",
    ]
)
_PAGE = Kind(mark("a web page"), remedy=mark("the download saved a page in place of the picture; download it again"))
_TGA = Kind("TGA", "TGA", sure=False)
_NAMES = {
    **dict.fromkeys((".tga", ".vda", ".icb", ".vst"), _TGA),
    **{
        f".{suffix}": Kind(suffix.upper(), remedy=_CONVERT)
        for suffix in [
            "pcx",
            "dcx",
            "fli",
            "flc",
            "cur",
            "dib",
            "im",
            "imt",
            "msp",
            "pcd",
            "pxr",
            "sgi",
            "rgb",
            "rgba",
            "bw",
            "ras",
            "xbm",
            "xpm",
            "emf",
            "fpx",
            "wal",
            "gbr",
            "djvu",
        ]
    },
    **{
        f".{suffix}": _FILM
        for suffix in ["mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "wmv", "flv", "3gp"]
    },
}


def kind_of(head: bytes, name: str = "") -> Kind | None:
    """Return what a file is by its beginning and, where that says little, its name; None if it is nothing known."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix in _RAW_NAMES:
        return Kind(tr("camera raw ({suffix})", suffix=suffix), remedy=mark("develop it to JPEG"))
    if head[:4] == b"II*\0" and head[8:10] == b"CR":
        return Kind(mark("camera raw (CR2)"), remedy=mark("develop it to JPEG"))
    if head[:4] == b"RIFF":
        return Kind("WebP", "WEBP") if head[8:12] == b"WEBP" else _FILM if head[8:12] == b"AVI " else None
    if head[4:8] == b"ftyp":
        return _brand(head)
    for signature, kind in _READ_SIGNATURES + _OTHER_SIGNATURES:
        if head.startswith(signature):
            return kind if kind.sure else _NAMES.get(suffix, kind)
    if len(head) > 2 and head[:1] == b"P" and head[1:2] in b"123456fF" and head[2:3].isspace():
        return Kind("PPM", "PPM", sure=False)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return _PAGE
    if text.startswith((b"<svg", b"<?xml")) and b"<svg" in text:
        return Kind("SVG", remedy=_CONVERT)
    return _NAMES.get(suffix)


def _brand(head: bytes) -> Kind:
    length = min(int.from_bytes(head[:4], "big"), len(head))
    main = _BRANDS.get(head[8:12])
    if head[8:12] in (b"mif1", b"msf1"):  # says nothing of the codec: what else it is compatible with does
        others = [head[at : at + 4] for at in range(16, length, 4)]
        if b"avif" in others and b"heic" not in others:
            return _BRANDS[b"avif"]
    return main or _FILM
