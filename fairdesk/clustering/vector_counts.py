"""What a form says of the project while a clustering is asked for."""

from __future__ import annotations

from fairdesk.clustering.params import ClusterParams
from fairdesk.project import Project
from fairdesk.words import tr_n


def faces_to_cluster(project: Project, params: ClusterParams) -> str:
    """Say how many faces would be clustered, and whose embeddings they are."""
    chosen = project.vectors.choose(params.encoder, params.detector)
    return tr_n(
        "{n:,} face has an embedding ({which}).",
        "{n:,} faces have embeddings ({which}).",
        chosen.used.vectors,
        which=chosen.named(),
    )
