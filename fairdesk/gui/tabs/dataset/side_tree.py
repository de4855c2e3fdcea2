"""The tree beside the grid: groups with their identities, sets, saved views and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QHeaderView, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from fairdesk.gui.session import Session
from fairdesk.gui.tabs.dataset.presenter import View
from fairdesk.project.saved_views import remove_view
from fairdesk.project.sets import freeze, remove_sets
from fairdesk.runs.folder import next_run
from fairdesk.words import tr

Chosen = tuple[str, Any, Any]  # what an item stands for: a group (and identity), a set, a view, a tag, or a heading
EVERYTHING: Chosen = ("group", None, None)
_STANDS_FOR = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Row:
    """What an item says and stands for."""

    text: str
    count: str
    stands_for: Chosen
    tip: str = ""
    below: list[Row] = field(default_factory=list)


def _stands_for(item: QTreeWidgetItem) -> Chosen:
    chosen: Chosen = item.data(0, _STANDS_FOR)
    return chosen


def _write(item: QTreeWidgetItem, row: Row) -> None:
    """Let an item say what a row says; Qt compares each and repaints what differs."""
    if item.text(0) != row.text or item.data(0, _STANDS_FOR) is None:
        item.setText(0, row.text)
        item.setData(0, _STANDS_FOR, row.stands_for)
    if item.text(1) != row.count:
        item.setText(1, row.count)
    if item.toolTip(0) != (row.tip or row.text):
        item.setToolTip(0, row.tip or row.text)


class SideTree(QTreeWidget):
    """`chosen` is what the current item stands for; `picked` fires when a person chooses another."""

    picked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen: Chosen = EVERYTHING
        self._session: Session | None = None
        self._view = View()
        self._lists: dict[str, list[tuple[str, int]]] = {}  # the identities that the items below a group show
        self.setHeaderLabels([tr("Group and identity"), tr("Images")])
        self.setRootIsDecorated(True)
        self.setUniformRowHeights(True)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.currentItemChanged.connect(self._on_current)
        self.itemExpanded.connect(self._on_expanded)

    def set_session(self, session: Session) -> None:
        """Let its menus change the open project."""
        self._session = session

    def fill(self, view: View) -> None:
        """Show a project's groups, sets, views and tags; what was chosen stays chosen if it is still there.

        Items are kept where they can be. A group's identities become items when it is unfolded: there may be thousands.
        """
        self._view = view
        self.blockSignals(True)
        rows = self._rows(view)
        if [row.stands_for for row in rows] != [_stands_for(item) for item in self._children(None)]:
            self._build(rows)
        for row, item in zip(rows, self._children(None), strict=True):
            _write(item, row)
            self._fit(item, row)
        found = self._find(self.chosen)
        gone = found is None and self.chosen[0] != "group"  # a group or a person may come back, by undo
        if gone:
            self.chosen = EVERYTHING
            found = self.topLevelItem(0)
        if found is None:
            self.setCurrentIndex(QModelIndex())
        elif found is not self.currentItem():
            self.setCurrentItem(found)
        self.blockSignals(False)
        if gone:
            self.picked.emit()

    def _rows(self, view: View) -> list[Row]:
        rows = [Row(tr("All"), f"{view.counts['images']:,}", EVERYTHING)]
        for group, images, _ in view.groups:
            rows.append(Row(group or tr("No group"), f"{images:,}", ("group", group or "", None)))
        return rows + [
            Row(title, "", ("heading", title, None), below=below) for title, below in self._sections(view) if below
        ]

    def _build(self, rows: list[Row]) -> None:
        """Make the items of the top level anew; groups that were unfolded stay so."""
        open_groups = {_stands_for(item) for item in self._children(None) if item.isExpanded()}
        self.clear()
        for row in rows:
            item = QTreeWidgetItem()
            self.addTopLevelItem(item)
            _write(item, row)
            heading = row.stands_for[0] == "heading"
            if heading:
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            item.setExpanded(heading or row.stands_for in open_groups)

    def _fit(self, item: QTreeWidgetItem, row: Row) -> None:
        """Bring the items below one up to date."""
        kind, name, _ = row.stands_for
        if kind == "heading":
            self._fit_children(item, row.below)
        elif kind == "group" and name is not None:
            identities = self._view.identities.get(name or None, [])
            show = QTreeWidgetItem.ChildIndicatorPolicy
            item.setChildIndicatorPolicy(show.ShowIndicator if identities else show.DontShowIndicator)
            if item.isExpanded() or (self.chosen[:2] == row.stands_for[:2] and self.chosen[2] is not None):
                self._fit_group(item, name)
            else:
                item.takeChildren()

    def _fit_group(self, item: QTreeWidgetItem, name: str) -> None:
        identities = self._view.identities.get(name or None, [])
        if self._lists.get(name) is not identities or not item.childCount():  # the same list has the same identities
            self._fit_children(item, [Row(who, f"{count:,}", ("group", name, who)) for who, count in identities])
            self._lists[name] = identities

    def _fit_children(self, parent: QTreeWidgetItem, rows: list[Row]) -> None:
        wanted = {row.stands_for for row in rows}
        for child in self._children(parent):
            if _stands_for(child) not in wanted:
                parent.removeChild(child)
        for place, row in enumerate(rows):
            item: QTreeWidgetItem | None = parent.child(place)
            if item is None or _stands_for(item) != row.stands_for:
                item = QTreeWidgetItem()
                parent.insertChild(place, item)
            _write(item, row)

    def _children(self, parent: QTreeWidgetItem | None) -> list[QTreeWidgetItem]:
        parent = parent or self.invisibleRootItem()
        return [child for place in range(parent.childCount()) if (child := parent.child(place)) is not None]

    def _find(self, chosen: Chosen) -> QTreeWidgetItem | None:
        tops = self._children(None)
        for top in tops:
            if _stands_for(top) == chosen:
                return top
            if _stands_for(top)[0] == "heading" or _stands_for(top)[:2] == chosen[:2]:
                for item in self._children(top):
                    if _stands_for(item) == chosen:
                        return item
        return None

    @Slot(QTreeWidgetItem)
    def _on_expanded(self, item: QTreeWidgetItem) -> None:
        kind, name, identity = _stands_for(item)
        if kind == "group" and name is not None and identity is None:
            self._fit_group(item, name)

    @staticmethod
    def _sections(view: View) -> list[tuple[str, list[Row]]]:
        sets = []
        for one in view.sets:
            stale = (
                tr("Out of date: {change}. Right-click to recreate the sets.", change=one.change) if one.change else ""
            )
            text = ("⚠ " if stale else "") + one.name + (tr(" (frozen)") if one.frozen else "")
            sets.append(Row(text, f"{one.images:,}", ("set", one.name, None), stale))
        views = [Row(name, "", ("view", name, None)) for name, _ in view.views]
        tags = [Row(tag, f"{n:,}", ("tag", tag, None)) for tag, n in view.tags]
        return [(tr("Sets"), sets), (tr("Saved views"), views), (tr("Tags"), tags)]

    @Slot(QTreeWidgetItem, QTreeWidgetItem)
    def _on_current(self, item: QTreeWidgetItem | None, _before: object) -> None:
        if item is not None:
            stands_for = _stands_for(item)
            if stands_for[0] != "heading":
                self.chosen = stands_for
                self.picked.emit()

    @Slot(QPoint)
    def _menu(self, place: QPoint) -> None:
        """What can be done with what an item stands for."""
        item = self.itemAt(place)
        if item is None or self._session is None:
            return
        kind, name, identity = _stands_for(item)
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
