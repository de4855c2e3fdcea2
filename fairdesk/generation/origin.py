"""What is said of synthetic faces, inside each file and in the manifest beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairdesk import __version__
from fairdesk.images.file_facts import file_sha256


def origin(checkpoint: Path, family: str) -> dict[str, Any]:
    """Return what made a face: program, family, run, and the checkpoint by name and content."""
    said = {"made_by": f"FairDesk {__version__}", "family": family}
    if checkpoint.parent.name == "checkpoints":
        said["run"] = checkpoint.parent.parent.name
    return {**said, "checkpoint": checkpoint.name, "checkpoint_sha256": file_sha256(checkpoint)}
