"""The helper processes of a verb that is about to run are got ready while the verb itself is still being imported."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fairdesk.jobs.helper_server import make_ready

READY = "fairdesk.faces.ready_to_search", "fairdesk.faces.ready_to_align"


def start_early(arguments: Sequence[str]) -> None:
    """Start the server of helpers for a command line that searches with dlib's models, which take a while to load."""
    verb, *rest = arguments or [""]
    if verb not in ("detect", "encode") or {"-h", "--help"} & set(rest):
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads, which nothing here uses, spin when they begin
    if {"ray", "--engine=ray"} & set(rest):
        return
    named = [one.partition("=")[2] or after for one, after in zip(rest, [*rest[1:], ""], strict=True) if one.partition("=")[0] == "--detector"]  # fmt: skip
    detector = named[-1] if named else "hog" if verb == "detect" else _likely(rest)
    if detector.startswith("hog"):
        make_ready(ready_for(detector))


def _likely(arguments: Sequence[str]) -> str:
    """Return whose faces `encode` will take where nobody says it: a wrong guess costs a moment of another core."""
    from fairdesk.project.glance import last_detector

    found = last_detector(arguments)
    return "" if found is None else found or "hog"


def ready_for(detector: str) -> str:
    """Return the module that loads what a detector needs, to search or else to cut out faces alone."""
    return READY[0] if detector.startswith("hog") else READY[1]
