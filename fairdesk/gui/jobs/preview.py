"""A preview in a dialog: it says that it works and how far it is, can be cancelled, and ends with the dialog."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from fairdesk.gui.jobs.state import STOPPED, JobState
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.elided_label import ElidedLabel
from fairdesk.words import tr


class PreviewRun(QWidget):
    """Runs one preview at a time; hidden while none runs."""

    ended = Signal(object)  # JobState: done, failed, or stopped by a person

    def __init__(self, session: Session, dialog: QDialog) -> None:
        super().__init__()
        self._session = session
        self._job: str | None = None
        self.line = ElidedLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.stop_button = QPushButton(tr("Cancel preview"))
        words = QVBoxLayout()
        words.addWidget(self.line)
        words.addWidget(self.bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(words, 1)
        layout.addWidget(self.stop_button)
        self.hide()
        self.stop_button.clicked.connect(self._stop)
        dialog.finished.connect(lambda _result: self.drop())
        session.jobs.updated.connect(self._on_job)

    @property
    def working(self) -> bool:
        """Whether a preview is under way."""
        return self._job is not None

    def start(self, kind: str, params: dict[str, Any]) -> None:
        """Run a preview; one that still runs is dropped."""
        self.drop()
        self._job = self._session.run(kind, params)
        self.line.setText(tr("Starting the preview …"))
        self.bar.setRange(0, 0)
        self.stop_button.setEnabled(True)
        self.setVisible(self._job is not None)

    def drop(self) -> None:
        """End the preview; nobody waits for it any more."""
        number, self._job = self._job, None
        self.hide()
        if number is not None:
            self._session.jobs.stop(number)

    def _stop(self) -> None:
        if self._job is not None:
            self.stop_button.setEnabled(False)
            self._session.jobs.stop(self._job)

    @Slot(object)
    def _on_job(self, job: JobState) -> None:
        if job.id != self._job:
            return
        if not job.finished:
            self.line.setText(job.line())
            self.bar.setRange(0, job.total)
            self.bar.setValue(job.done)
            return
        self._job = None
        self.hide()
        self.ended.emit(job)


def told(job: JobState) -> str:
    """Say how a preview without a result ended."""
    return tr("The preview was cancelled.") if job.state == STOPPED else job.message
