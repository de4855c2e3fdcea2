"""Actions as data: the menus, the shortcuts and the command palette are made from one list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from fairdesk.gui.theme import Theme


def _always() -> bool:
    return True


@dataclass(frozen=True)
class ActionSpec:
    """One thing a person can do."""

    id: str  # "clustering.merge"
    text: str
    run: Callable[[], None]
    menu: str
    icon: str = ""
    shortcut: str = ""
    enabled: Callable[[], bool] = _always
    tip: str = ""
    tab: str = ""  # the shortcut works while this tab is shown; empty: always
    also: str = ""  # a second shortcut
    grey: str = ""  # what has to be there first, told while it cannot be done


def _tip(spec: ActionSpec, action: QAction, *, can: bool) -> str:
    """Return what an action does and by which key; while it cannot be done, what has to be there first."""
    tip = spec.tip or spec.text.replace("&", "").rstrip(".")
    if spec.shortcut:
        tip += f" ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})"
    return tip if can or not spec.grey else f"{spec.grey}\n{tip}"


class ActionBook:
    """The QActions of a window, by id."""

    def __init__(self, owner: QWidget, theme: Theme) -> None:
        self._owner = owner
        self._theme = theme
        self.specs: dict[str, ActionSpec] = {}
        self.actions: dict[str, QAction] = {}
        theme.changed.connect(self._retint)

    def add(self, spec: ActionSpec) -> QAction:
        """Make an action."""
        if spec.id in self.actions:
            raise ValueError(f"two actions are called {spec.id}")
        action = QAction(spec.text, self._owner)
        action.setObjectName(spec.id)
        if spec.shortcut:
            action.setShortcuts([QKeySequence(keys) for keys in (spec.shortcut, spec.also) if keys])
        action.setToolTip(_tip(spec, action, can=True))
        if spec.icon:
            action.setIcon(self._theme.icon(spec.icon))
        action.triggered.connect(lambda _checked=False: spec.run())
        self._owner.addAction(action)
        self.specs[spec.id], self.actions[spec.id] = spec, action
        return action

    def refresh(self, tab: str) -> None:
        """Enable what can be done now; a tab's actions need their tab to be shown."""
        for number, spec in self.specs.items():
            can = (not spec.tab or spec.tab == tab) and spec.enabled()
            self.actions[number].setEnabled(can)
            if spec.grey:
                self.actions[number].setToolTip(_tip(spec, self.actions[number], can=can))

    def _retint(self) -> None:
        for number, spec in self.specs.items():
            if spec.icon:
                self.actions[number].setIcon(self._theme.icon(spec.icon))
