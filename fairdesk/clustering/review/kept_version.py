"""Versions that a review keeps, and where their faces are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.store import UNCLUSTERED, clusters, has_version, members, versions
from fairdesk.project import Project

Numbers = npt.NDArray[np.int64]
METHOD = "review"  # of a version that a review keeps


def begun_with(project: Project, version: int) -> int:
    """Return the version that a review was begun with: of one that no review keeps, itself."""
    every = {one.id: one for one in versions(project)}
    while every[version].method == METHOD and (of := every[version].params.get("of")) in every and of < version:
        version = int(of)
    return version


def to_review(project: Project, version: int, left: tuple[int, int] | None, *, keep: bool) -> tuple[int, bool]:
    """Return the version to review, and whether a review keeps it.

    `left` is the version that an earlier review has made, and the one it was made beside: where the first is asked for
    and was taken back meanwhile, as no answer was given, it is the second.
    """
    if left is not None and left[0] == version and not has_version(project, version):
        return left[1], False
    return version, keep


def homes_in(project: Project, version: int, some: Numbers) -> tuple[Numbers, Numbers]:
    """Return all faces of a version, and the cluster of some faces (ascending) in it: `UNCLUSTERED` where they are in none."""
    loose = [one.id for one in clusters(project, version) if one.label == UNCLUSTERED]
    faces, homes = members(project, version)
    if not len(faces):
        return faces, np.full(len(some), UNCLUSTERED)
    rows = np.minimum(np.searchsorted(faces, some), len(faces) - 1)
    there = (faces[rows] == some) & ~np.isin(homes[rows], loose)
    return faces, np.where(there, homes[rows], UNCLUSTERED)
