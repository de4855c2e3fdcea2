"""The jobs dock: a card for each job with progress, rate, time left, and what went wrong."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui.jobs.again import resumes, started_again
from fairdesk.gui.jobs.state import DONE, FAILED, PAUSED, QUEUED, RUNNING, STOPPING, JobState, log_tail
from fairdesk.gui.session import Notice, Session
from fairdesk.jobs.results import NextStep


class JobCard(QFrame):
    """One job."""

    def __init__(self, session: Session, job: JobState) -> None:
        super().__init__()
        self._session, self.job = session, job
        self.setProperty("role", "card")
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.line = QLabel()
        self.line.setWordWrap(True)
        self.line.setProperty("role", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.detail = QLabel()
        self.detail.setWordWrap(True)
        self.detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setMaximumHeight(140)
        self.log.hide()
        self.pause = QPushButton("Pause")
        self.stop = QPushButton("Stop")
        self.again = QPushButton("Restart")
        self.copy = QPushButton("Copy report")
        self.pairs = QPushButton("Show pairs")
        self.pairs.clicked.connect(self._show_pairs)
        self.open_made = QPushButton()
        self.open_made.clicked.connect(self._open)
        self.show_log = QPushButton("Log")
        self.show_log.setCheckable(True)
        self.pause.clicked.connect(self._pause)
        self.stop.clicked.connect(lambda: session.jobs.stop(self.job.id))
        self.again.clicked.connect(self._again)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report()))
        self.show_log.toggled.connect(self._log)
        buttons = QHBoxLayout()
        for button in (self.pause, self.stop, self.again, self.copy, self.pairs, self.open_made, self.show_log):
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        for widget in (self.title, self.line, self.bar, self.detail):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addWidget(self.log)
        self.update_job(job)

    def update_job(self, job: JobState) -> None:
        """Show a job's newest state."""
        self.job = job
        self.title.setText(job.spec.title)
        self.line.setText(job.line())
        live = not job.finished
        self.bar.setVisible(live)
        self.bar.setRange(0, max(job.total, 0) if job.state != QUEUED else 1)
        self.bar.setValue(job.done)
        self.pause.setVisible(job.state in (RUNNING, PAUSED))
        self.pause.setText("Resume" if job.state == PAUSED else "Pause")
        self.stop.setVisible(live)
        self.stop.setEnabled(job.state != STOPPING)
        self.stop.setText("Remove" if job.state == QUEUED else "Stop")
        self.again.setVisible(job.finished and job.state != DONE)
        if job.finished:
            self.again.setText("Resume" if resumes(job) else "Restart")
        self.copy.setVisible(job.state == FAILED)
        told = str((job.result or {}).get("summary", "")) or job.message
        self.detail.setText(told)
        self.detail.setVisible(bool(told))
        shown = self._pictures()
        self.pairs.setVisible(shown is not None)
        self.pairs.setText(shown.value if shown is not None else "")
        made = self.made() if job.finished else None
        self.open_made.setVisible(made is not None)
        if made is not None:
            self.open_made.setText("Open folder" if made.is_dir() else "Open file")
            self.open_made.setToolTip(str(made))
        role = "failure" if job.state == FAILED else "card"
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
        says_more = job.unexpected or job.kind().follows_log  # than the message
        if job.state == FAILED and says_more and not self.show_log.isChecked() and log_tail(job.folder):
            self.show_log.setChecked(True)

    def made(self) -> Path | None:
        """What the job has written, if that is still there: the place it was given, else the last it told of."""
        asked = self.job.spec.params.get("out")
        places = [str(asked)] if isinstance(asked, str) and asked else []
        return next((path for place in [*places, *self.job.artifacts[-1:]] if (path := Path(place)).exists()), None)

    def _open(self) -> None:
        made = self.made()
        if made is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(made))):
            self._session.told.emit(Notice(f"No program here opens it. It is {made}"))

    def report(self) -> str:
        """Everything one needs to report a failure."""
        job = self.job
        code = "" if job.exit_code is None else f"Exit code: {job.exit_code}\n"
        return f"{job.spec.title} ({job.spec.kind})\n{job.message}\n{code}Parameters: {job.spec.params}\n\n{log_tail(job.folder)}"

    def _pause(self) -> None:
        if self.job.state == PAUSED:
            self._session.jobs.resume(self.job.id)
        else:
            self._session.jobs.pause(self.job.id)

    def _again(self) -> None:
        project = self._session.project
        if project is not None:
            name, params = started_again(self.job, project)
            self._session.run(name, params, self.job.spec.device)

    def _pictures(self) -> NextStep | None:
        """What its result has to look at: pairs, or faces to review."""
        result = self.job.typed_result()
        steps = result.next_steps() if result is not None else []
        return next((step for step in steps if step in (NextStep.SHOW_PAIRS, NextStep.SHOW_REVIEW)), None)

    def _show_pairs(self) -> None:
        from fairdesk.gui.dialogs.leaks_dialog import LeaksDialog

        result = self.job.typed_result()
        if self._pictures() is NextStep.SHOW_REVIEW:
            self._session.review_asked.emit(self.job)
        elif result is not None:
            LeaksDialog(result, self.window()).open()

    def _log(self, shown: bool) -> None:
        self.log.setVisible(shown)
        if shown:
            text = "\n".join(self.job.messages) + ("\n" if self.job.messages else "") + log_tail(self.job.folder)
            self.log.setPlainText(text.strip() or "The log is empty.")
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())


class JobsPanel(QScrollArea):
    """All jobs of this window, the newest on top."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.cards: dict[str, JobCard] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumWidth(300)
        inner = QWidget()
        self._layout = QVBoxLayout(inner)
        self._layout.setContentsMargins(6, 6, 6, 6)
        self.empty = QLabel("No jobs yet. What you start appears here, with its progress and a way to stop it.")
        self.empty.setWordWrap(True)
        self.empty.setProperty("role", "muted")
        self._layout.addWidget(self.empty)
        self._layout.addStretch()
        self.setWidget(inner)
        session.jobs.updated.connect(self._on_updated)
        session.project_changed.connect(self._on_project)

    @Slot(object)
    def _on_updated(self, job: JobState) -> None:
        card = self.cards.get(job.id)
        if card is None:
            if self._session.project is None or job.folder.parent != self._session.jobs_home():
                return
            if job.is_preview():  # a dialog shows it
                return
            card = JobCard(self._session, job)
            self.cards[job.id] = card
            self._layout.insertWidget(0, card)
            self.empty.hide()
        else:
            card.update_job(job)

    @Slot(object)
    def _on_project(self, _project: object) -> None:
        for card in self.cards.values():
            self._layout.removeWidget(card)
            card.deleteLater()
        self.cards.clear()
        self.empty.show()
