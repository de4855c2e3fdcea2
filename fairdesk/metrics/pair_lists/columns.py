"""Which column of a table of pairs is what: as told, else by the names that people give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from fairdesk.dataset.tables import need_one_of_each
from fairdesk.errors import RequestError
from fairdesk.words import tr

FIELDS = ("path1", "path2", "label", "fold", "subject1", "subject2", "group1", "group2")
_SIDES = (("1", "2"), ("a", "b"), ("x", "y"), ("left", "right"), ("first", "second"), ("l", "r"), ("0", "1"))
_NAMES = {  # what comes before or behind the side, without blanks and underscores
    "path": ("path", "p", "file", "filename", "filepath", "image", "img", "imagepath", "imgpath", "imagename", "imgname", "imagefile",
             "photo", "picture", "pic", "face", "facepath", "facefile", "name", ""),
    "subject": ("subject", "identity", "id", "person", "personid", "subjectid", "identityid", "celeb", "who"),
    "group": ("group", "race", "ethnicity", "ethnicgroup", "demographic", "skintone", "att"),
}  # fmt: skip
_LABELS = ("label", "decision", "same", "issame", "sameperson", "issameperson", "match", "ismatch", "matched", "genuine", "mated",
           "pairlabel", "groundtruth", "gt", "target", "truth", "class", "actual", "y")  # fmt: skip
_FOLDS = ("fold", "folds", "foldid", "foldindex", "cvfold")
_NOT_XY = ("face", "p", "name", "")
_SAID_ALONE = ("left", "first")
_BOTH = ("group", "race", "ethnicity", "ethnicgroup", "demographic")  # one column for both faces
_WORD = re.compile(rf",\s*(?=(?:{'|'.join(FIELDS)})=)")


def parse_columns(given: Sequence[str]) -> dict[str, str]:
    """Read FIELD=COLUMN words, apart or with commas between them. Raises `ValueError` if that cannot be."""
    out: dict[str, str] = {}
    for word in (one for text in given for one in _WORD.split(text)):
        field, equals, column = word.partition("=")
        if not equals or field.strip() not in FIELDS or not column.strip() or field.strip() in out:
            raise ValueError(tr("are FIELD=COLUMN with the fields {fields}, each once", fields=", ".join(FIELDS)))
        out[field.strip()] = column.strip()
    return out


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def guess_columns(header: Sequence[str]) -> dict[str, int]:
    """Return the place of each field that the names of columns tell."""
    plain = [_plain(name) for name in header]
    out: dict[str, int] = {}
    for field, names in _NAMES.items():
        for name, (one, other) in ((name, sides) for sides in _SIDES for name in names):
            if (one == "x" and name in _NOT_XY) or (not name and one not in _SAID_ALONE):
                continue  # face_x is where a face is
            found = next(
                (
                    (plain.index(a), plain.index(b))
                    for a, b in ((name + one, name + other), (one + name, other + name))
                    if a in plain and b in plain and a != b
                ),
                None,
            )
            if found is not None and not set(found) & set(out.values()):
                out[f"{field}1"], out[f"{field}2"] = found
                break
    both = next((plain.index(name) for name in _BOTH if name in plain), None)
    if both is not None and "group1" not in out:
        out["group1"] = out["group2"] = both
    for field, names in (("label", _LABELS), ("fold", _FOLDS)):
        place = next((plain.index(name) for name in names if name in plain), None)
        if place is not None and place not in out.values():
            out[field] = place
    return out


def find_columns(path: Path, header: Sequence[str], given: Mapping[str, str]) -> dict[str, int]:
    """Return the place of each field's column: as given, else by its usual names.

    Raises
    ------
    RequestError
        If a given column is not there, or one of path1, path2 and label is not found.
    """
    lowered = [name.lower() for name in header]
    told: dict[str, int] = {}
    for field, name in given.items():
        if name.lower() not in lowered:
            raise RequestError(
                tr(
                    "{path} has no column {given!r} for {field}. It has: {header}",
                    path=path,
                    given=name,
                    field=field,
                    header=", ".join(header[:20]),
                )
            )
        told[field] = lowered.index(name.lower())
    taken = set(told.values())
    guessed = {field: place for field, place in guess_columns(header).items() if field in told or place not in taken}
    out = guessed | told
    missing = [field for field in ("path1", "path2", "label") if field not in out]
    if missing:
        raise RequestError(
            tr(
                "{path}: which column of the pair list is {missing} is not known; line 1 has: {header}. "
                "Say it: --columns path1=FILE_A,path2=FILE_B,label=SAME",
                path=path,
                missing=tr(" and ").join(missing),
                header=", ".join(header[:20]) or tr("nothing"),
            )
        )
    need_one_of_each(path, header, out.values())
    return out
