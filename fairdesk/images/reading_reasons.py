"""Why a file could not be read, as it is said and kept everywhere; some are mended otherwise than by a good copy in its place."""

from __future__ import annotations

import errno

from fairdesk.words import tr


def file_is_missing() -> str:
    """Return why a file that is not there could not be read: moved originals can be found."""
    return tr("the file is missing")


def link_leads_nowhere() -> str:
    """Return why a link whose file is not there could not be read: its original is missing, too."""
    return tr("a link to a file that is gone")


def is_missing(why: str) -> bool:
    """Whether a reason says that nothing is there."""
    return why in (file_is_missing(), link_leads_nowhere())


def another_file() -> str:
    """Return why a file that is another than was meant is not read: it can be imported again."""
    return tr("another file than the original: its contents differ")


def archive_is_damaged() -> str:
    """Return why what lies in an archive that cannot be opened could not be read: a good copy of the archive mends all of it."""
    return tr("its archive is damaged")


def archive_is_cut() -> str:
    """Return why what lies past the end of an archive could not be read."""
    return tr("its archive is cut off before it")


def is_of_archive(why: str) -> bool:
    """Whether a reason is an archive's, so that it is the same for much of what lies in it."""
    return why in (archive_is_damaged(), archive_is_cut())


def why_unread(error: OSError) -> str:
    """Return why the system would not read a file that is there."""
    if error.errno == errno.ELOOP:
        return tr("a link that leads in a circle")
    if is_of_archive(str(error)):
        return str(error)
    return tr("cannot be read: {error}", error=error.strerror or error)
