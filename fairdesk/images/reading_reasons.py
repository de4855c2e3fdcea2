"""Reasons, as they are given and kept, that are mended otherwise than by a good copy of the file in its place."""

from __future__ import annotations

from fairdesk.words import tr


def file_is_missing() -> str:
    """Return why a file that is not there could not be read: moved originals can be found."""
    return tr("the file is missing")


def another_file() -> str:
    """Return why a file that is another than was meant is not read: it can be imported again."""
    return tr("another file than the original: its contents differ")
