"""The nearest neighbours of a project's faces, kept beside the embeddings they follow from.

The file is a computed thing: where it is missing, damaged or of other embeddings it is made anew, and where faces came or
went only what they touch is computed. Each face's embedding is checked by a sum of its bits.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.neighbours.search import is_exact, nearest
from fairdesk.clustering.neighbours.side_by_side import Check
from fairdesk.project import Project
from fairdesk.project.npz import NOT_NPZ, open_npz
from fairdesk.project.recipes import StoredRecipe
from fairdesk.project.vectors import NEIGHBOURS

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Sums = npt.NDArray[np.uint64]
KEPT = 16  # neighbours of a face
WORTH = 5_000  # faces; of fewer they are found sooner than read
MOST_NEW = 0.2  # of the faces: where more are new it is made anew
_ENTRIES = 24_000_000  # of a block of distances: 96 MB
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Neighbours:
    """The nearest others of each of n faces, as rows, and their squared distances; shape (n, count), the nearest first."""

    found: Ids
    squared: Floats
    exact: bool


def neighbours_of(
    project: Project, recipe: StoredRecipe, faces: Ids, vectors: Floats, metric: str, check: Check | None = None
) -> Neighbours:
    """Return the `KEPT` nearest neighbours of some of a project's faces, from the file as far as it fits them.

    Parameters
    ----------
    faces, vectors
        Ids, ascending, and embeddings, scaled to length 1 for the metric "cosine".
    """
    if len(faces) < WORTH:
        return Neighbours(*nearest(vectors, KEPT, check), is_exact(len(faces)))
    path = project.vectors.folder / recipe.hash / NEIGHBOURS.format(metric=metric)
    sums = _sums(vectors)
    kept = _read(path)
    found = None if kept is None else _fitted(kept, faces, vectors, sums, check)
    if found is None:
        found = Neighbours(*nearest(vectors, KEPT, check), is_exact(len(faces)))
    elif kept is not None and np.array_equal(kept.faces, faces):
        return found
    _write(path, _Kept(faces, sums, found))
    return found


@dataclass(frozen=True)
class _Kept:
    faces: Ids
    sums: Sums
    neighbours: Neighbours


def _sums(vectors: Floats) -> Sums:
    """Return a number for each vector that all its bits decide."""
    weights = np.random.default_rng(0).integers(1, 2**63, vectors.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    out = np.empty(len(vectors), dtype=np.uint64)
    for start in range(0, len(vectors), 10_000):
        bits = np.ascontiguousarray(vectors[start : start + 10_000]).view(np.uint32).astype(np.uint64)
        out[start : start + 10_000] = (bits * weights).sum(axis=1)
    return out


def _read(path: Path) -> _Kept | None:
    if not path.is_file():
        return None
    try:
        with open_npz(path) as data:
            found, squared = data["found"].astype(np.int64), data["squared"].astype(np.float32)
            kept = _Kept(
                data["faces"].astype(np.int64),
                data["sums"].astype(np.uint64),
                Neighbours(found, squared, bool(data["exact"])),
            )
    except NOT_NPZ:
        return None
    n = len(kept.faces)
    fits = found.shape == squared.shape == (n, KEPT) and kept.sums.shape == (n,)
    return kept if fits and found.min(initial=0) >= 0 and found.max(initial=-1) < n else None


def _write(path: Path, kept: _Kept) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(
                file, faces=kept.faces, sums=kept.sums, found=kept.neighbours.found.astype(np.int32),
                squared=kept.neighbours.squared, exact=np.array(kept.neighbours.exact),
            )  # fmt: skip
        part.replace(path)
    except OSError as error:
        _log.warning("the neighbours of faces could not be kept: %s", error)
        part.unlink(missing_ok=True)


def _fitted(kept: _Kept, faces: Ids, vectors: Floats, sums: Sums, check: Check | None) -> Neighbours | None:
    """Return the neighbours among other faces than were kept; None where too little of them is the same."""
    n = len(faces)
    at = np.searchsorted(faces, kept.faces)
    there = at < n
    there[there] = faces[at[there]] == kept.faces[there]
    there[there] = sums[at[there]] == kept.sums[there]
    row = np.where(there, at, -1)  # of each kept face now
    found = np.full((n, KEPT), -1, dtype=np.int64)
    squared = np.full((n, KEPT), np.inf, dtype=np.float32)
    found[row[there]] = row[kept.neighbours.found[there]]
    squared[row[there]] = kept.neighbours.squared[there]
    fresh = np.ones(n, dtype=bool)
    fresh[row[there]] = False
    anew = (found < 0).any(axis=1)  # the fresh ones too, and those that lost a neighbour
    if np.count_nonzero(anew) > MOST_NEW * n:
        return None
    if anew.any():
        _search(vectors, found, squared, np.flatnonzero(anew), fresh, check)
    return Neighbours(found, squared, kept.neighbours.exact)


def _search(
    vectors: Floats, found: Ids, squared: Floats, rows: Ids, fresh: npt.NDArray[np.bool_], check: Check | None
) -> None:
    """Find the neighbours of some rows among all, and tell the others of those that are fresh."""
    n = len(vectors)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    others = np.ones(n, dtype=bool)
    others[rows] = False
    worst = np.where(others, squared[:, -1], -np.inf)
    told: list[tuple[Ids, Ids, Floats]] = []
    height = max(1, _ENTRIES // n)
    for start in range(0, len(rows), height):
        some = rows[start : start + height]
        if check is not None:
            check(start, len(rows))
        away = squares[some, None] + squares - 2 * (vectors[some] @ vectors.T)
        np.maximum(away, 0, out=away)
        new = np.flatnonzero(fresh[some])
        mine, theirs = np.nonzero(away[new] < worst)
        told.append((theirs, some[new][mine], away[new][mine, theirs]))
        away[np.arange(len(some)), some] = np.inf
        places = np.argpartition(away, KEPT - 1, axis=1)[:, :KEPT]
        values = np.take_along_axis(away, places, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        found[some] = np.take_along_axis(places, order, axis=1)
        squared[some] = np.take_along_axis(values, order, axis=1)
    who, whom, how_far = (np.concatenate(part) for part in zip(*told, strict=True))
    touched = np.unique(who)
    who = np.concatenate([np.repeat(touched, KEPT), who])
    whom = np.concatenate([found[touched].ravel(), whom])
    how_far = np.concatenate([squared[touched].ravel(), how_far])
    order = np.lexsort((whom, how_far, who))
    who, whom, how_far = who[order], whom[order], how_far[order]
    place = np.arange(len(who)) - np.searchsorted(who, who)
    best = place < KEPT
    found[who[best], place[best]] = whom[best]
    squared[who[best], place[best]] = how_far[best]
