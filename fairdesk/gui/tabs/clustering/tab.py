"""The Clustering tab: versions side by side, clusters with their faces, and every correction undoable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLineEdit, QPushButton, QSplitter, QStackedWidget, QWidget

from fairdesk.clustering import store
from fairdesk.clustering.review.kept_version import METHOD
from fairdesk.clustering.store import UNCLUSTERED, Cluster
from fairdesk.clustering.verdicts import edits as verdict_edits
from fairdesk.clustering.verdicts.lost_names import correct_faces
from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.dialogs.photograph import Photograph
from fairdesk.gui.forms import load_form
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tabs.base import Tab, add_menu, bind_button
from fairdesk.gui.tabs.clustering import presenter
from fairdesk.gui.tabs.clustering.actions import MENUS, actions
from fairdesk.gui.tabs.clustering.foretelling import kept_of, merge_foretold
from fairdesk.gui.tabs.clustering.linked_map import LinkedMap
from fairdesk.gui.tabs.clustering.merging import merge_into
from fairdesk.gui.tabs.clustering.models import ClusterList
from fairdesk.gui.tabs.clustering.naming import rename_cluster
from fairdesk.gui.tabs.clustering.presenter import Order
from fairdesk.gui.tabs.clustering.review_ahead import BACK
from fairdesk.gui.tabs.clustering.review_pane import ReviewPane
from fairdesk.gui.tabs.clustering.running_figures import RunningFigures, tell_stale
from fairdesk.gui.tabs.clustering.shown_faces import Centres, Shown, shown_faces, why_not_nearest
from fairdesk.gui.tabs.clustering.shown_tree import show_tree
from fairdesk.gui.widgets.dendrogram import Dendrogram
from fairdesk.gui.widgets.elided_box import ElidedBox
from fairdesk.gui.widgets.elided_label import ElidedLabel
from fairdesk.gui.widgets.face_grid.view import FaceGrid
from fairdesk.gui.widgets.flow_row import FlowRow
from fairdesk.project import Project
from fairdesk.project.changes import Change, Kind
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.clustering.verdicts.results import VerdictResult

LATER_MS = 3000  # without an answer of a review, before the list behind it is read again


class ClusteringTab(Tab):
    """Clusters on the left, the faces of the selected ones in the grid."""

    name = "clustering"
    tab_title = mark("Clustering")
    shows = frozenset({
        Kind.IMAGES, Kind.HIDDEN, Kind.LABELS, Kind.FACES, Kind.VECTORS, Kind.CLUSTERS, Kind.VERDICTS, Kind.PREDICTIONS, Kind.SETTINGS,
    })  # fmt: skip

    cluster_button: QPushButton
    version: QComboBox
    quality: QLabel
    selected: QLabel
    banner: QFrame
    banner_text: QLabel
    again_button: QPushButton
    pages: QStackedWidget
    empty_page: QWidget
    empty_title: QLabel
    empty_text: QLabel
    empty_button: QPushButton
    splitter: QSplitter
    vertical: QSplitter
    order: QComboBox
    find_name: QLineEdit
    clusters: ClusterList
    review_button: QPushButton
    rename_button: QPushButton
    merge_button: QPushButton
    split_button: QPushButton
    out_button: QPushButton
    identity_button: QPushButton
    tree_button: QPushButton
    map_button: QPushButton
    grid: FaceGrid
    tree: Dendrogram

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "clustering_tab.ui", (FaceGrid, ClusterList, Dendrogram, ElidedBox, ElidedLabel, FlowRow))
        self.find_line = self.find_name
        self.view = presenter.View()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LATER_MS)
        self._later.timeout.connect(self.refresh)
        self._figures = RunningFigures(self)
        self._wanted: int | None = None
        self._select_next: int | None = None
        self._reviewing = False
        self._reviewed = False  # until now: its version stays shown, whatever was made meanwhile
        self.relisting = False  # the list is filled, and nobody selects in it
        self._centres: Centres | None = None
        self._listed: tuple[int | None, list[int]] = (None, [])  # version, and its clusters in the order shown
        for one in Order:
            self.order.addItem(tr(one.value), one)
        self.order.activated.connect(lambda _row: self._sort())
        self.find_name.textChanged.connect(lambda _text: self._list())
        self.clusters.thumbnails = self.grid.thumbnails
        self.grid.thumbnails.ready.connect(lambda *_: self.clusters.viewport().update())
        self.splitter.setSizes([250, 900])
        self.splitter.setStretchFactor(1, 1)
        self.vertical.setSizes([700, 260])
        self.map = LinkedMap(self)
        self.tree.hide()
        self.banner.hide()
        self.grid.empty_text = tr("Select a cluster on the left to see its faces.")
        self.version.activated.connect(self._on_version)
        self.clusters.selection_changed.connect(self._on_list)
        self.clusters.faces_dropped.connect(self.move_to)
        self.clusters.clusters_dropped.connect(self._on_clusters_dropped)
        self.clusters.doubleClicked.connect(lambda _i: async_glue.start(rename_cluster(self)))
        self.grid.selection_changed.connect(lambda _n: self.on_faces())
        self.grid.opened.connect(self.open_photograph)
        session.originals.updated.connect(lambda: self.grid.set_originals(session.originals.badges))
        self.tree_button.toggled.connect(lambda shown: show_tree(self, shown))
        self.again_button.clicked.connect(self._again)
        self.review = ReviewPane(session, self.grid.thumbnails, self)
        self.pages.addWidget(self.review)
        self.review.closed.connect(self.close_review)
        self.review.started.connect(self._on_review_started)
        self.pages.setCurrentWidget(self.empty_page)

    def specs(self) -> list[ActionSpec]:
        """The tab's actions."""
        return actions(self)

    def place_actions(self, book: ActionBook) -> None:
        """Put actions on the tab's buttons."""
        for button, number in (
            (self.cluster_button, "clustering.cluster"), (self.review_button, "clustering.review"), (self.rename_button, "clustering.rename"),
            (self.merge_button, "clustering.merge"), (self.split_button, "clustering.split"),
            (self.out_button, "clustering.out"), (self.identity_button, "clustering.identity"),
        ):  # fmt: skip
            bind_button(button, book, number)
        self._book = book
        self.map.place_actions(book)
        self.empty_button.clicked.connect(self._next_step)
        add_menu(self.clusters, book, self.name, MENUS["clusters"])
        add_menu(self.grid, book, self.name, MENUS["grid"])

    def forget(self) -> None:
        """Show nothing of the project that was open before."""
        self._wanted = None
        self._reviewing = False
        self.review.close_review()
        self._fill(presenter.View())

    def update_shown(self, change: Change) -> None:
        """Show what was touched: at once, but while questions are answered the figures alone, and the rest once nobody does."""
        if self._reviewing and self.review.current is not None:
            self._later.start()
            self._figures.ask()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Read versions and clusters again."""
        self._later.stop()
        self._figures.stop()
        project = self.session.project
        self.grid.set_project(project)
        if project is None:
            self.forget()
            return
        wanted = self._wanted
        self.session.background.read("clustering", lambda: presenter.look(project, wanted), self._arrived)

    @Slot(object)
    def _arrived(self, view: presenter.View) -> None:
        newest = view.versions[0].id if view.versions and not self._reviewing and not self._reviewed else None
        self._reviewed = False
        if self.view.versions and newest is not None and newest > self.view.versions[0].id and self._wanted != newest:
            self._wanted = newest  # a clustering was just made: show it
            self.view = view
            self.refresh()
            return
        self.reading = False
        self._fill(view)

    def _fill(self, view: presenter.View) -> None:
        self.view = view
        self.version.clear()
        for one in view.versions:
            text = " · ".join(part for part in (one.name, presenter.vectors_line(one), one.note) if part)
            self.version.addItem(tr("{version}  (out of date)", version=text) if one.stale else text, one.id)
            self.version.setItemData(self.version.count() - 1, text, Qt.ItemDataRole.ToolTipRole)
        if view.version is not None:
            self.version.setCurrentIndex(self.version.findData(view.version.id))
        self.version.setEnabled(bool(view.versions) and not self._reviewing)
        self.grid.cells.groups = view.groups
        self.review.naming.fields.know(view.people, view.groups)
        self._show()
        self._arrange()
        if self._select_next is not None:
            self.clusters.select_cluster(self._select_next)
            self._select_next = None
        if self.tree_button.isChecked():
            show_tree(self, True)
        self.map.show_version(view.version.id if view.version else None)
        self.session.told_state()

    def _show(self) -> None:
        view = self.view
        home = self.review if self._reviewing else self.splitter
        self.pages.setCurrentWidget(home if view.version else self.empty_page)
        self.quality.setText(presenter.quality_line(view.version, view.clusters, view.quality) if view.version else "")
        self.quality.setToolTip(self.quality.text())
        self.selected.setVisible(not self._reviewing)
        tell_stale(self, view.version)
        self.again_button.setVisible(bool(view.version and view.version.method not in ("file", METHOD)))
        hierarchical = bool(view.version and view.version.method == "hierarchical")
        self.tree_button.setVisible(hierarchical)
        if not hierarchical:
            self.tree.hide()
        title, text, button = presenter.nothing_yet(view, self.session.project is not None, reading=self.reading)
        self.empty_title.setText(title)
        self.empty_text.setText(text)
        self.empty_button.setText(button)
        self.empty_button.setVisible(bool(button))

    def _arrange(self) -> None:
        """List the clusters: sorted where another version is shown, else each where it was, whatever was corrected."""
        version = self.view.version.id if self.view.version else None
        if version == self._listed[0]:
            chosen = self.clusters.selected()
            found = presenter.in_place(self.view.clusters, self._listed[1], chosen[0].id if chosen else None)
            self._listed = version, presenter.kept_places(found, self._listed[1])
        else:
            self._centres = None
            self._listed = version, []
            self._sort()
        self._list()

    def _sort(self) -> None:
        """Sort the list as was chosen; it stays as it is until that is asked for again."""
        order: Order = self.order.currentData()
        project, version = self.session.project, self.view.version
        chosen = self.clusters.selected()
        selected = chosen[0].id if chosen else None
        view, earlier, tell = self.view, self._centres, self.session.failed.emit
        if order in (Order.SPREAD, Order.NEAREST, Order.WRONG) and project is not None and version is not None:

            def work() -> tuple[Centres | None, list[Cluster]]:
                centres = Centres.read(project, version, view.faces, view.homes, earlier, tell)
                return centres, presenter.arranged(view.clusters, order, view, centres, selected)

            def sorted_now(found: tuple[Centres | None, list[Cluster]]) -> None:
                self._centres = found[0]
                self.clusters.cluster_model.notes = {n: one.text() for n, one in view.suspicions.items()}
                self._put(found[1])
                why = why_not_nearest(found[0], chosen[0]) if order is Order.NEAREST and chosen else ""
                if why:
                    self.session.told.emit(Notice(why))

            self.session.background.read("centres", work, sorted_now)
        else:
            self._put(presenter.arranged(view.clusters, order, view, None, selected))

    def _put(self, found: list[Cluster]) -> None:
        self._listed = self._listed[0], [cluster.id for cluster in found]
        self._list()

    def _list(self) -> None:
        """Show the clusters that are looked for, in the order that was made."""
        found = presenter.in_place(self.view.clusters, self._listed[1], None)
        self.relisting = True
        self.clusters.show_clusters(presenter.matching(found, self.find_name.text()), self.view.covers)
        self.relisting = False

    def show_nearest(self) -> None:
        """List the clusters that are most like the selected one first, so that they can be merged at once."""
        self.order.setCurrentIndex(self.order.findData(Order.NEAREST))
        self._sort()

    def choose_parameters(self) -> None:
        """Choose the parameters of a clustering by eye."""
        from fairdesk.gui.tabs.clustering.choose_dialog import ChooseDialog  # plots: imported with the first one

        recipe = self.view.version.recipe if self.view.version else None
        async_glue.start(async_glue.finished(ChooseDialog(self.session, self.grid.thumbnails, recipe, self)))

    def open_review(self) -> None:
        """Ask the questions that are worth most; the answers are kept in a version of their own."""
        version = self.view.version
        if version is not None and not self._reviewing:
            self._reviewing = True
            self.version.setEnabled(False)
            self.pages.setCurrentWidget(self.review)
            self.review.open(version.id, keep=version.method == METHOD)
            self.session.told_state()

    @Slot()
    def close_review(self) -> None:
        """Go back to the clusters; every answer is kept."""
        self._reviewing, self._reviewed = False, True
        self._listed = None, []  # it is sorted anew: nobody points at it
        self.session.no_longer.emit(BACK, None)
        self.review.close_review()
        self.refresh()
        if self.isVisible():
            self.clusters.setFocus()

    @Slot(int)
    def _on_review_started(self, version: int) -> None:
        self._wanted = version
        self.refresh()

    @property
    def reviewing(self) -> bool:
        """Whether questions are asked now."""
        return self._reviewing

    def stays(self) -> bool:
        """Stay while questions are asked, whatever is undone."""
        return self._reviewing

    def _next_step(self) -> None:
        self.session.ask("cluster" if self.view.vectors else "encode")

    @Slot(int)
    def _on_version(self, row: int) -> None:
        self.show_version(self.version.itemData(row))

    def show_version(self, version: int) -> None:
        """Show another clustering."""
        self._wanted = version
        self.refresh()

    @Slot()
    def _on_list(self) -> None:
        if not self.relisting:
            self.map.picked_faces = None
        self.on_clusters()

    def on_clusters(self) -> None:
        """Show the faces of the selected clusters; those that were picked on the map until others are selected."""
        project, version, picked = self.session.project, self.view.version, self.map.picked_faces
        chosen = self.clusters.selected() if picked is None else self.view.clusters
        if project is None or version is None or not chosen:
            self.grid.set_marks({}, {})
            self.grid.show_ids(project, "face", self.grid.grid_model.ids[:0])
            self.on_faces()
            return
        view, earlier, tell = self.view, self._centres, self.session.failed.emit
        titles = {one.id: one.told for one in self.view.clusters if one.label >= 0}

        def read() -> tuple[Centres | None, Shown, set[int] | None]:
            centres = Centres.read(project, version, view.faces, view.homes, earlier, tell)
            if picked is None:
                return centres, shown_faces(project, version.id, chosen, centres, titles), None
            some = np.isin(view.faces, picked)
            only = view.faces[some], view.homes[some]
            return centres, shown_faces(project, version.id, chosen, centres, titles, only), set(only[1].tolist())

        def arrived(found: tuple[Centres | None, Shown, set[int] | None]) -> None:
            self._centres = found[0]
            if found[2] is not None:  # where an edit may have put them
                self.map.select_homes(found[2])
            self.grid.set_marks(found[1].marks, found[1].notes)
            self.grid.show_ids(project, "face", found[1].ids)
            self.map.shown(picked)
            self.on_faces()

        self.session.background.read("cluster faces", read, arrived)

    def on_faces(self) -> None:
        """Tell the map which faces are selected: those of the grid, else all that it shows."""
        some = self.grid.selected_array()
        self.map.mark(some if len(some) else self.grid.grid_model.ids, firm=len(some) > 0)
        self._say_selected()

    def _say_selected(self) -> None:
        clusters, faces = self.clusters.selected(), self.grid.selected_count()
        parts = [clusters[0].told] if len(clusters) == 1 else []
        if len(clusters) > 1:
            real = [one for one in clusters if one.label != UNCLUSTERED]
            selected = tr_n("{n} cluster selected", "{n} clusters selected", len(clusters))
            parts = [merge_foretold(kept_of(real), real) if len(real) > 1 else selected]
        if faces:
            parts.append(tr_n("{n:,} face selected", "{n:,} faces selected", faces))
        self.selected.setText("  ·  ".join(parts))
        self.session.told_state()

    def _again(self) -> None:
        if self.view.version is not None:
            version = self.view.version  # of the same vectors, whichever are the newest now
            vectors = {"encoder": version.recipe, "detector": None} if version.recipe else {}
            self.session.run("cluster", version.params | vectors)

    def merge(self) -> None:
        """Merge the selected clusters into the named one, or the largest."""
        chosen = [cluster for cluster in self.clusters.selected() if cluster.label != UNCLUSTERED]
        if len(chosen) >= 2:
            keep = kept_of(chosen)
            merge_into(self, keep, [cluster.id for cluster in chosen if cluster.id != keep.id])

    @Slot(object, object)
    def _on_clusters_dropped(self, numbers: list[int], target: Cluster) -> None:
        others = [number for number in numbers if number != target.id]
        if others:
            merge_into(self, target, others)

    def select_next(self, cluster: int) -> None:
        """Select a cluster once the list is read again."""
        self._select_next = cluster

    def _correct(
        self, faces: list[int], work: Callable[[Project, int], int], told: Callable[[int], str], same: str = ""
    ) -> None:
        """Correct by hand where faces are, and tell of verdicts that this replaces, and of names that are gone."""
        if not faces or self.view.version is None:
            return
        version = self.view.version.id
        self.session.edit(
            lambda project: correct_faces(project, version, faces, lambda project: work(project, version)),
            lambda done: "\n".join([told(done[0]), *done[1]]),
            same=same,
        )

    def split(self) -> None:
        """Put the selected faces into a new cluster."""
        faces = self.grid.selected_ids()
        self._correct(
            faces,
            lambda project, version: store.split_faces(project, version, faces),
            lambda _new: tr_n("Split off {n:,} face", "Split off {n:,} faces", len(faces)),
            same=tr("Nothing to change: these are all its faces."),
        )

    def take_out(self) -> None:
        """Remove the selected faces from their cluster (they become unclustered)."""
        self._take_out(self.grid.selected_ids())

    def _take_out(self, faces: list[int]) -> None:
        self._correct(
            faces,
            lambda project, version: store.unassign_faces(project, version, faces),
            lambda n: tr_n("Removed {n:,} face from the cluster", "Removed {n:,} faces from the cluster", n),
        )

    def judge(self, what: str) -> None:
        """Say of the selected faces that they are the cluster's person, or not, or of no interest; kept for good."""
        faces, version = self.grid.selected_ids(), self.view.version
        chosen = self.clusters.selected()
        if not faces or version is None:
            return
        if what == "ignore":
            self._say(lambda project: verdict_edits.ignore(project, version.id, faces))
        elif len(chosen) == 1 and what == "confirm":
            self._say(lambda project: verdict_edits.confirm(project, version.id, faces, chosen[0]))
        elif len(chosen) == 1:
            self._say(lambda project: verdict_edits.reject(project, version.id, faces, chosen[0]))

    def say_different(self) -> None:
        """Say that the two selected clusters are two people."""
        chosen = self.clusters.selected()
        if len(chosen) == 2:
            self._say(lambda project: verdict_edits.say_different(project, chosen[0], chosen[1]))

    def _say(self, work: Callable[[Project], VerdictResult]) -> None:
        self.session.edit(work, lambda done: done.text(), same=lambda done: done.text())

    @Slot(object, object)
    def move_to(self, faces: list[int], cluster: Cluster) -> None:
        """Move faces to a cluster, or out of any."""
        if cluster.label == UNCLUSTERED:
            self._take_out(faces)
        else:
            self._correct(
                faces,
                lambda project, _: store.move_faces(project, faces, cluster.id),
                lambda n: tr_n(
                    "Moved {n:,} face to {cluster}", "Moved {n:,} faces to {cluster}", n, cluster=cluster.told
                ),
            )

    @Slot(int)
    def open_photograph(self, number: int) -> None:
        """Show the photograph of a face of the grid."""
        row = self.grid.grid_model.row_of(number)
        if row is not None:
            photograph = Photograph(self.grid.grid_model, row, self)
            photograph.shown.connect(lambda shown: self.grid.select_ids([shown]))
            photograph.open()

    def show_target(self, target: dict[str, Any]) -> None:
        """Show the cluster an undone step was about."""
        if "cluster" in target:
            self._select_next = int(target["cluster"])
