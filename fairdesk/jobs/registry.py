"""Every job there is: each package of the house that has a module `jobs` lists its own there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

import fairdesk
from fairdesk.errors import RequestError
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.messages import JobSpec
from fairdesk.words import tr


@cache
def job_kinds() -> dict[str, JobKind]:
    """Return all kinds by name. Importing them imports no model library."""
    found: dict[str, JobKind] = {}
    for package in pkgutil.iter_modules(fairdesk.__path__, "fairdesk."):
        if not package.ispkg:
            continue
        home = importlib.import_module(package.name)
        if any(module.name == "jobs" and not module.ispkg for module in pkgutil.iter_modules(home.__path__)):
            for kind in importlib.import_module(f"{package.name}.jobs").JOBS:
                if kind.name in found:
                    raise ValueError(f"two jobs are called {kind.name}")
                found[kind.name] = kind
    return found


def job_kind(name: str) -> JobKind:
    """Return a kind by name. Raises `RequestError` for an unknown one."""
    try:
        return job_kinds()[name]
    except KeyError:
        raise RequestError(
            tr("There is no job called {name!r}. Known: {known}", name=name, known=", ".join(job_kinds()))
        ) from None


def kind_of(spec: JobSpec) -> JobKind | None:
    """Return the kind of a job that was kept, maybe by an earlier version; None if it is not known here."""
    try:
        return job_kinds().get(modern(spec.kind, spec.params)[0])
    except RequestError:
        return None


def choices_of(kind: JobKind) -> list[JobKind]:
    """Return the kinds that are offered in one form with this one, itself among them."""
    return [one for one in job_kinds().values() if one is kind or (kind.choice and one.choice == kind.choice)]


def modern(name: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the kind and parameters of a job that an earlier version kept: GANs were one kind with a `family`."""
    if name != "train":
        return name, params
    name = f"train-{params.get('family', 'dcgan')}"
    known = job_kind(name).params.model_fields
    return name, {key: value for key, value in params.items() if key in known}
