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
        tip = spec.tip or spec.text.replace("&", "").rstrip(".")
        action.setToolTip(
            f"{tip} ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})" if spec.shortcut else tip
        )
        if spec.icon:
            action.setIcon(self._theme.icon(spec.icon))
        action.triggered.connect(lambda _checked=False: spec.run())
        self._owner.addAction(action)
        self.specs[spec.id], self.actions[spec.id] = spec, action
        return action

    def refresh(self, tab: str) -> None:
        """Enable what can be done now; a tab's actions need their tab to be shown."""
        for number, spec in self.specs.items():
            self.actions[number].setEnabled((not spec.tab or spec.tab == tab) and spec.enabled())

    def _retint(self) -> None:
        for number, spec in self.specs.items():
            if spec.icon:
                self.actions[number].setIcon(self._theme.icon(spec.icon))
