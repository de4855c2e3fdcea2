"""Resuming a run: its own parameters hold; only what leaves its steps unchanged may be given anew."""

from __future__ import annotations

from typing import Any, TypeVar

from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context
from fairdesk.jobs.params import JobParams
from fairdesk.runs.folder import RunFolder
from fairdesk.words import tr

P = TypeVar("P", bound=JobParams)
MAY_CHANGE = frozenset({
    "data", "data_b", "out", "resume", "epochs", "device", "devices", "precision", "deterministic", "patience",
    "preview_every", "checkpoint_every", "evaluate_every", "assess_every", "assess_images",
})  # fmt: skip


def resumed(params: P, run: RunFolder) -> P:
    """Return the parameters a run resumes with: its own, with what was said anew and may be.

    Raises
    ------
    RequestError
        If something was said that the run cannot take, e.g. another batch size.
    """
    model = type(params)
    kept = {key: value for key, value in run.config.get("params", {}).items() if key in model.model_fields}
    begun = model.model_validate(kept)
    said = params.model_fields_set
    for name in sorted(said - MAY_CHANGE):
        old, new = getattr(begun, name), getattr(params, name)
        if old != new:
            option = "--" + (model.model_fields[name].alias or name).replace("_", "-")
            raise RequestError(
                tr(
                    "{path} was started with {option} {old} and cannot resume with {new}. "
                    "Leave it out, or start a new run.",
                    path=run.path,
                    option=option,
                    old="unset" if old is None else old,
                    new=new,
                )
            )
    anew = {name: getattr(params, name) for name in said & MAY_CHANGE}
    return model.model_validate(kept | anew | {"resume": True})  # `out` is always said


def resume_preset(run: RunFolder) -> dict[str, Any]:
    """Return what a form starts with to resume a run: its own values, and twice the epochs once it has had all."""
    values = dict(run.config.get("params", {}))
    last, whole = run.last_step(), int(values.get("epochs", 0)) * int(run.config.get("batches_per_epoch", 0))
    if whole and last >= whole:
        values["epochs"] *= 2
    return {**values, "out": str(run.path), "resume": True}


def write_down(run: RunFolder, params: JobParams, images: int, batches: int, context: Context) -> None:
    """Keep what a resumed run resumes with in its config, and say so if its images are others than before."""
    before = run.config.get("images")
    if before is not None and before != images:
        context.message(
            tr(
                "There are {images:,} images now, {before:,} at the start: it resumes with the current ones, "
                "not exactly as an unbroken run would.",
                images=images,
                before=before,
            )
        )
    run.change({"params": params.model_dump(mode="json"), "images": images, "batches_per_epoch": batches})
