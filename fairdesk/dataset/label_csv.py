"""Labels from a CSV file: path, identity, group."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.images.layouts import Tree

_PATH = ("path", "image", "file", "filename")
_IDENTITY = ("identity", "subject", "person", "id", "name")
_GROUP = ("group", "race", "ethnicity")


@dataclass(frozen=True)
class Label:
    """What one row says; None where its cell is empty."""

    identity: str | None
    group: str | None


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    lowered = [cell.strip().lower() for cell in header]
    return next((lowered.index(name) for name in names if name in lowered), None)


def read_labels(path: Path, tree: Tree) -> tuple[dict[str, Label], list[str]]:
    """Read labels for the files of a tree.

    A row's path may be absolute, relative to the folder, or a file name that occurs once in it.
    Returns the labels by relative path, and the paths that name no file.

    Raises
    ------
    RequestError
        If the file cannot be read, lacks the columns, or a line is broken; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} cannot be read as a UTF-8 text file: {error}") from error
    rows = csv.reader(io.StringIO(text), strict=True)
    try:
        header = next(rows, [])
        where, who, group = _column(header, _PATH), _column(header, _IDENTITY), _column(header, _GROUP)
        if where is None or (who is None and group is None):
            raise RequestError(
                f"{path}: line 1 must name the columns path and identity or group; it has: {', '.join(header) or 'nothing'}"
            )
        names: dict[str, list[str]] = {}
        for entry in tree.entries:
            names.setdefault(entry.path.rsplit("/", 1)[-1], []).append(entry.path)
        known = {entry.path for entry in tree.entries}
        labels: dict[str, Label] = {}
        unmatched = []
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise RequestError(f"{path}: line {rows.line_num} has {len(row)} fields, the header has {len(header)}.")
            given = row[where].strip().replace("\\", "/")
            found = _match(given, tree.root, known, names)
            if found is None:
                unmatched.append(given)
                continue
            identity = row[who].strip() or None if who is not None else None
            labels[found] = Label(identity, row[group].strip() or None if group is not None else None)
    except csv.Error as error:
        raise RequestError(f"{path}: line {rows.line_num}: {error}") from error
    return labels, unmatched


def _match(given: str, root: Path, known: set[str], names: dict[str, list[str]]) -> str | None:
    if given in known:
        return given
    prefix = root.as_posix().rstrip("/") + "/"
    if given.startswith(prefix) and given[len(prefix) :] in known:
        return given[len(prefix) :]
    same = names.get(given.rsplit("/", 1)[-1], [])
    return same[0] if len(same) == 1 and "/" not in given else None
