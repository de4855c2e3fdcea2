"""How well clusterings agree with who is known, as they are corrected now."""

from __future__ import annotations

import numpy as np

from fairdesk.clustering.agreement import figures
from fairdesk.clustering.known_people import known_people
from fairdesk.clustering.store import UNCLUSTERED, Version, clusters, members
from fairdesk.clustering.version_basis import verdicts_of_version
from fairdesk.project import Project
from fairdesk.project.verdict_constraints import constraints


def f1_now(project: Project, version: Version) -> float | None:
    """Return the BCubed F1 of a version against the known and confirmed identities; None where there is nobody to compare with."""
    faces, homes = members(project, version.id)
    known = known_people(project, faces, constraints(verdicts_of_version(project, version.id)))
    loose = [one.id for one in clusters(project, version.id) if one.label == UNCLUSTERED]
    there = known >= 0
    found = figures(np.where(np.isin(homes, loose), -1, homes)[there], known[there])
    return None if found is None else found.bcubed_f1
