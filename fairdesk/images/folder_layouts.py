"""From a folder or an archive of images to images with an identity and a group."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fairdesk.errors import RequestError
from fairdesk.images.image_reading import looks_like_picture
from fairdesk.images.image_sources import is_archive, open_archive, safe_member
from fairdesk.images.insightface_folders import offered_lists, records_in
from fairdesk.images.junk import Junk, junk_file, junk_folder, junk_in
from fairdesk.made_sequences import MadeSequence
from fairdesk.packed_texts import PackedTexts
from fairdesk.text_names import is_text, need_text, printable, why_no_text
from fairdesk.words import tr

Layout = Literal["auto", "flat", "identity", "group-identity"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file below the root, and what its folders call it."""

    path: str  # relative to the root, with forward slashes
    identity: str | None
    group: str | None


class Entries(MadeSequence[Entry]):
    """Files whose folders name identity and group, made when they are asked for; equal to a list of the same."""

    def __init__(self, paths: Sequence[str], layout: str, above: int) -> None:
        self.paths = paths
        self._layout, self._above = layout, above

    def __len__(self) -> int:
        return len(self.paths)

    def item(self, place: int) -> Entry:
        """Make the one at a place."""
        return self._entry(self.paths[place])

    def __iter__(self) -> Iterator[Entry]:
        return map(self._entry, self.paths)

    def _entry(self, path: str) -> Entry:
        parts = path.split("/")[self._above : -1]
        if self._layout == "identity" and parts:
            return Entry(path, parts[0], None)
        if self._layout == "group-identity" and parts:
            return Entry(path, parts[1] if len(parts) > 1 else None, parts[0])
        return Entry(path, None, None)


@dataclass
class Tree:
    """A folder or an archive as understood."""

    root: Path
    layout: Literal["flat", "identity", "group-identity", "manifest"]
    entries: Sequence[Entry]
    skipped: list[tuple[str, str]] = field(default_factory=list)  # what was not followed, and why
    notes: list[str] = field(default_factory=list)  # what a person should know of how it was understood


def _walk(root: Path, junk: Junk) -> tuple[Sequence[str], list[tuple[str, str]]]:
    """Return all files below root, in sorted order, following links but never in a circle; junk is counted."""
    files = PackedTexts()
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


def _members(archive: Path, junk: Junk) -> tuple[Sequence[str], list[tuple[str, str]]]:
    """Return the files in an archive; names that lead out of it are skipped."""
    skipped: list[tuple[str, str]] = []
    opened = open_archive(archive)
    names = opened.members()
    left_out: set[int] = set()
    for number, name in enumerate(names):
        if not safe_member(name):
            skipped.append((printable(name), tr("a name that leads out of the archive")))
        elif found := junk_in(name):
            junk.add(printable(found[0]), found[1])
        elif not is_text(name):
            skipped.append((printable(name), why_no_text()))
        elif opened.empty(name):  # nothing to look at: a hundred thousand of them cost no more than their list
            skipped.append((name, tr("the file is empty")))
        else:
            continue
        left_out.add(number)
    if not left_out:
        return names, skipped
    return PackedTexts(name for number, name in enumerate(names) if number not in left_out), skipped


def read_tree(folder: Path, layout: Layout = "auto") -> Tree:
    """Understand a folder, or an archive, of faces.

    Folders that hold all else (``data/African/...`` as in RFW) do not count. `auto` then takes the depth at
    which most pictures lie: in the folder itself is `flat`, one folder down `identity`, two or more down
    `group-identity`. What programs leave beside photographs (`images/junk.py`) is counted and passed over, other
    projects are too. A `.rec` has an identity for each label, as few of them as can be read; a folder that holds one and no pictures is that data set.

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
    if not files and skipped[:1] and skipped[0][0] == ".":
        raise RequestError(
            tr(
                "{folder} {why}. Give yourself the right to read it, or give another folder.",
                folder=folder,
                why=skipped[0][1],
            )
        )
    if not files and not skipped:
        raise RequestError(tr("{folder} holds no files. Give the folder that holds the face images.", folder=folder))
    pictures = _Pictures(folder, files)
    chosen: Literal["flat", "identity", "group-identity"]
    of_labels = is_archive(folder) and folder.suffix.lower() == ".rec"  # its folders are labels, none holds all else
    above = pictures.wrappers(folder) if layout == "auto" and not of_labels else 0
    if layout == "auto" and of_labels:
        chosen = "identity" if pictures.below_folders() else "flat"
    elif layout == "auto":
        chosen = ("flat", "identity", "group-identity")[pictures.commonest_depth(above)]
    else:
        chosen = layout
    return Tree(folder, chosen, Entries(files, chosen, above), skipped, junk.lines() + notes)


class _Pictures:
    """Where the pictures among some files lie."""

    def __init__(self, folder: Path, files: Iterable[str]) -> None:
        self._depths: Counter[int] = Counter()  # folders above a picture
        self._first = ""
        self._shared: list[str] | None = None  # the folders that hold all of them
        for path in files:
            if looks_like_picture(folder, path):
                above = path.split("/")[:-1]
                if self._shared is None:
                    self._first, self._shared = path, above
                elif above[: len(self._shared)] != self._shared:
                    pairs = zip(self._shared, above, strict=False)
                    self._shared = [one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)]
                self._depths[len(above)] += 1

    def below_folders(self) -> bool:
        """Whether any lies in a folder: of a `.rec` that is cut off those past its end, often most of all, have no label."""
        return any(self._depths)

    def commonest_depth(self, above: int) -> int:
        """Return how many folders lie between the leading ones and most pictures, two at most; the deeper of equals."""
        depths: Counter[int] = Counter()
        for depth, count in self._depths.items():
            depths[min(depth - above, 2)] += count
        return max(depths, key=lambda depth: (depths[depth], depth)) if depths else 0

    def wrappers(self, folder: Path) -> int:
        """How many leading folders hold every picture and are no group or identity.

        Those with two levels below them, and in an archive the one named as the archive is (``lfw/`` in lfw.tgz).
        """
        if self._shared is None:
            return 0
        shared = len(self._shared)
        above = max(0, min(shared, min(self._depths) - 2))
        first = self._first.split("/")[0]
        if not above and shared and folder.is_file() and folder.name.lower().startswith(first.lower() + "."):
            above = 1
        return above


def shared_names(entries: Iterable[Entry]) -> list[str]:
    """Identity names that occur under more than one group, sorted."""
    groups: dict[str, str | None] = {}
    shared = set()
    for entry in entries:
        if entry.identity is not None and groups.setdefault(entry.identity, entry.group) != entry.group:
            shared.add(entry.identity)
    return sorted(shared)
