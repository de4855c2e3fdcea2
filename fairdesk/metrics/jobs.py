"""The metrics' jobs."""

from __future__ import annotations

from functools import partial

from fairdesk.jobs.kinds import JobKind, Needs
from fairdesk.metrics import params, results

_Job = partial(JobKind, domain="fairdesk.metrics")

JOBS = [
    _Job(
        "pairs", "Make a pair list", params.PairsParams, results.PairsResult, "pairing:run",
        needs=Needs.EITHER, instead="folder", facts="facts:pairs_that_exist",
    ),
    _Job("score", "Score a pair list", params.ScoreParams, results.ScoreResult, "scoring:run", gpu=True),
    _Job(
        "normalise", "Normalise scores by group", params.NormaliseParams, results.NormaliseResult, "normalising:run",
        needs=Needs.FOLDERS, positional=("scores",),
    ),
    _Job(
        "evaluate", "Compute error rates", params.EvaluateParams, results.EvaluateResult, "evaluating:run",
        needs=Needs.FOLDERS, positional=("scores",),
    ),
]  # fmt: skip
