"""Which file of a tree a table's row means: by path in any writing, by a prefix that differs, by name, or by identity."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from fairdesk.images.folder_layouts import Entry
from fairdesk.images.image_reading import is_picture


def plain(name: str) -> str:
    """Return a name or path in one writing: composed letters, forward slashes, no ``./`` before it."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/")
    while text.startswith("./"):
        text = text[2:]
    return text


class Files:
    """The files of a tree, to be found by what tables call them."""

    def __init__(self, root: Path, entries: Sequence[Entry]) -> None:
        self._root = plain(root.as_posix()).rstrip("/") + "/"
        self._whole: dict[str, str] = {}
        self._by_end: dict[str, list[str]] = defaultdict(list)  # by each shorter end of a path, and each name
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._by_person: dict[str, list[str]] = defaultdict(list)
        self._people = {entry.path: entry.identity for entry in entries}
        for entry in entries:
            path = plain(entry.path)
            self._whole[path] = entry.path
            for end in _ends(path):
                self._by_end[end].append(entry.path)
            self._by_stem[_stem(path)].append(entry.path)
            for person in {plain(entry.identity or ""), *path.split("/")[:-1]} - {""}:
                self._by_person[person].append(entry.path)

    def person_of(self, path: str) -> str | None:
        """Return the identity that a file has."""
        return self._people.get(path)

    def of_person(self, identity: str) -> list[str]:
        """Return the files of an identity: labelled so, or in a folder of that name."""
        return self._by_person.get(plain(identity), [])

    def match(self, rows: Iterable[str]) -> dict[str, str]:
        """Return the file that each row's path means; a row that means none, or perhaps several, is left out.

        A row's path may be absolute, or relative to the folder. Where the rows have a prefix that the files have not,
        one prefix is taken off all rows: the one that fits most, never two that both fit, as ``train/1.jpg`` and
        ``val/1.jpg`` are two pictures. Where the files have more before them, the rest has to fit one file only.
        Then the name without its ending counts, if it occurs once.
        """
        found: dict[str, str] = {}
        left: list[tuple[str, str]] = []
        for row in rows:
            path = plain(row)
            path = path.removeprefix(self._root)
            if path in self._whole:
                found[row] = self._whole[path]
            else:
                left.append((row, path))
        taken = set(found.values())
        prefix = self._prefix([path for _, path in left])
        target: str | None
        for row, path in left:
            if prefix is not None and path.startswith(prefix) and path[len(prefix) :] in self._whole:
                target = self._whole[path[len(prefix) :]]
            else:
                target = self._only(path)
            if target is not None and target not in taken:
                found[row] = target
        return found

    def _prefix(self, paths: list[str]) -> str | None:
        """Return the one beginning that, taken off, makes most of some paths fit; None where two do equally well."""
        fits: Counter[str] = Counter()
        for path in paths:
            for end in _ends(path):
                if end in self._whole:
                    fits[path[: len(path) - len(end)]] += 1
        if not fits:
            return None
        own = [prefix for prefix in fits if self._root.endswith("/" + prefix)]  # the folder's own name
        if own:
            return max(own, key=len)
        (first, most), *others = fits.most_common(2)
        return None if others and others[0][1] == most else first

    def _only(self, path: str) -> str | None:
        same = self._by_end.get(path, [])
        if not same:
            folder = path.rpartition("/")[0]
            same = [one for one in self._by_stem.get(_stem(path), []) if _in_folder(plain(one), folder)]
        return same[0] if len(same) == 1 else None


def _in_folder(path: str, folder: str) -> bool:
    return not folder or ("/" + path.rpartition("/")[0]).endswith("/" + folder)


def _ends(path: str) -> list[str]:
    """Return the shorter ends of a path, the longest first: b/c.jpg, c.jpg of a/b/c.jpg."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(1, len(parts))]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] if is_picture(name) else name
