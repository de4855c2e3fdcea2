"""What a form says of the project while a clustering is asked for."""

from __future__ import annotations

from fairdesk.clustering.params import ClusterParams
from fairdesk.project import Project


def faces_to_cluster(project: Project, params: ClusterParams) -> str:
    """Say how many faces would be clustered, and whose embeddings they are."""
    return project.vectors.choose(params.encoder, params.detector).counted()
