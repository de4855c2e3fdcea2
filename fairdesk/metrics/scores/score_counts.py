"""What a form says of the project while a pair list is to be scored."""

from __future__ import annotations

from fairdesk.errors import RequestError
from fairdesk.metrics.params import ScoreParams
from fairdesk.project import Project
from fairdesk.words import tr


def embeddings_to_compare(project: Project, params: ScoreParams) -> str:
    """Say whose embeddings would be compared, and which others there are; where there are none, that they come first."""
    try:
        return project.vectors.choose(params.encoder, params.detector).counted()
    except RequestError:
        return tr("There are no such embeddings yet: they are computed first.")
