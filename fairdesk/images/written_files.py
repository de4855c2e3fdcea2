"""Names for files that are written: never over another file, never with a character a disk refuses."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from fairdesk.errors import JobFailed, RequestError
from fairdesk.images.reading_reasons import file_is_missing, why_unread
from fairdesk.words import tr

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP)  # what a disk says that knows no links, e.g. FAT
_NO_RIGHT = 1314  # what Windows says where a person has not the right to make any


def safe_name(name: str, longest: int | None = None) -> str:
    """Return a name usable as a file name on every system (others' characters become ``_``), of so many bytes at most."""
    cleaned = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name)
    if longest is not None:
        cleaned = cleaned.encode(errors="replace")[:longest].decode(errors="ignore")
    return cleaned.rstrip(". ") or "_"


def need_ending(path: Path, known: Sequence[str]) -> None:
    """Raise `RequestError` where a file's name does not end as one of the kinds that can be written."""
    if path.suffix.lower() not in known:
        raise RequestError(
            tr(
                "{name} cannot be written. Give a name that ends in one of: {known}.",
                name=path.name,
                known=", ".join(known),
            )
        )


class Names:
    """Hands out names in folders so that no two sources get the same one (a.jpg, a_2.jpg, ...)."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str]] = set()
        self.collisions = 0

    def claim(self, folder: str, name: str) -> str:
        """Return the name itself, or the next free numbered one, and remember it."""
        stem, suffix = os.path.splitext(name)
        candidate, number = name, 1
        while self._as_disks_see(folder, candidate) in self._taken:
            number += 1
            candidate = f"{stem}_{number}{suffix}"
        if number > 1:
            self.collisions += 1
        self._taken.add(self._as_disks_see(folder, candidate))
        return candidate

    @staticmethod
    def _as_disks_see(folder: str, name: str) -> tuple[str, str]:
        """Fold what some disks take for one name: letters of either case, and accents written in either way."""
        folded = [unicodedata.normalize("NFC", text).casefold() for text in (folder, name)]
        return folded[0], folded[1]


def place(source: Path, target: Path, how: Literal["link", "copy"]) -> bytes | None:
    """Link to or copy one file; links are absolute so that the new folder can be moved.

    What lies in an archive cannot be linked to: it is copied out, and its bytes are returned.
    Raises `MemberError` where the source is missing, no photograph, or cannot be read.
    """
    from fairdesk.images.image_sources import MemberError, read_bytes, split

    if split(source) is not None:
        data = read_bytes(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return data
    if why := why_unplaced(source):
        raise MemberError(why)
    target.parent.mkdir(parents=True, exist_ok=True)
    if how == "copy":
        shutil.copy2(source, target)
    else:
        try:
            target.symlink_to(source.resolve())
        except OSError as error:
            if error.errno not in _NO_LINKS and getattr(error, "winerror", None) != _NO_RIGHT:
                raise
            raise JobFailed(
                tr("Links cannot be made in {parent}. Use copies instead.", parent=target.parent)
            ) from error
    return None


def why_unplaced(source: Path) -> str | None:
    """Return why a file (or a member of an archive) cannot be linked to or copied; None where it can."""
    from fairdesk.images.image_sources import MemberError, exists, need_file, split

    try:
        if split(source) is not None:
            return None if exists(source) else file_is_missing()
        need_file(source)
        return (
            None if os.access(source, os.R_OK) else why_unread(PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
        )
    except (MemberError, RequestError) as error:
        return str(error)
    except (FileNotFoundError, NotADirectoryError):
        return file_is_missing()
    except OSError as error:
        return why_unread(error)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all; missing folders are made."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; missing folders are made.

    Raises
    ------
    RequestError
        If no file can be made there, as in /proc.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except FileNotFoundError as error:  # though its folder was made
        raise RequestError(
            tr("No file can be made in {folder}. Choose another place for {name}.", folder=path.parent, name=path.name)
        ) from error
    except OSError:  # a full disk, a folder of that name: nothing half written stays
        part.unlink(missing_ok=True)
        raise


def write_manifest(out: Path, about: dict[str, Any], files: Sequence[dict[str, Any] | str]) -> None:
    """Write beside a folder (or file) what made it, and its files: by name, or with where each came from."""
    from fairdesk import __version__

    manifest = {"made_by": f"FairDesk {__version__}", **about, "files": files}
    write_text(out.with_name(out.name + ".manifest.json"), json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
