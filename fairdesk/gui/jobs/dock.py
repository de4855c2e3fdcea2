"""The jobs dock: what runs, then what waits in its order, then what has ended, the newest first."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui.jobs.card import JOB_MIME, JobCard
from fairdesk.gui.jobs.state import QUEUED, JobState
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.elided_label import ElidedLabel
from fairdesk.words import tr


def _place(job: JobState) -> tuple[int, int, float]:
    """Return where a card belongs: running, waiting by number, ended with the newest first."""
    if job.finished:
        return 2, 0, -(job.ended or job.spec.created)
    return (1, job.position, 0.0) if job.state == QUEUED else (0, 0, job.started or job.spec.created)


class JobsPanel(QWidget):
    """All jobs of the open project. Cards change their places only while the pointer is elsewhere."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.cards: dict[str, JobCard] = {}
        self._chosen: str | None = None
        self._line = QFrame(self)  # where a dragged card would come to lie
        self._line.setProperty("role", "drop-line")
        self._line.hide()
        self.setAcceptDrops(True)
        self.counts = ElidedLabel(lines=2)
        self.counts.setProperty("role", "muted")
        self.earlier, self.later, self.clear = QToolButton(), QToolButton(), QPushButton(tr("Clear finished"))
        self.clear.setToolTip(tr("Remove the cards of finished jobs; their output is kept"))
        for button, icon, text in (
            (self.earlier, "up", tr("Earlier in the queue (Alt+Up)")),
            (self.later, "down", tr("Later in the queue (Alt+Down)")),
        ):
            button.setToolTip(text)
            button.setAccessibleName(text)
            button.setIcon(session.theme.icon(icon))
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(260)
        self._build()
        self.earlier.clicked.connect(lambda: self._move(self._chosen, -1))
        self.later.clicked.connect(lambda: self._move(self._chosen, 1))
        self.clear.clicked.connect(self.clear_finished)
        session.jobs.updated.connect(self._on_updated)
        session.project_changed.connect(self._on_project)
        session.theme.changed.connect(self._tint)
        self._tell()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(6, 6, 6, 0)
        top.addWidget(self.counts, 1)
        for button in (self.earlier, self.later, self.clear):
            top.addWidget(button)
        inner = QWidget()
        inner.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._layout = QVBoxLayout(inner)
        self._layout.setContentsMargins(6, 6, 6, 6)
        self.empty = QLabel(tr("No jobs yet. Jobs you start appear here with their progress."))
        self.empty.setWordWrap(True)
        self.empty.setProperty("role", "muted")
        self._layout.addWidget(self.empty)
        self._layout.addStretch()
        self.area.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(top)
        outer.addWidget(self.area)

    def _tint(self) -> None:
        self.earlier.setIcon(self._session.theme.icon("up"))
        self.later.setIcon(self._session.theme.icon("down"))

    @Slot(object)
    def _on_updated(self, job: JobState) -> None:
        card = self.cards.get(job.id)
        if card is None:
            if job.folder.parent != self._session.jobs_home() or job.preview:
                return
            card = JobCard(self._session, job)
            card.chosen.connect(self.choose)
            card.moved.connect(self._move)
            self.cards[job.id] = card
            self._layout.insertWidget(self._layout.count() - 1, card)
            self.empty.hide()
        else:
            card.update_job(job)
        if job.trains:
            for other in self.cards.values():
                other.update_again()
        self._arrange()
        self._tell()

    def _arrange(self) -> None:
        """Put the cards in order, but never under the pointer."""
        if not self.area.underMouse():
            self._lay(sorted(self.cards.values(), key=lambda card: _place(card.job)))

    def _lay(self, wanted: list[JobCard]) -> None:
        for place, card in enumerate(wanted, 1):  # the first is the label of the empty panel
            if self._layout.indexOf(card) != place:
                self._layout.insertWidget(place, card)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._arrange()

    def _tell(self) -> None:
        """Say how many run and wait, and which of the queue's buttons can be used."""
        jobs = [card.job for card in self.cards.values()]
        ended, waiting = sum(job.finished for job in jobs), sum(job.state == QUEUED for job in jobs)
        running = len(jobs) - ended - waiting
        counts = [tr("{n} running", n=running)] if running else []
        if waiting:
            counts.append(tr("{n} waiting", n=waiting))
        self.counts.setText(", ".join(counts) or tr("Idle"))
        self.clear.setEnabled(ended > 0)
        chosen = self.cards.get(self._chosen or "")
        place = chosen.job.position if chosen is not None and chosen.job.state == QUEUED else 0
        self.earlier.setEnabled(place > 1)
        self.later.setEnabled(0 < place < waiting)

    @Slot(str)
    def choose(self, number: str) -> None:
        """Let the queue's buttons be about a card."""
        self._chosen = number
        for other, card in self.cards.items():
            card.set_chosen(other == number)
        self._tell()

    def _move(self, number: str | None, by: int) -> None:
        if number is not None:
            self._session.jobs.move(number, by)

    def _waiting(self) -> list[JobCard]:
        return sorted(
            (card for card in self.cards.values() if card.job.state == QUEUED), key=lambda card: card.job.position
        )

    def _drop_place(self, where: QPoint) -> int:
        """Return how many waiting cards lie above a place."""
        return sum(card.mapTo(self, card.rect().center()).y() < where.y() for card in self._waiting())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasFormat(JOB_MIME):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        """Show where it would come to lie."""
        cards, place = self._waiting(), self._drop_place(event.position().toPoint())
        if not cards:
            return
        near = cards[min(place, len(cards) - 1)]
        edge = near.mapTo(self, near.rect().topLeft() if place < len(cards) else near.rect().bottomLeft())
        self._line.setGeometry(edge.x(), edge.y() - 4 if place < len(cards) else edge.y() + 2, near.width(), 3)
        self._line.show()
        self._line.raise_()
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        super().dragLeaveEvent(event)
        self._line.hide()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Let a job go to where its card was dropped."""
        self._line.hide()
        number = bytes(event.mimeData().data(JOB_MIME).data()).decode()
        order = [card.job.id for card in self._waiting()]
        if number in order:
            here, place = order.index(number), self._drop_place(event.position().toPoint())
            by = place - here - (place > here)
            shown = sorted(self.cards.values(), key=lambda card: _place(card.job))
            card = self.cards[number]
            first = shown.index(self.cards[order[0]])
            shown.remove(card)
            shown.insert(first + here + by, card)
            self._lay(shown)  # at once, though the pointer is over it
            self._move(number, by)
            event.acceptProposedAction()

    def clear_finished(self) -> None:
        """Take away the cards of jobs that have ended."""
        self._session.jobs.clear_finished(self._session.jobs_home())
        for number in [number for number, card in self.cards.items() if card.job.finished]:
            self._drop(number)
        self.empty.setVisible(not self.cards)
        self._tell()

    def _drop(self, number: str) -> None:
        card = self.cards.pop(number)
        self._layout.removeWidget(card)
        card.hide()
        card.deleteLater()

    @Slot(object)
    def _on_project(self, _project: object) -> None:
        for number in list(self.cards):
            self._drop(number)
        self.empty.show()
        self._tell()
