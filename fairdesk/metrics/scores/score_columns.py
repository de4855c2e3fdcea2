"""Which column of a score table is what, where its names do not say it in the program's own words."""

from __future__ import annotations

from pathlib import Path

from fairdesk.dataset.table_files import read_head
from fairdesk.dataset.tables import SUFFIXES, Table
from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.difference_columns import difference_column
from fairdesk.metrics.scores.label_columns import is_called_labels, may_be_labels
from fairdesk.metrics.scores.polarity import names_measure
from fairdesk.metrics.scores.score_set import PAIRWISE, PATHS
from fairdesk.metrics.scores.score_tables import parse_score_columns, places_of_columns
from fairdesk.project.npz import names_of_arrays

FIELDS = ("score", "label", *PAIRWISE, *PATHS, "fold")
"""What can be chosen."""
_GUESSES = {
    "score": ("score", "scores", "similarity", "similarities", "sim", "cosine", "cos", "distance", "dist"),
    "label": ("label",),
    "fold": ("fold",),
}
_SIDES = {
    "subject": ("subject", "id", "identity", "person", "name", "p"),
    "group": ("group", "race", "ethnicity", "att", "demographic"),
    "gender": ("gender", "sex"),
    "age": ("age",),
    "path": ("path", "file", "image", "img", "p"),
}


def guess_score_columns(table: Table) -> dict[str, str]:
    """Return the name of each field's column, as far as the names tell."""
    by_name = {name.strip().lower(): name for name in reversed(table.header)}
    wanted = dict(_GUESSES) | {
        f"{kind}{side}": tuple(f"{name}{apart}{end}" for name in names for apart in ("", "_") for end in ends)
        for kind, names in _SIDES.items()
        for side, ends in (("1", ("1", "a", "x")), ("2", ("2", "b", "y")))
    }
    found = {field: next((by_name[name] for name in names if name in by_name), None) for field, names in wanted.items()}
    found["score"] = found["score"] or next(filter(names_measure, table.header), None)
    found["label"] = found["label"] or next(
        (name for tell in (is_called_labels, may_be_labels) for name in table.header if tell(name)), None
    )
    used: set[str] = set()
    out = {}
    for field, name in found.items():  # p1, p2 are subjects only where nothing else is (BFW's are images)
        if name is not None and name not in used:
            out[field] = name
            used.add(name)
    return out


def enough(chosen: dict[str, str]) -> bool:
    """Tell whether these columns make scores: a score, and what is genuine."""
    return "score" in chosen and ("label" in chosen or {"subject1", "subject2"} <= set(chosen))


def table_to_ask_about(path: Path) -> Table | None:
    """Return the first rows of a score table whose header does not say which columns are what; None for all else.

    A column that is taken for the labels by what people call such ones is asked about too.
    """
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return None
    table = read_head(path)
    try:
        where = places_of_columns(path, table.header, None)
    except RequestError:  # BFW's table of several models
        return table
    name = table.header[where["label"]] if "label" in where else "label"
    guessed = name.lower() != "label" and difference_column(name) is None
    return None if enough(dict.fromkeys(where, "")) and not guessed else table


def has_columns(path: Path, columns: dict[str, str] | None) -> bool:
    """Tell whether a score table, or a file of arrays, has all of these columns (ours to theirs); one without a header has none."""
    if not columns or not path.is_file():
        return False
    if path.suffix.lower() == ".npz":
        return set(columns.values()) <= set(names_of_arrays(path))
    if path.suffix.lower() not in SUFFIXES:
        return False
    names = {name.strip().lower() for name in read_head(path).header}
    return all(theirs.lower() in names for theirs in columns.values())


def columns_of(path: Path, columns: str | None) -> dict[str, str] | None:
    """Return the columns that were named for several files, ours to theirs; none for a file of arrays that has no such ones."""
    found = None if columns is None else parse_score_columns(columns)
    return found if path.suffix.lower() != ".npz" or has_columns(path, found) else None


def columns_of_second(path: Path, columns: dict[str, str] | None) -> dict[str, str] | None:
    """Return the columns of a second table: those of the first, unless it lacks some and says itself which is what."""
    return None if not has_columns(path, columns) and table_to_ask_about(path) is None else columns
