"""How the threshold is taken, file after file: what goes along, what is a file's own, and what Ctrl+Z takes back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fairdesk.gui.tabs.base import TabSteps
from fairdesk.gui.tabs.metrics.offered import offer_number, offer_sources, offer_ways, quietly
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.metrics.tab import MetricsTab


FORM = "operating-point"  # what the settings call it


class _Taken(NamedTuple):
    """The rule's row and the number typed for it, which every file has, and lines dragged since, each its file's own."""

    row: int
    value: float | None
    dragged: Mapping[Path, float]


class _Source(NamedTuple):
    """Whose pairs set the threshold."""

    data: str
    named: str  # as the box shows it


class _Own(NamedTuple):
    """What else stays with a file: how its comparisons can be grouped and are, and whose pairs set the threshold."""

    ways: tuple[str, ...]
    groups: tuple[str, ...]
    by: str | None
    source: str


class _Step(NamedTuple):
    path: Path
    columns: str | None
    before: tuple[_Taken, _Source]
    after: tuple[_Taken, _Source]
    edit: int  # the project's newest edit then


class ThresholdSteps(TabSteps):
    """Remembers what was dragged, typed or chosen.

    A rule that was chosen, or a number that was typed, goes along to every file. A line that was dragged since is its
    file's own and is found there again. Steps are taken back in the order in which they were made, whatever is shown:
    the file that a step was made with is shown then.
    """

    def __init__(self, tab: MetricsTab) -> None:
        self._tab = tab
        self._path: Path | None = None
        self._taken = _Taken(0, None, {})
        self._source = _Source("all", "")
        self._kept = ""  # the rule that the settings know
        self._own: dict[Path, _Own] = {}
        self._line: float | None = None  # where the line was put in the file that is shown; None once letters are typed
        self._done: list[_Step] = []
        self._undone: list[_Step] = []

    def begin(self) -> None:
        """Begin with the rule that was chosen last, in an earlier session too; a number is of its scores, and not kept."""
        kept = self._tab.session.settings.form(FORM).get("at")
        row = self._tab.at.findData(kept) if kept != "threshold" else -1
        self._taken = self._taken._replace(row=max(row, 0))
        self._kept = self._tab.at.itemData(max(row, 0))
        self._show_taken()

    def enter(self, path: Path) -> None:
        """Set the boxes as they are for a score file that is shown from now on."""
        self.leave()
        tab, own = self._tab, self._own.get(path)
        self._path = path
        if own is not None:
            offer_ways(tab.by, tab.by_label, own.ways)
            offer_sources(tab.source, own.groups)
        with quietly(tab.by, tab.source):
            tab.by.setCurrentIndex(0 if own is None else max(tab.by.findData(own.by), 0))
            tab.source.setCurrentIndex(0 if own is None else max(tab.source.findData(own.source), 0))
        self._source = self._source_now()
        self._show_taken()

    def leave(self) -> None:
        """Keep what stays with the score file that is shown, before another one or none is."""
        shown = self._tab.shown
        if shown is not None and shown.path == self._path == self._tab.scores:
            by, source = self._tab.by.currentData(), str(self._tab.source.currentData() or "all")
            self._own[shown.path] = _Own(shown.ways, tuple(shown.groups), by, source)
        self._path = None

    def forget(self) -> None:
        """Remember nothing of the files of another project; the rule stays."""
        self._path, self._own, self._done, self._undone = None, {}, [], []
        self._taken = self._taken._replace(dragged={})

    def drop(self, path: Path) -> None:
        """Remember nothing of a score file that is gone."""
        self._own.pop(path, None)
        self._done = [step for step in self._done if step.path != path]
        self._undone = [step for step in self._undone if step.path != path]
        self._taken = self._taken._replace(dragged={one: at for one, at in self._taken.dragged.items() if one != path})

    def put_line(self, threshold: float) -> None:
        """Say that the threshold is where the line was put; other files know nothing of it."""
        tab = self._tab
        self._line = threshold
        with quietly(tab.at, tab.value):
            tab.at.setCurrentIndex(tab.at.findData("threshold"))
            tab.value.setValue(threshold)
        offer_number(tab.value, tab.source, given=True)

    def typed(self) -> None:
        """Letters are typed: the number is none of the line's any more."""
        self._line = None

    def note(self) -> None:
        """Take note of how the threshold is taken now; called before each evaluation."""
        path = self._tab.scores
        if path is None or path != self._path:
            return
        before, after = (self._taken, self._source), (self._taken_now(path), self._source_now())
        if before[0] != after[0] or before[1].data != after[1].data:
            self._done.append(_Step(path, self._tab.columns, before, after, self._newest_edit()))
            self._undone = []
        self._taken, self._source = after
        rule = self._tab.at.currentData()
        if rule not in ("threshold", self._kept):
            self._tab.session.settings.set_form(FORM, {"at": rule})
            self._kept = rule

    def _taken_now(self, path: Path) -> _Taken:
        at, taken = self._tab.at, self._taken
        number = self._tab.value.value() if at.currentData() == "threshold" else None
        if number is not None and number == self._line:
            return taken._replace(dragged={**taken.dragged, path: number})
        if (at.currentIndex(), number) == (taken.row, taken.value) and path not in taken.dragged:
            return taken
        return _Taken(at.currentIndex(), number, {})

    def _seen(self, taken: _Taken, path: Path | None) -> tuple[int, float | None]:
        """Return the rule's row and the number for a file."""
        own = None if path is None else taken.dragged.get(path)
        return (taken.row, taken.value) if own is None else (self._tab.at.findData("threshold"), own)

    def _source_now(self) -> _Source:
        box = self._tab.source
        return _Source(str(box.currentData() or "all"), box.currentText())

    def _newest_edit(self) -> int:
        project = self._tab.session.project
        step = None if project is None else project.journal.next_undo()
        return 0 if step is None else step.id

    def undo_text(self) -> str | None:
        """Name the step that an undo takes back; None where there is none, or the project has a newer edit."""
        if not self._done or self._newest_edit() > self._done[-1].edit:
            return None
        return self._named(self._done[-1])

    def redo_text(self) -> str | None:
        """Name the step that a redo makes again; None where there is none, or the project has an older edit to redo."""
        if not self._undone:
            return None
        project = self._tab.session.project
        other = None if project is None else project.journal.next_redo()
        return None if other is not None and other.id <= self._undone[-1].edit else self._named(self._undone[-1])

    def _named(self, step: _Step) -> str:
        """Name a step, and its file where that is not the one that is shown."""
        row, value = self._seen(step.after[0], step.path)
        if step.before[0] == step.after[0]:
            named = tr("threshold from {source}", source=step.after[1].named)
        elif value is not None:
            named = tr("threshold {value:.6g}", value=value)
        else:
            named = tr("threshold by {rule}", rule=self._tab.at.itemText(row))
        return named if self._tab.scores == step.path else tr("{step} ({file})", step=named, file=step.path.name)

    def undo(self) -> None:
        """Take back the newest step."""
        step = self._done.pop()
        self._undone.append(step)
        self._take(step, step.before)

    def redo(self) -> None:
        """Make the step that was taken back last again."""
        step = self._undone.pop()
        self._done.append(step)
        self._take(step, step.after)

    def _take(self, step: _Step, state: tuple[_Taken, _Source]) -> None:
        """Show the file of a step as it was then, or is again."""
        tab = self._tab
        self._taken = state[0]
        if tab.scores != step.path:
            if step.path in self._own:
                self._own[step.path] = self._own[step.path]._replace(source=state[1].data)
            tab.show_scores(step.path, step.columns)
            return
        with quietly(tab.source):
            tab.source.setCurrentIndex(max(tab.source.findData(state[1].data), 0))  # a group may be gone by now
        self._source = self._source_now()
        self._show_taken()  # a field that is hidden with the focus says that typing ended
        tab.value.settled.emit()  # the tab evaluates
        tab.session.told_state()

    def _show_taken(self) -> None:
        tab = self._tab
        row, value = self._seen(self._taken, self._path)
        self._line = value if self._path in self._taken.dragged else None
        with quietly(tab.at, tab.value):
            tab.at.setCurrentIndex(row)
            if value is not None:
                tab.value.setValue(value)
        offer_number(tab.value, tab.source, given=value is not None)
