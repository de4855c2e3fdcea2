"""The job that clusters a project's faces, or an array, and keeps the result as a new version."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk import counted
from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.files.cluster_files import save_clusters, write_clusters
from fairdesk.clustering.files.vector_files import read_vectors
from fairdesk.clustering.known_people import known_people
from fairdesk.clustering.measured_in import measured_in
from fairdesk.clustering.methods.by_name import (
    Clustered,
    by_size,
    cluster_vectors,
    directed,
    unit_length,
    why_undirected,
)
from fairdesk.clustering.methods.constrained import corrected
from fairdesk.clustering.neighbours.kept import neighbours_of
from fairdesk.clustering.originals_behind import originals_behind
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.results import Agreement, ClusterResult
from fairdesk.clustering.stages import Check
from fairdesk.clustering.store import NewCluster, NewVersion, add_version
from fairdesk.clustering.vector_counts import need_faces
from fairdesk.clustering.verdicts.holding import broken_in, not_with_all
from fairdesk.clustering.verdicts.reach import reach
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.project import Project
from fairdesk.project.verdict_constraints import Constraints, constraints
from fairdesk.project.verdicts import Verdict, of_detector
from fairdesk.project.verdicts import verdicts as all_verdicts
from fairdesk.words import tr, tr_n

MANY = 5000  # faces: k-means may take longer than anybody waits without a word


def cluster_faces(params: ClusterParams, context: Context) -> ClusterResult:
    """Job: cluster the project's vectors, or those of an .npz."""
    return _run_array(params, context) if params.vectors is not None else _run_project(params, context)


def _run_project(params: ClusterParams, context: Context) -> ClusterResult:
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector)
    recipe = chosen.recipe
    faces, vectors = project.vectors.load(recipe, hidden=False)
    every = all_verdicts(project)
    verdicts = of_detector(project, every, recipe.detector)
    said = constraints(verdicts)
    kept = ~np.isin(faces, list(said.ignored))
    ignored, faces, vectors = int(np.count_nonzero(~kept)), faces[kept], vectors[kept]
    metric = params.metric or recipe.metric
    there = directed(vectors, metric)
    need_faces(project, recipe, int(there.sum()), 2)
    behind = originals_behind(faces, context)
    truth = known_people(project, faces, said)
    people = len(np.unique(truth[truth >= 0]))
    context.check()

    def near(
        scaled: npt.NDArray[np.float32], check: Check | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        kept = neighbours_of(project, recipe, faces[there], scaled, metric, check)
        return kept.found, kept.squared

    tell = _progress(context, len(faces), params, people)
    found = cluster_vectors(vectors[there], params, metric, people if people >= 2 else None, near, tell)
    raw, broken = corrected(_with_undirected(found.labels, there, context), faces, unit_length(vectors, metric), said)
    labels = by_size(raw)
    homes = {face: label for face, label in zip(faces.tolist(), labels.tolist(), strict=True) if label >= 0}
    named = {one.id for one in broken}
    broken += [one for one in broken_in(verdicts, said, homes, faces.tolist()) if one.id not in named]
    contradictions = _contradictions(said, broken)
    followed = reach(every, verdicts, said, faces.tolist(), {one.id for one in broken})
    for line in contradictions:
        context.message(line)
    context.check()
    known = truth >= 0
    quality = agreement(labels[known], truth[known])
    used = params.model_copy(update={"encoder": recipe.encoder, "detector": recipe.detector, "eps": found.eps})
    asked = _asked(params, people)
    version = _store(project, used, recipe.id, faces, labels, quality, asked)
    if found.linkage is not None:
        _store_tree(project, version, found, faces[there])
    if params.out is not None:
        write_clusters(project, version, params.out)
        context.artifact(params.out)
    tell(1, 1)
    return ClusterResult(
        clusters=int(labels.max(initial=-1)) + 1,
        noise=int((labels < 0).sum()),
        faces=len(labels),
        version=version,
        **chosen.about(),
        seed=params.seed,
        **_distance(used, metric),
        verdicts=followed.followed if verdicts or followed.unused else None,
        verdicts_partly=followed.partly or None,
        verdicts_with_most=len(not_with_all(said, homes, faces.tolist()) - {one.id for one in broken}) or None,
        verdicts_unused=followed.unused or None,
        verdict_faces_left_out=followed.faces or None,
        number_of_known=_default_number(params, people),
        clusters_asked=asked,
        clusters_before_verdicts=_count(found.labels) if asked is not None else None,
        ignored=ignored or None,
        zero_vectors=int((~there).sum()) or None,
        contradictions=contradictions,
        changed=behind.changed,
        damaged=behind.damaged,
        missing=behind.missing,
        missing_paths=behind.missing_paths,
        missing_folder=behind.missing_folder,
        **dict(quality),
    )


def _distance(used: ClusterParams, metric: str) -> dict[str, Any]:
    """Return the distance among the parameters that were used, and what it is measured in; nothing where there is none."""
    what = measured_in(used.model_dump(), metric)
    if what is None:
        return {}
    return {"measured_in": what, "distance": used.distance if used.method == "hierarchical" else used.eps}


def _default_number(params: ClusterParams, people: int) -> int | None:
    """Return how many people are known where that is the number of clusters; None where it is given, or not needed."""
    given = params.n_clusters is not None or (params.method == "hierarchical" and params.distance is not None)
    return people if params.method in ("hierarchical", "kmeans") and not given else None


def _asked(params: ClusterParams, people: int) -> int | None:
    """Return the number of clusters that a method is told to make; None where it finds it."""
    if params.method not in ("hierarchical", "kmeans") or (params.method == "hierarchical" and params.distance):
        return None
    return params.n_clusters or people


def _count(labels: npt.NDArray[np.int64]) -> int:
    return len(np.unique(labels[labels >= 0]))


def _progress(context: Context, faces: int, params: ClusterParams, people: int) -> Check:
    """Return what a method tells how far it is: as so many of the faces, so that the time left can be told; or that nobody knows."""
    if params.method == "kmeans" and faces > MANY:
        context.message(
            tr(
                "k-means goes on until no face changes its cluster; after how many rounds that is nobody knows before, "
                "so that it cannot tell how far it is. It can be stopped at any time."
            )
        )

    at_work = tr(
        "k-means, its one run: {faces} into {clusters}",
        faces=counted.faces(faces),
        clusters=counted.clusters(params.n_clusters or people),
    )

    def tell(done: int, of: int) -> None:
        context.check()
        if of:
            context.progress(faces * done // of, faces, tr("faces"))
        else:
            context.progress(0, 0, at_work)

    tell(0, 1)
    return tell


def _with_undirected(
    labels: npt.NDArray[np.int64], there: npt.NDArray[np.bool_], context: Context
) -> npt.NDArray[np.int64]:
    """Return the labels of all vectors from those that could be compared; the others are unclustered, and that is said."""
    if there.all():
        return labels
    context.message(why_undirected(int((~there).sum())))
    out = np.full(len(there), -1, dtype=np.int64)
    out[there] = labels
    return out


def _contradictions(said: Constraints, broken: list[Verdict]) -> list[str]:
    return [one.text() for one in said.contradictions] + [
        tr(
            "Verdict {verdict} could not be honoured: others keep these faces out of that person's cluster.",
            verdict=one.title,
        )
        for one in broken
    ]


def _store(
    project: Project, params: ClusterParams, recipe: int | None, faces: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64], quality: Agreement, asked: int | None,
) -> int:  # fmt: skip
    numbers, places = np.unique(labels, return_inverse=True)
    return add_version(
        project,
        tr_n("Cluster {n:,} face ({method})", "Cluster {n:,} faces ({method})", len(faces), method=params.method),
        NewVersion(
            params.method,
            params.model_dump(mode="json", exclude={"out", "vectors"}),
            [NewCluster(number) for number in numbers.tolist()],
            recipe=recipe,
            quality=quality.model_dump(),
            about=params.about(_count(labels) if asked is None else asked),
        ),
        zip(faces.tolist(), places.tolist(), strict=True),
    )


def _store_tree(project: Project, version: int, found: Clustered, faces: npt.NDArray[np.int64]) -> None:
    """Keep the dendrogram beside the version, in exports/dendrograms."""
    path = project.exports("dendrograms", f"{version}.npz")
    assert found.linkage is not None
    with path.open("wb") as file:
        np.savez_compressed(file, linkage=found.linkage, faces=faces)


def _run_array(params: ClusterParams, context: Context) -> ClusterResult:
    assert params.vectors is not None
    given = read_vectors(params.vectors)
    vectors, paths, names, made, about = given.vectors, given.paths, given.names, given.made, given.about
    known = names != ""
    _, truth = np.unique(names, return_inverse=True)
    people = len(np.unique(names[known]))
    tell = _progress(context, len(vectors), params, people)
    metric = params.metric or "euclidean"
    there = directed(vectors, metric)
    found = cluster_vectors(vectors[there], params, metric, people if people >= 2 else None, check=tell)
    labels = by_size(_with_undirected(found.labels, there, context))
    quality = agreement(labels[known], truth[known].astype(np.int64))
    if params.out is not None:
        clusters: dict[str, list[str]] = {}
        for label, name in zip(labels.tolist(), paths.tolist(), strict=True):
            clusters.setdefault(str(label), []).append(name)
        save_clusters(params.out, clusters, set(paths[made].tolist()))
        context.artifact(params.out)
    tell(1, 1)
    return ClusterResult(
        clusters=int(labels.max(initial=-1)) + 1,
        noise=int((labels < 0).sum()),
        faces=len(labels),
        zero_vectors=int((~there).sum()) or None,
        number_of_known=_default_number(params, people),
        clusters_asked=_asked(params, people),
        **about,
        **_distance(params.model_copy(update={"eps": found.eps}), metric),
        seed=params.seed,
        **dict(quality),
    )
