"""Which jobs may run beside which: a job's lane, and the device that it wants."""

from __future__ import annotations

from typing import Any

from fairdesk.jobs.kinds import JobKind, Lane
from fairdesk.jobs.params import JobParams


def lane_of(kind: JobKind, params: dict[str, Any]) -> Lane:
    """Return the lane of a job: a dry run is a preview, and a light job may have a parameter that makes it heavy."""
    if params.get("dry_run"):
        return Lane.PREVIEW
    if kind.lane is Lane.LIGHT and kind.heavy_with and params.get(kind.heavy_with):
        return Lane.HEAVY
    return kind.lane


def wanted_device(kind: JobKind, params: JobParams, wanted: str) -> str:
    """Return "cpu", "cuda", "mps" or "auto": what a job asks for, before it is looked up what this machine has."""
    if not kind.gpu or getattr(params, "encoder", None) == "dlib-reference":
        return "cpu"
    return str(getattr(params, "device", wanted))


def wanted_gpus(params: JobParams) -> int | None:
    """Return how many GPUs a job takes at once; None is all of them."""
    named = getattr(params, "gpu", None)  # a container's: 0, or 0,1, or all, or none
    if isinstance(named, str):
        return 0 if named == "none" else None if named == "all" else len(named.split(","))
    return int(getattr(params, "devices", 1))
