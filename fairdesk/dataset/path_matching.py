"""Which file a path in somebody's list means: whoever wrote it, on whatever system, and only where one file fits."""

from __future__ import annotations

import os
import unicodedata
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fairdesk.images.image_reading import is_picture
from fairdesk.made_sequences import MadeSequence
from fairdesk.packed_texts import PackedTexts, Places
from fairdesk.words import tr

Rows = npt.NDArray[np.int32]  # for each row of a list the place of its file; NONE where it means none
NONE, _SEVERAL, _TAKEN = -1, -2, -3

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


def case_off(path: str) -> str:
    """Return a path without the ending of a picture, and without the difference of capital and small letters."""
    return ending_off(path).casefold()


@dataclass
class Matched:
    """What the paths of a list mean: each is in `found` or in `why`."""

    found: dict[str, int] = field(default_factory=dict)  # the place of its file
    why: dict[str, str] = field(default_factory=dict)  # why it means none
    other_ending: list[str] = field(default_factory=list)  # found though the file's name ends otherwise
    other_case: list[str] = field(default_factory=list)  # found though capital and small letters differ
    by_end: list[str] = field(default_factory=list)  # found though only the last folder and the name agree
    several: set[str] = field(default_factory=set)  # those of `why` that more than one file fits


class FilesBelow(MadeSequence[tuple[str, str]]):
    """(folder, path below it) of files that all lie below one folder."""

    def __init__(self, folder: str, paths: Sequence[str]) -> None:
        self.folder, self.paths = folder, paths

    def __len__(self) -> int:
        return len(self.paths)

    def item(self, place: int) -> tuple[str, str]:
        """Make the one at a place."""
        return self.folder, self.paths[place]


class _Index:
    """Places by whole path, and by each shorter end of a path: that only once it is asked for, as it is many times as large."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._whole = Places()
        for place, path in enumerate(paths):
            self._whole.add(path, place)

    def whole(self, path: str) -> list[int]:
        """Return the places of a whole path."""
        return [place for place in self._whole.of(path) if self._paths[place] == path]

    @cached_property
    def _ends(self) -> Places:
        found = Places()
        for place, path in enumerate(self._paths):
            for end in _ends(path):
                found.add(end, place)
        return found

    def ends(self, end: str) -> list[int]:
        """Return the places of the paths that end so, and have more before it."""
        return [place for place in self._ends.of(end) if self._paths[place].endswith("/" + end)]

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
                if self.whole(end):
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
        found = self.whole(path)
        if not found and prefix is not None and path.startswith(prefix):
            found = self.whole(path[len(prefix) :])
        return found or self.ends(path)

    def sharing_end(self, path: str) -> Sequence[int]:
        """Return the places that share the longest end with a path of another machine: a folder and the name at least.

        Not where the folder before that is one of the files' too: group A's images are not group B's of the same names.
        """
        if not _absolute(path):
            return ()
        parts = path.split("/")
        for start in range(1, len(parts) - _SHARED + 1):
            end = "/".join(parts[start:])
            found = (*self.whole(end), *self.ends(end))
            if found:
                return () if parts[start - 1] in self._folders else found
        return ()


class _Left:
    """The names of a list that no file has as they stand: their rows, themselves, and what of them is compared."""

    def __init__(self) -> None:
        self.rows = array("i")
        self.names, self.paths = PackedTexts(), PackedTexts()

    def add(self, row: int, name: str, path: str) -> None:
        self.rows.append(row)
        self.names.append(name)
        self.paths.append(path)

    def once(self) -> Iterator[int]:
        """Yield the numbers of the names, but not of one that comes again."""
        hashes = np.fromiter((hash(name) for name in self.names), dtype=np.int64, count=len(self.names))
        order = np.argsort(hashes, kind="stable")
        again = np.zeros(len(order), dtype=np.bool_)
        again[order[1:]] = np.diff(hashes[order]) == 0
        return iter(np.flatnonzero(~again).tolist())


class KnownFiles:
    """Files, each in a folder of originals, to be found by what lists call them."""

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        """Take (folder, path below it) of each file."""
        self._files = files
        folders = {files.folder} if isinstance(files, FilesBelow) else {folder for folder, _ in files}
        self._roots = sorted({plain(folder).rstrip("/") + "/" for folder in folders}, key=len, reverse=True)
        if isinstance(files, FilesBelow) and all(plain(path) == path for path in files.paths):
            self._relative = files.paths
        else:
            self._relative = PackedTexts(plain(path) for _, path in files)
        self._index = _Index(self._relative)
        self._looser: dict[Callable[[str], str], _Index] = {}
        self._real: Callable[[str], int | None] | None = None

    def path(self, place: int) -> str:
        """Return where a file lies."""
        return os.path.join(*self._files[place])

    def _at(self, path: str) -> int | None:
        """Return the file that lies just there."""
        for root in self._roots:
            if path.startswith(root):
                for place in self._index.whole(path[len(root) :]):
                    if plain(self._files[place][0]).rstrip("/") + "/" == root:
                        return place
        return None

    def match(self, names: Iterable[str]) -> Matched:
        """Return which file each name means, and why the others mean none.

        A name may be absolute, or relative to a folder of originals. Where the names have a beginning that the files have
        not, one beginning is taken off all: the one that fits most, never two that both fit, as ``train/1.jpg`` and
        ``val/1.jpg`` are two pictures. Where the files have more before them, or both do (then a folder and the name have
        to agree), the rest has to fit one file only. What is left is looked for in the same way without the ending, and then without regard to capital letters.
        """
        out = Matched()
        once = list(dict.fromkeys(names))
        rows, left = self._match(once, out)
        out.found = {name: place for name, place in zip(once, rows.tolist(), strict=True) if place >= 0}
        for name in left.names:
            if name not in out.found:
                out.why.setdefault(name, tr("no image of that name is there"))
        return out

    def match_rows(self, names: Iterable[str]) -> Rows:
        """Return the file that each row of a list means, as `match` does: of a long one, without keeping its names."""
        return np.maximum(self._match(names, None)[0], NONE)

    def _match(self, names: Iterable[str], told: Matched | None) -> tuple[Rows, _Left]:
        """Return the files of all names, and which names had to be guessed; `told` learns how, and why others mean none."""
        rows, left = array("i"), _Left()
        for name in names:
            path = plain(name)
            place = self._at(path)
            below = next((path[len(root) :] for root in self._roots if path.startswith(root)), path)
            same = self._index.whole(below) if place is None else (place,)
            if len(same) != 1:
                left.add(len(rows), name, below)
            rows.append(same[0] if len(same) == 1 else NONE)
        found = np.array(rows, dtype=np.int32)
        self._match_links(left, found)
        self._match_rest(left, self._index, found, told)
        number = np.array(left.rows, dtype=np.int64)
        out = told or Matched()
        for writing, changed in ((ending_off, out.other_ending), (case_off, out.other_case)):
            if not (found[number] == NONE).any():
                break
            if writing not in self._looser:
                self._looser[writing] = _Index(PackedTexts(writing(path) for path in self._relative))
            self._match_rest(left, self._looser[writing], found, told, writing, changed)
        return found, left

    def _match_rest(
        self, left: _Left, index: _Index, found: Rows, told: Matched | None,
        writing: Callable[[str], str] | None = None, changed: list[str] | None = None,
    ) -> None:  # fmt: skip
        """Look for the names that mean none yet; in `found` those stay NONE that a further look may help.

        `writing` is what the index has of each path; the names that are found by it go to `changed`.
        """
        number = np.array(left.rows, dtype=np.int64)
        open_ = found[number] == NONE
        taken = np.zeros(len(self._relative), dtype=np.bool_)
        taken[found[found >= 0]] = True

        def path_of(one: int) -> str:
            return left.paths[one] if writing is None else writing(left.paths[one])

        asked = (path_of(one) for one in left.once() if writing is None or open_[one])
        prefix = index.prefix(asked, self._roots)
        meant, hashes = np.full(len(number), NONE, dtype=np.int32), np.zeros(len(number), dtype=np.int64)
        by_end = []
        for one in np.flatnonzero(open_).tolist():
            path = path_of(one)
            fitting = index.fitting(path, prefix)
            if not fitting and (fitting := index.sharing_end(path)):
                by_end.append(one)
            if len(fitting) > 1:
                found[number[one]] = _SEVERAL
                if told is not None:
                    told.several.add(left.names[one])
                    shown = ", ".join(self._relative[place] for place in fitting[:_SHOWN])
                    told.why[left.names[one]] = tr(
                        "{count} images fit: {shown}", count=len(fitting), shown=shown + (", ..." if len(fitting) > _SHOWN else "")
                    )  # fmt: skip
            elif fitting:
                meant[one], hashes[one] = fitting[0], hash(path)
        fits = np.flatnonzero(meant >= 0)
        found[number[fits]] = np.where(taken[meant[fits]] | _torn(meant[fits], hashes[fits]), _TAKEN, meant[fits])
        for one in fits.tolist() if told is not None else ():
            assert told is not None
            if found[number[one]] == _TAKEN:
                told.why[left.names[one]] = tr(
                    "{file} would fit, but another path of the list means it", file=self._relative[int(meant[one])]
                )
            elif changed is not None:
                changed.append(left.names[one])
        if told is not None:
            told.by_end += [left.names[one] for one in by_end if found[number[one]] >= 0]

    def _match_links(self, left: _Left, found: Rows) -> None:
        """Find what is another way to the same file: through a link, or from the folder one is in."""
        for row, name in zip(left.rows, left.names, strict=True):
            if os.path.exists(name):
                if self._real is None:
                    self._real = self._by_real_path()
                place = self._real(os.path.realpath(name))
                if place is not None:
                    found[row] = place

    def _by_real_path(self) -> Callable[[str], int | None]:
        folders: dict[str, str] = {}

        def real_path(place: int) -> str:
            folder, name = os.path.split(self.path(place))
            if folder not in folders:
                folders[folder] = os.path.realpath(folder)
            real = os.path.join(folders[folder], name)
            return os.path.realpath(real) if os.path.islink(real) else real

        known = Places()
        for place in range(len(self._files)):
            known.add(real_path(place), place)

        def look_up(path: str) -> int | None:
            return next((place for place in reversed(list(known.of(path))) if real_path(place) == path), None)

        return look_up


def _torn(places: Rows, hashes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell of each place whether paths that are not the same, by their hashes, mean it."""
    if not len(places):
        return np.zeros(0, dtype=np.bool_)
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=NONE))
    many = np.maximum.reduceat(hashes[order], starts) != np.minimum.reduceat(hashes[order], starts)
    torn = np.zeros(len(places), dtype=np.bool_)
    torn[order] = np.repeat(many, np.diff(starts, append=len(places)))
    return torn


def _ends(path: str) -> list[str]:
    """Return the shorter ends of a path, the longest first: b/c.jpg, c.jpg of a/b/c.jpg."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(1, len(parts))]


def _absolute(path: str) -> bool:
    return path.startswith("/") or path[1:3] == ":/"
