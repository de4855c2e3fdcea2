"""Going back to an earlier clustering: a copy of it becomes the newest."""

from __future__ import annotations

import time
from typing import Any

from fairdesk.clustering.records import NewCluster, numbered
from fairdesk.clustering.store import add_cluster, need_version, newest_version
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.words import tr


def revert_to(project: Project, version: int) -> int:
    """Go back to an earlier clustering: a copy of it, as it is now, becomes the newest. One undoable step; returns its id.

    Raises
    ------
    RequestError
        If there is no such clustering, or it is the newest.
    """
    version = need_version(project, version)
    if version == newest_version(project):
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
        number = {}
        for old, *what in project.db.rows(
            "SELECT id, label, name, identity_id FROM cluster WHERE clustering_id = ? ORDER BY id", (version,)
        ):
            number[old] = add_cluster(connection, new, NewCluster(*what))
        connection.executemany(
            "INSERT INTO cluster_member SELECT ?, face_id, ? FROM cluster_member WHERE clustering_id = ? AND cluster_id = ?",
            ((new, made, version, old) for old, made in number.items()),
        )
    return new
