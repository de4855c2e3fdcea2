"""The jobs on runs and logs."""

from __future__ import annotations

from functools import partial

from fairdesk.jobs.kinds import JobKind, Needs

_Job = partial(JobKind, domain="fairdesk.runs", needs=Needs.FOLDERS, after_stop="")

JOBS = [
    _Job(
        "animate", "Export an animation", "params:AnimateParams", "results:AnimateResult", "animation:export_animation",
        positional=("run",),
    ),
    _Job("compare", "Compare runs", "params:CompareParams", "results:CompareResult", "run_comparison:compare_runs", positional=("runs",)),
    _Job("runs", "List runs", "params:RunsParams", "results:RunsResult", "run_comparison:list_all_runs", positional=("folder",)),
    _Job(
        "curves", "Read a training log", "params:CurvesParams", "results:CurvesResult", "curve_export:export_curves",
        positional=("log",),
    ),
]  # fmt: skip
