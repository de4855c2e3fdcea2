"""The child process that runs one job: `python -m fairdesk --worker JOBDIR`. No Qt here.

What takes long to import waits until the job has said that it started.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from fairdesk.errors import FairDeskError, MissingWeights, RequestError, Stopped, explain
from fairdesk.jobs.messages import CONTROL, EVENTS, LOG, JobSpec, Tail, append_line
from fairdesk.jobs.ownership import write_owner
from fairdesk.jobs.processes import PARENT, end_with, lower_priority
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.project import Project

PERIOD = 0.1  # seconds between two writes of progress, and between two looks at control.jsonl


class WorkerContext:
    """The context that writes events.jsonl and obeys control.jsonl."""

    def __init__(self, folder: Path, project: Project | None, device: str) -> None:
        self.device = device
        self._folder = folder
        self._project = project
        self._control = Tail(folder / CONTROL)
        self._events = folder / EVENTS
        self._last_progress = self._last_check = self._last_scalars = 0.0
        self._scalars: list[list[Any]] = []
        self._pending: dict[str, Any] | None = None
        self._stop = False
        self._wishes: set[str] = set()

    @property
    def project(self) -> Project:
        """The open project."""
        if self._project is None:
            raise RequestError(tr("This job needs a project."))
        return self._project

    def send(self, event: str, **values: Any) -> None:
        """Append one event; of several processes that share a job only the first tells, unless another fails."""
        if os.environ.get("RANK", "0") != "0" and event != "failed":
            return
        append_line(self._events, {"event": event, "time": time.time(), **values})

    def progress(self, done: int, total: int, unit: str = "") -> None:
        """Write progress at most ten times a second; the last one is never lost."""
        self._pending = {"done": done, "total": total, "unit": unit}
        if 0 < total <= done or time.monotonic() - self._last_progress >= PERIOD:
            self.flush()

    def scalar(self, name: str, step: int, value: float) -> None:
        """Gather points and write them ten times a second."""
        self._scalars.append([name, step, value])
        if time.monotonic() - self._last_scalars >= PERIOD:
            self.flush()

    def flush(self) -> None:
        """Write what was held back."""
        now = time.monotonic()
        if self._pending is not None:
            self.send("progress", **self._pending)
            self._pending, self._last_progress = None, now
        if self._scalars:
            self.send("scalars", points=self._scalars)
            self._scalars, self._last_scalars = [], now

    def message(self, text: str) -> None:
        """Write a message."""
        self.send("message", text=text)

    def artifact(self, path: Path) -> None:
        """Write the name of a made file."""
        self.send("artifact", path=str(path))

    def check(self) -> None:
        """Obey pause, resume and stop."""
        now = time.monotonic()
        if now - self._last_check < PERIOD:
            return
        self._last_check = now
        paused = self._obey(False)
        if paused:
            self.flush()
            self.send("paused")
            while paused:
                time.sleep(PERIOD)
                paused = self._obey(True)
            self.send("resumed")

    def asked(self, what: str) -> bool:
        """Whether it was asked for since the last call."""
        found = what in self._wishes
        self._wishes.discard(what)
        return found

    def _obey(self, paused: bool) -> bool:
        for command in self._control.read():
            match command.get("command"):
                case "pause":
                    paused = True
                case "resume":
                    paused = False
                case "stop":
                    raise Stopped
                case "sample" | "checkpoint" as wish:
                    self._wishes.add(wish)
        return paused


def run_job(folder: Path) -> int:
    """Run the job of one folder to its end and return the exit status."""
    spec = JobSpec.read(folder)
    project: Project | None = None
    context = WorkerContext(folder, None, "cpu")
    write_owner(folder)
    context.send("started", pid=os.getpid())
    try:
        from fairdesk.jobs.devices import count_devices, device_for
        from fairdesk.jobs.lanes import wanted_device
        from fairdesk.jobs.params import parse
        from fairdesk.jobs.registry import job_kind, modern
        from fairdesk.project import Project

        name, values = modern(spec.kind, spec.params)
        kind = job_kind(name)
        params = parse(kind.params, values)
        project = Project.open(spec.project) if spec.project else None
        device = device_for(kind, params, spec.device)
        if kind.gpu:  # whoever shares out the devices learns which one it took
            wanted = wanted_device(kind, params, spec.device)
            context.send("device", wanted=wanted, device=device, count=count_devices(device))
        context = WorkerContext(folder, project, device)
        result = kind.function()(params, context)
        context.flush()
        context.send("done", result=result.json_values())
        return 0
    except Stopped:
        context.flush()
        context.send("stopped")
        return 0
    except BaseException as error:
        traceback.print_exc()
        told = explain(error) or f"{type(error).__name__}: {error}"
        details = error.details if isinstance(error, MissingWeights) else None
        try:
            context.send("failed", message=told, unexpected=not isinstance(error, FairDeskError), missing=details)
        except OSError as unsent:  # the disk is full, or the folder is gone: the log is all that is left
            sys.stderr.write(tr("This could not be reported: {error}\n", error=unsent))
        return 2 if isinstance(error, RequestError) else 1
    finally:
        if project is not None:
            project.close()


def main(folder: str) -> int:
    """Entry of the worker process: everything printed goes to the job's log."""
    if PARENT in os.environ:  # torchrun's; it does not notice when the job that started it is killed
        end_with(int(os.environ[PARENT]))
    lower_priority()  # the window goes first where a job uses every core
    home = Path(folder)
    log: TextIO = (home / LOG).open("a", encoding="utf-8", errors="replace", buffering=1)
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    sys.stdout = sys.stderr = log
    faulthandler.enable(log)
    return run_job(home)
