"""Where the faces of a recipe lie on a map: kept beside their vectors, with what decided it."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fairdesk.project.npz import NOT_NPZ, open_npz
from fairdesk.project.recipes import StoredRecipe

if TYPE_CHECKING:
    from pathlib import Path

    from fairdesk.project.project import Project

Ids = npt.NDArray[np.int64]
Places = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    """Faces, ascending, and their places on the map, of shape (n, 2)."""

    faces: Ids
    places: Places
    method: str
    seed: int
    about: str = ""  # what else decided it: perplexity, versions

    def of(self, faces: Ids) -> tuple[npt.NDArray[np.bool_], Places]:
        """Return which of some faces have a place, and the places of those."""
        rows = np.searchsorted(self.faces, faces)
        rows[rows == len(self.faces)] = 0
        known = self.faces[rows] == faces if len(self.faces) else np.zeros(len(faces), dtype=bool)
        return known, self.places[rows[known]]


def _file(project: Project, recipe: StoredRecipe, method: str) -> Path:
    return project.vectors.folder / recipe.hash / f"map-{method}.npz"


def keep_layout(project: Project, recipe: StoredRecipe, layout: Layout) -> Path:
    """Keep a layout; one of the same method is replaced. Returns its file."""
    path = _file(project, recipe, layout.method)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, layout)
    return path


def _write(path: Path, layout: Layout) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")  # two may lay out at once
    try:
        with part.open("wb") as file:
            np.savez(
                file, faces=layout.faces, places=layout.places, method=layout.method, seed=layout.seed,
                about=layout.about,
            )  # fmt: skip
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def kept_layout(project: Project, recipe: StoredRecipe, method: str) -> Layout | None:
    """Return the layout that was kept for a recipe; None where there is none, or a damaged one."""
    return _read(_file(project, recipe, method))


def _read(path: Path) -> Layout | None:
    try:
        with open_npz(path) as data:
            faces, places = data["faces"].astype(np.int64), data["places"].astype(np.float32)
            layout = Layout(faces, places, str(data["method"]), int(data["seed"]), str(data["about"]))
    except NOT_NPZ:
        return None
    sound = faces.ndim == 1 and places.shape == (len(faces), 2) and bool(np.isfinite(places).all())
    return layout if sound and bool((np.diff(faces) > 0).all()) else None


def erase_places(project: Project, faces: Sequence[int]) -> None:
    """Take faces out of all layouts, for good; a damaged layout goes whole."""
    gone = np.array(sorted(faces), dtype=np.int64)
    for path in project.vectors.folder.glob("*/map-*.npz"):
        layout = _read(path)
        if layout is None:
            path.unlink()
            continue
        left = ~np.isin(layout.faces, gone)
        if not left.all():
            _write(path, Layout(layout.faces[left], layout.places[left], layout.method, layout.seed, layout.about))
