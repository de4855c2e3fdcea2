"""What to do next: the way from photographs to error rates, and how far a project is on it. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairdesk import counted
from fairdesk.words import tr, tr_n


@dataclass(frozen=True)
class Step:
    """One step of the way; `action` is the id of the action that does it."""

    title: str
    done: bool
    told: str
    action: str


def steps(counts: dict[str, Any] | None) -> list[Step]:
    """Return the steps in order, from a project's counts (see `project.image_queries.overview`); None: no project is open."""
    found = [
        Step(
            tr("Open a project"),
            counts is not None,
            tr("A project keeps labels, faces and results; photographs stay where they are."),
            "file.new",
        )
    ]
    if counts is None:
        return found
    images, faces, encoders = counts["images"], counts["faces"], counts["vectors"]
    searched, lists, scores = min(counts["searched"], images), counts["lists"], counts["scores"]
    named = counts["identities"] > 0
    people = tr("no identities yet")
    if named:
        people = tr_n("{n:,} identity", "{n:,} identities", counts["identities"])
    imported, listed, scored = tr_n("{n:,} image", "{n:,} images", images), "", ""
    if lists:
        listed = tr_n("{n:,} pair list", "{n:,} pair lists", lists)
    if scores:
        scored = tr_n("{n:,} score set", "{n:,} score sets", scores)
    vectors = ", ".join(
        tr(
            "{vectors:,} by {encoder} (faces of {detector})",
            vectors=one.vectors,
            encoder=one.named,
            detector=one.recipe.detector,
        )
        for one in encoders
    )
    return [
        *found,
        Step(
            tr("Import images"),
            images > 0,
            f"{imported}, {people}" if images else tr("Choose a folder, an archive or a table."),
            "dataset.import",
        ),
        Step(
            tr("Detect faces"),
            images > 0 and searched >= images,
            tr(
                "{faces} on {searched:,} of {images}",
                faces=tr_n("{n:,} face", "{n:,} faces", faces),
                searched=searched,
                images=counted.images(images),
            ),
            "dataset.detect",
        ),
        Step(
            tr("Compute face embeddings"),
            bool(encoders),
            tr("Embeddings: {vectors}", vectors=vectors)
            if encoders
            else tr("An embedding of each face is what all comparisons are made of."),
            "dataset.encode",
        ),
        Step(
            tr("Name identities"),
            named,
            people if named else tr("Cluster the faces, correct the clusters, and make them identities."),
            "clustering.cluster",
        ),
        Step(
            tr("Create a pair list"),
            lists > 0,
            listed or tr("Genuine and impostor pairs, drawn evenly over identities."),
            "metrics.pairs",
        ),
        Step(tr("Score the list"), scores > 0, scored or tr("Compare the two faces of each pair."), "metrics.score"),
        Step(
            tr("Compare the groups"),
            False,
            tr("Error rates of every group at one threshold; then train or generate to bring them closer."),
            "view.tab_metrics",
        ),
    ]


def next_step(found: list[Step]) -> Step:
    """Return the first step that is not done."""
    return next(step for step in found if not step.done)
