"""The jobs that find and encode faces."""

from __future__ import annotations

from fairdesk.jobs.kinds import JobKind, Lane

_HERE = "fairdesk.faces"

JOBS = [
    JobKind(
        "detect",
        "Detect faces",
        "params:DetectParams",
        "results:DetectResult",
        "detection:find_faces",
        _HERE,
        lane=Lane.HEAVY,
        facts="face_counts:images_to_search",
    ),
    JobKind(
        "encode",
        "Compute face embeddings",
        "params:EncodeParams",
        "results:EncodeResult",
        "embedding:encode_faces",
        _HERE,
        lane=Lane.GPU,
        gpu=True,
        facts="face_counts:faces_to_encode",
    ),
]
