"""The review: one question at a time with its faces side by side, one key an answer, the next question there already."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from fairdesk.clustering.naming import Naming
from fairdesk.clustering.review.asked import Asked, Reply
from fairdesk.clustering.review.bunches import Measured
from fairdesk.clustering.review.kept_version import to_review
from fairdesk.clustering.review.past import Newer
from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.session import OUTDATE, ReviewSession
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tabs.clustering.comparing_bar import ComparingBar
from fairdesk.gui.tabs.clustering.naming import ask_before_naming
from fairdesk.gui.tabs.clustering.review_ahead import (
    AHEAD,
    OLDER,
    PREFETCHED,
    TITLES,
    Ahead,
    comparing,
    key_of,
    look_ahead,
    look_ahead_first,
    newer_note,
    none_asked,
    none_to_take_back,
    note_of,
    prefetch,
    progress_line,
)
from fairdesk.gui.tabs.clustering.review_keys import KeyedPane, in_a_row, reply_buttons
from fairdesk.gui.tabs.clustering.review_names import NameRow, left_note
from fairdesk.gui.tabs.clustering.review_replies import Replies
from fairdesk.gui.tabs.clustering.side_faces import TwoSides
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.project.changes import Change
from fairdesk.project.changes import Kind as Changed
from fairdesk.project.image_queries import GridItem
from fairdesk.words import tr

IDLE_MS = 300  # without an answer, before what was answered is learned from where that takes longer


class ReviewPane(KeyedPane):
    """Asks; what is answered is kept by a `ReviewSession` off this thread."""

    closed = Signal()
    started = Signal(int)  # the version to show: the review's, or the earlier one where nothing is left of it

    def __init__(self, session: Session, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._thumbnails = session, thumbnails
        self._review: ReviewSession | None = None
        self._queue: list[Asked] = []
        self._titles: dict[int, str] = {}
        self._items: dict[int, GridItem] = {}
        self._touched: set[int] = set()  # clusters of answers that are on their way
        self._pending = self.answered = self._newest = 0  # answers on their way, given, the newest
        self._waits = False  # an answer on its way is of another kind than a name
        self._exhausted = False  # there are no other questions
        self._left: tuple[int, int] | None = None  # the version the last review made, and the one it was made beside
        self._measured: Measured | None = None  # of the last review: the next one of these vectors begins sooner
        self._round = 0  # of a review that was closed meanwhile nothing arrives
        self._replies = Replies()
        self._backs: list[bool] = []  # what waits for the answers that are on their way: Undo, or Back
        self._changed = self._reading = False  # what others changed is to be read; is being read
        self.current: Asked | None = None
        self.title, self.note, self.progress = QLabel(), QLabel(), QLabel()
        self.title.setProperty("role", "title")
        for label in (self.note, self.progress):
            label.setProperty("role", "muted")
            label.setWordWrap(True)
        self.sides = TwoSides(thumbnails)
        self.first, self.second = self.sides.faces
        self.naming = NameRow(self._name, self.choose, self.setFocus)
        self.name, self.names = self.naming.field, self.naming.buttons
        self.buttons = reply_buttons(self.reply)
        self.bar = ComparingBar()
        self.bar.compared.connect(self._on_compared)
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._learn)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.title, self.bar, self.note):
            layout.addWidget(widget)
        layout.addWidget(self.sides, 1)
        layout.addLayout(self.naming)
        layout.addLayout(in_a_row(self.buttons))
        layout.addWidget(self.progress)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.replied.connect(self.reply)
        self.chose.connect(self.choose)
        session.catalogue_changed.connect(self._on_changed)
        self._show(None)

    # opening and closing

    def open(self, version: int, *, keep: bool) -> None:
        """Review a version; `keep` where it is one that a review keeps, else a new one is made beside it."""
        project = self._session.project
        if project is None:
            return
        self._round += 1
        self._forget()
        self.title.setText(tr("Comparing faces …"))
        self.bar.put(0, 1)
        self.buttons["done"].setText(tr("Cancel (Esc)"))
        self.setFocus()
        now, measured, left = self._round, self._measured, self._left
        failed = self._guarded(self._failed)

        def read(found: tuple[int, bool]) -> None:
            self._session.background.read(
                ("review", now),
                lambda: ReviewSession(project, found[0], self._tell(now), measured),
                self._guarded(lambda review: self._begin(review, keep=found[1])),
                failed,
            )

        after = self._session.background.edit  # what the last review has made may be on its way to be taken back
        after(lambda: to_review(project, version, left, keep=keep), self._guarded(read), failed)

    def _begin(self, review: ReviewSession, *, keep: bool) -> None:
        """Keep what was worked out as a version, where there is none yet."""
        now, left = self._round, self.naming.left(review.project.folder)

        def arrived(found: tuple[ReviewSession, Ahead]) -> None:
            self._opened(found) if now == self._round else self._discard(found[0])  # it was closed meanwhile

        def work() -> tuple[ReviewSession, Ahead]:
            if not keep:
                review.start()
            return review, look_ahead_first(review, [n for faces in left for n in review.mostly_in(faces)])

        self._session.background.edit(work, arrived, self._guarded(self._failed))

    def _tell(self, now: int) -> Callable[[int, int], None]:
        return self.bar.teller(now, lambda: self._round)

    @Slot(int, int, int)
    def _on_compared(self, asked_by: int, done: int, of: int) -> None:
        if asked_by != self._round:
            return
        if self.current is not None:  # it is read again: what is asked may not hold any more
            self._show(None)
        self.bar.put(done, of)
        self.title.setText(comparing(done / max(of, 1), self._review))

    def close_review(self) -> None:
        """Forget the review; every answer is kept. Where there was none, nothing is left of it."""
        self._round += 1
        self._measured = None if self._session.project is None else self._measured
        review = self._review
        names = [] if review is None else self.naming.leave(review.project.folder)
        self._forget()
        if names:
            self._session.told.emit(Notice(left_note(names)))
        if review is not None:
            self._discard(review)

    def _discard(self, review: ReviewSession) -> None:
        """Take an unanswered review's version back, after the answers that are on their way."""
        if self._session.project not in (None, review.project):  # None: it is being closed, after its last edits
            return

        def done(of: int | None) -> None:
            if of is not None:
                self.started.emit(of)
                self._session.look()

        self._left = None if review.started is None else (review.version, review.started[0])
        self._session.background.edit(review.discard, done, self._session.tell_error)

    def _forget(self) -> None:
        self._idle.stop()
        self._review, self._queue, self._replies, self._items = None, [], Replies(), {}
        self._backs, self._changed, self._reading, self._touched = [], False, False, set()
        self.naming.forget()
        self._pending, self._waits, self.answered, self._exhausted = 0, False, 0, False
        self.progress.setText("")
        self.bar.hide()
        self.buttons["done"].setText(tr("Close (Esc)"))
        self._show(None)

    def _guarded(self, done: Callable[..., None]) -> Callable[..., None]:
        """Drop results of a review that was closed meanwhile."""
        now = self._round
        return lambda found: done(found) if now == self._round else None

    def _failed(self, error: BaseException) -> None:
        self._pending = max(0, self._pending - 1)
        self._session.tell_error(error, "review")
        self.closed.emit()

    def _opened(self, found: tuple[ReviewSession, Ahead]) -> None:
        self._review, self._measured = found[0], found[0].measured
        self._session.no_longer.emit("review", None)
        self.bar.hide()
        self.buttons["done"].setText(tr("Close (Esc)"))
        self.started.emit(self._review.version)
        self._session.look()
        self._take_up(found[1])

    # questions

    def _take(self, ahead: Ahead) -> None:
        """Know the next questions, and have the pictures of the first of them read."""
        if self._review is None:
            return
        self._queue = [one for one in ahead.queue if self.current is None or key_of(one) != key_of(self.current)]
        self._titles = dict(self._review.titles)
        self._items.update(ahead.items)
        prefetch(self._thumbnails, self._queue, self._touched, self._items)
        self.progress.setText(progress_line(ahead, self.answered))

    def _next(self) -> None:
        """Ask the next question that no answer on its way is about."""
        for one in self._queue:
            too_soon = one.kind is Kind.NAME and self._waits  # answers on their way may bring other questions
            if not too_soon and not self._touched.intersection(one.clusters):
                self._queue.remove(one)
                self._show(one)
                break
        else:
            self._show(None)
        prefetch(self._thumbnails, self._queue, self._touched, self._items)
        if len(self._queue) < PREFETCHED and not self._pending and self._review is not None and not self._exhausted:
            self._more()

    def _more(self, *, anew: bool = False) -> None:
        """Ask for further questions, where many were skipped; `anew`: what is worth most now comes before what is asked."""
        review = self._review
        assert review is not None
        if anew:
            self._show(None)  # a key pressed now answers nothing
        leave = self.current

        def arrived(ahead: Ahead) -> None:
            if anew and not self._pending:
                self.current = None
            self._exhausted = not [one for one in ahead.queue if leave is None or key_of(one) != key_of(leave)]
            if not self._pending:
                self._take(ahead)
                self._next() if self.current is None and self._queue else self._say_why_none()

        self._session.background.edit(partial(look_ahead, review, self._items), self._guarded(arrived), self._failed)

    def _show(self, asked: Asked | None) -> None:
        self.current = asked
        naming = asked is not None and asked.kind is Kind.NAME
        self.naming.show_question(asked, self._review.project.folder if self._review is not None else None)
        for reply in ("yes", "no", "unsure", "skip"):
            self.buttons[reply].setVisible(not naming or reply == "skip")
            self.buttons[reply].setEnabled(asked is not None)
        self.buttons["back"].setEnabled(bool(self._replies) or self.answered > 0)
        self.buttons["check"].setEnabled(self._review is not None)
        if asked is None:
            self.sides.clear()
            known = self._review if self._exhausted and not self._pending else None
            title, note = none_asked(None if known is None else known.skipped, reading=self._reading)
        else:
            title, note = tr(TITLES[asked.kind]), note_of(asked)
        self.title.setText(title)
        self.note.setText(note)
        if asked is not None:
            self.sides.show_question(asked, self._items, self._titles)
            if self.isVisible():
                (self.name if self.naming.goes_on else self).setFocus()

    def _say_why_none(self) -> None:
        if self.current is None:
            self._show(None)

    def _say_again(self) -> None:
        """Show the question that is asked with what its clusters are called by now; who was named meanwhile is not asked about."""
        asked = self.current
        named = self._review.named if self._review is not None else set()
        if asked is None or (asked.kind is Kind.NAME and asked.clusters[0] in named):
            self._next()
        elif asked.kind is not Kind.NAME:
            self.sides.show_question(asked, self._items, self._titles)

    # answers

    def reply(self, what: str) -> None:
        """Do what a key or a button says."""
        if what == "done":
            self.closed.emit()
        elif what in ("back", "undo"):
            self._back(undo=what == "undo")
        elif what == "type":
            self.naming.type_name()
        elif what == "check":
            self._check()
        elif self.current is not None and self._review is not None:
            asked, review = self.current, self._review
            if what == "skip":
                review.skip(asked)
                self._replies.skip(asked)
                self._next()
            elif asked.kind is not Kind.NAME:
                said = {"yes": Reply.YES, "no": Reply.NO, "unsure": Reply.UNSURE}[what]
                self._keep(asked, lambda: review.answer(asked, said, learn=False))

    def _check(self) -> None:
        """Ask about faces drawn at random before all else; what is asked now comes again. Back takes that back."""
        if self._review is not None:
            self._replies.check(self._review.check_more())
            self._more(anew=True)

    def _keep(self, asked: Asked, answer: Callable[[], object]) -> None:
        """Have an answer kept, and ask the next question meanwhile."""
        review = self._review
        assert review is not None
        self._replies.answer(asked)
        self._touched.update(asked.clusters)
        self._pending += 1
        self._waits = self._waits or asked.kind is not Kind.NAME
        self.answered += 1
        self._next()
        self._newest = mine = self._newest + 1
        known = self._items

        def work() -> tuple[int, Ahead | None]:
            more = review.follow_history() or 0  # an earlier answer was undone meanwhile
            answer()
            wanted = mine == self._newest or len(self._queue) < AHEAD // 2  # else a later answer's will do
            return more, look_ahead(review, known) if wanted else None

        self._session.background.edit(work, self._guarded(self._kept), self._failed)
        self._idle.start()

    def _kept(self, found: tuple[int, Ahead | None]) -> None:
        more, ahead = found
        self._replies.moved(more, self._pending)
        self.answered += more
        self._pending -= 1
        self._exhausted = False
        self._changed = self._changed or (self._review is not None and self._review.outdated)
        if not self._pending:
            self._touched.clear()
            self._waits = False
            self._session.look()
        self._take_up(ahead)
        self._catch_up()

    def _catch_up(self) -> None:
        """Do what waited for answers that were on their way."""
        if not self._pending and self._changed:
            self._follow_history()
        if not self._pending and self._backs:
            self._back(undo=self._backs.pop(0))

    def _take_up(self, ahead: Ahead | None) -> None:
        if ahead is not None:
            self._take(ahead)
        if self.current is None:
            self._next()

    @Slot()
    def _learn(self) -> None:
        """While nobody answers, learn from what was answered; the next questions are there meanwhile."""
        review, known = self._review, self._items
        if review is None:
            return
        if self._pending:
            self._idle.start()
            return

        def work() -> Ahead | None:
            return look_ahead(review, known) if review.learn(idle=True) else None

        def learned(ahead: Ahead | None) -> None:
            if ahead is not None and not self._pending:
                self._take_up(ahead)

        self._session.background.edit(work, self._guarded(learned), self._failed)

    def _back(self, *, undo: bool) -> None:
        """Take the last answer back, and ask again; where something else is newer, Undo takes that back."""
        review = self._review
        if review is None or not (self._replies or self.answered or undo):
            self.note.setText(self.note.text() if review is None else none_to_take_back())
            return
        if self._pending:
            self._backs.append(undo)
            return
        if (wanted := self._replies.uncheck()) is not None:
            review.past.kept.wanted = wanted
            self._more(anew=True)
            return
        if (asked := self._replies.unskip()) is not None:
            review.unskip(asked)
            if self.current is not None:
                self._queue.insert(0, self.current)
            self._show(asked)
            return

        known = self._items

        def work() -> Ahead | Newer:
            newer = review.newer()
            if newer is not None:
                return newer
            review.take_back()
            return look_ahead(review, known)

        def back(found: Ahead | Newer) -> None:
            self._pending -= 1
            if isinstance(found, Ahead):
                self._moved(-1, found)
            elif undo and not found.kept:
                self._session.undo(instead=tr(OLDER))
            else:
                self._session.told.emit(newer_note(found, self._session.undo))
            self._catch_up()

        self._pending += 1
        self._session.background.edit(work, self._guarded(back), self._failed)

    def _moved(self, more: int, ahead: Ahead) -> None:
        """Show what was asked before the answers that were taken back, or go on after those that were taken again."""
        asked = self._replies.moved(more, self._pending)
        self.answered = max(0, self.answered + more)
        self._session.look()
        self.current, self._exhausted = asked, False
        self._take(ahead)
        self._idle.start()
        self._next() if asked is None else self._show(asked)

    def choose(self, place: int) -> None:
        if self.current is not None and place < len(self.current.names):
            self._name(*self.current.person(place))

    def _name(self, name: str, group: str | None) -> None:
        asked = self.current
        if asked is not None and asked.kind is Kind.NAME and name.strip():
            review = self._review
            assert review is not None

            def give(wanted: Naming) -> None:
                if self._review is review and self.current is asked:
                    self.naming.done()
                    self._keep(asked, lambda: review.name(wanted))

            ask_before_naming(self._session, self, asked.clusters[0], name.strip(), group, give, self.setFocus)

    @Slot(object)
    def _on_changed(self, change: Change) -> None:
        """What others changed is read again: undo in a menu, a correction in the list, a verb."""
        if Changed.VECTORS in change.touched:  # perhaps of somebody who was erased
            self._measured = None
        if self._review is None or not change.within(OUTDATE):
            return
        if self._pending:
            self._changed = True
        else:
            self._follow_history()

    def _follow_history(self) -> None:
        """Take answers back, or again, that were undone or redone; where something else was changed, read all again."""
        review, known, now, begun = self._review, self._items, self._round, self.naming.begun()
        assert review is not None
        self._changed, self._reading = False, True
        self._say_why_none()

        def work() -> tuple[ReviewSession, int, Ahead] | None:
            more = review.follow_history()
            if more is None:
                fresh = review.read_again(self._tell(now))
                return fresh, fresh.past.answers(), look_ahead_first(fresh, begun)
            return (review, more, look_ahead(review, known)) if more or review.renamed else None

        def done(found: tuple[ReviewSession, int, Ahead] | None) -> None:
            self._reading = False
            if found is None:
                self._say_why_none()
            elif found[0] is not review:
                self._round += 1  # what is still on its way is of the earlier reading
                self._pending, self._waits, self._exhausted = 0, False, False
                self._touched.clear()
                self.bar.hide()
                self._review, self._replies, self.current = found[0], Replies(), None
                self.answered = found[1]
                self._take_up(found[2])
                self._idle.start()
            elif found[1]:
                self._moved(*found[1:])
            elif not self._pending:  # names alone; of answers on their way the next look ahead comes with them
                self._take(found[2])
                self._say_again()

        self._session.background.edit(work, self._guarded(done), self._guarded(self._failed))
