"""A cluster by what a person types: its label, or its name."""

from __future__ import annotations

from fairdesk.clustering.cluster_titles import label_in
from fairdesk.clustering.records import UNCLUSTERED, Cluster
from fairdesk.clustering.store import clusters
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.words import tr

_LISTED = 12  # labels


def _listed(labels: list[int]) -> str:
    """Return labels in order, of many the first and the last."""
    ordered = [tr("-1 (unclustered)") if label == UNCLUSTERED else str(label) for label in sorted(labels)]
    return ", ".join(ordered if len(ordered) <= _LISTED else [*ordered[: _LISTED - 2], "…", ordered[-1]])


def find_cluster(project: Project, version: int, label: str) -> Cluster:
    """Return the cluster of a label or name; a number is always a label, whatever clusters are called.

    Raises
    ------
    RequestError
        If there is none, or several have the name.
    """
    every = clusters(project, version)
    called = [one for one in every if label == one.title]
    meant = label_in(label)
    found = called if meant is None else [one for one in every if one.label == meant]
    if len(found) == 1:
        return found[0]
    if not found and called:
        raise RequestError(
            tr(
                "Clustering {version} has no cluster {label!r}: a number is a cluster's label. One is called so; give its label: {labels}.",
                version=version,
                label=label,
                labels=_listed([one.label for one in called]),
            )
        )
    if found:
        labels = ", ".join(str(one.label) for one in found)
        raise RequestError(
            tr("Several clusters are called {name!r}. Give a label: {labels}.", name=label, labels=labels)
        )
    raise RequestError(
        tr(
            "Clustering {version} has no cluster {label!r}. It has: {labels}.",
            version=version,
            label=label,
            labels=_listed([one.label for one in every]),
        )
    )
