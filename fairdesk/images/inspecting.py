"""One careful look at a file: is it a picture, how large, its hash, a thumbnail, is it marked synthetic."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fairdesk.images.marks import read_mark
from fairdesk.images.reading import EXTENSIONS, UnreadableImageError, open_image, thumbnail


@dataclass(frozen=True)
class Inspected:
    """What one file turned out to be. `why` is None for a readable picture."""

    path: Path
    size: int
    mtime_ns: int
    sha256: str = ""
    width: int = 0
    height: int = 0
    synthetic: str | None = None
    why: str | None = None
    jpeg: bytes = b""


def inspect_file(path: Path, side: int) -> Inspected:
    """Decode, hash and thumbnail one file. Never raises for a bad file: `why` tells."""
    try:
        stat = path.stat()
    except OSError as error:
        return Inspected(path, 0, 0, why=f"cannot be read: {error.strerror}")
    if path.suffix.lower() not in EXTENSIONS:
        kind = f" ({path.suffix})" if path.suffix else ""
        return Inspected(path, stat.st_size, stat.st_mtime_ns, why=f"not an image file{kind}")
    try:
        data = path.read_bytes()
        image = open_image(path, data)
        with Image.open(io.BytesIO(data)) as head:
            mark = read_mark(head)
    except UnreadableImageError as error:
        return Inspected(path, stat.st_size, stat.st_mtime_ns, why=error.why)
    except OSError as error:
        return Inspected(path, stat.st_size, stat.st_mtime_ns, why=f"cannot be read: {error.strerror}")
    return Inspected(
        path, stat.st_size, stat.st_mtime_ns, hashlib.sha256(data).hexdigest(), image.width, image.height, mark, None,
        thumbnail(image, side),
    )  # fmt: skip


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256 as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
