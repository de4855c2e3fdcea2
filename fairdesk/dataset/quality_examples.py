"""The faces at a threshold, so that a person sees what a limit means."""

from __future__ import annotations

import numpy as np

from fairdesk.project import Project
from fairdesk.project.image_queries import Ids
from fairdesk.project.quality import values


def at_the_cut(project: Project, measure: str, cut: float | None, detector: str, count: int = 24) -> Ids:
    """Return the images whose measure lies nearest to a cut, half on either side where there are as many, in order."""
    if cut is None:
        return np.empty(0, dtype=np.int64)
    ids, found = values(project, measure, detector)
    order = np.argsort(found, kind="stable")
    place = int(np.searchsorted(found[order], cut))
    start = max(0, min(place - count // 2, len(order) - count))
    return np.asarray(ids[order][start : start + count])
