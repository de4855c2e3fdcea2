"""Running one job in this process."""

from __future__ import annotations

import os
from typing import Any

from fairdesk.cli.console import ConsoleContext
from fairdesk.jobs.devices import device_for
from fairdesk.jobs.registry import job_kind
from fairdesk.project import Project

Result = dict[str, Any]


def run_job(name: str, params: Any, project: Project | None, *, device: str = "auto", quiet: bool = False) -> Result:
    """Run a job here, with progress on standard error."""
    kind = job_kind(name)
    quiet = quiet or os.environ.get("RANK", "0") != "0"  # of several processes that torchrun started the first tells
    with ConsoleContext(project, device_for(kind, params, device), quiet=quiet) as context:
        return kind.function()(params, context)
