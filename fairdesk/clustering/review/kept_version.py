"""Versions that a review keeps, and where their faces are."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.store import UNCLUSTERED, clusters, members
from fairdesk.project import Project

Numbers = npt.NDArray[np.int64]
METHOD = "review"  # of a version that a review keeps


def begun_with(project: Project, version: int) -> int:
    """Return the version that a review was begun with: of one that no review keeps, itself."""
    while True:
        (row,) = project.db.rows("SELECT method, params FROM clustering WHERE id = ?", (version,))
        of = json.loads(row[1]).get("of") if row[0] == METHOD else None
        if of is None or of >= version or project.db.value("SELECT 1 FROM clustering WHERE id = ?", (of,)) is None:
            return version
        version = int(of)


def homes_in(project: Project, version: int, some: Numbers) -> tuple[Numbers, Numbers]:
    """Return all faces of a version, and the cluster of some faces (ascending) in it: `UNCLUSTERED` where they are in none."""
    loose = [one.id for one in clusters(project, version) if one.label == UNCLUSTERED]
    faces, homes = members(project, version)
    if not len(faces):
        return faces, np.full(len(some), UNCLUSTERED)
    rows = np.minimum(np.searchsorted(faces, some), len(faces) - 1)
    there = (faces[rows] == some) & ~np.isin(homes[rows], loose)
    return faces, np.where(there, homes[rows], UNCLUSTERED)
