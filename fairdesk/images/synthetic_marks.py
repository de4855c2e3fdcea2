"""The mark inside a synthetic picture: written when it is made, read whenever it comes back.

PNG keeps it in a text chunk, JPEG in its comment, anything else in XMP.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fairdesk.images.decoding import opened
from fairdesk.images.formats import UndecodableError
from fairdesk.images.image_reading import UnreadableImageError, read_picture
from fairdesk.images.image_sources import need_file, split
from fairdesk.images.reading_reasons import why_unread
from fairdesk.plain_json import parse

KEY = "FairDesk-Synthetic"
_XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:fd="https://fairdesk.example/ns/"><fd:Synthetic>{}</fd:Synthetic></rdf:Description></rdf:RDF>'
    '</x:xmpmeta><?xpacket end="w"?>'
)


def save_marked(image: Image.Image, path: Path, mark: dict[str, Any], **options: Any) -> None:
    """Save a picture with its synthetic mark inside (kind from the file's suffix)."""
    text = json.dumps(mark, sort_keys=True)
    suffix = path.suffix.lower()
    if suffix == ".png":
        info = PngInfo()
        info.add_itxt(KEY, text)
        image.save(path, pnginfo=info, **options)
    elif suffix in (".jpg", ".jpeg"):
        image.save(path, comment=f"{KEY}: {text}".encode(), **options)
    else:
        image.save(path, xmp=_packet(text), **options)


def mark_values(text: str) -> dict[str, Any]:
    """Return a mark's text as values to write again; one that another program garbled is kept as it is."""
    try:
        values = parse(text)
    except ValueError:
        values = None
    return values if isinstance(values, dict) else {"text": text}


def marked_labels(text: str) -> dict[str, str | None]:
    """Return what a mark says of whom a synthetic face stands for: identity and group, as far as it speaks of them."""
    values = mark_values(text)
    return {key: values[key] for key in ("identity", "group") if key in values and isinstance(values[key], str | None)}


def film_mark(mark: str) -> bytes:
    """Return the box that marks an MP4 film: XMP in a `uuid` box of the file's top level (XMP specification, part 3)."""
    body = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + _packet(mark)
    return (8 + len(body)).to_bytes(4, "big") + b"uuid" + body


def _packet(text: str) -> bytes:
    return _XMP.format(text.replace("&", "&amp;").replace("<", "&lt;")).encode()


def mark_of(path: Path, data: bytes | None = None) -> str | None:
    """Return the mark inside a file or a member of an archive (`data` if it was read). Raises `UnreadableImageError`."""
    try:
        if data is None and split(path) is not None:
            data = read_picture(path)
        if data is None:
            need_file(path)
        with opened(path if data is None else data, path.name) as head:  # only its beginning
            return read_mark(head.info)
    except OSError as error:
        raise UnreadableImageError(path, why_unread(error)) from error
    except UndecodableError as error:
        raise UnreadableImageError(path, str(error)) from error


def read_mark(info: dict[Any, Any]) -> str | None:
    """Return the mark's JSON text from the texts of an opened picture, or None if it has none."""
    value = info.get(KEY)
    if isinstance(value, str):
        return value
    comment = info.get("comment")
    if isinstance(comment, bytes):
        comment = comment.decode("utf-8", errors="replace")
    if isinstance(comment, str) and comment.startswith(KEY):
        return comment.partition(":")[2].strip() or "{}"
    xmp = info.get("xmp")
    if isinstance(xmp, bytes):
        xmp = xmp.decode("utf-8", errors="replace")
    if isinstance(xmp, str) and "<fd:Synthetic>" in xmp:
        inner = xmp.split("<fd:Synthetic>", 1)[1].split("</fd:Synthetic>", 1)[0]
        return inner.replace("&lt;", "<").replace("&amp;", "&")
    return None
