"""What every tab offers the window. The tabs know the session and nothing of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QMenu, QPushButton, QWidget

from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.session import Session
from fairdesk.project.changes import EVERY, Change, Kind


class TabSteps:
    """Choices of a tab that are undone like edits, while they are newer than the project's edits."""

    def undo_text(self) -> str | None:
        """Name the step that an undo takes back, or None."""
        return None

    def redo_text(self) -> str | None:
        """Name the step that a redo makes again, or None."""
        return None

    def undo(self) -> None:
        """Take back the newest step."""

    def redo(self) -> None:
        """Make the step that was taken back last again."""


class Tab(QWidget):
    """A tab of the main window."""

    name = ""
    tab_title = ""  # marked, and translated where it is shown
    shows: frozenset[Kind] = EVERY  # what of the project this tab shows

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.stale = Change.everything()  # what was touched since the last refresh
        self.find_line: QLineEdit | None = None  # what Ctrl+F goes to
        self.steps = TabSteps()
        self.reading = False  # a project was just opened, and what it holds is not known yet
        session.project_changed.connect(self.begin)
        session.catalogue_changed.connect(self._on_changed)

    def specs(self) -> list[ActionSpec]:
        """The tab's actions."""
        return []

    def place_actions(self, book: ActionBook) -> None:
        """Put actions on the tab's buttons."""

    def refresh(self) -> None:
        """Show the catalogue as it is now."""

    def stays(self) -> bool:
        """Tell whether an undo leaves the person here, whatever it was about: something stands open that it is made from."""
        return False

    def show_target(self, target: dict[str, Any]) -> None:
        """Show what an undone or redone step was about."""

    def update_shown(self, change: Change) -> None:
        """Show what was touched; a tab that can read less than all of it does so here."""
        self.refresh()

    def forget(self) -> None:
        """Show nothing of the project that was open before."""

    @Slot(object)
    def begin(self, project: object) -> None:
        """Show another project, or none."""
        self.reading = project is not None
        self.forget()
        self._on_changed(Change.everything())

    @Slot(object)
    def _on_changed(self, change: Change) -> None:
        self.stale |= change.within(self.shows)
        self.refresh_if_shown()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.refresh_if_shown()

    def refresh_if_shown(self) -> None:
        """Refresh now if the tab is seen; hidden tabs wait until they are."""
        if self.isVisible() and self.stale:
            change, self.stale = self.stale, Change()
            self.update_shown(change)

    def can_find(self) -> bool:
        """Whether there is a line to find with, and something to find."""
        return self.find_line is not None and self.find_line.isVisible() and self.find_line.isEnabled()

    def start_finding(self) -> None:
        """Go to the line that finds; what stands there is replaced by what is typed."""
        if self.find_line is not None:
            self.find_line.setFocus()
            self.find_line.selectAll()

    def has_project(self) -> bool:
        """Whether a project is open."""
        return self.session.project is not None


def add_menu(view: QAbstractItemView, book: ActionBook, tab: str, actions: Sequence[str]) -> None:
    """Give a list or grid a menu on the right button: actions of its tab, and "" for a line between them.

    What lies under the pointer is selected first, unless it is among what is selected.
    """
    view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def show(place: QPoint) -> None:
        index = view.indexAt(place)
        if index.isValid() and not view.selectionModel().isSelected(index):
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            view.selectionModel().setCurrentIndex(index, flags)  # whatever keys are held
        show_menu(view, book, tab, actions, view.viewport().mapToGlobal(place))

    view.customContextMenuRequested.connect(show)


def show_menu(owner: QWidget, book: ActionBook, tab: str, actions: Sequence[str], place: QPoint) -> None:
    """Show a menu of a tab's actions, with "" for a line between them, at a place of the screen."""
    book.refresh(tab)
    menu = QMenu(owner)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)  # they say what a grey entry waits for
    for number in actions:
        if number:
            menu.addAction(book.actions[number])
        else:
            menu.addSeparator()
    menu.popup(place)


def bind_button(button: QPushButton, book: ActionBook, action_id: str, text: str = "") -> None:
    """Make a button do, look and be enabled as an action; `text` where the action's own is too long."""
    action = book.actions[action_id]

    def follow() -> None:
        button.setEnabled(action.isEnabled())
        if not button.property("primary"):  # dark icons do not show on the accent
            button.setIcon(action.icon())
        button.setToolTip(action.toolTip())

    button.setText(text or action.text().replace("&", ""))
    button.clicked.connect(action.trigger)
    action.changed.connect(follow)
    follow()
