"""Originals that other machines see at another place than this one: under another folder, or at an address that fsspec opens.

What reads pictures is imported when one is read: parameters are checked here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from fairdesk.errors import RequestError, reason
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.images.pixels import Pixels


@dataclass(frozen=True)
class Place:
    """A folder here, and what it is called there."""

    here: PurePath
    there: str  # a folder, or an address: s3://bucket/faces

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read HERE=THERE. Raises `ValueError`."""
        here, equals, there = text.partition("=")
        if not equals or not here.strip() or not there.strip():
            raise ValueError(
                tr(
                    "each is HERE=THERE, such as /home/me/faces=/mnt/faces: a folder here, and the folder or address (s3://bucket/faces) "
                    "where workers find it"
                )
            )
        return cls(PurePath(Path(here.strip()).expanduser().absolute()), there.strip().rstrip("/") or "/")

    def of(self, path: str) -> str | None:
        """Return where a path is there; None where it is not in this folder."""
        try:
            rest = PurePath(path).relative_to(self.here)
        except ValueError:
            return None
        from fairdesk.images.image_sources import split

        if is_address(self.there) and split(Path(path)) is not None:
            raise RequestError(
                tr("{path} is in an archive: that is read from a folder, not at {there}.", path=path, there=self.there)
            )
        return "/".join((self.there.rstrip("/"), *rest.parts))


def is_address(path: str) -> bool:
    """Whether it is an address and no path of a file system."""
    return "://" in path


def places_there(paths: Sequence[str], places: Sequence[Place]) -> list[tuple[Place | None, str]]:
    """Return which of the places each path is in, and where it is there; what is in none keeps its own.

    Raises
    ------
    RequestError
        If a place holds none of them, or one would be in an archive at an address.
    """
    used, out = set[Place](), list[tuple[Place | None, str]]()
    for path in paths:
        found = next(((place, there) for place in places if (there := place.of(path)) is not None), (None, path))
        used |= {found[0]} if found[0] else set()
        out.append(found)
    if idle := [place for place in places if place not in used] if paths else []:
        raise RequestError(
            tr(
                "None of the originals that are left is in {folder}. They are in folders such as {example}: "
                "give the beginning of their paths here.",
                folder=idle[0].here,
                example=PurePath(paths[0]).parent,
            )
        )
    return out


def why_absent(path: str) -> str | None:
    """Return why there is no file at a path or an address, None where there is one.

    Raises
    ------
    RequestError
        If a package is missing that the address needs.
    """
    if not is_address(path):
        from fairdesk.images.image_sources import split

        inside = split(Path(path))
        return None if (inside[0] if inside else Path(path)).exists() else tr("there is no such file")
    try:
        import fsspec

        system, name = fsspec.core.url_to_fs(path)
        return None if system.exists(name) else tr("there is nothing at {address}", address=path)
    except ImportError as error:
        raise RequestError(tr("To read {address} a package is missing: {error}", address=path, error=error)) from error
    except Exception as error:  # noqa: BLE001 - each store has its own: no such bucket, no permission, no network
        return reason(error)


def read_address(address: str, sha256: bytes = b"") -> Pixels:
    """Open a picture at an address and return its pixels; parameters and errors are those of `read_pixels`."""
    import fsspec

    from fairdesk.images.image_reading import UnreadableImageError, open_image
    from fairdesk.images.pixels import pixels

    name = Path(address.rpartition("/")[2])
    try:
        with fsspec.open(address, "rb") as file:
            data = file.read()
    except FileNotFoundError as error:
        raise UnreadableImageError(name, tr("there is nothing at {address}", address=address)) from error
    except ImportError as error:
        raise RequestError(
            tr("To read {address} a package is missing: {error}", address=address, error=error)
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise UnreadableImageError(name, tr("cannot be read: {error}", error=error)) from error
    return pixels(open_image(name, data, sha256=sha256))
