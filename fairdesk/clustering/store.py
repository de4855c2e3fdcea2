"""A project's clusterings: versions, their clusters and the faces in them; each correction is one undoable step.

Faces of hidden images are not counted, listed or labelled. They stay in their clusters, and go along where a whole one goes.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk.clustering.cluster_titles import own_name, told_apart
from fairdesk.clustering.records import UNCLUSTERED as UNCLUSTERED
from fairdesk.clustering.records import Cluster as Cluster
from fairdesk.clustering.records import ClusteredFace as ClusteredFace
from fairdesk.clustering.records import NewCluster as NewCluster
from fairdesk.clustering.records import NewVersion as NewVersion
from fairdesk.clustering.records import Regrouping as Regrouping
from fairdesk.clustering.records import Version as Version
from fairdesk.clustering.records import numbered
from fairdesk.clustering.verdicts.saying import say
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project import label_basis as basis
from fairdesk.project.faces import HIDDEN_FACES, IS_HIDDEN, face_paths
from fairdesk.project.identities import people_by_id, typed_name
from fairdesk.project.verdicts import Said, Verdict
from fairdesk.words import tr, tr_n

_SHOWN = f"face_id NOT IN {HIDDEN_FACES}"


def versions(project: Project) -> list[Version]:
    """Return all clusterings, newest first."""
    rows = project.db.rows(
        "SELECT id, name, method, params, quality, created, recipe_id, basis,"
        f" (SELECT count(*) FROM cluster_member m WHERE m.clustering_id = c.id AND {_SHOWN}), ifnull(note, ''),"
        " (SELECT count(*) FROM cluster k WHERE k.clustering_id = c.id AND k.label != -1 AND EXISTS"
        f" (SELECT 1 FROM cluster_member WHERE cluster_id = k.id AND {_SHOWN})),"
        " (SELECT count(*) FROM cluster_member m WHERE m.clustering_id = c.id) FROM clustering c ORDER BY id DESC"
    )
    changes = basis.changes_since(project, [row[7] for row in rows])
    out = []
    for (number, name, method, params, quality, created, recipe_id, _, faces, note, count, every), change in zip(
        rows, changes, strict=True
    ):
        said = json.loads(params)
        recipe = None if recipe_id is None else project.vectors.by_id(recipe_id)
        out.append(
            Version(
                number,
                numbered(number, name),
                method,
                said,
                json.loads(quality or "{}"),
                created,
                str(change) if change else None,
                None if recipe is None else recipe.hash,
                None if recipe is None else recipe.encoder,
                said.get("detector") if recipe is None else recipe.detector,
                faces,
                note,
                count,
                every - faces,
            )
        )
    return out


def newest_version(project: Project, recipe: int | None = None) -> int | None:
    """Return the id of the newest clustering (of a recipe's vectors, where one is named), or None where there is none."""
    found: int | None = project.db.value("SELECT max(id) FROM clustering WHERE ?1 IS NULL OR recipe_id = ?1", (recipe,))
    return found


def has_version(project: Project, version: int) -> bool:
    """Whether a clustering is there: it may have been undone since its number was read."""
    return bool(project.db.value("SELECT 1 FROM clustering WHERE id = ?", (version,)))


def need_version(project: Project, version: int | None = None) -> int:
    """Return the id asked for, or the newest. Raises `RequestError` if there is none."""
    if version is None:
        found = newest_version(project)
        if found is None:
            raise RequestError(tr("The project has no clusters yet. Cluster first: fairdesk cluster PROJECT"))
        return found
    if not has_version(project, version):
        have = ", ".join(str(row[0]) for row in project.db.rows("SELECT id FROM clustering")) or "none"
        raise RequestError(tr("There is no clustering {version}. The project has: {have}", version=version, have=have))
    return version


def clusters(project: Project, version: int, only: Sequence[int] | None = None) -> list[Cluster]:
    """Return the clusters of a version, or some by id, largest first, unclustered last; not those whose faces are all hidden."""
    rows = project.db.rows(
        "SELECT c.id, c.label, c.name, c.identity_id, count(m.face_id), min(m.face_id)"
        f" FROM cluster c LEFT JOIN cluster_member m ON m.cluster_id = c.id AND m.{_SHOWN} WHERE c.clustering_id = ?"
        f" {'' if only is None else 'AND c.id IN (SELECT value FROM json_each(?))'}"
        " GROUP BY c.id HAVING count(m.face_id) > 0 OR c.label = -1 ORDER BY c.label = -1, count(m.face_id) DESC, c.label",
        (version,) if only is None else (version, json.dumps(list(only))),
    )
    return told_apart(rows, people_by_id(project, {row[3] for row in rows if row[3] is not None}))


def faces_of(project: Project, cluster: int) -> list[int]:
    """Return the faces of a cluster, in order of id."""
    return [
        row[0]
        for row in project.db.rows(
            f"SELECT face_id FROM cluster_member WHERE cluster_id = ? AND NOT {IS_HIDDEN} ORDER BY face_id",
            (cluster,),
        )
    ]


def clustered_faces(project: Project, version: int) -> list[ClusteredFace]:
    """Return the faces of a version, in order of id."""
    of = {cluster.id: cluster for cluster in clusters(project, version)}
    rows = project.db.rows(
        f"SELECT face_id, cluster_id FROM cluster_member WHERE clustering_id = ? AND {_SHOWN} ORDER BY face_id",
        (version,),
    )
    paths = face_paths(project, [face for face, _ in rows])
    return [ClusteredFace(face, at, of[at].label, of[at].title, paths[face]) for face, at in rows]


def add_version(project: Project, text: str, new: NewVersion, members: Iterable[tuple[int, int]]) -> int:
    """Keep a clustering: one undoable step, named by `text`; returns its id.

    `members` are (face, place of its cluster among the new clusters).
    """
    taken = basis.take(project)
    target: dict[str, Any] = {"tab": "clustering"}
    with project.journal.step(text, target=target) as connection:
        connection.execute(
            "INSERT INTO clustering (name, method, params, recipe_id, created, quality, basis) VALUES (?,?,?,?,?,?,?)",
            (new.about or new.method, new.method, json.dumps(new.params), new.recipe, time.time(),
             json.dumps(new.quality) if new.quality else None, taken),
        )  # fmt: skip
        version = target["made"] = connection.last_insert_rowid()
        connection.execute("UPDATE clustering SET name = id || ': ' || name WHERE id = ?", (version,))
        ids = [add_cluster(connection, version, cluster) for cluster in new.clusters]
        connection.executemany(
            "INSERT INTO cluster_member VALUES (?, ?, ?)", ((version, face, ids[place]) for face, place in members)
        )
    return version


def add_cluster(connection: apsw.Connection, version: int, new: NewCluster) -> int:
    """Within a journal step: add a cluster without faces; returns its id."""
    connection.execute(
        "INSERT INTO cluster (clustering_id, label, name, identity_id) VALUES (?, ?, ?, ?)",
        (version, new.label, new.name, new.identity),
    )
    return connection.last_insert_rowid()


def note_version(project: Project, version: int, note: str) -> None:
    """Write down what a person says of a clustering; an empty note takes it away. One undoable step."""
    version = need_version(project, version)
    target = {"tab": "clustering", "version": version}
    with project.journal.step(tr("Note on clustering {version}", version=version), target=target) as connection:
        connection.execute("UPDATE clustering SET note = ? WHERE id = ?", (note.strip() or None, version))


def revert_to(project: Project, version: int) -> int:
    """Go back to an earlier clustering: a copy of it, as it is now, becomes the newest. One undoable step; returns its id.

    Raises `RequestError` if there is no such clustering, or it is the newest.
    """
    if (version := need_version(project, version)) == newest_version(project):
        raise RequestError(tr("Clustering {version} is the newest already.", version=version))
    target: dict[str, Any] = {"tab": "clustering"}
    with project.journal.step(tr("Go back to clustering {version}", version=version), target=target) as connection:
        connection.execute(
            "INSERT INTO clustering (name, method, params, recipe_id, created, quality, basis, note)"
            " SELECT name, method, params, recipe_id, ?, quality, basis, note FROM clustering WHERE id = ?",
            (time.time(), version),
        )
        new = target["made"] = connection.last_insert_rowid()
        name = connection.execute("SELECT name FROM clustering WHERE id = ?", (new,)).get
        title = f"{numbered(new, str(name))} ({tr('as {version}', version=version)})"
        connection.execute("UPDATE clustering SET name = ? WHERE id = ?", (title, new))
        old = "SELECT id, label, name, identity_id FROM cluster WHERE clustering_id = ? ORDER BY id"
        for cluster, *what in project.db.rows(old, (version,)):
            connection.execute(
                "INSERT INTO cluster_member SELECT ?, face_id, ? FROM cluster_member WHERE clustering_id = ? AND cluster_id = ?",
                (new, add_cluster(connection, new, NewCluster(*what)), version, cluster),
            )
    return new


def cluster_names(project: Project, version: int) -> dict[int, NewCluster]:
    """Return what each cluster of a version that has a name or an identity is called, to be carried to another version."""
    rows = project.db.rows(
        "SELECT id, label, name, identity_id FROM cluster WHERE clustering_id = ?"
        " AND (name IS NOT NULL OR identity_id IS NOT NULL)",
        (version,),
    )
    return {number: NewCluster(label, name, identity) for number, label, name, identity in rows}


def version_of(project: Project, cluster: int) -> int | None:
    """Return the version that a cluster is of; None where it is gone."""
    found: int | None = project.db.value("SELECT clustering_id FROM cluster WHERE id = ?", (cluster,))
    return found


def method_of(project: Project, version: int) -> str:
    """Return the method of a version."""
    return str(project.db.value("SELECT method FROM clustering WHERE id = ?", (version,)))


def recipe_of(project: Project, version: int) -> int | None:
    """Return the recipe of the vectors that a version was made of; None for one from a file."""
    found: int | None = project.db.value("SELECT recipe_id FROM clustering WHERE id = ?", (version,))
    return found


def detector_of(project: Project, version: int) -> str | None:
    """Return the detector whose faces a version from a file is of; None where its vectors tell. Raises `RequestError` if it is gone."""
    params: str = project.db.value("SELECT params FROM clustering WHERE id = ?", (need_version(project, version),))
    found = json.loads(params).get("detector")
    return None if found is None else str(found)


class _Row(NamedTuple):
    version: int
    label: int


def _target(cluster: int) -> dict[str, Any]:
    return {"tab": "clustering", "cluster": cluster}


def _row(connection: apsw.Connection, cluster: int) -> _Row:
    row = connection.execute("SELECT clustering_id, label FROM cluster WHERE id = ?", (cluster,)).fetchone()
    if row is None:
        raise RequestError(tr("This cluster no longer exists."))
    return _Row(*row)


def _drop_empty(connection: apsw.Connection, version: int) -> None:
    connection.execute(
        "DELETE FROM cluster WHERE clustering_id = ? AND label != -1"
        " AND NOT EXISTS (SELECT 1 FROM cluster_member WHERE cluster_id = cluster.id)",
        (version,),
    )


def rename_cluster(project: Project, cluster: int, name: str) -> None:
    """Give a cluster a name of its own; an empty one takes it away. Raises `RequestError` if it could mean another cluster."""
    name = typed_name(name)
    text = tr("Rename cluster to {name}", name=name or tr("its number"))
    with project.journal.step(text, target=_target(cluster)) as connection:
        version, _ = _row(connection, cluster)
        every = clusters(project, version)
        now = next((one for one in every if one.id == cluster), None)
        kept = now.name if now is not None and name == now.title else own_name(name, cluster, every)
        connection.execute("UPDATE cluster SET name = ? WHERE id = ?", (kept, cluster))


def merge_clusters(project: Project, keep: int, others: list[int]) -> int:
    """Move all faces of other clusters into one that keeps its name; returns how many moved.

    That they are one person is kept as a verdict, and so is what the other corrections say: the next clustering honours it.

    Raises
    ------
    RequestError
        If a cluster is gone or belongs to another version.
    """
    others = [cluster for cluster in dict.fromkeys(others) if cluster != keep]
    if not others:
        raise RequestError(tr("Choose at least two clusters to merge."))
    text = tr_n("Merge {n} cluster", "Merge {n} clusters", len(others) + 1)
    with project.journal.step(text, target=_target(keep)) as connection:
        return join_clusters(project, connection, keep, others)[0]


def join_clusters(
    project: Project, connection: apsw.Connection, keep: int, others: Sequence[int]
) -> tuple[int, list[Verdict]]:
    """Within a journal step: move all faces of other clusters into one; returns how many moved, and the verdicts replaced."""
    version, label = _row(connection, keep)
    if label == UNCLUSTERED:
        raise RequestError(
            tr(
                "Merge into a cluster, not into the unclustered faces; to remove faces from a cluster, use Remove from cluster."
            )
        )
    moved, mine, theirs, replaced = 0, faces_of(project, keep), list[int](), list[Verdict]()
    for cluster in others:
        found = _row(connection, cluster)
        if found.version != version:
            raise RequestError(tr("Clusters of two versions cannot be merged."))
        joined = faces_of(project, cluster)
        if found.label == UNCLUSTERED:
            replaced += say(project, connection, Said.CONFIRMED, joined, mine)[1]
        else:
            theirs += joined
        connection.execute("UPDATE cluster_member SET cluster_id = ? WHERE cluster_id = ?", (keep, cluster))
        moved += len(joined)
    if theirs:
        replaced += say(project, connection, Said.SAME, mine, theirs)[1]
    _drop_empty(connection, version)
    return moved, replaced


def _leave(project: Project, connection: apsw.Connection, version: int, faces: list[int]) -> None:
    """Within a journal step: say that faces are not the person of the clusters they are about to leave."""
    rows = connection.execute(
        "SELECT m.cluster_id, m.face_id FROM cluster_member m JOIN cluster c ON c.id = m.cluster_id"
        " WHERE m.clustering_id = ? AND c.label != -1 AND m.face_id IN (SELECT value FROM json_each(?))",
        (version, json.dumps(faces)),
    ).fetchall()
    leaving: dict[int, list[int]] = {}
    for cluster, face in rows:
        leaving.setdefault(int(str(cluster)), []).append(int(str(face)))
    for cluster, gone in leaving.items():
        rest = [face for face in faces_of(project, cluster) if face not in set(gone)]
        if rest:
            say(project, connection, Said.NOT, gone, rest)


def move_faces(project: Project, faces: list[int], cluster: int) -> int:
    """Move faces into another cluster of the same version; clusters left empty go. Returns how many moved."""
    with project.journal.step(tr("Move {faces}", faces=_faces(faces)), target=_target(cluster)) as connection:
        version, label = _row(connection, cluster)
        there = set(faces_of(project, cluster))
        coming = [face for face in faces if face not in there]
        _leave(project, connection, version, coming)
        moved = _move(connection, version, faces, cluster)
        if label != UNCLUSTERED:
            say(project, connection, Said.CONFIRMED, coming, there)
        _drop_empty(connection, version)
    return moved


def split_faces(project: Project, version: int, faces: list[int]) -> int:
    """Put faces into a new cluster of their own and return its id; that of their own where they are all of one already.

    Where they are all faces of just one cluster that has a name, or of several of one person, that cluster (the largest) takes them: its name stays.
    """
    homes = list(set(homes_of(project, version, faces, hidden=True).values()))
    there = [one for one in clusters(project, version, homes) if one.label != UNCLUSTERED]
    whole = [one for one in there if set(faces_of(project, one.id)) <= set(faces)]
    for one in whole:
        if one.faces == len(set(faces)):
            return one.id
    named = [one for one in whole if one.name or one.identity]  # the largest first
    one_name = len({one.who for one in named}) == 1
    with project.journal.step(
        tr("Split off {faces}", faces=_faces(faces)), target={"tab": "clustering", "version": version}
    ) as connection:
        cluster = named[0].id if one_name else new_cluster(connection, version)
        there_already = set(faces_of(project, cluster))
        _leave(project, connection, version, [face for face in faces if face not in there_already])
        _move(connection, version, faces, cluster)
        if len(faces) > 1:
            say(project, connection, Said.CONFIRMED, faces)
        _drop_empty(connection, version)
    return cluster


def _faces(faces: list[int]) -> str:
    return tr_n("{n:,} face", "{n:,} faces", len(faces))


def _move(connection: apsw.Connection, version: int, faces: list[int], cluster: int) -> int:
    connection.execute(
        "UPDATE cluster_member SET cluster_id = ? WHERE clustering_id = ? AND cluster_id != ?"
        " AND face_id IN (SELECT value FROM json_each(?))",
        (cluster, version, cluster, json.dumps(faces)),
    )
    return _need_moved(connection.changes())


def _need_moved(moved: int) -> int:
    if not moved:
        raise RequestError(
            tr("None of these faces could be moved: they are in that cluster already, or in another version.")
        )
    return moved


def unassign_faces(project: Project, version: int, faces: list[int]) -> int:
    """Take faces out of their clusters, into the version's unclustered faces. Returns how many moved."""
    with project.journal.step(
        tr("Remove {faces} from their cluster", faces=_faces(faces)), target={"tab": "clustering", "version": version}
    ) as connection:
        _leave(project, connection, version, faces)
        return _need_moved(put_out(project, connection, version, faces))


def put_out(project: Project, connection: apsw.Connection, version: int, faces: Iterable[int]) -> int:
    """Within a journal step: faces of a version become unclustered; returns how many were not."""
    found = connection.execute("SELECT id FROM cluster WHERE clustering_id = ? AND label = -1", (version,)).get
    if found is None:
        found = add_cluster(connection, version, NewCluster(UNCLUSTERED))
    connection.execute(
        "UPDATE cluster_member SET cluster_id = ?1 WHERE clustering_id = ?2 AND cluster_id != ?1"
        " AND face_id IN (SELECT value FROM json_each(?3))",
        (found, version, json.dumps(list(faces))),
    )
    moved = connection.changes()
    _drop_empty(connection, version)
    return int(moved)


def place_faces(project: Project, connection: apsw.Connection, version: int, faces: Sequence[int], cluster: int) -> int:
    """Within a journal step: put faces into a cluster, those that the version lacks too; returns how many were not in it."""
    wanted = json.dumps(list(faces))
    connection.execute(
        "UPDATE cluster_member SET cluster_id = ?1 WHERE clustering_id = ?2 AND cluster_id != ?1"
        " AND face_id IN (SELECT value FROM json_each(?3))",
        (cluster, version, wanted),
    )
    moved = connection.changes()
    connection.execute(
        "INSERT OR IGNORE INTO cluster_member SELECT ?1, value, ?2 FROM json_each(?3)", (version, cluster, wanted)
    )
    moved += connection.changes()
    _drop_empty(connection, version)
    return int(moved)


def new_cluster(connection: apsw.Connection, version: int) -> int:
    """Within a journal step: add an empty cluster with the next free label; returns its id."""
    label = connection.execute("SELECT ifnull(max(label), -1) + 1 FROM cluster WHERE clustering_id = ?", (version,)).get
    assert isinstance(label, int)
    return add_cluster(connection, version, NewCluster(label))


def regroup(project: Project, connection: apsw.Connection, version: int, moves: Sequence[Regrouping]) -> list[int]:
    """Within a journal step: move faces between clusters, those that become unclustered last; clusters left empty go.

    Returns the cluster that each of the moves went to.
    """
    went: list[int] = []
    for target, faces in sorted(moves, key=lambda one: one.cluster == UNCLUSTERED):
        if target == UNCLUSTERED:
            put_out(project, connection, version, faces)
            went.append(UNCLUSTERED)
            continue
        if target is None:
            target = new_cluster(connection, version)
        connection.execute(
            "UPDATE cluster_member SET cluster_id = ? WHERE clustering_id = ?"
            " AND face_id IN (SELECT value FROM json_each(?))",
            (target, version, json.dumps(faces)),
        )
        went.append(target)
    _drop_empty(connection, version)
    return went


def members(project: Project, version: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the faces of a version, ascending, and the cluster of each."""
    rows = project.db.rows(
        f"SELECT face_id, cluster_id FROM cluster_member WHERE clustering_id = ? AND {_SHOWN} ORDER BY face_id",
        (version,),
    )
    found = np.fromiter(itertools.chain.from_iterable(rows), dtype=np.int64, count=2 * len(rows)).reshape(-1, 2)
    return found[:, 0].copy(), found[:, 1].copy()


def membership(project: Project, version: int) -> dict[int, int]:
    """Return the cluster of each face of a version."""
    faces, homes = members(project, version)
    return dict(zip(faces.tolist(), homes.tolist(), strict=True))


def homes_of(project: Project, version: int, faces: Sequence[int], *, hidden: bool = False) -> dict[int, int]:
    """Return the clusters of some faces of a version, of those on hidden images only if asked for."""
    rows = project.db.rows(
        "SELECT face_id, cluster_id FROM cluster_member WHERE clustering_id = ?"
        f" AND face_id IN (SELECT value FROM json_each(?)) AND (? OR NOT {IS_HIDDEN})",
        (version, json.dumps(list(faces)), hidden),
    )
    return dict(rows)


def named_cluster(connection: apsw.Connection, cluster: int, identity: int | None) -> int:
    """Within a journal step: a cluster is an identity from here on, and has no other name. Returns its label."""
    connection.execute("UPDATE cluster SET identity_id = ?, name = NULL WHERE id = ?", (identity, cluster))
    return _row(connection, cluster).label


def is_loose(connection: apsw.Connection, cluster: int) -> bool:
    """Within a journal step: whether a cluster is the unclustered faces. Raises `RequestError` where there is none."""
    return _row(connection, cluster).label == UNCLUSTERED
