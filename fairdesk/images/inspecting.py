"""One careful look at a file: is it a picture, how large, its hash, a thumbnail, is it marked synthetic."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fairdesk.images.marks import read_mark
from fairdesk.images.reading import EXTENSIONS, UnreadableImageError, open_with_info, thumbnail
from fairdesk.images.sources import read_bytes, split, stamp


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
        size, changed = stamp(path)
    except OSError as error:
        return Inspected(path, 0, 0, why=f"cannot be read: {error.strerror}")
    if path.suffix.lower() not in EXTENSIONS:
        kind = f" ({path.suffix})" if path.suffix else ""
        return Inspected(path, size, changed, why=f"not an image file{kind}")
    try:
        data = read_bytes(path)
        image, info = open_with_info(path, data)
    except UnreadableImageError as error:
        return Inspected(path, size, changed, why=error.why)
    except OSError as error:
        return Inspected(path, size, changed, why=f"cannot be read: {error.strerror or error}")
    return Inspected(
        path, size, changed, hashlib.sha256(data).hexdigest(), image.width, image.height, read_mark(info), None,
        thumbnail(image, side),
    )  # fmt: skip


def inspect_files(paths: list[Path], *, side: int) -> list[Inspected]:
    """Inspect several files."""
    return [inspect_file(path, side) for path in paths]


def no_preparation() -> None:
    """What a process that inspects has to load first: nothing."""


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, or of a member of an archive, as hex."""
    if split(path) is not None:
        return hashlib.sha256(read_bytes(path)).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
