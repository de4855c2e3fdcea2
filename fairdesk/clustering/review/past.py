"""The answers of a review as steps of the project's history, which are undone and redone there too."""

from __future__ import annotations

from dataclasses import dataclass

from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.engine import Answer, Pair, Review
from fairdesk.project.journal import Journal


@dataclass
class Given:
    """One answer: its step, and what the review forgot when it was undone (nothing of a name)."""

    step: int | None
    reply: Reply | None  # None: a name
    forgotten: Answer | Pair | None = None


@dataclass(frozen=True)
class Newer:
    """What Undo would take back, where that is no answer of the review."""

    text: str  # of the step; empty where there is none
    kept: bool  # the review itself rests on it


class Past:
    """What was answered, in order, and what was undone of that."""

    def __init__(self, journal: Journal) -> None:
        """Begin with the history as it is."""
        self._journal = journal
        self.given: list[Given] = []
        self.undone: list[Given] = []  # the last to be undone, so the first to be redone, last
        self.steps: list[int | None] = []  # of all answers that hold, those before the review was read again too
        self.remember()

    def _newest(self) -> int | None:
        step = self._journal.next_undo()
        return None if step is None else step.id

    def newer(self, version: int) -> Newer | None:
        """Return the step that is newer than the last answer; None where that is the newest of all."""
        step = self._journal.next_undo()
        if step is None:
            return Newer("", kept=True)
        if self.given and step.id == self.step:
            return None
        return Newer(step.text, kept=step.target.get("made") == version)

    def remember(self) -> None:
        """Know the newest step of the history as one's own; answers follow it."""
        self._first = self._newest()

    @property
    def step(self) -> int | None:
        """The newest step that is known."""
        return self.given[-1].step if self.given else self._first

    def add(self, reply: Reply | None) -> None:
        """Know the newest step of the history as an answer."""
        self.given.append(Given(self._newest(), reply))
        self.undone.clear()
        self.steps.append(self.given[-1].step)

    def moved(self) -> int | None:
        """Return how many answers were redone (below 0: undone) in the history; None where something else happened."""
        newest = self._newest()
        if newest == self.step:
            return 0
        chain = [self._first, *(one.step for one in self.given), *(one.step for one in reversed(self.undone))]
        if newest not in chain:
            return None
        place = chain.index(newest)
        following = self._journal.next_redo()
        if place + 1 < len(chain) and (following is None or following.id != chain[place + 1]):
            return None
        return place - len(self.given)

    def undo(self, review: Review) -> None:
        """Have the review forget the last answer."""
        one = self.given.pop()
        if one.reply is Reply.UNSURE:
            one.forgotten = review.sure_again()
        elif one.reply is not None:
            one.forgotten = review.undo()
        self.undone.append(one)
        self.steps.pop()

    def redo(self, review: Review) -> None:
        """Have the review know again the answer that was undone last."""
        one = self.undone.pop()
        if isinstance(one.forgotten, Answer):
            review.again(one.forgotten)
        elif one.forgotten is not None:
            review.not_sure_again(one.forgotten)
        self.given.append(one)
        self.steps.append(one.step)

    def standing(self) -> list[int | None]:
        """Return the steps of the answers that are not undone in the history."""
        undone = {step.id for step in self._journal.history() if step.undone}
        return [step for step in self.steps if step not in undone]
