"""All verbs, by name."""

from __future__ import annotations

from fairdesk.cli.clustering_verbs import CLUSTERING_VERBS
from fairdesk.cli.job_verbs import job_verbs
from fairdesk.cli.project_verbs import PROJECT_VERBS
from fairdesk.cli.verb import Verb
from fairdesk.cli.verdict_verbs import VERDICT_VERBS


def all_verbs() -> list[Verb]:
    """Return the verbs in alphabetical order."""
    return sorted(PROJECT_VERBS + VERDICT_VERBS + CLUSTERING_VERBS + job_verbs(), key=lambda verb: verb.name)
