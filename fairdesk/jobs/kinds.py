"""What a job is: one descriptor, written beside the code that does the work."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, cast

from fairdesk.jobs.params import JobParams
from fairdesk.jobs.processes import Lane as Lane
from fairdesk.jobs.results import JobResult
from fairdesk.words import tr

JobFunction = Callable[[Any, Any], JobResult]


class Needs(Enum):
    """What a job works on."""

    PROJECT = "a project"
    FOLDERS = "folders and files that its parameters name"
    EITHER = "a project, or a path that stands in its place"


class Home(Enum):
    """Where a job that is started again writes to, as its first folder is there already."""

    RUNS = "runs"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class JobKind:
    """One kind of job. The registry finds it; verbs, forms, the dock and the worker read it."""

    name: str
    title: str  # imperative, as a button says it
    model: str  # of its parameters, "module:model" below the domain's package: a verb starts sooner without those of all others
    result: str  # the model of its result likewise
    run: str  # "module:function" likewise: importing the function may import models
    domain: str  # the package, "fairdesk.dataset"
    needs: Needs = Needs.PROJECT
    lane: Lane = Lane.LIGHT
    heavy_with: str = ""  # the parameter that makes a light job a heavy one, where it is given
    gpu: bool = False  # wants the GPU where there is one
    positional: tuple[str, ...] = ()  # parameters that the verb takes without an option's name
    instead: str = ""  # the parameter whose path may stand in the project's place
    of_instead: tuple[str, ...] = ()  # the parameters that are about that one alone
    without: str = ""  # the option that makes a project unneeded
    without_title: str = ""  # the title where that option is given
    without_those: tuple[str, ...] = ()  # the parameters that mean nothing then
    passes_on: str = ""  # the positional that takes the rest of the line as it is
    verb: str = ""  # where it is not the name: "train arcface"
    short: str = ""  # the title among the kinds of its choice: "DCGAN"
    choice: str = ""  # kinds with one choice are offered together, in one form with a list
    facts: str = ""  # "module:function" of (project, params): a line that the form shows while it is filled in
    asked_by: str = ""  # the dialog that asks for it and shows its result; then it has no verb and no card
    begins_again: Home | None = None
    follows_log: bool = False  # what it writes is a log whose curves can be shown while it runs
    after_stop: str = "run it again to resume"  # what to do once it was stopped; empty where nothing of it is kept then

    @cached_property
    def params(self) -> type[JobParams]:
        """The model of the job's parameters; it is imported when it is first asked for."""
        return cast(type[JobParams], self._named(self.model))

    def function(self) -> JobFunction:
        """Import and return the job's function. Only the worker and the command line call this."""
        return cast(JobFunction, self._named(self.run))

    def result_model(self) -> type[JobResult]:
        """Import and return the model of the job's result."""
        return cast(type[JobResult], self._named(self.result))

    def _named(self, place: str) -> Callable[..., Any]:
        module, _, name = place.partition(":")
        found = getattr(importlib.import_module(f"{self.domain}.{module}"), name)
        assert callable(found)
        return cast(Callable[..., Any], found)

    def facts_of(self, project: Any, params: JobParams) -> str:
        """Return what the form says of the project with these parameters; empty where the job has nothing to say."""
        if not self.facts:
            return ""
        return str(self._named(self.facts)(project, params))

    @property
    def words(self) -> str:
        """The verb as it is typed."""
        return self.verb or self.name

    @property
    def about(self) -> str:
        """One line on what it does."""
        return tr((self.params.__doc__ or self.title).strip().splitlines()[0])
