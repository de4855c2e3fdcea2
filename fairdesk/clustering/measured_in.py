"""What a distance of a clustering is measured in, in words: it stands beside the number wherever that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairdesk.words import mark, tr

LINKED = {
    "ward": mark("Ward's distance of two clusters"),
    "average": mark("Average distance of two clusters' faces"),
    "complete": mark("Greatest distance of two clusters' faces"),
}
SHORT = {"ward": mark("Ward's"), "average": mark("average linkage"), "complete": mark("complete linkage")}


def between_faces(metric: str) -> str:
    """Say what the distance of two faces is (epsilon of DBSCAN and graph clustering)."""
    if metric == "cosine":
        return tr("Euclidean distance of two embeddings scaled to length 1")
    return tr("Euclidean distance of two embeddings")


def between_clusters(linkage: str, metric: str, pca: float) -> str:
    """Say what the distance of two clusters is, at which a tree is cut."""
    said = tr("{which} ({faces})", which=tr(LINKED[linkage]), faces=between_faces(metric))
    return said if pca >= 1 else tr("{said}, after a PCA that keeps {share:g} of the variance", said=said, share=pca)


def axis_title(linkage: str, pca: float) -> str:
    """Say the same in a few words, for an axis."""
    which = tr(SHORT[linkage])
    if pca >= 1:
        return tr("distance of merged clusters ({which})", which=which)
    return tr("distance of merged clusters ({which}, after PCA {share:g})", which=which, share=pca)


def measured_in(params: Mapping[str, Any], metric: str) -> str | None:
    """Say what the distance among a clustering's parameters is measured in; None where it has none.

    Parameters
    ----------
    params
        Of `ClusterParams`, by name; those that are missing have their defaults.
    metric
        By which the embeddings were compared.
    """
    method = params.get("method")
    if method in ("dbscan", "graph"):
        return between_faces(metric)
    if method == "hierarchical" and params.get("distance") is not None:
        return between_clusters(params.get("linkage", "ward"), metric, params.get("pca", 0.95))
    return None
