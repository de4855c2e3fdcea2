"""The orders that images can be shown in, worked out from whole numbers: SQLite sorts a million rows in half a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fairdesk.project.main_face import WHO
from fairdesk.project.quality import MEASURES

if TYPE_CHECKING:
    from fairdesk.project.project import Project

Ids = npt.NDArray[np.int64]
LAST = np.iinfo(np.int64).max  # where it is not known
_MERGED = 50  # folders of originals; SQLite merges up to 500
_FINE = 2.0**24  # measures that differ by less than 6e-8 count as equal
_KEYS = {"added": (), "name": (), "identity": (f"ifnull({WHO}, 0)",), "size": ("-(i.width * i.height)",)}


def sort_key(order: str) -> tuple[str, ...]:
    """Return the columns, integers, that an order needs of an image.

    Raises
    ------
    ValueError
        If there is no such order.
    """
    if order not in _KEYS and order not in MEASURES:
        raise ValueError(f"no such order: {order}")
    return _KEYS.get(order, ())


def in_order(project: Project, order: str, detector: str, rows: Ids) -> Ids:
    """Return images in an order, from rows of their ids, ascending, and what `sort_key` asked for; equal ones stay."""
    images, keys = rows[:, 0].copy(), rows[:, -1].copy()
    if order == "added" or not len(images):
        return images
    if order == "name":
        return _by_path(project, images)
    if order == "identity":
        keys = _places_of_names(project)[keys]
    elif order in MEASURES:
        keys = _measured(project, order, detector, images)
    return images[np.argsort(keys, kind="stable")]


def _by_path(project: Project, images: Ids) -> Ids:
    roots = [row[0] for row in project.db.rows("SELECT id FROM root ORDER BY id")]
    one = "SELECT id AS n, path FROM image"  # each folder's are in order in an index
    parts = [f"{one} WHERE root_id = {root}" for root in roots] if len(roots) <= _MERGED else [one]
    every = project.db.numbers(f"{' UNION ALL '.join(parts)} ORDER BY path, n")
    wanted = np.zeros(int(every.max()) + 1, dtype=bool)
    wanted[images] = True
    return every[wanted[every]]


def _measured(project: Project, measure: str, detector: str, images: Ids) -> Ids:
    """Return what was measured of images, as whole numbers of the same order."""
    rows = project.db.integers(
        ("image_id", f"CAST({measure} * {_FINE} AS INTEGER)"),
        f"FROM quality WHERE detector = ? AND {measure} IS NOT NULL ORDER BY image_id",
        (detector,),
    )
    known = np.full(max(int(images[-1]), int(rows[:, 0].max(initial=0))) + 1, LAST)
    known[rows[:, 0]] = rows[:, 1]
    return known[images]


def _places_of_names(project: Project) -> Ids:
    """Return for each identity's id the place of its name among all names; nobody, who is 0, comes last."""
    rows = project.db.rows("SELECT id, name FROM identity ORDER BY name")
    places = np.full(max((row[0] for row in rows), default=0) + 1, LAST, dtype=np.int64)
    place, last = 0, None
    for number, name in rows:
        place, last = place + (name != last), name
        places[number] = place
    return places
