"""From a folder or an archive of images to images with an identity and a group."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fairdesk.errors import RequestError
from fairdesk.images.image_reading import looks_like_picture
from fairdesk.images.image_sources import is_archive, open_archive, safe_member
from fairdesk.images.insightface_folders import offered_lists, records_in
from fairdesk.images.junk import Junk, junk_file, junk_folder, junk_in
from fairdesk.text_names import is_text, need_text, printable, why_no_text
from fairdesk.words import tr

Layout = Literal["auto", "flat", "identity", "group-identity"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file below the root, and what its folders call it."""

    path: str  # relative to the root, with forward slashes
    identity: str | None
    group: str | None


@dataclass
class Tree:
    """A folder or an archive as understood."""

    root: Path
    layout: Literal["flat", "identity", "group-identity", "manifest"]
    entries: list[Entry]
    skipped: list[tuple[str, str]] = field(default_factory=list)  # what was not followed, and why
    notes: list[str] = field(default_factory=list)  # what a person should know of how it was understood


def _walk(root: Path, junk: Junk) -> tuple[list[str], list[tuple[str, str]]]:
    """Return all files below root, in sorted order, following links but never in a circle; junk is counted."""
    files: list[str] = []
    skipped: list[tuple[str, str]] = []

    def visit(folder: str, prefix: str, above: frozenset[tuple[int, int]]) -> None:
        try:
            stat = os.stat(folder)
            key = (stat.st_dev, stat.st_ino)
            if key in above:
                skipped.append((prefix.rstrip("/"), tr("a link that leads back to a folder above it")))
                return
            with os.scandir(folder) as found:
                items = sorted(found, key=lambda item: item.name)
        except OSError as error:
            skipped.append((prefix.rstrip("/") or ".", tr("cannot be opened: {strerror}", strerror=error.strerror)))
            return
        for item in items:
            try:
                if item.is_dir():
                    if what := junk_folder(item.name):
                        junk.add_folder(printable(item.name), what, item.path)
                    elif item.name.endswith(".fairdesk"):
                        pass
                    elif not is_text(item.name):
                        skipped.append((printable(prefix + item.name), why_no_text()))
                    else:
                        visit(item.path, prefix + item.name + "/", above | {key})
                    continue
            except OSError:
                pass  # a broken link: listed as a file, reported unreadable
            if what := junk_file(item.name):
                junk.add(printable(item.name), what)
            elif not is_text(item.name):
                skipped.append((printable(prefix + item.name), why_no_text()))
            else:
                files.append(prefix + item.name)

    visit(str(root), "", frozenset())
    return files, skipped


def _members(archive: Path, junk: Junk) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the files in an archive; names that lead out of it are skipped."""
    files: list[str] = []
    skipped: list[tuple[str, str]] = []
    opened = open_archive(archive)
    for name in opened.members():
        if not safe_member(name):
            skipped.append((printable(name), tr("a name that leads out of the archive")))
        elif found := junk_in(name):
            junk.add(printable(found[0]), found[1])
        elif not is_text(name):
            skipped.append((printable(name), why_no_text()))
        elif opened.empty(name):  # nothing to look at: a hundred thousand of them cost no more than their list
            skipped.append((name, tr("the file is empty")))
        else:
            files.append(name)
    return files, skipped


def read_tree(folder: Path, layout: Layout = "auto") -> Tree:
    """Understand a folder, or an archive, of faces.

    Folders that hold all else (``data/African/...`` as in RFW) do not count. `auto` then takes the depth at
    which most pictures lie: in the folder itself is `flat`, one folder down `identity`, two or more down
    `group-identity`. What programs leave beside photographs (`images/junk.py`) is counted and passed over, other
    projects are too. A `.rec` has an identity for each label; a folder that holds one and no pictures is that data set.

    Raises
    ------
    RequestError
        If it does not exist, holds no file, is a damaged archive, or its own name is no text.
    """
    need_text(folder.absolute())
    junk, notes = Junk(), list[str]()
    if folder.is_dir() and (records := records_in(folder)) is not None:
        notes += offered_lists(folder)
        folder = records
    if is_archive(folder):
        files, skipped = _members(folder, junk)
        archive = open_archive(folder)
        notes += archive.notes()
    elif folder.is_dir():
        files, skipped = _walk(folder, junk)
    else:
        what = tr("{path} does not exist.", path=folder)
        if folder.exists():
            what = tr("{path} is not a folder or an archive (.zip, .tar, .rec, .bin).", path=folder)
        raise RequestError(what + " " + tr("Give the folder that holds the face images."))
    if not files and not skipped:
        raise RequestError(tr("{folder} holds no files. Give the folder that holds the face images.", folder=folder))
    pictures = [path for path in files if looks_like_picture(folder, path)]
    above = _wrappers(folder, pictures) if layout == "auto" else 0
    if layout == "auto":
        depths = Counter(min(path.count("/") - above, 2) for path in pictures)
        depth = max(depths, key=lambda d: (depths[d], d)) if depths else 0
        chosen: Literal["flat", "identity", "group-identity"] = ("flat", "identity", "group-identity")[depth]
    else:
        chosen = layout
    entries = []
    for path in files:
        parts = path.split("/")[above:-1]
        identity = group = None
        if chosen == "identity" and parts:
            identity = parts[0]
        elif chosen == "group-identity" and parts:
            group = parts[0]
            identity = parts[1] if len(parts) > 1 else None
        entries.append(Entry(path, identity, group))
    return Tree(folder, chosen, entries, skipped, junk.lines() + notes)


def _wrappers(folder: Path, pictures: list[str]) -> int:
    """How many leading folders hold every picture and are no group or identity.

    Those with two levels below them, and in an archive the one named as the archive is (``lfw/`` in lfw.tgz).
    """
    if not pictures:
        return 0
    common = os.path.commonpath([path.rpartition("/")[0] or "." for path in pictures])
    shared = 0 if common in ("", ".") else common.count(os.sep) + 1
    depth = min(path.count("/") for path in pictures)
    above = max(0, min(shared, depth - 2))
    first = pictures[0].split("/")[0]
    if not above and shared and folder.is_file() and folder.name.lower().startswith(first.lower() + "."):
        above = 1
    return above


def shared_names(entries: list[Entry]) -> list[str]:
    """Identity names that occur under more than one group, sorted."""
    groups: dict[str, set[str | None]] = {}
    for entry in entries:
        if entry.identity is not None:
            groups.setdefault(entry.identity, set()).add(entry.group)
    return sorted(name for name, found in groups.items() if len(found) > 1)
