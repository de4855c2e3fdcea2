"""Choosing the device a job computes on. torch is imported only when the choice needs it."""

from __future__ import annotations

import os
import sys

from fairdesk.errors import RequestError
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.lanes import wanted_device
from fairdesk.jobs.params import JobParams
from fairdesk.words import tr


def choose_device(wanted: str) -> str:
    """Return "cpu", "cuda" or "mps"; "auto" takes the best there is.

    Raises
    ------
    RequestError
        If the device asked for is not there.
    """
    if wanted == "cpu" or (wanted == "auto" and not _may_have_gpu()):
        return "cpu"
    import torch

    have = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if have[name])
    if not have.get(wanted, False):
        raise RequestError(tr("This machine has no device {wanted!r}. Use --device cpu, or auto.", wanted=wanted))
    return wanted


def _may_have_gpu() -> bool:
    """Whether it is worth importing torch to ask; on Linux a GPU that computes has a device file of its driver's."""
    return sys.platform != "linux" or any(os.path.exists(f"/dev/{name}") for name in ("nvidiactl", "kfd", "dxg"))


def device_for(kind: JobKind, params: JobParams, wanted: str) -> str:
    """Return the device of a job; torch is not even imported for one that computes without it."""
    return choose_device(wanted_device(kind, params, wanted))


def count_devices(device: str) -> int:
    """Return how many there are of the device that was chosen."""
    if device != "cuda":
        return 1
    import torch

    return int(torch.cuda.device_count())
