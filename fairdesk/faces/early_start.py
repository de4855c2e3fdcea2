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
    named = [one.partition("=")[2] or after for one, after in zip(rest, [*rest[1:], ""], strict=True) if one.partition("=")[0] == "--detector"]  # fmt: skip
    detector = named[-1] if named else "hog" if verb == "detect" else ""
    if detector.startswith("hog") and not {"ray", "--engine=ray"} & set(rest):
        make_ready(ready_for(detector))


def ready_for(detector: str) -> str:
    """Return the module that loads what a detector needs, to search or else to cut out faces alone."""
    return READY[0] if detector.startswith("hog") else READY[1]
