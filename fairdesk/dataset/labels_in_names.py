"""Labels that published sets write into the names of their pictures: UTKFace, IMDB-WIKI."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from re import Match

from fairdesk.dataset.label_table import Label
from fairdesk.images.folder_layouts import Tree
from fairdesk.images.image_reading import is_picture
from fairdesk.words import mark, tr

_MOST = 0.9  # of the pictures have to be named so

_UTKFACE = re.compile(r"(\d{1,3})_([01])_([0-4])_\d{8,20}\.(?:jpe?g|png)(?:\.chip\.jpg)?", re.IGNORECASE)
_UTK_RACES = ("White", "Black", "Asian", "Indian", "Others")
_IMDB = re.compile(r"(?P<who>nm\d+)_rm\d+_(?P<born>\d{4}-\d{1,2}-\d{1,2})_(?P<taken>\d{4})\.jpe?g", re.IGNORECASE)
_WIKI = re.compile(r"(?P<who>\d+)_(?P<born>\d{4}-\d{2}-\d{2})_(?P<taken>\d{4})\.jpe?g", re.IGNORECASE)


def _utkface(found: Match[str]) -> Label:
    age, gender, race = found.groups()
    return Label(None, _UTK_RACES[int(race)], ("male", "female")[int(gender)], str(int(age)))


def _imdb_wiki(found: Match[str]) -> Label:
    year, month, _ = map(int, found["born"].split("-"))
    age = int(found["taken"]) - year - (month > 6)  # at the middle of the year, as its authors count
    return Label(found["who"], None, None, str(age) if 0 <= age <= 110 else None)


_SETS: tuple[tuple[str, re.Pattern[str], Callable[[Match[str]], Label], str], ...] = (
    ("UTKFace", _UTKFACE, _utkface, mark("age, gender and race")),
    ("IMDB", _IMDB, _imdb_wiki, mark("identity and age")),
    ("WIKI", _WIKI, _imdb_wiki, mark("identity and age")),
)


NameLabels = Callable[[str], Label | None]  # what the name of a picture, by its path, says


def labels_in_names(tree: Tree) -> NameLabels | None:
    """Return what tells the labels in the names of a tree's pictures, if nearly all are named as a known set's.

    The tree's notes say so. A folder that names groups or identities is believed before names.
    """
    pictures, found = 0, [0] * len(_SETS)
    for entry in tree.entries:
        name = entry.path.rpartition("/")[2]
        if is_picture(name):
            pictures += 1
            for number, (_, pattern, _, _) in enumerate(_SETS):
                found[number] += pattern.fullmatch(name) is not None
    for count, (title, pattern, read, what) in zip(found, _SETS, strict=True):
        if count and count >= _MOST * pictures:
            tree.notes.append(
                tr(
                    "Names as in {set}: {what} of {n:,} images are taken from them.",
                    set=title,
                    what=tr(what),
                    n=count,
                )
            )
            return partial(_said, pattern, read)
    return None


def _said(pattern: re.Pattern[str], read: Callable[[Match[str]], Label], path: str) -> Label | None:
    name = path.rpartition("/")[2]
    match = pattern.fullmatch(name) if is_picture(name) else None
    return None if match is None else read(match)
