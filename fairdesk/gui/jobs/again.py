"""What a job that was stopped or has failed is started again with. No Qt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fairdesk.gui.jobs.state import JobState
from fairdesk.project import Project
from fairdesk.runs.folder import LAST, RunFolder, next_run

TRAININGS, MAKERS = ("train", "train-arcface"), ("generate", "translate")


def goes_on(job: JobState) -> bool:
    """Whether starting it again goes on with what it has done: a training that has kept a checkpoint."""
    out = job.spec.params.get("out")
    return job.spec.kind in TRAININGS and bool(out) and RunFolder(Path(str(out))).checkpoint(LAST).exists()


def params_again(job: JobState, project: Project) -> dict[str, Any]:
    """Return its parameters; a training goes on, and what wants a new folder gets one."""
    params = dict(job.spec.params)
    if goes_on(job):
        return params | {"resume": True}
    out = Path(str(params.get("out") or ""))
    if job.spec.kind in TRAININGS and out.exists():
        return params | {"out": str(next_run(project.folder, re.sub(r"-\d+$", "", out.name)))}
    if job.spec.kind in MAKERS and out.exists():
        return params | {"out": str(project.new_export("synthetic", out.name))}
    return params
