"""How well clusterings agree with who is known, as they are corrected now."""

from __future__ import annotations

import numpy as np

from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.known_people import known_people
from fairdesk.clustering.results import Agreement
from fairdesk.clustering.store import UNCLUSTERED, Version, clusters, members
from fairdesk.clustering.version_basis import verdicts_of_version
from fairdesk.project import Project
from fairdesk.project.verdict_constraints import constraints


def quality_now(project: Project, version: Version) -> Agreement:
    """Return how well a version agrees with the known and confirmed identities, and of how many faces and people these are."""
    faces, homes = members(project, version.id)
    known = known_people(project, faces, constraints(verdicts_of_version(project, version.id)))
    loose = [one.id for one in clusters(project, version.id) if one.label == UNCLUSTERED]
    there = known >= 0
    return agreement(np.where(np.isin(homes, loose), -1, homes)[there], known[there])
