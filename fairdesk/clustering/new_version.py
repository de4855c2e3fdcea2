"""The job that clusters a project's faces, or an array, and keeps the result as a new version."""

from __future__ import annotations

import json
import time

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.cluster_files import save_clusters, write_clusters
from fairdesk.clustering.methods import Clustered, by_size, cluster_vectors
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.results import Agreement, ClusterResult
from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.project import Project
from fairdesk.project import label_basis as basis
from fairdesk.project.npz import NOT_NPZ, open_npz


def cluster_faces(params: ClusterParams, context: Context) -> ClusterResult:
    """Job: cluster the project's vectors, or those of an .npz."""
    return _run_array(params, context) if params.vectors is not None else _run_project(params, context)


def _identities(project: Project, faces: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    known: dict[int, int] = dict(
        project.db.rows("SELECT face_id, ifnull(identity_id, -1) FROM face_label WHERE face_id IN (SELECT value FROM json_each(?))",
                        (json.dumps(faces.tolist()),))
    )  # fmt: skip
    return np.array([known.get(int(face), -1) for face in faces], dtype=np.int64)


def _shown(
    project: Project, faces: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Leave out the faces of hidden images."""
    rows = project.db.rows("SELECT f.id FROM face f JOIN image i ON i.id = f.image_id WHERE i.hidden = 1")
    keep = ~np.isin(faces, np.array([row[0] for row in rows], dtype=np.int64))
    return faces[keep], vectors[keep]


def _run_project(params: ClusterParams, context: Context) -> ClusterResult:
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector)
    recipe = chosen.recipe
    context.progress(0, 3, "steps")
    faces, vectors = _shown(project, *project.vectors.load(recipe))
    truth = _identities(project, faces)
    people = len(np.unique(truth[truth >= 0]))
    context.check()
    found = cluster_vectors(vectors, params, recipe.metric, people if people >= 2 else None)
    labels = by_size(found.labels)
    context.check()
    context.progress(1, 3, "steps")
    known = truth >= 0
    quality = agreement(labels[known], truth[known])
    used = params.model_copy(update={"encoder": recipe.encoder, "detector": recipe.detector})
    version = _store(project, used, recipe.id, faces, labels, quality)
    if found.linkage is not None:
        _store_tree(project, version, found, faces)
    context.progress(2, 3, "steps")
    if params.out is not None:
        write_clusters(project, version, params.out)
        context.artifact(params.out)
    context.progress(3, 3, "steps")
    return ClusterResult(
        clusters=int(labels.max(initial=-1)) + 1,
        noise=int((labels < 0).sum()),
        faces=len(labels),
        version=version,
        **chosen.about(),
        seed=params.seed,
        **dict(quality),
    )


def _store(
    project: Project, params: ClusterParams, recipe: int | None, faces: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64], quality: Agreement,
) -> int:  # fmt: skip
    kept = json.dumps(params.model_dump(mode="json", exclude={"out", "vectors"}))
    taken = basis.take(project)
    with project.journal.step(
        f"Cluster {len(faces):,} faces ({params.method})", target={"tab": "clustering"}
    ) as connection:
        count = connection.execute("SELECT count(*) FROM clustering").get
        connection.execute(
            "INSERT INTO clustering (name, method, params, recipe_id, created, quality, basis) VALUES (?,?,?,?,?,?,?)",
            (
                f"{count + 1}: {params.method}",
                params.method,
                kept,
                recipe,
                time.time(),
                json.dumps(quality.model_dump()),
                taken,
            ),
        )
        version = connection.last_insert_rowid()
        ids: dict[int, int] = {}
        for label in np.unique(labels).tolist():
            connection.execute("INSERT INTO cluster (clustering_id, label) VALUES (?, ?)", (version, label))
            ids[label] = connection.last_insert_rowid()
        connection.executemany(
            "INSERT INTO cluster_member VALUES (?, ?, ?)",
            ((version, face, ids[label]) for face, label in zip(faces.tolist(), labels.tolist(), strict=True)),
        )
    return int(version)


def _store_tree(project: Project, version: int, found: Clustered, faces: npt.NDArray[np.int64]) -> None:
    """Keep the dendrogram beside the version, in exports/dendrograms."""
    path = project.exports("dendrograms", f"{version}.npz")
    assert found.linkage is not None
    with path.open("wb") as file:
        np.savez_compressed(file, linkage=found.linkage, faces=faces)


def _run_array(params: ClusterParams, context: Context) -> ClusterResult:
    path = params.vectors
    assert path is not None
    try:
        with open_npz(path) as data:
            vectors = np.asarray(data["vectors"], dtype=np.float32)
            paths = data["paths"].astype(str) if "paths" in data else np.arange(len(vectors)).astype(str)
            names = data["identities"].astype(str) if "identities" in data else np.array([""] * len(vectors))
            about = {name: str(data[name]) for name in ("encoder", "detector", "recipe") if name in data}
            made = data["synthetic"].astype(bool) if "synthetic" in data else np.zeros(len(vectors), dtype=bool)
    except NOT_NPZ as error:
        raise RequestError(
            f"{path} cannot be read as embeddings: it must be an .npz with an array `vectors` ({error})."
        ) from error
    if vectors.ndim != 2 or len(paths) != len(vectors) or len(names) != len(vectors) or len(made) != len(vectors):
        raise RequestError(
            f"{path}: `vectors` has shape {vectors.shape} and there are {len(paths)} paths; they must match."
        )
    known = names != ""
    _, truth = np.unique(names, return_inverse=True)
    people = len(np.unique(names[known]))
    context.progress(0, 1, "steps")
    labels = by_size(cluster_vectors(vectors, params, "euclidean", people if people >= 2 else None).labels)
    quality = agreement(labels[known], truth[known].astype(np.int64))
    if params.out is not None:
        clusters: dict[str, list[str]] = {}
        for label, name in zip(labels.tolist(), paths.tolist(), strict=True):
            clusters.setdefault(str(label), []).append(name)
        save_clusters(params.out, clusters, set(paths[made].tolist()))
        context.artifact(params.out)
    context.progress(1, 1, "steps")
    return ClusterResult(
        clusters=int(labels.max(initial=-1)) + 1,
        noise=int((labels < 0).sum()),
        faces=len(labels),
        **about,
        seed=params.seed,
        **dict(quality),
    )
