"""What a form offers where it asks for an encoder or a detector: those the project has."""

from __future__ import annotations

from fairdesk.faces.params import DETECTORS, DetectParams
from fairdesk.jobs.params import JobParams
from fairdesk.project import Project
from fairdesk.project.searches import searches

_ALWAYS = ("dlib", "resnet50")  # their weights are found by themselves


def vector_choices(project: Project, model: type[JobParams]) -> dict[str, list[str]]:
    """Return what can be chosen for the fields `encoder` and `detector` of a form, the newest first."""
    fields, found = model.model_fields, project.vectors.sets()
    encoders = list(dict.fromkeys(one.recipe.encoder for one in found))
    out: dict[str, list[str]] = {}
    if "encoder" in fields and fields["encoder"].json_schema_extra is None:
        out["encoder"] = list(dict.fromkeys([*encoders, *_ALWAYS]))
    if "detector" in fields and not issubclass(model, DetectParams):
        own = fields["detector"].json_schema_extra is not None  # it looks for faces itself
        known = [one.detector for one in searches(project.db)]
        out["detector"] = list(dict.fromkeys([*known, *(DETECTORS if own else ())]))
    return out
