"""The three ways a piece of work ends without a result, and what each one means to a person."""

from __future__ import annotations

import errno
import json
import re
import zipfile

from fairdesk.words import tr


class FairDeskError(Exception):
    """A failure whose text is written for the person who reads it: it names the thing and the remedy."""


class RequestError(FairDeskError):
    """The request was wrong: a bad path, a bad value, an unreadable file (exit status 2)."""


class JobFailed(FairDeskError):
    """The request was right, the work could not be done (exit status 1)."""


class MissingWeights(JobFailed):
    """A model's weights are not on this machine; a person may allow the download, or name the file."""

    def __init__(self, file: str, place: str, url: str, licence: str, megabytes: int | None) -> None:
        lacking = tr(
            "The weights {file} are missing. Put the file at {place}, or name it or its folder with --weights.",
            file=file,
            place=place,
        )
        allow = tr("Or allow the download with --download: from {url}, licence: {licence}.", url=url, licence=licence)
        if megabytes:
            allow = tr(
                "Or allow the download with --download: about {megabytes} MB, from {url}, licence: {licence}.",
                megabytes=megabytes,
                url=url,
                licence=licence,
            )
        super().__init__(f"{lacking}\n{allow}")
        self.details = {"file": file, "place": place, "url": url, "licence": licence, "megabytes": megabytes}


class Stopped(Exception):
    """A person stopped the work; everything up to the last whole item is kept."""


class Terminated(Stopped):
    """The system or another program asked this one to end (SIGTERM); the work is stopped as a person stops it."""


WRONG_PATHS = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EINVAL)
"""What the system says of a path that nobody can use: the request was wrong."""
_LONG = 120  # characters of a path that are shown


def reason(error: BaseException) -> str:
    """Return why something failed, without the numbers that systems give their errors or the words of libraries."""
    if isinstance(error, FairDeskError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, json.JSONDecodeError):
        return tr("line {line}, column {column} is not JSON", line=error.lineno, column=error.colno)
    if isinstance(error, UnicodeDecodeError):
        return tr("byte {n} is not text in {encoding}", n=error.start + 1, encoding=error.encoding.upper())
    if isinstance(error, ValueError) and str(error).startswith("Object arrays"):  # numpy
        return tr("it holds Python objects, which are never loaded; save its arrays as numbers and text")
    if isinstance(error, zipfile.BadZipFile) or "allow_pickle" in str(
        error
    ):  # numpy takes all it does not know for a pickle
        return tr("it is damaged, or another kind of file")
    absent = re.fullmatch(r"'?(.+) is not a file in the archive'?", str(error)) if isinstance(error, KeyError) else None
    if absent is not None:  # numpy
        return tr("it has no array {name}", name=absent[1])
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def explain(error: BaseException) -> str | None:
    """Return a plain sentence for failures of the machine (disk full, read-only, memory), or None."""
    if isinstance(error, FairDeskError):
        return str(error)
    name = type(error).__name__
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return tr("The disk is full{where}. Free some space and run it again: finished work is kept.", where=where)
        if error.errno == errno.EROFS:
            return tr(
                "This location is read-only{where}. Copy the project to a disk that can be written to.", where=where
            )
        if error.errno in WRONG_PATHS:
            shown = str(error.filename or "")
            shown = shown if len(shown) <= _LONG else shown[:_LONG] + "..."
            return tr("{path} is no path that can be used ({why}). Give another one.", path=shown, why=error.strerror)
        if isinstance(error, PermissionError):
            return tr("Permission denied{where}. Change the permissions or choose another place.", where=where)
    if name == "FullError":
        return tr("The disk is full. Free some space and run it again: finished work is kept.")
    if name == "IOError":  # SQLite's; Python's own is called OSError
        return tr(
            "The project's disk could not be written to or read: it may be full, taken away or defective. "
            "See to it and run it again: finished work is kept."
        )
    if name in {"ReadOnlyError", "CantOpenError"}:
        return tr(
            "The project cannot be written to (read-only place or missing permission). Copy it to a disk that can be."
        )
    if name == "BusyError":
        return tr(
            "Another program is using the project's catalogue. Wait for it to finish, or close it, and try again."
        )
    if name in {"CorruptError", "NotADBError"}:
        return tr(
            "The project's catalogue is damaged. Restore catalog.sqlite from a backup; "
            "the original photographs were not touched."
        )
    if isinstance(error, MemoryError) or name == "OutOfMemoryError":
        return tr("There is not enough memory for this. Close other programs, or use a smaller batch or fewer faces.")
    return None
