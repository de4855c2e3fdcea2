"""The tree beside the grid: groups with their identities, sets, saved views and tags."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QHeaderView, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from fairdesk.dataset.sets import freeze, remove_sets
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.dataset.presenter import View
from fairdesk.project.image_queries import remove_view
from fairdesk.runs.folder import next_run
from fairdesk.words import tr

Chosen = tuple[str, Any, Any]  # what an item stands for: a group (and identity), a set, a view, a tag, or a heading
EVERYTHING: Chosen = ("group", None, None)


class SideTree(QTreeWidget):
    """`chosen` is what the current item stands for; `picked` fires when a person chooses another."""

    picked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen: Chosen = EVERYTHING
        self._session: Session | None = None
        self._view = View()
        self.setHeaderLabels([tr("Group and identity"), tr("Images")])
        self.setRootIsDecorated(True)
        self.setUniformRowHeights(True)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.currentItemChanged.connect(self._on_current)

    def set_session(self, session: Session) -> None:
        """Let its menus change the open project."""
        self._session = session

    def fill(self, view: View) -> None:
        """Show a project's groups, sets, views and tags; what was chosen stays chosen if it is still there."""
        self._view = view
        self.blockSignals(True)
        self.clear()
        found: list[QTreeWidgetItem] = []

        def add(
            parent: QTreeWidgetItem | None, text: str, count: str, stands_for: Chosen, tip: str = ""
        ) -> QTreeWidgetItem:
            item = QTreeWidgetItem([text, count])
            item.setData(0, Qt.ItemDataRole.UserRole, stands_for)
            item.setToolTip(0, tip or text)
            if parent is None:
                self.addTopLevelItem(item)
            else:
                parent.addChild(item)
            if stands_for == self.chosen:
                found.append(item)
            return item

        everything = add(None, tr("All"), f"{view.counts['images']:,}", EVERYTHING)
        for group, images, _ in view.groups:
            node = add(None, group or tr("No group"), f"{images:,}", ("group", group or "", None))
            for name, count in view.identities.get(group, []):
                add(node, name, f"{count:,}", ("group", group or "", name))
        for title, rows in self._sections(view):
            if rows:
                head = add(None, title, "", ("heading", title, None))
                head.setFlags(Qt.ItemFlag.ItemIsEnabled)
                for text, number, stands_for, tip in rows:
                    add(head, text, number, stands_for, tip)
                head.setExpanded(True)
        if not found:
            self.chosen = EVERYTHING
        self.setCurrentItem(found[0] if found else everything)
        self.blockSignals(False)

    @staticmethod
    def _sections(view: View) -> list[tuple[str, list[tuple[str, str, Chosen, str]]]]:
        sets: list[tuple[str, str, Chosen, str]] = []
        for one in view.sets:
            stale = (
                tr("Out of date: {change}. Right-click to recreate the sets.", change=one.change) if one.change else ""
            )
            text = ("⚠ " if stale else "") + one.name + (tr(" (frozen)") if one.frozen else "")
            sets.append((text, f"{one.images:,}", ("set", one.name, None), stale))
        views: list[tuple[str, str, Chosen, str]] = [(name, "", ("view", name, None), "") for name, _ in view.views]
        tags: list[tuple[str, str, Chosen, str]] = [(tag, f"{n:,}", ("tag", tag, None), "") for tag, n in view.tags]
        return [(tr("Sets"), sets), (tr("Saved views"), views), (tr("Tags"), tags)]

    @Slot(QTreeWidgetItem, QTreeWidgetItem)
    def _on_current(self, item: QTreeWidgetItem | None, _before: object) -> None:
        if item is not None:
            stands_for: Chosen = item.data(0, Qt.ItemDataRole.UserRole)
            if stands_for[0] != "heading":
                self.chosen = stands_for
                self.picked.emit()

    @Slot(QPoint)
    def _menu(self, place: QPoint) -> None:
        """What can be done with what an item stands for."""
        item = self.itemAt(place)
        if item is None or self._session is None:
            return
        kind, name, identity = item.data(0, Qt.ItemDataRole.UserRole)
        menu = QMenu(self)
        if kind == "set":
            menu = self.set_menu(name)
        elif kind == "view":
            menu = self.view_menu(name)
        if kind != "heading" and identity is None and (kind, name) != EVERYTHING[:2]:
            self.add_training(menu, f"{kind}={name}")
        if not menu.isEmpty():
            menu.popup(self.viewport().mapToGlobal(place))

    def add_training(self, menu: QMenu, condition: str) -> None:
        """Offer to train on the images of a group, set, view or tag."""
        session = self._session
        assert session is not None and session.project is not None
        project = session.project.folder

        def train(kind: str, stem: str) -> None:
            preset = {"data": str(project), "out": str(next_run(project, stem)), "where": [condition], "resume": False}
            session.ask(kind, preset)

        menu.addAction(tr("Train a GAN on it…"), lambda: train("train-dcgan", "gan"))
        menu.addAction(tr("Train a recogniser on it…"), lambda: train("train-arcface", "arcface"))

    def set_menu(self, name: str) -> QMenu:
        """Freeze, make again, export, list pairs of, remove a set."""
        session = self._session
        assert session is not None
        found = next(s for s in self._view.sets if s.name == name)
        on = not found.frozen
        kept = {key: value for key, value in found.params.items() if value is not None}
        menu = QMenu(self)
        told = tr("{set} is frozen", set=name) if on else tr("{set} is no longer frozen", set=name)
        freezing = tr("Freeze") if on else tr("Unfreeze")
        menu.addAction(freezing, lambda: session.edit(lambda p: freeze(p, name, on=on), told))
        menu.addAction(tr("Recreate the sets…"), lambda: session.ask("divide", kept))
        menu.addAction(tr("Export…"), lambda: session.ask("export", {"only_set": name}))
        menu.addAction(tr("Create a pair list…"), lambda: session.ask("pairs", {"only_set": name}))
        remove = menu.addAction(tr("Remove the set"), lambda: session.edit(
            lambda p: remove_sets(p, [name]), tr("Removed the set {set}", set=name)))  # fmt: skip
        remove.setEnabled(on)
        return menu

    def view_menu(self, name: str) -> QMenu:
        """Remove a saved view."""
        session = self._session
        assert session is not None
        menu = QMenu(self)
        menu.addAction(
            tr("Remove the view"),
            lambda: session.edit(lambda p: remove_view(p, name), tr("Removed the view {view}", view=name)),
        )
        return menu
