"""What a form says of the project while faces are to be detected or encoded. No model is imported here."""

from __future__ import annotations

from collections.abc import Sequence

from fairdesk.faces.outdated import outdated
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.project import Project
from fairdesk.project.conditions import meeting
from fairdesk.project.detections import unseen_images
from fairdesk.project.detector_key import DetectorKey
from fairdesk.words import tr, tr_n


def _unseen(project: Project, key: str, where: Sequence[str] | None) -> int:
    wanted = meeting(project, where) if where else None
    return sum(wanted is None or image.id in wanted for image in unseen_images(project, key))


def images_to_search(project: Project, params: DetectParams) -> str:
    """Say in how many images this detector, with these settings, has not looked for faces yet."""
    todo = _unseen(project, str(params.key), params.where)
    if not todo:
        return tr("This detector has searched these images already, with these settings.")
    return tr_n("{n:,} image is to be searched.", "{n:,} images are to be searched.", todo)


def faces_to_encode(project: Project, params: EncodeParams) -> str:
    """Say how many embeddings there are of the faces that would be encoded, and how many images come first."""
    made = project.vectors.of_encoder(params.encoder)
    key = params.detector or (made[0].recipe.detector if made else project.last_detector() or str(DetectorKey()))
    same = [one for one in made if one.recipe.detector == key]
    count = same[0].vectors if same else 0
    unseen = _unseen(project, key, params.where)
    lost = project.vectors.lost(same[0].recipe) if same else 0
    there = tr_n(
        "{n:,} face of {detector} has its embedding.",
        "{n:,} faces of {detector} have their embeddings.",
        count - lost,
        detector=key,
    )
    damaged = tr_n(
        "{n:,} embedding is lost with a damaged file, and is computed again.",
        "{n:,} embeddings are lost with a damaged file, and are computed again.",
        lost,
    )
    first = tr_n("{n:,} image is to be searched first.", "{n:,} images are to be searched first.", unseen)
    old = outdated(project, params.encoder, key)
    return " ".join([there, *([damaged] if lost else []), *([first] if unseen else []), *([old.text()] if old else [])])
