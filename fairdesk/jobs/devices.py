"""Choosing the device a job computes on. torch is imported only when the choice needs it."""

from __future__ import annotations

from fairdesk.errors import RequestError
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.params import JobParams


def choose_device(wanted: str) -> str:
    """Return "cpu", "cuda" or "mps"; "auto" takes the best there is.

    Raises
    ------
    RequestError
        If the device asked for is not there.
    """
    if wanted == "cpu":
        return "cpu"
    import torch

    have = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if have[name])
    if not have.get(wanted, False):
        raise RequestError(f"This machine has no device {wanted!r}. Use --device cpu, or auto.")
    return wanted


def device_for(kind: JobKind, params: JobParams, wanted: str) -> str:
    """Return the device of a job; torch is not even imported for one that computes without it."""
    if not kind.gpu or getattr(params, "encoder", None) == "dlib":
        return "cpu"
    return choose_device(getattr(params, "device", wanted))
