"""The jobs on recognisers."""

from __future__ import annotations

from functools import partial

from fairdesk.jobs.kinds import Home, JobKind, Lane, Needs

_Job = partial(JobKind, domain="fairdesk.training", needs=Needs.FOLDERS)

JOBS = [
    _Job(
        "train-arcface", "Train a recogniser", "params:RecogniserParams", "results:RecogniserResult", "recogniser_start:start_training",
        lane=Lane.GPU, gpu=True, positional=("data",), verb="train arcface", begins_again=Home.RUNS,
        after_stop="resume it with --resume",
    ),
    _Job(
        "export-model", "Export a network", "params:ExportModelParams", "results:ExportModelResult", "network_export:export_network",
        positional=("run",), after_stop="",
    ),
]  # fmt: skip
