"""The window's handle on its jobs. What runs and waits is the runner's, in a thread of its own."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMetaObject, QObject, Qt, QThread, Signal, Slot

from fairdesk.gui.jobs import kept_queue
from fairdesk.gui.jobs.runner import Runner
from fairdesk.gui.jobs.state import QUEUED, JobState
from fairdesk.jobs.messages import SPEC, JobSpec
from fairdesk.jobs.ownership import worker_of
from fairdesk.jobs.registry import job_kind

KEPT = 40  # finished job folders kept on disk
CLEARED = "cleared"  # a file in the folder of a finished job whose card was cleared


class JobManager(QObject):
    """Submits, finds again and commands jobs. All calls return at once."""

    updated = Signal(object)  # JobState, a copy
    waits_again = Signal(int)  # how many jobs that waited when their window was closed wait again
    _submit = Signal(object)
    _control = Signal(str, str)
    _attach = Signal(object)
    _move = Signal(str, int)
    _leave = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: dict[str, JobState] = {}
        self._thread = QThread()
        self._thread.setObjectName("job manager")
        self._runner = Runner()
        self._runner.moveToThread(self._thread)
        self._thread.started.connect(self._runner.begin)
        self._submit.connect(self._runner.submit)
        self._control.connect(self._runner.control)
        self._attach.connect(self._runner.attach)
        self._move.connect(self._runner.move)
        self._leave.connect(self._runner.leave)
        self._runner.updated.connect(self._on_updated)
        self._runner.waits_again.connect(self.waits_again)
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
        """Let a paused job continue."""
        self._control.emit(number, "resume")

    def stop(self, number: str) -> None:
        """Ask a job to stop after its batch; after 10 s it is made to. A waiting one leaves the queue."""
        self._control.emit(number, "stop")

    def move(self, number: str, by: int) -> None:
        """Move a waiting job some places in the queue: -1 is one earlier."""
        self._move.emit(number, by)

    def find_again(self, home: Path) -> None:
        """Show the jobs of a folder, tail those that still run, and queue those again that waited."""
        if not home.is_dir():
            return
        waiting = set(kept_queue.read(home))
        folders = sorted(folder for folder in home.iterdir() if (folder / SPEC).exists() and not folder.is_symlink())
        old = [folder for folder in folders[:-KEPT] if folder.name not in waiting]
        for folder in old:
            if worker_of(folder) is None:
                shutil.rmtree(folder, ignore_errors=True)
        self._attach.emit([folder for folder in folders if folder.exists() and not (folder / CLEARED).exists()])

    def clear_finished(self, home: Path) -> list[str]:
        """Forget the finished jobs of a project, for good; what they have written stays. Returns their ids."""
        cleared = [job for job in self.jobs.values() if job.finished and job.folder.parent == home]
        for job in cleared:
            if job.folder.is_dir():
                (job.folder / CLEARED).touch()
            del self.jobs[job.id]
        return [job.id for job in cleared]

    def leave(self, home: Path) -> None:
        """A project is closed: what waits there stays on disk, and waits again when the project is opened."""
        for job in [job for job in self.jobs.values() if job.state == QUEUED and job.folder.parent == home]:
            del self.jobs[job.id]
        self._leave.emit(home)

    @property
    def active(self) -> list[JobState]:
        """Jobs that wait or run; previews, which go with their dialogs, are none."""
        return [job for job in self.jobs.values() if not job.finished and not job.preview]

    @property
    def waiting(self) -> list[JobState]:
        """Jobs that wait."""
        return [job for job in self.active if job.state == QUEUED]

    def training_at(self, run: Path) -> JobState | None:
        """Return the training that writes a run's folder now, or waits to; None where nothing does."""
        return next((job for job in self.active if job.trains and job.spec.params.get("out") == str(run)), None)

    def close(self, *, keep: bool) -> None:
        """End the thread; running jobs continue (`keep`) or are stopped. What waits is found again."""
        if not self._thread.isRunning():
            return
        slot = "release" if keep else "stop_all"
        QMetaObject.invokeMethod(self._runner, slot, Qt.ConnectionType.BlockingQueuedConnection)
        self._thread.quit()
        self._thread.wait()
