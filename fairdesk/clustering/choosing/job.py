"""The job that lists what each radius of DBSCAN comes to."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np

from fairdesk.clustering.agreement import Figures
from fairdesk.clustering.choosing.faces import faces_to_cluster, near
from fairdesk.clustering.choosing.following import Following
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.outcome import SAMPLE, Outcome
from fairdesk.clustering.choosing.radius import Radius, best, knee
from fairdesk.clustering.choosing.results import EpsFigures, EpsResult, EpsRow
from fairdesk.clustering.files.vector_files import read_vectors
from fairdesk.clustering.measured_in import between_faces
from fairdesk.clustering.methods.by_name import directed, unit_length, why_undirected
from fairdesk.clustering.params import EpsParams
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.words import tr


def list_radii(params: EpsParams, context: Context) -> EpsResult:
    """Job: compute the neighbours once, and what each radius comes to."""

    def pause(done: int, of: int) -> None:
        context.check()
        context.progress(done, of, tr("steps of comparing faces"))

    verdicts = None
    if params.vectors is not None:
        given = read_vectors(params.vectors)
        people = np.unique(given.names, return_inverse=True)[1].astype(np.int64)
        people[given.names == ""] = -1
        metric, given_metric = params.metric or "euclidean", "euclidean"
        there = directed(given.vectors, metric)
        scaled = unit_length(given.vectors, metric)
        following = Following(np.arange(len(people)), scaled, there, Known(people, given.groups))
        radius = Radius(scaled[there], following.known, check=pause, following=following)
        about = given.about
    else:
        chosen = choose_vectors(context, params.encoder, params.detector)
        given_metric = chosen.recipe.metric
        found = faces_to_cluster(context.project, chosen.recipe, params.metric)
        kept = near(context.project, chosen.recipe, found, params.metric, pause)
        following = found.following
        radius = Radius(found.vectors, found.known, (kept.found, kept.squared), pause, following=following)
        for line in found.contradictions:
            context.message(line)
        about, verdicts = chosen.about(), found.verdicts or None
    if following.undirected:
        context.message(why_undirected(following.undirected))
    values = radius.values(params.steps)
    outcomes: list[Outcome] = []
    for done, eps in enumerate(values):
        context.check()
        context.progress(done, len(values), tr("radii"))
        outcomes.append(radius.outcome(eps, params.min_samples))
    context.progress(len(values), len(values), tr("radii"))
    top = best(outcomes)
    return EpsResult(
        faces=len(following.faces),
        zero_vectors=following.undirected or None,
        known=int(np.count_nonzero(radius.known.known)),
        known_people=radius.known.count,
        verdicts=verdicts,
        min_samples=params.min_samples,
        knee=knee(radius.distances(params.min_samples)),
        strangers_begin=radius.begin,
        best=None if top is None else top.value,
        silhouette_sample=min(SAMPLE, radius.n) if radius.silhouettes is not None else None,
        measured_in=between_faces(params.metric or given_metric),
        rows=[_row(one) for one in outcomes],
        **about,
    )


def _row(one: Outcome) -> EpsRow:
    def said(figures: Figures) -> EpsFigures:
        return EpsFigures(**{name: None if math.isnan(value) else value for name, value in asdict(figures).items()})

    return EpsRow(
        eps=one.value,
        clusters=one.clusters,
        unclustered=one.unclustered,
        largest=one.largest,
        silhouette=one.silhouette,
        figures=None if one.quality is None else said(one.quality),
        groups={name: said(figures) for name, figures in one.groups.items()},
    )
