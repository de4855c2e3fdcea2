"""Runs jobs: keeps the queue, starts worker processes where there is room, tails what they say, makes them stop."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from copy import copy
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from fairdesk.gui.jobs import kept_queue, memory
from fairdesk.gui.jobs.scheduling import Machine, lane, places, plan
from fairdesk.gui.jobs.state import DONE, FAILED, PAUSED, QUEUED, RUNNING, STOPPED, STOPPING, JobState
from fairdesk.jobs.kinds import Lane
from fairdesk.jobs.messages import CONTROL, EVENTS, JobSpec, Tail, append_line
from fairdesk.jobs.ownership import PROCESS, worker_command, worker_of, write_owner
from fairdesk.jobs.processes import end, environment_of, set_free
from fairdesk.words import tr

TICK_MS = 100
GRACE_S, PREVIEW_GRACE_S = 10.0, 1.0
_KILLED = -9  # the exit code of a process that was killed, where there are signals

_log = logging.getLogger("fairdesk.jobs")
_kept_running: list[subprocess.Popen[bytes]] = []  # left to run when the window closed


class _Running:
    """A started job: its process, if this window started it, and the tail of its events."""

    def __init__(self, job: JobState, process: subprocess.Popen[bytes] | None) -> None:
        self.job = job
        self.process = process
        self.tail = Tail(job.folder / EVENTS)
        self.stop_at: float | None = None
        self.why = ""  # it was made to end for this reason

    def worker(self) -> psutil.Process | None:
        """Return its process, if it runs."""
        if self.process is None:
            return worker_of(self.job.folder)
        try:
            return psutil.Process(self.process.pid) if self.process.poll() is None else None
        except psutil.Error:
            return None

    def gone(self) -> bool:
        """Whether its process has ended."""
        return self.process.poll() is not None if self.process is not None else self.worker() is None

    def end(self, *, kill: bool) -> None:
        """Make it end."""
        worker = self.worker()
        if worker is not None:
            end(worker, kill=kill)


class Runner(QObject):
    """Lives in the manager's thread."""

    updated = Signal(object)  # a copy of the JobState
    waits_again = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._queue: list[JobState] = []
        self._running: dict[str, _Running] = {}
        self._timer: QTimer | None = None
        self._machine = Machine()
        self._told: dict[str, tuple[int, str]] = {}  # what each waiting job was told to wait for
        self._next_look = 0.0  # at the memory

    @Slot()
    def begin(self) -> None:
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    @Slot(object)
    def submit(self, job: JobState) -> None:
        try:
            job.spec.write(job.folder)
            append_line(job.folder / EVENTS, {"event": "queued", "time": time.time()})
        except OSError as error:
            job.state, job.message = FAILED, tr("The job's folder could not be written: {error}", error=error)
            self._tell(job)
            return
        self._queue.append(job)
        self._fill()
        if job in self._queue:
            self._keep(job.folder.parent)
            self._tell(job)

    @Slot(str, str)
    def control(self, number: str, command: str) -> None:
        waiting = next((job for job in self._queue if job.id == number), None)
        if waiting is not None:
            if command == "stop":
                self._remove(waiting)
            return
        running = self._running.get(number)
        if running is None:
            return
        append_line(running.job.folder / CONTROL, {"command": command})
        if command == "stop":
            running.stop_at = time.monotonic()
            running.job.state = STOPPING
            self._tell(running.job)

    def _remove(self, job: JobState) -> None:
        """Take a waiting job out of the queue: nothing of it was done."""
        self._queue.remove(job)
        self._keep(job.folder.parent)
        shutil.rmtree(job.folder, ignore_errors=True)
        job.state, job.position, job.behind = STOPPED, 0, ""
        job.message = tr("Removed from the queue before it began.")
        self._tell(job)
        self._fill()

    @Slot(str, int)
    def move(self, number: str, by: int) -> None:
        """Let a waiting job go some places earlier (negative) or later among those that a person sees."""
        shown = [job for job in self._queue if not job.preview]
        here = next((place for place, job in enumerate(shown) if job.id == number), None)
        if here is None or not 0 <= here + by < len(shown):
            return
        job = shown.pop(here)
        shown.insert(here + by, job)
        order = iter(shown)
        self._queue[:] = [waiting if waiting.preview else next(order) for waiting in self._queue]
        self._keep(job.folder.parent)
        self._fill()

    def _keep(self, home: Path) -> None:
        """Write the queue of a project down."""
        try:
            kept_queue.keep(home, [job.folder for job in self._queue if job.folder.parent == home and not job.preview])
        except OSError:
            _log.warning("the queue could not be saved", exc_info=True)

    @Slot(object)
    def attach(self, folders: list[Path]) -> None:
        """Find jobs again: those that run on, those that wait, and how those ended that have."""
        waiting = kept_queue.read(folders[0].parent) if folders else []
        found: dict[str, JobState] = {}
        for folder in folders:
            known = self._running.get(folder.name)
            if known is not None:
                self._tell(known.job)
                continue
            try:
                job = JobState(folder.name, folder, JobSpec.read(folder))
                running = _Running(job, None)
                for event in running.tail.read():
                    job.apply(event)
            except (OSError, ValueError, TypeError, KeyError):
                _log.warning("a job's folder cannot be read", exc_info=True)
                continue
            if job.preview:
                if worker_of(folder) is None:
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            if not job.finished and worker_of(folder) is not None:
                job.state = RUNNING if job.state == QUEUED else job.state
                self._running[job.id] = running
                if job.device is not None:
                    self._machine.learn(*job.device)
            elif not job.finished and folder.name in waiting and not (folder / PROCESS).exists():
                found[job.id] = job
                continue
            elif not job.finished:
                self._explain_end(job)
            self._tell(job)
        again = [found[name] for name in waiting if name in found]
        self._queue += [job for job in again if job not in self._queue]
        self._fill()
        for job in again:
            self._tell(job)
        if again:
            self.waits_again.emit(len(again))

    def _explain_end(self, job: JobState) -> None:
        """A job that neither runs nor waits has no end written down."""
        if (job.folder / PROCESS).exists() or job.started is not None:
            job.state = FAILED
            job.message = tr("This job was interrupted. Finished work is kept; restart it to continue.")
        else:
            job.state = STOPPED
            job.message = tr(
                "This job was queued elsewhere: by another user, on another machine, or before the project was moved. "
                "It does not start by itself; restart it if you want it."
            )

    def _tell(self, job: JobState) -> None:
        self.updated.emit(copy(job))

    def _fill(self) -> None:
        """Start the waiting jobs that find room; a paused one gives its place away."""
        if not self._queue:
            return
        held = [(r.job, r.job.places) for r in self._running.values() if r.job.state != PAUSED]
        todo = plan(self._queue, held, self._machine)
        short = memory.shortage() if self._running else ""
        homes = set()
        for job, taken in todo.start:
            if short and lane(job.spec) in (Lane.LIGHT, Lane.PREVIEW):
                todo.behind[job.id] = []
                continue
            self._queue.remove(job)
            homes.add(job.folder.parent)
            job.places = taken
            self._start(job)
        for home in homes:
            self._keep(home)
        self._tell_waiting(todo.behind, short)

    def _tell_waiting(self, behind: dict[str, list[JobState]], short: str) -> None:
        """Say to each waiting job its number and what it waits for, where that has changed."""
        number, told = 0, {}
        for job in self._queue:
            number += not job.preview
            holders = behind.get(job.id, [])
            others = [other for other in holders if not other.preview or job.preview]
            why = short
            if others:
                more, first = len(others) - 1, others[0].title
                why = (
                    tr("behind {job} and {more} more", job=first, more=more) if more else tr("behind {job}", job=first)
                )
            job.position, job.behind = (0 if job.preview else number), why
            told[job.id] = (job.position, why)
            if self._told.get(job.id) != told[job.id]:
                self._tell(job)
        self._told = told

    def _start(self, job: JobState) -> None:
        job.position, job.behind = 0, ""
        append_line(job.folder / EVENTS, {"event": "placed", "time": time.time(), "places": sorted(job.places)})
        environment = environment_of(lane(job.spec))
        gpus = sorted(place.removeprefix("cuda:") for place in job.places if place.startswith("cuda:"))
        if self._machine.gpus > 1 and gpus:
            visible = environment.get("CUDA_VISIBLE_DEVICES", "").split(",")
            chosen = [visible[int(one)] if int(one) < len(visible) and visible[0] else one for one in gpus]
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(chosen)
        try:
            with (job.folder / "log").open("ab") as log:
                process = subprocess.Popen(
                    worker_command([sys.executable], job.folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env=environment, **set_free(),
                )  # fmt: skip
        except OSError as error:
            job.state, job.message = FAILED, tr("The worker could not be started: {error}", error=error)
            self._tell(job)
            return
        write_owner(job.folder, process.pid, over=False)  # the worker does so too, a moment later
        self._running[job.id] = _Running(job, process)
        job.state = RUNNING
        _log.info("job %s started: %s", job.id, ", ".join(sorted(job.places)))
        self._tell(job)

    @Slot()
    def _tick(self) -> None:
        for running in list(self._running.values()):
            job = running.job
            ended_before_reading = running.gone()
            events = running.tail.read()
            for event in events:
                stopping = job.state == STOPPING
                job.apply(event)
                if stopping and not job.finished:
                    job.state = STOPPING
                if event.get("event") == "device":
                    self._learn(job)
            if job.finished or ended_before_reading:
                self._finish(running)
            elif events:
                self._tell(job)
            if running.stop_at is not None and not job.finished:
                self._press(running, time.monotonic() - running.stop_at)
        self._ease_memory()
        self._fill()

    def _learn(self, job: JobState) -> None:
        """A worker has told its device: what it held until that was known, it gives back."""
        assert job.device is not None
        wanted, device, count = job.device
        self._machine.learn(wanted, device, count)
        if wanted == "auto":
            choices = places(job.spec, self._machine)
            job.places = next((choice for choice in choices if choice <= job.places), choices[0])
            append_line(job.folder / EVENTS, {"event": "placed", "time": time.time(), "places": sorted(job.places)})

    def _ease_memory(self) -> None:
        """Where the memory runs out beside a heavy job, the largest light one goes: the training is worth more."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + 1.0
        light = [r for r in self._running.values() if lane(r.job.spec) in (Lane.LIGHT, Lane.PREVIEW)]
        if not light or len(light) == len(self._running) or not memory.nearly_out():
            return
        largest = max(light, key=lambda r: memory.taken_by(r.worker()))
        largest.why = tr(
            "It was ended because this machine was running out of memory while another job was at work. "
            "Restart it when that is done, or close other programs."
        )
        largest.end(kill=True)

    def _finish(self, running: _Running) -> None:
        job = running.job
        if running.process is not None:
            try:
                job.exit_code = running.process.wait(3)
            except subprocess.TimeoutExpired:
                running.end(kill=True)
                job.exit_code = running.process.wait()
        if not job.finished:
            if running.stop_at is not None:
                job.state = STOPPED
            else:
                job.state = FAILED
                job.message = running.why or _why_died(job.exit_code)
            job.ended = time.time()
        del self._running[job.id]
        _log.info("job %s ended: %s%s", job.id, job.state, f" (exit code {job.exit_code})" if job.exit_code else "")
        if job.preview and job.state in (DONE, STOPPED):
            shutil.rmtree(job.folder, ignore_errors=True)
        self._tell(job)

    def _press(self, running: _Running, waited: float) -> None:
        """Stop: the batch may finish for 10 s, then terminate, then kill. A preview has nothing to finish."""
        grace = PREVIEW_GRACE_S if running.job.preview else GRACE_S
        if waited >= grace:
            running.end(kill=waited >= grace + 3)

    @Slot(object)
    def leave(self, home: Path) -> None:
        """A project is closed: its waiting jobs are kept on disk only."""
        self._queue = [job for job in self._queue if job.folder.parent != home]

    @Slot()
    def release(self) -> None:
        """Let running jobs continue without this window, all but previews; what waits is on disk."""
        if self._timer is not None:
            self._timer.stop()
        for running in self._running.values():
            if running.job.preview:
                running.end(kill=True)
            if running.process is not None:
                _kept_running.append(running.process)
        self._running.clear()
        self._queue.clear()

    @Slot()
    def stop_all(self) -> None:
        """Stop everything that runs and wait for it, at most the grace time; what waits is on disk."""
        self._queue.clear()
        for running in self._running.values():
            append_line(running.job.folder / CONTROL, {"command": "stop"})
        deadline = time.monotonic() + GRACE_S
        for running in self._running.values():
            while not running.gone() and time.monotonic() < deadline:
                time.sleep(0.05)
            if not running.gone():
                running.end(kill=True)
            if running.process is not None:
                running.process.wait()
        if self._timer is not None:
            self._timer.stop()
        self._running.clear()


def _why_died(code: int | None) -> str:
    if code == _KILLED:
        return tr(
            "The worker was killed (signal 9), most often for lack of memory. Finished work is kept; "
            "close other programs and restart it to continue."
        )
    how = (
        tr("unknown")
        if code is None
        else tr("signal {code}", code=-code)
        if code < 0
        else tr("exit code {code}", code=code)
    )
    return tr("The worker ended without a result ({how}). Finished work is kept; restart it to continue.", how=how)
