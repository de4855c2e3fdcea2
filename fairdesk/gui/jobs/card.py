"""A job's card: where it is, what went wrong, and what can be done. Every button has a place of its own and keeps it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDrag, QFocusEvent, QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui.jobs.again import resumes, started_again
from fairdesk.gui.jobs.state import DONE, FAILED, PAUSED, QUEUED, RUNNING, STOPPING, JobState, log_tail
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.widgets.elided_label import ElidedLabel
from fairdesk.jobs.results import NextStep
from fairdesk.words import tr

JOB_MIME = "application/x-fairdesk-job"  # the id of a waiting job that is dragged


def _icon_button(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(text)
    button.setAccessibleName(text)
    return button


def _keep_place(widget: QWidget) -> None:
    """Let a widget's place stay empty while it is hidden, so that nothing moves into it."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)


class JobCard(QFrame):
    """One job. Its height changes only when a person opens its log."""

    chosen = Signal(str)  # the job's id: the card was clicked or tabbed to
    moved = Signal(str, int)  # a waiting job is to go earlier (-1) or later

    def __init__(self, session: Session, job: JobState) -> None:
        super().__init__()
        self._session, self.job = session, job
        self._pressed = QPoint()
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title, self.line, self.detail = ElidedLabel(), ElidedLabel(lines=2), ElidedLabel(lines=2)
        self.title.setProperty("role", "heading")
        self.line.setProperty("role", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setFixedHeight(140)
        self.pause, self.stop, self.again = (
            _icon_button(tr("Pause")),
            _icon_button(tr("Stop")),
            _icon_button(tr("Restart")),
        )
        self.open_made, self.show_log = _icon_button(tr("Open folder")), _icon_button(tr("Log"))
        self.show_log.setCheckable(True)
        self.pairs, self.copy = QPushButton(tr("Show pairs")), QPushButton(tr("Copy report"))
        self.pairs.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._below = QWidget()
        self._build()
        self._tint()
        session.theme.changed.connect(self._tint)
        self.pause.clicked.connect(self._pause)
        self.stop.clicked.connect(lambda: session.jobs.stop(self.job.id))
        self.again.clicked.connect(self._again)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report()))
        self.pairs.clicked.connect(self._show_pairs)
        self.open_made.clicked.connect(self._open)
        self.show_log.toggled.connect(self._log)
        self.update_job(job)

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for button in (self.pause, self.stop, self.again):
            buttons.addWidget(button)
        buttons.addWidget(self.pairs, 1)
        buttons.addWidget(self.open_made)
        buttons.addWidget(self.show_log)
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.log)
        below.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        self._below.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(5)
        for widget in (self.title, self.bar, self.line, self.detail):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addWidget(self._below)
        for fixed in (self.bar, self.pause, self.stop, self.again, self.pairs, self.open_made, self.show_log):
            _keep_place(fixed)

    def _tint(self) -> None:
        icon = self._session.theme.icon
        self.pause.setIcon(icon("play" if self.job.state == PAUSED else "pause"))
        self.stop.setIcon(icon("stop"))
        self.again.setIcon(icon("again"))
        self.open_made.setIcon(icon("folder"))
        self.show_log.setIcon(icon("list"))

    def update_job(self, job: JobState) -> None:
        """Show a job's newest state."""
        self.job = job
        self.title.setText(f"{job.title} · {job.subject}" if job.subject else job.title)
        self.line.setText(job.line())
        live = not job.finished
        self.bar.setVisible(live and job.state != QUEUED)
        self.bar.setRange(0, max(job.total, 0) if job.state != QUEUED else 1)
        self.bar.setValue(job.done)
        self.pause.setVisible(job.state in (RUNNING, PAUSED))
        self._say(self.pause, tr("Resume") if job.state == PAUSED else tr("Pause"))
        self.stop.setVisible(live)
        self.stop.setEnabled(job.state != STOPPING)
        self._say(self.stop, tr("Remove from the queue") if job.state == QUEUED else tr("Stop"))
        self.again.setVisible(job.finished and job.state != DONE)
        if job.finished:
            self._say(self.again, tr("Resume") if resumes(job) else tr("Restart"))
            self.update_again()
        self.copy.setVisible(job.state == FAILED)
        self.detail.setText(self._session.said(self._outcome() or job.message))
        shown = self._pictures()
        self.pairs.setVisible(shown is not None)
        self.pairs.setText(tr((shown or NextStep.SHOW_PAIRS).value))
        made = self.made() if job.finished else None
        self.open_made.setVisible(made is not None)
        if made is not None:
            self._say(self.open_made, tr("Open folder") if made.is_dir() else tr("Open file"), f": {made}")
        self.show_log.setVisible(job.state != QUEUED)
        self.pause.setIcon(self._session.theme.icon("play" if job.state == PAUSED else "pause"))
        self._set_role("failure" if job.state == FAILED else "card")
        kind = job.kind()
        says_more = job.unexpected or (kind is not None and kind.follows_log)  # than the message
        home = self.parentWidget()
        away = home is None or not home.underMouse()  # nothing grows under the pointer
        unseen = not self.show_log.isChecked() and away
        if job.state == FAILED and says_more and unseen and (job.unexpected or log_tail(job.folder)):
            self.show_log.setChecked(True)
        elif job.state == FAILED and self.show_log.isChecked():
            self._fill_log()

    def update_again(self) -> None:
        """Switch off what would write a run that is being written already."""
        job, out = self.job, self.job.spec.params.get("out")
        busy = job.trains and isinstance(out, str) and self._session.jobs.training_at(Path(out)) is not None
        self.again.setEnabled(not busy)

    def _outcome(self) -> str:
        """What came of the job, and before it what a person must know of that."""
        result = self.job.typed_result()
        caution = None if result is None else result.caution()
        parts = [caution, str((self.job.result or {}).get("summary", ""))]
        return "\n".join(part for part in parts if part)

    def _say(self, button: QToolButton, text: str, more: str = "") -> None:
        if button.toolTip() != text + more:
            button.setText(text)
            button.setAccessibleName(text)
            button.setToolTip(text + more)

    def _set_role(self, role: str) -> None:
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)

    def set_chosen(self, chosen: bool) -> None:
        """Show whether the queue's buttons are about this card."""
        if bool(self.property("chosen")) != chosen:
            self.setProperty("chosen", chosen)
            self.style().unpolish(self)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mousePressEvent(event)
        self._pressed = event.position().toPoint()
        self.chosen.emit(self.job.id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drag a waiting card to another place in the queue."""
        moved = (event.position().toPoint() - self._pressed).manhattanLength()
        left = bool(event.buttons() & Qt.MouseButton.LeftButton)
        if self.job.state != QUEUED or not left or moved < QApplication.startDragDistance():
            return
        drag, carried = QDrag(self), QMimeData()
        carried.setData(JOB_MIME, self.job.id.encode())
        drag.setMimeData(carried)
        drag.setPixmap(self.grab())
        drag.setHotSpot(self._pressed)
        drag.exec(Qt.DropAction.MoveAction)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.chosen.emit(self.job.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() == Qt.KeyboardModifier.AltModifier:
            self.moved.emit(self.job.id, step)
        else:
            super().keyPressEvent(event)

    def made(self) -> Path | None:
        """What the job has written, if that is still there: the place it was given, else the last it told of."""
        asked = self.job.spec.params.get("out")
        places = [str(asked)] if isinstance(asked, str) and asked else []
        return next((path for place in [*places, *self.job.artifacts[-1:]] if (path := Path(place)).exists()), None)

    def _open(self) -> None:
        made = self.made()
        if made is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(made))):
            self._session.told.emit(Notice(tr("No program on this machine opens it. It is {made}", made=made)))

    def report(self) -> str:
        """Everything one needs to report a failure."""
        job = self.job
        lines = [f"{job.title} ({job.spec.kind})", job.message]
        if job.exit_code is not None:
            lines.append(tr("Exit code: {code}", code=job.exit_code))
        lines.append(tr("Parameters: {params}", params=job.spec.params))
        return "\n".join([*lines, "", log_tail(job.folder)])

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
        """What its result has to look at: pairs, faces with their verdicts, or faces to review."""
        result = self.job.typed_result()
        steps = result.next_steps() if result is not None else []
        shown = (NextStep.SHOW_PAIRS, NextStep.SHOW_REVIEW, NextStep.REVIEW)
        return next((step for step in steps if step in shown), None)

    def _show_pairs(self) -> None:
        from fairdesk.gui.dialogs.leaks_dialog import LeaksDialog

        result = self.job.typed_result()
        if self._pictures() is NextStep.SHOW_REVIEW:
            self._session.review_asked.emit(self.job)
        elif self._pictures() is NextStep.REVIEW:
            self._session.ask("review", {"made": str(getattr(result, "out", ""))})
        elif result is not None:
            LeaksDialog(result, self.window()).open()

    def _log(self, shown: bool) -> None:
        self._below.setVisible(shown)
        if shown:
            self._fill_log()

    def _fill_log(self) -> None:
        """Show all that the job has told: its summary, its messages, and the end of its log."""
        told = [self._outcome(), *self.job.messages]
        if self.job.message not in told:
            told.insert(0, self.job.message)
        told = [*map(self._session.said, told), log_tail(self.job.folder)]
        self.log.setPlainText("\n".join(text for text in told if text).strip() or tr("The log is empty."))
        self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())
