"""Which file a path in somebody's list means: whoever wrote it, on whatever system, and only where one file fits."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from fairdesk.images.folder_layouts import Entry
from fairdesk.images.image_reading import is_picture
from fairdesk.words import tr

_SHARED = 2  # parts of two paths that have to agree, where both have more before them
_SHOWN = 3  # files that a reason names


def plain(name: str) -> str:
    """Return a name or path in one writing: composed letters, forward slashes, no ``./`` before it."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/")
    while text.startswith("./"):
        text = text[2:]
    return text


def ending_off(path: str) -> str:
    """Return a path without the ending of a picture."""
    return path.rpartition(".")[0] if is_picture(path.rpartition("/")[2]) else path


@dataclass
class Matched:
    """What the paths of a list mean: each is in `found` or in `why`."""

    found: dict[str, int] = field(default_factory=dict)  # the place of its file
    why: dict[str, str] = field(default_factory=dict)  # why it means none
    other_ending: list[str] = field(default_factory=list)  # found though the file's name ends otherwise
    by_end: list[str] = field(default_factory=list)  # found though only the last folder and the name agree
    several: set[str] = field(default_factory=set)  # those of `why` that more than one file fits


class _Index:
    """Places by whole path, and by each shorter end of a path: that only once it is asked for, as it is many times as large."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self.whole: dict[str, tuple[int, ...]] = {}
        for place, path in enumerate(paths):
            self.whole[path] = (*self.whole.get(path, ()), place)

    @cached_property
    def ends(self) -> dict[str, list[int]]:
        """Places by each shorter end of a path."""
        found: dict[str, list[int]] = defaultdict(list)
        for place, path in enumerate(self._paths):
            for end in _ends(path):
                found[end].append(place)
        return found

    @cached_property
    def _folders(self) -> set[str]:
        return {part for path in self._paths for part in path.split("/")[:-1]}

    def prefix(self, paths: Iterable[str], own: Sequence[str]) -> str | None:
        """Return the one beginning that, taken off, makes most of some paths fit; None where two do equally well.

        `own` are the folders of the files: a beginning that is one's own name goes before all others.
        """
        fits: Counter[str] = Counter()
        for path in paths:
            for end in _ends(path):
                if end in self.whole:
                    fits[path[: len(path) - len(end)]] += 1
        if not fits:
            return None
        named = [prefix for prefix in fits if any(folder.endswith("/" + prefix) for folder in own)]
        if named:
            return max(named, key=len)
        (first, most), *others = fits.most_common(2)
        return None if others and others[0][1] == most else first

    def fitting(self, path: str, prefix: str | None) -> Sequence[int]:
        """Return the places that a path may mean; one where it is sure."""
        found = self.whole.get(path, ())
        if not found and prefix is not None and path.startswith(prefix):
            found = self.whole.get(path[len(prefix) :], ())
        return found or self.ends.get(path, ())

    def sharing_end(self, path: str) -> Sequence[int]:
        """Return the places that share the longest end with a path of another machine: a folder and the name at least.

        Not where the folder before that is one of the files' too: group A's images are not group B's of the same names.
        """
        if not _absolute(path):
            return ()
        parts = path.split("/")
        for start in range(1, len(parts) - _SHARED + 1):
            end = "/".join(parts[start:])
            found = (*self.whole.get(end, ()), *self.ends.get(end, ()))
            if found:
                return () if parts[start - 1] in self._folders else found
        return ()


class KnownFiles:
    """Files, each in a folder of originals, to be found by what lists call them."""

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        """Take (folder, path below it) of each file."""
        self._files = files
        self._roots = sorted({plain(folder).rstrip("/") + "/" for folder, _ in files}, key=len, reverse=True)
        relative = [plain(path) for _, path in files]
        self._index = _Index(relative)
        self._relative = relative
        self._stems: _Index | None = None
        self._real: dict[str, int] | None = None

    def path(self, place: int) -> str:
        """Return where a file lies."""
        return os.path.join(*self._files[place])

    def _at(self, path: str) -> int | None:
        """Return the file that lies just there."""
        for root in self._roots:
            if path.startswith(root):
                for place in self._index.whole.get(path[len(root) :], ()):
                    if plain(self._files[place][0]).rstrip("/") + "/" == root:
                        return place
        return None

    def match(self, names: Iterable[str]) -> Matched:
        """Return which file each name means, and why the others mean none.

        A name may be absolute, or relative to a folder of originals. Where the names have a beginning that the files have
        not, one beginning is taken off all: the one that fits most, never two that both fit, as ``train/1.jpg`` and
        ``val/1.jpg`` are two pictures. Where the files have more before them, or both do (then a folder and the name have
        to agree), the rest has to fit one file only. What is left is looked for in the same way without the ending.
        """
        out = Matched()
        left: dict[str, str] = {}
        for name in dict.fromkeys(names):
            path = plain(name)
            place = self._at(path)
            below = next((path[len(root) :] for root in self._roots if path.startswith(root)), path)
            same = self._index.whole.get(below, ()) if place is None else (place,)
            if len(same) == 1:
                out.found[name] = same[0]
            else:
                left[name] = below
        self._match_links(left, out)
        self._match_rest(left, self._index, set(out.found.values()), out)
        rest = {name: ending_off(path) for name, path in left.items() if name not in out.found and name not in out.why}
        if rest:
            if self._stems is None:
                self._stems = _Index([ending_off(path) for path in self._relative])
            self._match_rest(rest, self._stems, set(out.found.values()), out, other_ending=True)
        for name in left:
            if name not in out.found:
                out.why.setdefault(name, tr("no image of that name is there"))
        return out

    def _match_rest(
        self, left: dict[str, str], index: _Index, taken: set[int], out: Matched, *, other_ending: bool = False
    ) -> None:
        prefix = index.prefix(left.values(), self._roots)
        meant: dict[int, list[str]] = defaultdict(list)
        for name, path in left.items():
            if name in out.found:
                continue
            fitting = index.fitting(path, prefix)
            if not fitting and (fitting := index.sharing_end(path)):
                out.by_end.append(name)
            if len(fitting) > 1:
                out.several.add(name)
                shown = ", ".join(self._relative[place] for place in fitting[:_SHOWN])
                out.why[name] = tr(
                    "{count} images fit: {shown}", count=len(fitting), shown=shown + (", ..." if len(fitting) > _SHOWN else "")
                )  # fmt: skip
            elif fitting:
                meant[fitting[0]].append(name)
        for place, names in meant.items():
            if place in taken or len({left[name] for name in names}) > 1:
                for name in names:
                    out.why[name] = tr(
                        "{file} would fit, but another path of the list means it", file=self._relative[place]
                    )
            else:
                out.found |= dict.fromkeys(names, place)
                out.other_ending += names if other_ending else []
        out.by_end = [name for name in out.by_end if name in out.found]

    def _match_links(self, left: dict[str, str], out: Matched) -> None:
        """Find what is another way to the same file: through a link, or from the folder one is in."""
        there = [name for name in left if os.path.exists(name)]
        if not there:
            return
        if self._real is None:
            folders: dict[str, str] = {}
            self._real = {}
            for place in range(len(self._files)):
                folder, name = os.path.split(self.path(place))
                if folder not in folders:
                    folders[folder] = os.path.realpath(folder)
                real = os.path.join(folders[folder], name)
                self._real[os.path.realpath(real) if os.path.islink(real) else real] = place
        for name in there:
            found = self._real.get(os.path.realpath(name))
            if found is not None:
                out.found[name] = found


class Files:
    """The files of a tree, to be found by what tables call them or by who they are of."""

    def __init__(self, root: Path, entries: Sequence[Entry]) -> None:
        self._paths = [entry.path for entry in entries]
        self._known = KnownFiles([(root.as_posix(), path) for path in self._paths])
        self._entries = entries

    @cached_property
    def _people(self) -> dict[str, str | None]:
        return {entry.path: entry.identity for entry in self._entries}

    @cached_property
    def _by_person(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for entry in self._entries:
            for person in {plain(entry.identity or ""), *plain(entry.path).split("/")[:-1]} - {""}:
                found[person].append(entry.path)
        return found

    def person_of(self, path: str) -> str | None:
        """Return the identity that a file has."""
        return self._people.get(path)

    def of_person(self, identity: str) -> list[str]:
        """Return the files of an identity: labelled so, or in a folder of that name."""
        return self._by_person.get(plain(identity), [])

    def match(self, rows: Iterable[str]) -> dict[str, str]:
        """Return the file that each row's path means; a row that means none, or perhaps several, is left out."""
        return {row: self._paths[place] for row, place in self._known.match(rows).found.items()}


def _ends(path: str) -> list[str]:
    """Return the shorter ends of a path, the longest first: b/c.jpg, c.jpg of a/b/c.jpg."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(1, len(parts))]


def _absolute(path: str) -> bool:
    return path.startswith("/") or path[1:3] == ":/"
