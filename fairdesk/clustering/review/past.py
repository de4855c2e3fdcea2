"""The answers of a review as steps of the project's history, which are undone and redone there too."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from fairdesk.clustering.review.asked import Reply
from fairdesk.clustering.review.spot_checks import Checked
from fairdesk.project.journal import Journal


@dataclass
class Given:
    """One answer, and its step."""

    step: int | None
    reply: Reply | None  # None: a name


@dataclass(frozen=True)
class Newer:
    """What Undo would take back, where that is no answer of the review."""

    text: str  # of the step; empty where there is none
    kept: bool  # the review itself rests on it


@dataclass
class Kept:
    """What was kept of the answers of a review, over all times that it was read again."""

    steps: list[int | None] = field(default_factory=list)  # of the answers, those that were undone too
    undone: set[int] = field(default_factory=set)  # steps, when the history was last read
    behind: bool = False  # the clusters lack what follows of one
    unsure: set[int | None] = field(default_factory=set)  # of the steps, those of "not sure"
    checks: dict[int | None, Checked] = field(default_factory=dict)  # of the answers, what came of random checks
    wanted: int = 0  # checks


class Past:
    """What was answered, in order, and what was undone of that."""

    def __init__(self, journal: Journal) -> None:
        """Begin with the history as it is."""
        self._journal = journal
        self.given: list[Given] = []
        self.undone: list[Given] = []  # the last to be undone, so the first to be redone, last
        self.kept = Kept()
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

    def add(self, reply: Reply | None, checked: Checked | None = None) -> None:
        """Know the step that was just made as an answer; one that changed nothing is part of the step before."""
        made = self._journal.made
        self.given.append(Given(self.step if made is None else made, reply))
        self.undone.clear()
        self.kept.steps.append(self.given[-1].step)
        if reply is Reply.UNSURE:
            self.kept.unsure.add(self.given[-1].step)
        if checked is not None:
            self.kept.checks[self.given[-1].step] = checked

    def moved(self) -> int | None:
        """Return how many answers were redone (below 0: undone) in the history; None where something else happened."""
        newest = self._newest()
        if newest == self.step:
            return 0
        chain = [self._first, *(one.step for one in self.given), *(one.step for one in reversed(self.undone))]
        if newest not in chain:  # of something else, done before an answer that was undone, or after all that hold
            holds = self._holding([one.step for one in self.given])
            return len(holds) - len(self.given) or None
        place = (
            len(chain) - 1 - chain[::-1].index(newest)
        )  # an answer without a step of its own goes with the one before
        following = self._journal.next_redo()
        if place + 1 < len(chain) and (following is None or following.id != chain[place + 1]):
            return None
        return place - len(self.given)

    def follow(self, more: int) -> None:
        """Know that so many answers were redone, or undone (below 0)."""
        for _ in range(more):
            one = self.undone.pop()
            self.given.append(one)
            self.kept.undone.discard(one.step or 0)
        for _ in range(-more):
            one = self.given.pop()
            self.undone.append(one)
            if one.step is not None:
                self.kept.undone.add(one.step)

    def answers(self) -> int:
        """Return how many answers hold, those that were given before the review was read again too."""
        return len(self._holding(self.kept.steps))

    def not_sure(self) -> int:
        """Return how many of the answers that hold are "not sure"."""
        return sum(step in self.kept.unsure for step in self._holding(self.kept.steps))

    def checks(self) -> list[Checked]:
        """Return what came of the random checks that hold."""
        return [self.kept.checks[step] for step in self._holding(self.kept.steps) if step in self.kept.checks]

    def want_checks(self, count: int) -> int:
        """Ask about further faces drawn at random; returns how many were wanted before."""
        before, self.kept.wanted = self.kept.wanted, len(self.checks()) + count
        return before

    def _holding(self, steps: list[int | None]) -> list[int | None]:
        """Return the steps that are not undone.

        What the history has forgotten holds where it is older than all that is left (a purge leaves nothing) and was not
        undone when the history was last read; in between only what was undone is forgotten.
        """
        undone = {step.id: step.undone for step in self._journal.history()}
        oldest, gone = min(undone, default=math.inf), self.kept.undone - set(undone)
        self.kept.undone = {step for step, is_undone in undone.items() if is_undone} | gone
        return [
            step
            for step in steps
            if step is None or (not undone[step] if step in undone else step < oldest and step not in gone)
        ]
