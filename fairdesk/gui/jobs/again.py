"""What a job that was stopped or has failed is started again with. No Qt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fairdesk.gui.jobs.state import JobState
from fairdesk.jobs.kinds import Home
from fairdesk.jobs.registry import modern
from fairdesk.project import Project
from fairdesk.runs.folder import LAST, RunFolder, next_run


def resumes(job: JobState) -> bool:
    """Whether starting it again resumes what it has done: a training that has kept a checkpoint."""
    out = job.spec.params.get("out")
    return job.trains and bool(out) and RunFolder(Path(str(out))).checkpoint(LAST).exists()


def started_again(job: JobState, project: Project) -> tuple[str, dict[str, Any]]:
    """Return its kind and parameters; a training is resumed, and what wants a new folder gets one."""
    name, params = modern(job.spec.kind, job.spec.params)
    if resumes(job):
        return name, params | {"resume": True}
    kind = job.kind()
    out, home = Path(str(params.get("out") or "")), kind.begins_again if kind is not None else None
    if home is Home.RUNS and out.exists():
        return name, params | {"out": str(next_run(project.folder, re.sub(r"-\d+$", "", out.name)))}
    if home is Home.SYNTHETIC and out.exists():
        return name, params | {"out": str(project.new_export("synthetic", out.name))}
    return name, params
