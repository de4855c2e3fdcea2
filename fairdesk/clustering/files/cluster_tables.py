"""Clusters as tables, CSV or Parquet: a row for each face, with its path, its cluster, and where it can be told, name and box."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fairdesk.dataset.table_files import read_table
from fairdesk.dataset.tables import Table
from fairdesk.errors import RequestError
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.words import tr

ENDINGS = (".csv", ".tsv", ".parquet")
BOX = ("top", "right", "bottom", "left")
_PATH = ("path", "image", "imagepath", "image_path", "file", "filename", "file_name")
_CLUSTER = ("cluster", "label", "cluster_id", "cluster_label")
_NAME = ("name", "cluster_name", "identity")
_NONE = ("", "-1", "nan", "none", "unclustered", "noise")


class Row(NamedTuple):
    """One face of a table."""

    path: str
    cluster: str  # "-1": none
    name: str | None = None  # of the cluster
    box: tuple[int, int, int, int] | None = None  # top, right, bottom, left


def is_cluster_table(path: Path) -> bool:
    """Whether a file is a table by its ending."""
    return path.suffix.lower() in ENDINGS


def read_cluster_table(path: Path) -> list[Row]:
    """Read a table of clusters.

    Raises
    ------
    RequestError
        If it cannot be read, lacks a column of paths or of clusters, or a cell is what it cannot be; names the line.
    """
    table = read_table(path)
    at = {name.strip().lower().replace(" ", "_"): place for place, name in reversed(list(enumerate(table.header)))}
    where = {
        what: next((at[name] for name in names if name in at), None)
        for what, names in (("path", _PATH), ("cluster", _CLUSTER), ("name", _NAME))
    }
    if where["path"] is None or where["cluster"] is None:
        raise RequestError(
            tr(
                "{path} needs a column `path` and a column `cluster`; it has: {columns}",
                path=path,
                columns=", ".join(table.header) or tr("none"),
            )
        )
    boxed = all(side in at for side in BOX)
    return [
        _row(table, number, where, [at[side] for side in BOX] if boxed else []) for number in range(len(table.rows))
    ]


def _row(table: Table, number: int, where: dict[str, int | None], sides: Sequence[int]) -> Row:
    cells, line = table.rows[number], table.lines[number]
    assert where["path"] is not None and where["cluster"] is not None
    path, cluster = cells[where["path"]], _whole(cells[where["cluster"]])
    if not path:
        raise RequestError(tr("{path}: line {line} names no image.", path=table.path, line=line))
    name = cells[where["name"]] if where["name"] is not None else ""
    box = None
    if sides and any(cells[side] for side in sides):
        try:
            top, right, bottom, left = (round(float(cells[side])) for side in sides)
        except (ValueError, OverflowError):
            raise RequestError(
                tr("{path}: line {line} has a box that is no four numbers.", path=table.path, line=line)
            ) from None
        box = top, right, bottom, left
    loose = cluster.lower() in _NONE
    return Row(path, "-1" if loose else cluster, None if loose or not name else name, box)


def _whole(text: str) -> str:
    """Return 3 for 3.0, as pandas writes whole numbers beside gaps; other text as it is."""
    head, point, rest = text.partition(".")
    return head if point and head.lstrip("-").isdigit() and not rest.strip("0") else text


def write_cluster_table(path: Path, rows: Sequence[Row]) -> None:
    """Write a table of clusters as its ending says."""
    header = ["path", "cluster", "name", *BOX]
    values: list[list[Any]] = [[row.path, row.cluster, row.name or "", *(row.box or ("",) * 4)] for row in rows]
    if path.suffix.lower() == ".parquet":
        import pyarrow
        import pyarrow.parquet

        columns: dict[str, list[Any]] = {
            "path": [row.path for row in rows],
            "cluster": [row.cluster for row in rows],
            "name": [row.name for row in rows],
            **{side: [None if row.box is None else row.box[at] for row in rows] for at, side in enumerate(BOX)},
        }
        if all(row.cluster.lstrip("-").isdigit() for row in rows):
            columns["cluster"] = [int(row.cluster) for row in rows]
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        pyarrow.parquet.write_table(pyarrow.table(columns), part)
        part.replace(path)
        return
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", lineterminator="\n")
    writer.writerow(header)
    writer.writerows(safe_rows(values))
    write_text(path, text.getvalue())
