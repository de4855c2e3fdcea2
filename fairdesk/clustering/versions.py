"""Reading clusterings: versions, their clusters, and the faces in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project import label_basis as basis

UNCLUSTERED = -1


@dataclass(frozen=True)
class Version:
    """One clustering."""

    id: int
    name: str
    method: str
    params: dict[str, Any]
    quality: dict[str, Any]
    created: float
    stale: str | None  # what changed since, or None
    recipe: str | None = None  # of the vectors; None: from a file
    encoder: str | None = None
    detector: str | None = None
    faces: int = 0


@dataclass(frozen=True)
class Cluster:
    """One cluster as a list shows it."""

    id: int
    label: int
    name: str | None
    identity: str | None
    faces: int
    cover: int | None  # a face id

    @property
    def title(self) -> str:
        """What a person reads: its name, its identity, or its number."""
        if self.name:
            return self.name
        if self.identity:
            return self.identity
        return "Unclustered" if self.label == UNCLUSTERED else f"Cluster {self.label}"


def versions(project: Project) -> list[Version]:
    """Return all clusterings, newest first."""
    out = []
    for number, name, method, params, quality, created, kept, *vectors in project.db.rows(
        "SELECT c.id, c.name, c.method, c.params, c.quality, c.created, c.basis, r.hash, r.encoder,"
        " ifnull(r.detector, json_extract(c.params, '$.detector')),"
        " (SELECT count(*) FROM cluster_member m WHERE m.clustering_id = c.id)"
        " FROM clustering c LEFT JOIN recipe r ON r.id = c.recipe_id ORDER BY c.id DESC"
    ):
        change = basis.changed_since(project, kept)
        out.append(
            Version(
                number,
                name,
                method,
                json.loads(params),
                json.loads(quality or "{}"),
                created,
                str(change) if change else None,
                *vectors,
            )
        )
    return out


def newest(project: Project, version: int | None = None) -> int:
    """Return the id asked for, or the newest. Raises `RequestError` if there is none."""
    if version is None:
        found = project.db.value("SELECT max(id) FROM clustering")
        if found is None:
            raise RequestError("The project has no clusters yet. Cluster first: fairdesk cluster PROJECT")
        return int(found)
    if project.db.value("SELECT 1 FROM clustering WHERE id = ?", (version,)) is None:
        have = ", ".join(str(row[0]) for row in project.db.rows("SELECT id FROM clustering")) or "none"
        raise RequestError(f"There is no clustering {version}. The project has: {have}")
    return version


def clusters(project: Project, version: int) -> list[Cluster]:
    """Return the clusters of a version, largest first, unclustered last."""
    rows = project.db.rows(
        "SELECT c.id, c.label, c.name, (SELECT name FROM identity WHERE id = c.identity_id), count(m.face_id), min(m.face_id)"
        " FROM cluster c LEFT JOIN cluster_member m ON m.cluster_id = c.id WHERE c.clustering_id = ? GROUP BY c.id"
        " ORDER BY c.label = -1, count(m.face_id) DESC, c.label",
        (version,),
    )
    return [Cluster(*row) for row in rows]


def find_cluster(project: Project, version: int, label: str) -> Cluster:
    """Return the cluster of a label or name. Raises `RequestError` if there is none."""
    for cluster in clusters(project, version):
        if label in (str(cluster.label), cluster.title):
            return cluster
    raise RequestError(f"Clustering {version} has no cluster {label!r}. Its labels run from -1 (unclustered) upwards.")


def faces_of(project: Project, cluster: int) -> list[int]:
    """Return the faces of a cluster, in order of id."""
    return [
        row[0]
        for row in project.db.rows(
            "SELECT face_id FROM cluster_member WHERE cluster_id = ? ORDER BY face_id", (cluster,)
        )
    ]


def face_paths(project: Project, version: int) -> list[tuple[int, int, str, Path]]:
    """Return (cluster id, label, title, image path) of each member of a version, in order of face id."""
    roots = project.roots()
    titles = {c.id: c.title for c in clusters(project, version)}
    rows = project.db.rows(
        "SELECT c.id, c.label, i.root_id, i.path FROM cluster_member m JOIN cluster c ON c.id = m.cluster_id"
        " JOIN face f ON f.id = m.face_id JOIN image i ON i.id = f.image_id WHERE m.clustering_id = ? ORDER BY m.face_id",
        (version,),
    )
    return [(cluster, label, titles[cluster], roots[root] / path) for cluster, label, root, path in rows]
