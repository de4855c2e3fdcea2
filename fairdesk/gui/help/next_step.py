"""What to do next: the way from photographs to error rates, and how far a project is on it. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Step:
    """One step of the way; `action` is the id of the action that does it."""

    title: str
    done: bool
    told: str
    action: str


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def steps(counts: dict[str, Any] | None) -> list[Step]:
    """Return the steps in order, from a project's counts (see `project.image_queries.overview`); None: no project is open."""
    found = [
        Step(
            "Open a project",
            counts is not None,
            "A project keeps labels, faces and results; photographs stay where they are.",
            "file.new",
        )
    ]
    if counts is None:
        return found
    images, faces, encoders = counts["images"], counts["faces"], counts["vectors"]
    searched = min(counts["searched"], images)
    named = counts["identities"] > 0
    people = _count(counts["identities"], "identity", "identities") if named else "no identities yet"
    vectors = ", ".join(f"{one.vectors:,} by {one.recipe.encoder} (faces of {one.recipe.detector})" for one in encoders)
    return [
        *found,
        Step("Import images", images > 0, f"{_count(images, 'image')}, {people}" if images else "Choose a folder, an archive or a table.", "dataset.import"),
        Step("Detect faces", images > 0 and searched >= images, f"{_count(faces, 'face')} on {searched:,} of {images:,} images", "dataset.detect"),
        Step("Compute face embeddings", bool(encoders), f"Embeddings: {vectors}" if encoders else "An embedding of each face is what all comparisons are made of.", "dataset.encode"),
        Step("Name identities", named, people if named else "Cluster the faces, correct the clusters, and make them identities.", "clustering.cluster"),
        Step("Create a pair list", counts["lists"] > 0, _count(counts["lists"], "pair list") if counts["lists"] else "Genuine and impostor pairs, drawn evenly over identities.", "metrics.pairs"),
        Step("Score the list", counts["scores"] > 0, _count(counts["scores"], "score set") if counts["scores"] else "Compare the two faces of each pair.", "metrics.score"),
        Step("Compare the groups", False, "Error rates of every group at one threshold; then train or generate to bring them closer.", "view.tab_metrics"),
    ]  # fmt: skip


def next_step(found: list[Step]) -> Step:
    """Return the first step that is not done."""
    return next(step for step in found if not step.done)
