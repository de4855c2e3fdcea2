"""The job manager: lives in its own QThread, starts worker processes, tails what they say."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from copy import copy
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMetaObject, QObject, Qt, QThread, QTimer, Signal, Slot

from fairdesk.gui.jobs.state import FAILED, PAUSED, QUEUED, RUNNING, STOPPED, STOPPING, JobState
from fairdesk.jobs.messages import CONTROL, EVENTS, PID, SPEC, JobSpec, Tail, append_line
from fairdesk.jobs.registry import job_kind

TICK_MS = 100
GRACE_S = 10.0
KEPT = 40  # finished job folders kept on disk


_KEPT_RUNNING: list[subprocess.Popen[bytes]] = []  # left to run when the window closed


class _Running:
    """A started job: its process, if this window started it, and the tail of its events."""

    def __init__(self, job: JobState, process: subprocess.Popen[bytes] | None) -> None:
        self.job = job
        self.process = process
        self.tail = Tail(job.folder / EVENTS)
        self.stop_at: float | None = None


class _Runner(QObject):
    """Runs in the manager's thread."""

    updated = Signal(object)  # a copy of the JobState

    def __init__(self) -> None:
        super().__init__()
        self._queue: list[JobState] = []
        self._running: dict[str, _Running] = {}
        self._timer: QTimer | None = None
        self.cpu_slots = 1

    @Slot()
    def begin(self) -> None:
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    @Slot(object)
    def submit(self, job: JobState) -> None:
        self._queue.append(job)
        self._tell(job)
        self._fill()

    @Slot(str, str)
    def control(self, number: str, command: str) -> None:
        waiting = next((job for job in self._queue if job.id == number), None)
        if waiting is not None:
            if command == "stop":
                self._queue.remove(waiting)
                waiting.state = STOPPED
                self._tell(waiting)
            return
        running = self._running.get(number)
        if running is None:
            return
        append_line(running.job.folder / CONTROL, {"command": command})
        if command == "stop":
            running.stop_at = time.monotonic()
            running.job.state = STOPPING
            self._tell(running.job)

    @Slot(object)
    def attach(self, folders: list[Path]) -> None:
        """Find jobs again that another window left running, and tell how those ended that have."""
        for folder in folders:
            if folder.name in self._running:
                continue
            try:
                job = JobState(folder.name, folder, JobSpec.read(folder))
            except (OSError, ValueError, TypeError):
                continue
            running = _Running(job, None)
            for event in running.tail.read():
                job.apply(event)
            if not job.finished and _alive(folder):
                job.state = RUNNING if job.state == QUEUED else job.state
                self._running[job.id] = running
            elif not job.finished:
                job.state = FAILED
                job.message = "This job was cut off. What it had finished is kept; start it again to go on."
            self._tell(job)

    def _tell(self, job: JobState) -> None:
        self.updated.emit(copy(job))

    def _fill(self) -> None:
        """Start waiting jobs: one at a time, since each uses all cores; a paused one gives its place away."""
        active = sum(1 for r in self._running.values() if r.job.state != PAUSED)
        while self._queue and active < self.cpu_slots:
            self._start(self._queue.pop(0))
            active += 1

    def _start(self, job: JobState) -> None:
        job.spec.write(job.folder)
        try:
            with (job.folder / "log").open("ab") as log:
                process = subprocess.Popen(  # its own session: a signal to the window's group does not reach it
                    worker_command(job.folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
                )  # fmt: skip
        except OSError as error:
            job.state, job.message = FAILED, f"The worker could not be started: {error}"
            self._tell(job)
            return
        running = _Running(job, process)
        self._running[job.id] = running
        job.state = RUNNING
        self._tell(job)

    @Slot()
    def _tick(self) -> None:
        for running in list(self._running.values()):
            job = running.job
            ended_before_reading = self._gone(running)
            events = running.tail.read()
            for event in events:
                stopping = job.state == STOPPING
                job.apply(event)
                if stopping and not job.finished:
                    job.state = STOPPING
            if job.finished or ended_before_reading:
                self._finish(running)
            elif events:
                self._tell(job)
            if running.stop_at is not None and not job.finished:
                self._press(running, time.monotonic() - running.stop_at)
        self._fill()

    def _gone(self, running: _Running) -> bool:
        if running.process is not None:
            return running.process.poll() is not None
        return not _alive(running.job.folder)

    def _finish(self, running: _Running) -> None:
        job = running.job
        if running.process is not None:
            try:
                job.exit_code = running.process.wait(3)
            except subprocess.TimeoutExpired:
                running.process.kill()
                job.exit_code = running.process.wait()
        if not job.finished:
            if running.stop_at is not None:
                job.state = STOPPED
            else:
                job.state = FAILED
                job.message = _why_died(running)
            job.ended = time.time()
        del self._running[job.id]
        self._tell(job)

    def _press(self, running: _Running, waited: float) -> None:
        """Stop: the batch may finish for 10 s, then terminate, then kill."""
        if waited < GRACE_S:
            return
        if running.process is not None:
            running.process.terminate() if waited < GRACE_S + 3 else running.process.kill()
        else:
            _signal(running.job.folder, signal.SIGTERM if waited < GRACE_S + 3 else signal.SIGKILL)

    @Slot()
    def release(self) -> None:
        """Let running jobs go on without this window; queued ones are dropped."""
        if self._timer is not None:
            self._timer.stop()
        _KEPT_RUNNING.extend(r.process for r in self._running.values() if r.process is not None)
        self._running.clear()
        self._queue.clear()

    @Slot()
    def stop_all(self) -> None:
        """Stop everything and wait for it, at most the grace time."""
        self._queue.clear()
        for running in self._running.values():
            append_line(running.job.folder / CONTROL, {"command": "stop"})
        deadline = time.monotonic() + GRACE_S
        for running in list(self._running.values()):
            while not self._gone(running) and time.monotonic() < deadline:
                time.sleep(0.05)
            if not self._gone(running):
                _signal(running.job.folder, signal.SIGKILL)
            if running.process is not None:
                running.process.wait()
        if self._timer is not None:
            self._timer.stop()
        self._running.clear()


def worker_command(folder: Path) -> list[str]:
    """Return the program and arguments that run one job folder."""
    return [sys.executable, "-m", "fairdesk", "--worker", str(folder)]


def _pid(folder: Path) -> int | None:
    try:
        return int((folder / PID).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _alive(folder: Path) -> bool:
    """Tell whether a job's process runs (and is a worker of this folder, not another process of its number)."""
    pid = _pid(folder)
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return folder.name in command and state != "Z"


def _signal(folder: Path, number: signal.Signals) -> None:
    pid = _pid(folder)
    if pid is not None:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def _why_died(running: _Running) -> str:
    code = running.job.exit_code
    if code == -signal.SIGKILL:
        return (
            "The worker was killed (signal 9), most often for too little memory. What it had finished is kept; "
            "close other programs and start it again to go on."
        )
    how = "unknown" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"The worker ended without a result ({how}). What it had finished is kept; start it again to go on."


class JobManager(QObject):
    """The window's handle on the manager's thread. All calls return at once."""

    updated = Signal(object)  # JobState, a copy
    _submit = Signal(object)
    _control = Signal(str, str)
    _attach = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: dict[str, JobState] = {}
        self._thread = QThread()
        self._thread.setObjectName("job manager")
        self._runner = _Runner()
        self._runner.moveToThread(self._thread)
        self._thread.started.connect(self._runner.begin)
        self._submit.connect(self._runner.submit)
        self._control.connect(self._runner.control)
        self._attach.connect(self._runner.attach)
        self._runner.updated.connect(self._on_updated)
        self._thread.start()
        self._count = 0

    @Slot(object)
    def _on_updated(self, job: JobState) -> None:
        self.jobs[job.id] = job
        self.updated.emit(job)

    def submit(self, kind: str, params: dict[str, Any], project: Path | None, home: Path, device: str = "auto") -> str:
        """Queue a job and return its id; its folder is made under `home`."""
        self._count += 1
        number = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{self._count}-{kind}"
        title = job_kind(kind).title
        spec = JobSpec(kind, params, str(project) if project else None, device, title)
        job = JobState(number, home / number, spec)
        self.jobs[number] = job
        self._submit.emit(job)
        return number

    def pause(self, number: str) -> None:
        """Ask a job to pause."""
        self._control.emit(number, "pause")

    def ask(self, number: str, what: str) -> None:
        """Ask a running job for something now: "sample" or "checkpoint"."""
        self._control.emit(number, what)

    def resume(self, number: str) -> None:
        """Let a paused job go on."""
        self._control.emit(number, "resume")

    def stop(self, number: str) -> None:
        """Ask a job to stop after its batch; after 10 s it is made to."""
        self._control.emit(number, "stop")

    def find_again(self, home: Path) -> None:
        """Show the jobs of a folder, and tail those that still run."""
        if not home.is_dir():
            return
        folders = sorted(folder for folder in home.iterdir() if (folder / SPEC).exists())
        for old in folders[:-KEPT]:
            if not _alive(old):
                shutil.rmtree(old, ignore_errors=True)
        self._attach.emit(folders[-KEPT:])

    @property
    def active(self) -> list[JobState]:
        """Jobs that wait or run."""
        return [job for job in self.jobs.values() if not job.finished]

    def close(self, *, keep: bool) -> None:
        """End the manager's thread; running jobs go on (`keep`) or are stopped."""
        if not self._thread.isRunning():
            return
        slot = "release" if keep else "stop_all"
        QMetaObject.invokeMethod(self._runner, slot, Qt.ConnectionType.BlockingQueuedConnection)
        self._thread.quit()
        self._thread.wait()
