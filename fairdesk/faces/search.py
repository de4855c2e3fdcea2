"""What a helper process is told of a search for faces: plain values, without what reads and checks parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairdesk.project.detector_key import DetectorKey


@dataclass(frozen=True)
class Search:
    """A detector, where its weights are, and what else is wanted of the images it looks at."""

    key: DetectorKey
    weights: Path | None = None
    download: bool = False
    quality: bool = False
