"""Folders and files that programs leave beside photographs, and that are none: named, so that they can be counted and said."""

from __future__ import annotations

import os
from collections import Counter

from fairdesk.words import mark, tr, tr_n

_FOLDERS = {
    "@eadir": mark("thumbnails of a Synology NAS"),
    "@syno": mark("files of a Synology NAS"),
    "@synoresource": mark("files of a Synology NAS"),
    "@tmp": mark("files of a NAS"),
    "@recycle": mark("a NAS's wastebasket"),
    "#recycle": mark("a NAS's wastebasket"),
    "#snapshot": mark("a NAS's snapshots"),
    ".@__thumb": mark("thumbnails of a QNAP NAS"),
    "__macosx": mark("macOS's additions to a zip"),
    "$recycle.bin": mark("Windows's wastebasket"),
    "recycler": mark("Windows's wastebasket"),
    "system volume information": mark("Windows's own files"),
    "lost+found": mark("a disk's lost pieces"),
    "captureone": mark("previews of Capture One"),
    "__pycache__": mark("Python's own files"),
}
_FILES = {
    "thumbs.db": mark("Windows's thumbnails"),
    "ehthumbs.db": mark("Windows's thumbnails"),
    "ehthumbs_vista.db": mark("Windows's thumbnails"),
    "desktop.ini": mark("Windows's own files"),
    "picasa.ini": mark("Picasa's own files"),
    "zbthumbnail.info": mark("thumbnails of Zoner"),
    "pspbrwse.jbf": mark("thumbnails of Paint Shop Pro"),
    "icon\r": mark("macOS's own files"),
}
_ENDINGS = {
    ".lrdata": mark("previews of Lightroom"),
    ".lrcat-data": mark("files of Lightroom"),
    ".photoslibrary-data": mark("files of Photos"),
    ".aplibrary": mark("files of Aperture"),
}


def junk_folder(name: str) -> str | None:
    """Return what a folder of this name holds in place of photographs, or None."""
    low = name.lower()
    if low in _FOLDERS:
        return _FOLDERS[low]
    for ending, what in _ENDINGS.items():
        if low.endswith(ending):
            return what
    return mark("hidden files") if name.startswith(".") else None


def junk_file(name: str) -> str | None:
    """Return what a file of this name is in place of a photograph, or None."""
    if name.startswith("._"):
        return mark("macOS's additions")
    return _FILES.get(name.lower()) or (mark("hidden files") if name.startswith(".") else None)


def junk_in(path: str) -> tuple[str, str] | None:
    """Return the first part of a relative path that is junk, and what it is; None if none is."""
    *folders, name = path.split("/")
    for folder in folders:
        if what := junk_folder(folder):
            return folder, what
    return (name, what) if (what := junk_file(name)) else None


class Junk:
    """Counts what is passed over."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, what: str, count: int = 1) -> None:
        """Count files of a folder or a kind of file."""
        shown = "._*" if name.startswith("._") else name
        self._counts["" if what == "hidden files" else shown, what] += count

    def add_folder(self, name: str, what: str, path: str) -> None:
        """Count all files below a folder that is passed over."""
        self.add(name, what, sum(len(files) for _, _, files in os.walk(path)))

    def lines(self) -> list[str]:
        """Say what was passed over, a line a kind."""
        return [
            tr_n(
                "Passed over: {n:,} file ({what})",
                "Passed over: {n:,} files ({what})",
                count,
                what=f"{name}, {tr(what)}" if name else tr(what),
            )
            for (name, what), count in sorted(self._counts.items())
            if count
        ]
