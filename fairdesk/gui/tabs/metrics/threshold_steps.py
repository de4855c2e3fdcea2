"""The thresholds that a person chose, one after the other: Ctrl+Z takes the newest back, Ctrl+Y takes it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fairdesk.gui.tabs.base import TabSteps
from fairdesk.gui.tabs.metrics.offered import quietly
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.metrics.tab import MetricsTab


class _Choice(NamedTuple):
    """How the threshold is taken: the rule's row, the number of the field where it is this one, and whose pairs set it."""

    row: int
    value: float | None
    source: str
    named: str  # the source as the box shows it


class _Step(NamedTuple):
    before: _Choice
    after: _Choice
    edit: int  # the project's newest edit then


class ThresholdSteps(TabSteps):
    """Remembers what was dragged, typed or chosen for the scores that are shown; other scores begin anew."""

    def __init__(self, tab: MetricsTab) -> None:
        self._tab = tab
        self._path: Path | None = None
        self._now: _Choice | None = None
        self._done: list[_Step] = []
        self._undone: list[_Step] = []

    def note(self) -> None:
        """Take note of how the threshold is taken now; called before each evaluation."""
        now = self._choice()
        if self._path != self._tab.scores or self._now is None:
            self._path, self._done, self._undone = self._tab.scores, [], []
        elif now != self._now:
            self._done.append(_Step(self._now, now, self._newest_edit()))
            self._undone = []
        self._now = now

    def _choice(self) -> _Choice:
        at, value = self._tab.at, self._tab.value
        number = value.value() if at.currentData() == "threshold" else None
        source = self._tab.source
        return _Choice(at.currentIndex(), number, str(source.currentData() or "all"), source.currentText())

    def _newest_edit(self) -> int:
        project = self._tab.session.project
        step = None if project is None else project.journal.next_undo()
        return 0 if step is None else step.id

    def undo_text(self) -> str | None:
        """Name the step that an undo takes back; None where there is none, or the project has a newer edit."""
        if self._tab.scores is None or not self._done or self._newest_edit() > self._done[-1].edit:
            return None
        return self._named(self._done[-1])

    def redo_text(self) -> str | None:
        """Name the step that a redo makes again; None where there is none, or the project has an older edit to redo."""
        if self._tab.scores is None or not self._undone:
            return None
        project = self._tab.session.project
        other = None if project is None else project.journal.next_redo()
        return None if other is not None and other.id <= self._undone[-1].edit else self._named(self._undone[-1])

    def _named(self, step: _Step) -> str:
        if step.before.source != step.after.source and step.before[:2] == step.after[:2]:
            return tr("threshold from {source}", source=step.after.named)
        if step.after.value is not None:
            return tr("threshold {value:.6g}", value=step.after.value)
        return tr("threshold by {rule}", rule=self._tab.at.itemText(step.after.row))

    def undo(self) -> None:
        """Take back the newest step."""
        step = self._done.pop()
        self._undone.append(step)
        self._take(step.before)

    def redo(self) -> None:
        """Make the step that was taken back last again."""
        step = self._undone.pop()
        self._done.append(step)
        self._take(step.after)

    def _take(self, choice: _Choice) -> None:
        tab = self._tab
        with quietly(tab.at, tab.value, tab.source):
            tab.at.setCurrentIndex(choice.row)
            tab.source.setCurrentIndex(max(tab.source.findData(choice.source), 0))  # a group may be gone by now
            if choice.value is not None:
                tab.value.setValue(choice.value)
        self._now = self._choice()  # a field that is hidden with the focus says that typing ended
        tab.value.setVisible(choice.value is not None)
        tab.value.settled.emit()  # the tab evaluates
        tab.session.told_state()
