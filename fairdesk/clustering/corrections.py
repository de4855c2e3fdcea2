"""What a person does to clusters: each verb is one undoable step."""

from __future__ import annotations

import json
from typing import Any

import apsw

from fairdesk.clustering.results import NamedResult
from fairdesk.clustering.versions import UNCLUSTERED
from fairdesk.dataset.identities import label_ids, same_faces
from fairdesk.errors import RequestError
from fairdesk.project import Project


def _target(cluster: int) -> dict[str, Any]:
    return {"tab": "clustering", "cluster": cluster}


def _row(connection: apsw.Connection, cluster: int) -> tuple[int, int, str | None]:
    """Return a cluster's version, label and name."""
    row = connection.execute("SELECT clustering_id, label, name FROM cluster WHERE id = ?", (cluster,)).fetchone()
    if row is None:
        raise RequestError("This cluster no longer exists.")
    return row[0], row[1], row[2]


def _drop_empty(connection: apsw.Connection, version: int) -> None:
    connection.execute(
        "DELETE FROM cluster WHERE clustering_id = ? AND label != -1"
        " AND NOT EXISTS (SELECT 1 FROM cluster_member WHERE cluster_id = cluster.id)",
        (version,),
    )


def rename_cluster(project: Project, cluster: int, name: str) -> None:
    """Give a cluster a name of its own; an empty one takes the name away."""
    with project.journal.step(
        f"Rename cluster to {name.strip() or 'its number'}", target=_target(cluster)
    ) as connection:
        _row(connection, cluster)
        connection.execute("UPDATE cluster SET name = ? WHERE id = ?", (name.strip() or None, cluster))


def merge_clusters(project: Project, keep: int, others: list[int]) -> int:
    """Move all faces of other clusters into one that keeps its name; returns how many moved.

    Raises
    ------
    RequestError
        If a cluster is gone or belongs to another version.
    """
    others = [cluster for cluster in dict.fromkeys(others) if cluster != keep]
    if not others:
        raise RequestError("Choose at least two clusters to merge.")
    with project.journal.step(f"Merge {len(others) + 1} clusters", target=_target(keep)) as connection:
        version, label, _ = _row(connection, keep)
        if label == UNCLUSTERED:
            raise RequestError(
                "Merge into a cluster, not into the unclustered faces; to remove faces from a cluster, use Remove from cluster."
            )
        moved = 0
        for cluster in others:
            if _row(connection, cluster)[0] != version:
                raise RequestError("Clusters of two versions cannot be merged.")
            connection.execute("UPDATE cluster_member SET cluster_id = ? WHERE cluster_id = ?", (keep, cluster))
            moved += connection.changes()
        _drop_empty(connection, version)
    return moved


def move_faces(project: Project, faces: list[int], cluster: int) -> int:
    """Move faces into another cluster of the same version; clusters left empty go. Returns how many moved."""
    with project.journal.step(f"Move {_faces(faces)}", target=_target(cluster)) as connection:
        version, _, _ = _row(connection, cluster)
        moved = _move(connection, version, faces, cluster)
        _drop_empty(connection, version)
    return moved


def split_faces(project: Project, version: int, faces: list[int]) -> int:
    """Put faces into a new cluster of their own and return its id."""
    with project.journal.step(
        f"Split off {_faces(faces)}", target={"tab": "clustering", "version": version}
    ) as connection:
        label = connection.execute(
            "SELECT ifnull(max(label), -1) + 1 FROM cluster WHERE clustering_id = ?", (version,)
        ).get
        connection.execute("INSERT INTO cluster (clustering_id, label) VALUES (?, ?)", (version, label))
        cluster = connection.last_insert_rowid()
        _move(connection, version, faces, cluster)
        _drop_empty(connection, version)
    return int(cluster)


def _faces(faces: list[int]) -> str:
    return f"{len(faces):,} face" + ("" if len(faces) == 1 else "s")


def _move(connection: apsw.Connection, version: int, faces: list[int], cluster: int) -> int:
    connection.execute(
        "UPDATE cluster_member SET cluster_id = ? WHERE clustering_id = ? AND cluster_id != ?"
        " AND face_id IN (SELECT value FROM json_each(?))",
        (cluster, version, cluster, json.dumps(faces)),
    )
    moved = connection.changes()
    if not moved:
        raise RequestError(
            "None of these faces could be moved: they are in that cluster already, or in another version."
        )
    return int(moved)


def unassign_faces(project: Project, version: int, faces: list[int]) -> int:
    """Take faces out of their clusters, into the version's unclustered faces. Returns how many moved."""
    with project.journal.step(
        f"Remove {_faces(faces)} from their cluster", target={"tab": "clustering", "version": version}
    ) as connection:
        found = connection.execute("SELECT id FROM cluster WHERE clustering_id = ? AND label = -1", (version,)).get
        if found is None:
            connection.execute("INSERT INTO cluster (clustering_id, label) VALUES (?, -1)", (version,))
            found = connection.last_insert_rowid()
        moved = _move(connection, version, faces, int(found))
        _drop_empty(connection, version)
    return moved


def name_identity(project: Project, cluster: int, name: str, group: str | None = None) -> NamedResult:
    """Turn a cluster into an identity: all its faces get the name, as said by a person.

    Without a group the identity of that name is used if there is just one; else the group that most of
    the cluster's faces have already, so that naming loses no group label.

    Raises
    ------
    RequestError
        If the name is empty or the cluster is the unclustered faces.
    """
    name = name.strip()
    if not name:
        raise RequestError("An identity needs a name.")
    with project.journal.step(f"Make a cluster the identity {name}", target=_target(cluster)) as connection:
        _, label, _ = _row(connection, cluster)
        if label == UNCLUSTERED:
            raise RequestError(
                "Unclustered faces are not one identity. First split off the faces that belong together."
            )
        chosen = group.strip() if group and group.strip() else _likely_group(connection, cluster, name)
        identity, _ = label_ids(connection, name, chosen)
        connection.execute(
            "UPDATE face SET identity_id = ?, label_source = 'person'"
            " WHERE id IN (SELECT face_id FROM cluster_member WHERE cluster_id = ?)",
            (identity, cluster),
        )
        faces = connection.changes()
        members = [
            row[0] for row in connection.execute("SELECT face_id FROM cluster_member WHERE cluster_id = ?", (cluster,))
        ]
        connection.execute(
            "UPDATE face SET identity_id = ?, label_source = 'person' WHERE id IN (SELECT value FROM json_each(?))",
            (identity, json.dumps(same_faces(project, members))),
        )
        connection.execute("UPDATE cluster SET identity_id = ?, name = NULL WHERE id = ?", (identity, cluster))
    return NamedResult(identity=name, group=chosen, faces=faces, cluster=cluster)


def _likely_group(connection: apsw.Connection, cluster: int, name: str) -> str | None:
    same = connection.execute(
        "SELECT g.name FROM identity i LEFT JOIN grp g ON g.id = i.group_id WHERE i.name = ?", (name,)
    ).fetchall()
    if len(same) == 1:
        return None if same[0][0] is None else str(same[0][0])
    row = connection.execute(
        "SELECT g.name, count(*) FROM cluster_member m JOIN face_label l ON l.face_id = m.face_id"
        " LEFT JOIN identity i ON i.id = l.identity_id JOIN grp g ON g.id = ifnull(i.group_id, l.image_group_id)"
        " WHERE m.cluster_id = ? GROUP BY g.name ORDER BY count(*) DESC, g.name LIMIT 1",
        (cluster,),
    ).fetchone()
    return None if row is None else str(row[0])
