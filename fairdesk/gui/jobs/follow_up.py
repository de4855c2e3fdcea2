"""What follows a job: its curves, a review or an import of what it made, weights that it lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from fairdesk import counted
from fairdesk.gui import async_glue
from fairdesk.gui.jobs.state import DONE, JobState
from fairdesk.gui.session import Notice, Session
from fairdesk.jobs.results import NextStep
from fairdesk.words import tr


class FollowUp:
    """Offers, once a job, what can be done with it; dialogs belong to `parent`."""

    def __init__(self, parent: QWidget, session: Session, *, import_made: Callable[[Path], None]) -> None:
        self._parent, self._session, self._import = parent, session, import_made
        self._offered: set[str] = set()  # jobs whose missing weights were asked about, or whose curves were offered

    def hear(self, job: JobState) -> None:
        """A job went on: offer what it leads to by now."""
        if job.id in self._offered:
            return
        kind = job.kind()
        if kind is not None and kind.follows_log and job.artifacts and not job.finished:
            self._offered.add(job.id)
            log = Path(job.artifacts[-1])
            self._session.told.emit(Notice(tr("{job}: its curves are in {log}", job=job.title, log=log.name), action=tr("Show curves"), run=lambda: self._session.log_asked.emit(log)))  # fmt: skip
        elif job.finished and self._session.ended_now(job):
            self._offered.add(job.id)
            self._offer_next(job)

    def _offer_next(self, job: JobState) -> None:
        """Offer what a job that has just ended leads to."""
        if job.missing is not None:
            async_glue.start(self._offer_weights(job))
        result = job.typed_result()
        place = getattr(result, "out", None)
        if job.state != DONE or result is None or not isinstance(place, str):
            return
        made = Path(place)
        ways: dict[NextStep, Callable[[], None]] = {
            NextStep.REVIEW: lambda: self._session.ask("review", {"made": str(made)}),
            NextStep.IMPORT: lambda: self._import(made),
        }
        for step in result.next_steps():
            if step in ways:
                told = tr(
                    "{job}: done. {images} in {made}",
                    job=job.title,
                    images=counted.images(getattr(result, "images", 0)),
                    made=made.name,
                )
                self._session.told.emit(Notice(told, action=tr(step.value), run=ways[step]))

    async def _offer_weights(self, job: JobState) -> None:
        """A job lacks a model's weights: ask before anything is downloaded, or take a file from this machine."""
        missing = job.missing or {}
        size = (
            tr("about {megabytes} MB", megabytes=missing["megabytes"])
            if missing["megabytes"]
            else tr("size not known before")
        )
        answer = await async_glue.ask(
            self._parent, tr("Weights are missing"), tr("{job} needs the weights {file}.", job=job.title, file=missing['file']), [tr("Download"), tr("Choose a file…")],
            tr("From: {url} ({size})\nLicence: {licence}\nKept at: {place}\n\n"
            "Nothing else is sent or fetched: your images stay on this machine. To work offline, put the file there or choose it.", url=missing['url'], size=size, licence=missing['licence'], place=missing['place']),
        )  # fmt: skip
        params = dict(job.spec.params)
        if answer == tr("Download"):
            params["download"] = True
        elif answer == tr("Choose a file…"):
            path = await async_glue.choose_file(
                self._parent, tr("Choose {file}", file=missing["file"]), tr("All files (*)")
            )
            if path is None:
                return
            params["weights"] = path
        else:
            return
        self._session.run(job.spec.kind, params, job.spec.device)
