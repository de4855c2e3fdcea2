"""The helper processes of a verb that is about to run are got ready while the verb itself is still being imported."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fairdesk.jobs.helper_server import make_ready

READY = "fairdesk.faces.ready_to_search", "fairdesk.faces.ready_to_align", "fairdesk.faces.ready_with_landmarks"
BY_LANDMARKS = "resnet50", "arcface:", "onnx:"  # encoders that align faces by them


def start_early(arguments: Sequence[str]) -> None:
    """Start the server of helpers for a command line that searches with dlib's models, which take a while to load."""
    verb, *rest = arguments or [""]
    if verb not in ("detect", "encode") or {"-h", "--help"} & set(rest):
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads, which nothing here uses, spin when they begin
    if {"ray", "--engine=ray"} & set(rest):
        return
    detector = _said(rest, "--detector") or ("hog" if verb == "detect" else _likely(rest))
    if detector.startswith("hog"):
        aligned = _said(rest, "--encoder").startswith(BY_LANDMARKS)
        make_ready(ready_for(detector, landmarks=aligned or "--quality" in rest))


def _said(arguments: Sequence[str], option: str) -> str:
    """Return what an option is given, the last time; empty if it is not there."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    values = [one.partition("=")[2] or after for one, after in pairs if one.partition("=")[0] == option]
    return values[-1] if values else ""


def _likely(arguments: Sequence[str]) -> str:
    """Return whose faces `encode` will take where nobody says it: a wrong guess costs a moment of another core."""
    from fairdesk.project.glance import last_detector

    found = last_detector(arguments)
    return "" if found is None else found or "hog"


def ready_for(detector: str, *, landmarks: bool = False) -> str:
    """Return the module that loads what a detector needs, to search (with landmarks) or else to cut out faces alone."""
    if not detector.startswith("hog"):
        return READY[1]
    return READY[2] if landmarks else READY[0]
