"""What the window knows of one job, and how events change it. No Qt."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fairdesk.jobs.kinds import Home, JobKind, Lane
from fairdesk.jobs.lanes import lane_of
from fairdesk.jobs.messages import JobSpec, duration
from fairdesk.jobs.registry import kind_of
from fairdesk.jobs.results import JobResult
from fairdesk.words import tr

QUEUED, RUNNING, PAUSED, STOPPING, DONE, FAILED, STOPPED = (
    "queued", "running", "paused", "stopping", "done", "failed", "stopped",
)  # fmt: skip
ENDED = frozenset({DONE, FAILED, STOPPED})
# Parameters that tell two jobs of one kind apart, the most telling first.
_TELLING = (
    "run",
    "made",
    "a",
    "pairs",
    "scores",
    "file",
    "input",
    "folder",
    "method",
    "encoder",
    "detector",
    "backend",
)


@dataclass
class JobState:
    """One job as the dock shows it."""

    id: str
    folder: Path
    spec: JobSpec
    state: str = QUEUED
    done: int = 0
    total: int = 0
    unit: str = ""
    message: str = ""
    unexpected: bool = True  # of a failure: a fault of the program's own, so that its log says more than the message
    messages: list[str] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)
    result: dict[str, Any] | None = None
    exit_code: int | None = None
    missing: dict[str, Any] | None = None  # weights that a download would bring
    pid: int | None = None
    started: float | None = None
    ended: float | None = None
    places: frozenset[str] = frozenset()  # what it holds while it runs (see scheduling)
    device: tuple[str, str, int] | None = None  # what it asked for, what it was given, how many there are
    position: int = 0  # in the queue, counted from 1; 0 where it does not wait
    behind: str = ""  # what it waits for
    _marks: list[tuple[float, int]] = field(default_factory=list)
    _since: float = 0.0  # that it is at what it does
    _at: float = 0.0  # of the last report

    @property
    def finished(self) -> bool:
        """Whether the job has ended, however."""
        return self.state in ENDED

    @property
    def preview(self) -> bool:
        """Whether it only looks: a dialog shows it, and it is nothing to keep."""
        kind = self.kind()
        return kind is not None and lane_of(kind, self.spec.params) is Lane.PREVIEW

    @property
    def failed_in_words(self) -> bool:
        """Whether it failed for a reason that a person can mend; weights that are missing are asked for elsewhere."""
        return self.state == FAILED and not self.unexpected and self.missing is None

    def apply(self, event: dict[str, Any]) -> None:
        """Take in one event of events.jsonl."""
        at = float(event.get("time", time.time()))
        match event.get("event"):
            case "started":
                self.state = RUNNING
                self.pid = event.get("pid")
                self.started = at
            case "placed":
                self.places = frozenset(str(place) for place in event["places"])
            case "device":
                self.device = str(event["wanted"]), str(event["device"]), int(event["count"])
            case "progress":
                done = int(event["done"])
                if done < self.done or str(event["unit"]) != self.unit:
                    self._marks.clear()
                if str(event["unit"]) != self.unit:
                    self._since = at
                self._at = at
                self.done, self.total, self.unit = done, int(event["total"]), str(event["unit"])
                self._marks = [*self._marks[-49:], (at, self.done)]
            case "message":
                self.message = str(event["text"])
                self.messages.append(self.message)
            case "artifact":
                self.artifacts.append(str(event["path"]))
            case "paused":
                self.state = PAUSED
            case "resumed":
                self.state = RUNNING
                self._marks.clear()
            case "done":
                self.state, self.result, self.ended = DONE, event["result"], at
            case "stopped":
                self.state, self.ended = STOPPED, at
            case "failed":
                self.state, self.message, self.ended = FAILED, str(event["message"]), at
                self.missing, self.unexpected = event.get("missing"), bool(event.get("unexpected", True))

    def kind(self) -> JobKind | None:
        """Return the job's descriptor; None for a kind that is not known here."""
        return kind_of(self.spec)

    @property
    def title(self) -> str:
        """What it is called, in the language in use."""
        return tr(self.spec.title)

    @property
    def subject(self) -> str:
        """What it works on and with, in a few words: two jobs of one kind are told apart by it."""
        told = (self.spec.params.get(name) for name in (("out",) if self.trains else _TELLING))
        return ", ".join([os.path.basename(text.rstrip("/\\")) for text in told if text and isinstance(text, str)][:2])

    @property
    def trains(self) -> bool:
        """Whether it makes a run that can be resumed."""
        kind = self.kind()
        return kind is not None and kind.begins_again is Home.RUNS

    def typed_result(self) -> JobResult | None:
        """Return the result as its job's model, or None where there is none or an earlier version's does not fit."""
        kind = self.kind()
        if self.result is None or kind is None:
            return None
        try:
            return kind.result_model().model_validate(self.result)
        except ValidationError:
            return None

    @property
    def rate(self) -> float | None:
        """Units per second over the last reports, or None while unknown."""
        if len(self._marks) < 2:
            return None
        (t0, d0), (t1, d1) = self._marks[0], self._marks[-1]
        return (d1 - d0) / (t1 - t0) if t1 > t0 and d1 > d0 else None

    @property
    def seconds_left(self) -> float | None:
        """Time left at the present rate, or None while unknown."""
        rate = self.rate
        return (self.total - self.done) / rate if rate and self.total else None

    def line(self) -> str:
        """One line on how far it is."""
        if self.state == QUEUED:
            turn = (
                tr("Waiting, number {position} in the queue", position=self.position)
                if self.position
                else tr("Waiting")
            )
            return f"{turn}: {self.behind}" if self.behind else turn
        if self.state in (RUNNING, PAUSED, STOPPING):
            parts = {PAUSED: [tr("Paused")], STOPPING: [tr("Stopping")]}.get(self.state, [])
            if self.total:
                parts.append(tr("{done:,} of {total:,} {unit}", done=self.done, total=self.total, unit=self.unit))
            elif self.unit and self._at - self._since >= 1:  # nobody knows how far it is
                parts += [self.unit, tr("{time} so far", time=duration(self._at - self._since))]
            if self.state == RUNNING and self.rate is not None:
                parts.append(f"{self.rate:,.1f}/s")
            if self.state == RUNNING and self.seconds_left is not None and self.done < self.total:
                parts.append(tr("{time} left", time=duration(self.seconds_left)))
            return " · ".join(parts) or tr("Starting")
        if self.state == STOPPED and self.started is None:
            return tr("Not started")
        if self.state == FAILED:
            return tr("Failed")
        took = duration(self.ended - self.started) if self.ended and self.started else ""
        if self.state == DONE:
            return tr("Done in {time}", time=took) if took else tr("Done")
        return (
            tr("Stopped in {time}; finished work is kept", time=took) if took else tr("Stopped; finished work is kept")
        )


def log_tail(folder: Path, lines: int = 40) -> str:
    """Return the last lines of a job's log."""
    try:
        with (folder / "log").open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 64_000))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
