"""The open project, its lock, its changes, and what runs on it: all that the tabs share."""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from filelock import FileLock, Timeout
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from fairdesk.errors import RequestError, explain, reason
from fairdesk.faces.originals_told import CHANGED, DAMAGED, MISSING
from fairdesk.gui.background import Background
from fairdesk.gui.jobs import kept_queue
from fairdesk.gui.jobs.manager import JobManager
from fairdesk.gui.jobs.state import DONE, FAILED, JobState
from fairdesk.gui.notice import Notice as Notice
from fairdesk.gui.originals import changed_of, folder_of
from fairdesk.gui.originals_watch import CHANGED_MS, OriginalsWatch
from fairdesk.gui.own_steps import OwnSteps
from fairdesk.gui.remedies import in_window, values_in, verb_in
from fairdesk.gui.settings import Settings
from fairdesk.gui.theme import Theme
from fairdesk.images.system_places import told_places
from fairdesk.jobs.kinds import JobKind, Needs
from fairdesk.jobs.registry import job_kind
from fairdesk.metrics.report.option_words import named_controls
from fairdesk.project import Project
from fairdesk.project.changes import Change, ChangeReader, Kind
from fairdesk.project.database import DamagedError
from fairdesk.project.journal import NoStepError, OtherStepError, Step
from fairdesk.project.project import CATALOG, SUFFIX
from fairdesk.runs.folder import next_run
from fairdesk.words import mark, tr, tr_n

Output = TypeVar("Output")
_log = logging.getLogger("fairdesk.window")
WATCH_MS = 400


class Session(QObject):
    """One window's state. The tabs hold this and nothing of each other."""

    project_changed = Signal(object)  # Project or None
    left = Signal()  # a project was closed: what was told of it is about nothing that is open
    catalogue_changed = Signal(object)  # Change: what was touched, whoever did it
    told = Signal(object)  # Notice
    no_longer = Signal(str, object)  # a notice's topic that is not so any more, and the Notice in its place, or None
    show_target = Signal(object)  # dict: what an undone or redone step was about
    job_asked = Signal(str, object)  # kind, preset values: open its form
    log_asked = Signal(object)  # path of a log whose curves to show
    review_asked = Signal(object)  # a review that is done (JobState): look at its faces
    failed = Signal(object)  # an exception that is in the log already, from any thread: it is told in the window
    log_file_asked = Signal()  # show the program's own log
    stepping_changed = Signal()  # an undo or redo was asked for, or the last of them has ended
    state_changed = Signal()  # a selection or a count changed: what can be done may have

    def __init__(self, settings: Settings, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.theme = theme
        self.project: Project | None = None
        self.background = Background(self)
        self.jobs = JobManager(self)
        self._lock: FileLock | None = None
        self._changes: ChangeReader | None = None
        self._writing = False
        self.opened = 0.0
        self._ended: set[str] = set()
        self.originals = OriginalsWatch(self.background, self.ask, self)
        self._own_jobs: Path | None = None  # folders of jobs that were started without a project
        self._steps = 0  # undos and redos under way
        self.originals.told.connect(self.told)
        self.originals.no_longer.connect(self.no_longer)
        self.originals.images_asked.connect(self._show_images)
        self.originals.failed.connect(self._on_damage)
        self.background.failed.connect(self.tell_error)
        self.failed.connect(self._show_error)
        self.jobs.updated.connect(self._on_job)
        self.jobs.waits_again.connect(self._on_waiting)
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_MS)
        self._watch.timeout.connect(self.look)

    def open(self, folder: Path, *, new: bool = False) -> bool:
        """Open (or make) a project; says what is wrong and returns False if that cannot be. One that is open stays so."""
        if self.project is not None and not new and _same_folder(self.project.folder, folder):
            return True
        try:
            project = Project.create(folder) if new else Project.open(folder, check_later=True)
            lock = FileLock(project.folder / "window.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                project.close()
                raise RequestError(
                    tr(
                        "{folder} is open in another FairDesk window. Use that one, or close it first. "
                        "(The command line may work on it at the same time.)",
                        folder=folder.name,
                    )
                ) from None
            project.journal.prune()
        except RequestError as error:
            can_make = not new and folder.is_dir() and not (folder / CATALOG).exists()
            place = folder / f"{folder.name}{SUFFIX}"
            if can_make and not place.exists():
                button = tr("Create a project here")
                self.told.emit(Notice(str(error), "error", button, lambda: self._make(place)))
            else:
                self.tell_error(error)
            return False
        except Exception as error:
            self.tell_error(error)
            return False
        self.close_project()
        self.project, self._lock = project, lock
        self.settings.add_recent(project.folder)
        self._changes, self.opened = ChangeReader(project.db), time.time()
        self._watch.start()
        if odd := told_places(list(project.roots().values())):
            self.told.emit(Notice(odd, "error"))
        self.originals.begin(project)
        self.project_changed.emit(project)
        self.originals.look_soon()
        self.jobs.find_again(self.jobs_home())
        return True

    def _make(self, folder: Path) -> None:
        self.open(folder, new=True)

    @Slot(object)
    def _on_damage(self, error: BaseException) -> None:
        """Close a large project that turned out to be damaged after it was shown: nothing more is written to it."""
        if isinstance(error, DamagedError):
            self.close_project()
        self.tell_error(error)

    @Slot(list)
    def _show_images(self, images: list[int]) -> None:
        """Select images in the tab that can hide and purge them."""
        self.show_target.emit({"tab": "dataset", "images": images})

    def close_project(self) -> None:
        """Close the project; its running jobs are the caller's to keep or stop."""
        self._watch.stop()
        self.originals.end()
        if self.project is not None:
            self.jobs.leave(self.jobs_home())
        project, self.project, self._changes = self.project, None, None
        self._steps = 0
        if project is not None:
            self.project_changed.emit(None)
            self.background.settle()
            project.close()
            self.originals.clear()
            self.left.emit()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def told_state(self) -> None:
        """Say that what can be done now may have changed."""
        self.state_changed.emit()

    def jobs_home(self) -> Path:
        """Where job folders of this project are; without one, of this window, until it is closed."""
        if self.project is not None:
            return self.project.folder / "jobs"
        if self._own_jobs is None:
            self._own_jobs = Path(mkdtemp(prefix="fairdesk-jobs-"))
        return self._own_jobs

    @Slot()
    def look(self) -> None:
        """Notice what another process, or another thread, has written."""
        if self.project is None or self._changes is None:
            return
        try:
            change = self._changes.read()
        except Exception as error:
            self._watch.stop()
            self.tell_error(error)
            return
        if change:
            self.catalogue_changed.emit(change)
            if Kind.IMAGES in change.touched or (
                self.originals.may_mend and {Kind.FACES, Kind.VECTORS, Kind.HIDDEN} & set(change.touched)
            ):
                self.originals.look_soon(CHANGED_MS)  # those that were missing may have been found and encoded

    def edit(
        self,
        work: Callable[[Project], Output],
        done: str | Callable[[Output], str] = "",
        own: OwnSteps | None = None,
        same: str | Callable[[Output], str] = "",
    ) -> None:
        """Change the project off this thread, then tell about it with an Undo button; `own` keeps the step's number.

        An edit that changed nothing left no step: that is told as `same`, in place of what was `done`, and nothing is to undo.
        """
        project = self.project
        if project is None:
            return

        def newest() -> int | None:
            step = project.journal.next_undo()
            return None if step is None else step.id

        def edited() -> tuple[Output, bool]:
            before = newest()
            result = work(project) if own is None else own.keep(project, work)
            return result, newest() != before

        def finished(found: tuple[Output, bool]) -> None:
            self.look()
            (result, changed), say = found, done if found[1] else same
            text = say(result) if callable(say) else say
            if not changed:
                self.told.emit(Notice(text or tr("Nothing to change: it is so already.")))
            elif text:
                self.told.emit(Notice(text, action=tr("Undo"), run=self.undo))

        self.background.edit(edited, finished)

    def undo(self, *, instead: str = "", only: OwnSteps | None = None) -> None:
        """Take back the newest edit, of `only` a window's own; where that cannot be, say what can be done `instead`."""
        steps = None if only is None else only.numbers
        self._step(lambda project: project.journal.undo(steps), mark("Undone: {step}"), instead, only)

    def redo(self, *, only: OwnSteps | None = None) -> None:
        """Make the oldest undone edit again, of `only` a window's own."""
        steps = None if only is None else only.numbers
        self._step(lambda project: project.journal.redo(steps), mark("Redone: {step}"), only=only)

    def _step(
        self, work: Callable[[Project], Step], told: str, instead: str = "", only: OwnSteps | None = None
    ) -> None:
        project = self.project
        if project is None:
            return

        def ended() -> None:
            self._steps -= 1
            self.look()
            self.stepping_changed.emit()

        def finished(step: Step) -> None:
            ended()
            self.originals.stepped()
            self.told.emit(Notice(tr(told, step=step.text)))
            if step.target:
                self.show_target.emit(step.target)

        def refused(error: BaseException) -> None:
            ended()
            if only is not None and isinstance(error, (NoStepError, OtherStepError)):
                only.tell(str(error))
            elif isinstance(error, NoStepError):
                self.told.emit(Notice(str(error)))
            elif instead and isinstance(error, RequestError):
                self.tell_error(RequestError(f"{error} {instead}"))
            else:
                self.tell_error(error)

        self._steps += 1
        self.stepping_changed.emit()
        self.background.edit(lambda: work(project), finished, refused)

    @property
    def stepping(self) -> bool:
        """Whether an undo or redo is under way: then the other can be asked for, whatever the journal says yet."""
        return self._steps > 0

    def run(self, kind: str, params: dict[str, Any], device: str = "auto") -> str | None:
        """Queue a job on the open project; without one, only a job that needs none."""
        if self.project is None and job_kind(kind).needs is not Needs.FOLDERS:
            return None
        folder = None if self.project is None else self.project.folder
        return self.jobs.submit(kind, params, folder, self.jobs_home(), device)

    def ask(self, kind: str, preset: dict[str, Any] | None = None) -> None:
        """Ask the window to show a job's form."""
        self.job_asked.emit(kind, preset or {})

    def ended_now(self, job: JobState) -> bool:
        """Whether a job has ended since the project was opened; one that is found again is no news."""
        return job.ended is not None and job.ended >= self.opened

    @Slot(object)
    def _on_job(self, job: JobState) -> None:
        if job.finished and job.id not in self._ended:
            self._ended.add(job.id)
            self.look()
            result = job.typed_result()
            left_out = any(getattr(result, name, None) for name in ("unreadable", "failed", "gone"))
            if job.trains:
                self.catalogue_changed.emit(Change.of(Kind.RUNS))
            if job.state == DONE and job.result is not None and not job.preview and self.ended_now(job):
                for notice in self._done(job):
                    self.told.emit(notice)
            elif job.failed_in_words and not job.preview and self.ended_now(job):
                self.told.emit(self._failed(job))
            self.originals.after_job(changed_of(result), unsure=left_out or job.state == FAILED)

    def _done(self, job: JobState) -> list[Notice]:
        """Say that a job is done; what a person must know of its result stays until it is closed or is no longer so, each with what mends it."""
        result = job.typed_result()
        cautions = [] if result is None else result.caution_parts()
        if not cautions:
            return [Notice(tr("{job}: done", job=job.title))]
        said: dict[tuple[str, str], list[str]] = {}
        for one in cautions:
            folder = folder_of(self.project, one.path) if one.path else ""
            ours = folder or not Path(one.path).is_absolute()  # not of a folder that was compared with the project
            said.setdefault((one.about if ours else "", folder), []).append(one.text)
        notices = []
        for (about, folder), texts in said.items():
            text = tr("{job}: done, but look at this first: {caution}", job=job.title, caution="\n".join(texts))
            if about == MISSING:
                notices.append(self.originals.of_missing(self.said(text)))
            elif about == CHANGED:
                notices.append(self.originals.of_changed(text, folder))
            elif about == DAMAGED:
                notices.append(self.originals.of_damaged(text))
            else:
                notices.append(Notice(text, "error", tr("Change it…"), partial(self._ask_anew, job)))
        return notices

    def said(self, text: str) -> str:
        """Return a text with its commands and options as the window says them."""
        return in_window(named_controls(text), None if self.project is None else self.project.folder)

    def _failed(self, job: JobState) -> Notice:
        """Say why a job failed, with the form that mends it: of the verb that the reason names, else its own as it was."""
        text = tr("{job}: {why}", job=job.title, why=job.message)
        remedy = verb_in(job.message)
        if job.spec.kind == "relink" and len(self.originals.missing):
            return self.originals.of_missing(self.said(text))  # until they are found elsewhere
        if remedy is not None and remedy.name != job.spec.kind:
            return self._with_remedy(text, remedy)
        return Notice(self.said(text), "error", tr("Change it…"), lambda: self._ask_anew(job))

    def _with_remedy(self, text: str, remedy: JobKind) -> Notice:
        if remedy.name == "relink" and self.project is not None:
            return self.originals.of_missing(self.said(text))
        filled = values_in(text, remedy)
        return Notice(
            self.said(text), "error", tr("{job}…", job=tr(remedy.title)), lambda: self.ask(remedy.name, filled)
        )

    def _ask_anew(self, job: JobState) -> None:
        """Open a job's form as it was; a training goes to a new folder."""
        params = dict(job.spec.params)
        if job.trains and self.project is not None:
            stem = re.sub(r"-\d+$", "", Path(str(params.get("out", ""))).name)
            params |= {"out": str(next_run(self.project.folder, stem)), "resume": False}
        self.ask(job.spec.kind, params)

    @Slot(int)
    def _on_waiting(self, count: int) -> None:
        text = tr_n(
            "{n} waiting job was found again. What waits starts in its turn; the Jobs panel shows the queue.",
            "{n} waiting jobs were found again. What waits starts in its turn; the Jobs panel shows the queue.",
            count,
        )
        self.told.emit(Notice(text))

    @Slot(object)
    def tell_error(self, error: BaseException, topic: str = "") -> None:
        """Say what went wrong in words for people, and write it to the log; of a topic, until it is `no_longer` so."""
        if explain(error) is None:
            _log.error("internal error", exc_info=error)
        else:
            _log.warning("%s: %s", type(error).__name__, error)
        self._show_error(error, topic)

    @Slot(object)
    def _show_error(self, error: BaseException, topic: str = "") -> None:
        known = explain(error)
        remedy = verb_in(known) if known is not None else None
        if known is not None and remedy is not None:
            notice = self._with_remedy(known, remedy)
        elif known is not None:
            notice = Notice(self.said(known), "error")
        else:
            text = tr("Internal error: {type}: {error}", type=type(error).__name__, error=reason(error))
            notice = Notice(text, "error", action=tr("Open log"), run=self.log_file_asked.emit)
        self.told.emit(replace(notice, topic=topic or notice.topic))

    def close(self, *, keep_jobs: bool) -> None:
        """End everything."""
        self.jobs.close(keep=keep_jobs)
        self.close_project()
        self.background.close()
        self.settings.sync()
        if self._own_jobs is not None:
            kept_queue.keep(self._own_jobs, [])  # nobody would find them again
            if not keep_jobs:
                shutil.rmtree(self._own_jobs, ignore_errors=True)


def _same_folder(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
