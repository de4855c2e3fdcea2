"""Labels that published sets write into the names of their pictures: UTKFace, IMDB-WIKI."""

from __future__ import annotations

import re
from collections.abc import Callable
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


def labels_in_names(tree: Tree) -> dict[str, Label]:
    """Return the labels in the names of a tree's pictures, by relative path, if nearly all are named as a known set's.

    The tree's notes say so. A folder that names groups or identities is believed before names.
    """
    pictures = [entry.path for entry in tree.entries if is_picture(entry.path)]
    for title, pattern, read, what in _SETS:
        found = {path: match for path in pictures if (match := pattern.fullmatch(path.rpartition("/")[2]))}
        if found and len(found) >= _MOST * len(pictures):
            tree.notes.append(
                tr(
                    "Names as in {set}: {what} of {n:,} images are taken from them.",
                    set=title,
                    what=tr(what),
                    n=len(found),
                )
            )
            return {path: read(match) for path, match in found.items()}
    return {}
