"""What a clustering rests on: its embeddings, the detector of its faces, and what people have said of these."""

from __future__ import annotations

from fairdesk.clustering.store import detector_of, members, recipe_of
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.faces import detectors_of_faces
from fairdesk.project.recipes import StoredRecipe
from fairdesk.project.verdicts import Verdict, of_detector, verdicts
from fairdesk.words import tr


def recipe_of_version(project: Project, version: int | None) -> StoredRecipe:
    """Return the embeddings that a version is reviewed and drawn by: its own; of one from a file the newest of its faces.

    Without a version those are the newest of all.

    Raises
    ------
    RequestError
        If there are none, or they are no longer there.
    """
    if version is None:
        return project.vectors.choose().recipe
    number = recipe_of(project, version)
    if number is None:
        return project.vectors.choose(None, detector_of_version(project, version)).recipe
    recipe = project.vectors.by_id(number)
    if recipe is None:
        raise RequestError(tr("The embeddings that this clustering rests on are no longer there. Cluster again."))
    return recipe


def detector_of_version(project: Project, version: int) -> str | None:
    """Return the detector that found a version's faces; None where it has no face."""
    number = recipe_of(project, version)
    recipe = None if number is None else project.vectors.by_id(number)
    if recipe is not None:
        return recipe.detector
    found = detector_of(project, version)
    if found is None:  # it was made before this was written down
        found = next(iter(detectors_of_faces(project, members(project, version)[0][:1].tolist())), None)
    return found


def verdicts_of_version(project: Project, version: int) -> list[Verdict]:
    """Return all verdicts, as they are about a version's faces: those of its detector."""
    every = verdicts(project)
    detector = detector_of_version(project, version) if every else None
    return every if detector is None else of_detector(project, every, detector)


def basis_text(encoder: str, detector: str, recipe: str) -> str:
    """Say which embeddings of which detector's faces a result rests on."""
    return tr(
        "By the {encoder} embeddings of the faces that {detector} found ({recipe}).",
        encoder=encoder,
        detector=detector,
        recipe=recipe,
    )
