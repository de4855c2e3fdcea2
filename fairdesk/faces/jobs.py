"""The jobs that find and encode faces."""

from __future__ import annotations

from fairdesk.faces import params, results
from fairdesk.jobs.kinds import JobKind

_HERE = "fairdesk.faces"

JOBS = [
    JobKind("detect", "Find faces", params.DetectParams, results.DetectResult, "detecting:run", _HERE),
    JobKind("encode", "Encode faces", params.EncodeParams, results.EncodeResult, "encoding:run", _HERE, gpu=True),
]
