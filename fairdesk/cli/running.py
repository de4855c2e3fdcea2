"""Running one job in this process."""

from __future__ import annotations

import os

from fairdesk.cli.console import ConsoleContext
from fairdesk.errors import RequestError
from fairdesk.images.system_places import told_places
from fairdesk.jobs.devices import device_for
from fairdesk.jobs.fields import one_of
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.params import JobParams
from fairdesk.jobs.results import JobResult
from fairdesk.project import Project
from fairdesk.words import tr


def run_job(
    kind: JobKind, params: JobParams, project: Project | None, *, device: str = "auto", quiet: bool = False
) -> JobResult:
    """Run a job here, with progress on standard error."""
    quiet = quiet or os.environ.get("RANK", "0") != "0"  # of several processes that torchrun started the first tells
    with ConsoleContext(project, device_for(kind, params, device), quiet=quiet) as context:
        if project is not None and (odd := told_places(list(project.roots().values()))):
            context.message(odd)
        for name in params.only_for:
            if name not in params.model_fields_set or params.counts(name):
                continue
            if name not in params.refused:
                context.message(_no_effect(params, name))
            elif getattr(params, name) != type(params).model_fields[name].default:
                raise RequestError(_no_effect(params, name))
        return kind.function()(params, context)


def _no_effect(params: JobParams, name: str) -> str:
    """Say that an option means nothing beside the others, and what it needs."""
    switch, values = params.only_for[name]
    option, other = params.option(name), params.option(switch)
    said = tr(
        "{option} has no effect with {switch} {value}.", option=option, switch=other, value=getattr(params, switch)
    )
    return said + " " + tr("It needs {switch} {values}.", switch=other, values=one_of(values))
