"""What the Clustering tab shows, worked out without Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fairdesk.clustering.store import Cluster, Version, clusters, faces_of, versions
from fairdesk.project import Project
from fairdesk.project.image_queries import GridItem, Ids, items, overview
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.words import tr, tr_n


@dataclass
class View:
    """The versions, and the clusters of the one shown."""

    vectors: bool = False
    images: bool = False
    versions: list[Version] = field(default_factory=list)
    version: Version | None = None
    clusters: list[Cluster] = field(default_factory=list)
    covers: dict[int, GridItem] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def look(project: Project, wanted: int | None) -> View:
    """Read everything the tab shows; `wanted` is a version, or None for the newest."""
    counts = overview(project)
    found = versions(project)
    chosen = next((v for v in found if v.id == wanted), found[0] if found else None)
    view = View(bool(counts["vectors"]), counts["images"] > 0, found, chosen)
    people = LabelSnapshot.read(project).people()
    view.groups = sorted(name for name in people if name is not None)
    view.names = sorted({name for named in people.values() for name, _ in named})
    if chosen is not None:
        view.clusters = clusters(project, chosen.id)
        covers = [cluster.cover for cluster in view.clusters if cluster.cover is not None]
        view.covers = items(project, "face", covers)
    return view


def faces_in(project: Project, chosen: list[Cluster]) -> Ids:
    """Return the faces of some clusters, cluster after cluster."""
    return np.array([face for cluster in chosen for face in faces_of(project, cluster.id)], dtype=np.int64)


def vectors_line(version: Version) -> str:
    """Say what a version rests on: encoder, detector, number of faces."""
    parts = [part for part in (version.encoder, version.detector) if part]
    return ", ".join([*parts, tr_n("{n:,} face", "{n:,} faces", version.faces)])


def quality_line(version: Version, shown: list[Cluster]) -> str:
    """Say how well a version did."""
    count = sum(1 for cluster in shown if cluster.label >= 0)
    loose = sum(cluster.faces for cluster in shown if cluster.label < 0)
    parts = [
        tr_n("{n:,} cluster", "{n:,} clusters", count),
        tr("{loose:,} unclustered", loose=loose),
        vectors_line(version),
    ]
    quality = version.quality
    if quality.get("bcubed_f1") is not None:
        parts.append(tr("BCubed F1 {f1:.3f}", f1=quality["bcubed_f1"]))
        if quality.get("pairwise_f1") is not None:
            parts.append(tr("pairwise F1 {f1:.3f}", f1=quality["pairwise_f1"]))
        parts.append(tr("against the known identities at the time"))
    return "  ·  ".join(parts)
