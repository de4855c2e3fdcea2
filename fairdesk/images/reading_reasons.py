"""Why a file could not be read, as it is said and kept everywhere; the first two are mended otherwise than by a good copy in its place."""

from __future__ import annotations

import errno

from fairdesk.words import tr


def file_is_missing() -> str:
    """Return why a file that is not there could not be read: moved originals can be found."""
    return tr("the file is missing")


def another_file() -> str:
    """Return why a file that is another than was meant is not read: it can be imported again."""
    return tr("another file than the original: its contents differ")


def why_unread(error: OSError) -> str:
    """Return why the system would not read a file that is there."""
    if error.errno == errno.ELOOP:
        return tr("a link that leads in a circle")
    return tr("cannot be read: {error}", error=error.strerror or error)
