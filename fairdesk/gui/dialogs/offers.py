"""What the open project has for the fields of a form: encoders, detectors, sets, groups, runs. No Qt."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from fairdesk.clustering.store import versions
from fairdesk.faces.params import DETECTORS, ENCODERS
from fairdesk.jobs.fields import Offer, said
from fairdesk.jobs.params import JobParams
from fairdesk.project import Project
from fairdesk.project.conditions import known_conditions
from fairdesk.project.detections import searches
from fairdesk.project.identities import group_counts
from fairdesk.project.sets import set_names
from fairdesk.runs.folder import runs_below

_ALWAYS = ("dlib", "resnet50")  # their weights are found by themselves


def _with_vectors(project: Project) -> list[str]:
    return list(dict.fromkeys([*(one.recipe.encoder for one in project.vectors.sets()), *_ALWAYS]))


def _encoders(project: Project) -> list[str]:
    have = _with_vectors(project)
    return [*have, *(one for one in ENCODERS if one not in have and not one.endswith(":"))]


def _detectors(project: Project) -> list[str]:
    """Return those that have looked for faces, the newest first."""
    return [one.detector for one in searches(project)]


def _runs(project: Path, wanted: Offer) -> list[str]:
    """Return the project's runs that fit, the newest first."""
    found = []
    for path, config in runs_below(project):
        translates = config.get("params", {}).get("family") == "cyclegan"
        fits = config.get("kind") == "gan" and translates == (wanted is Offer.TRANSLATOR)
        if wanted is Offer.RUN or fits:
            found.append(str(path))
    return found


_OFFERS: dict[Offer, Callable[[Project], list[str]]] = {
    Offer.ENCODER: _encoders,
    Offer.VECTORS: _with_vectors,
    Offer.DETECTOR: lambda project: list(dict.fromkeys([*_detectors(project), *DETECTORS])),
    Offer.FOUND_BY: _detectors,
    Offer.SET: set_names,
    Offer.GROUP: lambda project: [name for name, _, _ in group_counts(project) if name is not None],
    Offer.RUN: lambda project: _runs(project.folder, Offer.RUN),
    Offer.GENERATOR: lambda project: _runs(project.folder, Offer.GENERATOR),
    Offer.TRANSLATOR: lambda project: _runs(project.folder, Offer.TRANSLATOR),
    Offer.CONDITION: lambda project: [shlex.quote(word) for word in known_conditions(project)],
    Offer.VERSION: lambda project: [str(one.id) for one in versions(project)],
}


def offers_of(model: type[JobParams], project: Project | None) -> dict[str, list[str]]:
    """Return what can be chosen for each field of a model that says what it is."""
    found: dict[str, list[str]] = {}
    if project is None:
        return found
    for name, field in model.model_fields.items():
        offer = said(field, Offer)
        if offer is not None:
            found[name] = _OFFERS[offer](project)
    return found
