"""Places of the system that hold no photographs. A project may come from a stranger, and name them as its pictures' folder."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from fairdesk.words import tr_n

_PLACES = ("/etc", "/proc", "/sys", "/dev", "/boot", "/run/secrets", "/private/etc", "/System", "C:\\Windows")
_BUT = ("/dev/shm",)
_OF_A_USER = (".ssh", ".gnupg", ".aws", ".kube", ".config/gcloud", ".password-store", ".local/share/keyrings")


@lru_cache(maxsize=4096)
def _of_folder(folder: str) -> str | None:
    real = os.path.realpath(folder)
    home = os.path.realpath(os.path.expanduser("~"))
    hidden = tuple(os.path.join(home, *name.split("/")) for name in _OF_A_USER)
    if any(_inside(real, place) for place in _BUT):
        return None
    return next((place for place in _PLACES + hidden if _inside(real, place)), None)


def _inside(path: str, place: str) -> bool:
    return path == place or path.startswith(place + os.sep)


def system_place(path: Path) -> str | None:
    """Return the place of the system that a file lies in, through whatever links, or None."""
    text = str(path)
    if os.path.islink(text):
        text = os.path.realpath(text)
    return _of_folder(os.path.dirname(text))


def told_places(roots: list[Path]) -> str:
    """Say which folders of a project lie in places of the system; an empty text if none does."""
    odd = [str(root) for root in roots if _of_folder(str(root)) is not None]
    if not odd:
        return ""
    return tr_n(
        "This project says that its images lie in {places}: a place of the system. Nothing is read there.",
        "This project says that its images lie in {places}: places of the system. Nothing is read there.",
        len(odd),
        places=", ".join(odd),
    )
