"""One careful look at a file: is it a picture, how large, its hashes, a thumbnail, is it marked synthetic."""

from __future__ import annotations

import errno
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fairdesk.images.formats import UndecodableError
from fairdesk.images.image_reading import UnreadableImageError, open_with_info, read_picture, thumbnail
from fairdesk.images.image_sources import read_bytes, split, stamp, why_no_file
from fairdesk.images.reading_reasons import file_is_missing, link_leads_nowhere, why_unread
from fairdesk.images.synthetic_marks import read_mark
from fairdesk.project.kept_facts import Facts, Stamp


@dataclass(frozen=True)
class Inspected:
    """What one file turned out to be. `why` is None for a readable picture."""

    path: Path
    stamp: Stamp | None = None  # None: there is no such file
    facts: Facts | None = None  # None: not read
    jpeg: bytes = b""
    unread: str | None = None  # why it was not read
    seen_ns: int = 0  # when the stamp was taken, before it was read

    @property
    def why(self) -> str | None:
        """Why it is no picture, or None."""
        return self.unread if self.facts is None else self.facts.why


def _why_not_there(path: Path, error: OSError) -> str:
    if path.is_symlink() and error.errno != errno.ELOOP:
        return link_leads_nowhere()
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return file_is_missing()
    return why_unread(error)


def inspect_file(path: Path, side: int | None) -> Inspected:
    """Decode and hash one file, and make its thumbnail if a side is given. Never raises for a bad file: `why` tells."""
    now = time.time_ns()
    try:
        before = stamp(path)
    except OSError as error:
        return Inspected(path, unread=_why_not_there(path, error))
    try:
        data = read_picture(path)
    except UndecodableError as error:
        return Inspected(path, before, unread=str(error))
    except OSError as error:
        return Inspected(path, before, unread=why_unread(error))
    sha = hashlib.sha256(data).hexdigest()
    try:
        image, info = open_with_info(path, data)
    except UnreadableImageError as error:
        if isinstance(error.__cause__, MemoryError):  # says nothing of the file
            return Inspected(path, before, unread=error.why)
        return Inspected(path, before, Facts(sha, why=error.why), seen_ns=now)
    facts = Facts(sha, image.width, image.height, perceptual_hash(image), read_mark(info))
    return Inspected(path, before, facts, b"" if side is None else thumbnail(image, side), seen_ns=now)


def inspect_files(paths: Sequence[Path], *, side: int | None) -> list[Inspected]:
    """Inspect several files."""
    return [inspect_file(path, side) for path in paths]


def perceptual_hash(image: Image.Image) -> int:
    """Return the 64-bit perceptual hash (pHash) of an image."""
    import imagehash  # with scipy: only when a picture is looked at

    return int(str(imagehash.phash(image)), 16)


def no_preparation() -> None:
    """What a process that inspects has to load first: nothing."""


def content_sha256(path: Path) -> str:
    """Read a file, or a member of an archive, and return its SHA-256 as hex."""
    if split(path) is not None:
        return hashlib.sha256(read_bytes(path)).hexdigest()
    if why := why_no_file(path):  # a pipe in its place would be waited for without an end
        raise OSError(errno.EINVAL, why, str(path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
