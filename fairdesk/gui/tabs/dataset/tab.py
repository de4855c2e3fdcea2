"""The Dataset tab: bring faces in and see every one of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.dialogs.alike_names import asked_name, settled_name
from fairdesk.gui.dialogs.label_dialog import LabelDialog
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.dialogs.photograph import Photograph
from fairdesk.gui.dialogs.vectors_dialog import show_faces_of
from fairdesk.gui.forms import load_form
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.base import Tab, add_menu, bind_button
from fairdesk.gui.tabs.dataset import presenter
from fairdesk.gui.tabs.dataset.actions import MENUS, actions
from fairdesk.gui.tabs.dataset.filter_panel import FilterPanel
from fairdesk.gui.tabs.dataset.side_tree import EVERYTHING, SideTree
from fairdesk.gui.widgets.face_grid.view import FaceGrid
from fairdesk.gui.widgets.flow_row import FlowRow
from fairdesk.project.changes import EVERY, Change, Kind
from fairdesk.project.conditions import ids_condition
from fairdesk.project.faces import images_of_faces, largest_faces, set_identity
from fairdesk.project.image_queries import Filter, Ids, more_like, partly_of_age
from fairdesk.project.images import hide_images
from fairdesk.project.labels import edit_labels
from fairdesk.project.saved_views import save_view
from fairdesk.words import mark, tr, tr_n

_STATES = {
    "any": mark("All images"), "with face": mark("With a face"), "without face": mark("Without a face"),
    "unnamed": mark("Without an identity"), "several faces": mark("Several faces"), "synthetic": mark("Marked synthetic"),
    "real": mark("Not synthetic"), "hidden": mark("Hidden"), "missing": mark("Original missing"),
}  # fmt: skip
_ORDERS = {
    "added": mark("By import order"), "identity": mark("By identity"), "name": mark("By path"), "size": mark("Largest first"),
    "sharpness": mark("By sharpness"), "brightness": mark("By brightness"), "contrast": mark("By contrast"),
    "clipped": mark("By clipped"), "side": mark("By side"), "share": mark("By share"), "yaw": mark("By yaw"),
    "roll": mark("By roll"), "faces": mark("By faces"),
}  # fmt: skip

_IN_CELLS = frozenset({Kind.IMAGES, Kind.LABELS, Kind.FACES, Kind.PREDICTIONS, Kind.SETTINGS})


class DatasetTab(Tab):
    """Groups and identities on the left, all images in the grid."""

    name = "dataset"
    tab_title = mark("Dataset")
    shows = EVERY - {Kind.HISTORY, Kind.LISTS, Kind.SCORES, Kind.RUNS}

    import_button: QPushButton
    detect_button: QPushButton
    encode_button: QPushButton
    label_button: QPushButton
    quality_button: QPushButton
    groups_button: QPushButton
    divide_button: QPushButton
    export_button: QPushButton
    counts: QLabel
    pages: QStackedWidget
    empty_page: QWidget
    grid_page: QWidget
    empty_title: QLabel
    empty_text: QLabel
    empty_buttons: QWidget
    empty_new: QPushButton
    empty_open: QPushButton
    empty_import: QPushButton
    empty_samples: QPushButton
    empty_fetch: QPushButton
    splitter: QSplitter
    search: QLineEdit
    state: QComboBox
    order: QComboBox
    faces: QComboBox
    like_button: QPushButton
    missing_button: QPushButton
    filters_button: QPushButton
    filters: FilterPanel
    groups: SideTree
    grid: FaceGrid

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "dataset_tab.ui", (FaceGrid, FilterPanel, SideTree, FlowRow))
        self.find_line = self.search
        for button in (self.empty_import, self.empty_samples, self.empty_fetch):
            button.hide()  # no project is open yet; shown even once, they would widen the window
        self.view = presenter.View()
        self._unread = Change.everything()
        self._importing: str | None = None
        self._like: tuple[int, str] | None = None
        self.splitter.setSizes([230, 900])
        self.splitter.setStretchFactor(1, 1)
        for state, text in _STATES.items():
            self.state.addItem(tr(text), state)
        for order, text in _ORDERS.items():
            self.order.addItem(tr(text), order)
        self.filters.hide()
        self.filters_button.setText(tr("More filters"))
        self.like_button.hide()
        self.groups.set_session(session)
        self.groups.picked.connect(self._picked)
        self.grid.empty_text = tr("No image matches. Clear the search or choose another group.")
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(120)
        self._delay.timeout.connect(self._reload)
        self.search.textChanged.connect(lambda _text: self._delay.start())
        self.state.currentTextChanged.connect(lambda _text: self._reload())
        self.order.currentTextChanged.connect(lambda _text: self._reload())
        self.faces.activated.connect(lambda _row: self._show_faces())
        self.filters_button.toggled.connect(self.filters.setVisible)
        self.filters.changed.connect(self._reload)
        self.filters.save_button.clicked.connect(lambda: async_glue.start(self._save_view()))
        self.like_button.clicked.connect(lambda: self._set_like(None))
        self.grid.opened.connect(self._open_photograph)
        self.missing_button.hide()
        session.originals.updated.connect(self._on_missing)
        self.grid.selection_changed.connect(lambda _n: self._say_counts())
        self.pages.setCurrentWidget(self.empty_page)

    def specs(self) -> list[ActionSpec]:
        """The tab's actions."""
        return actions(self)

    def place_actions(self, book: ActionBook) -> None:
        """Put actions on the tab's buttons."""
        for button, number, text in (
            (self.import_button, "dataset.import", ""), (self.detect_button, "dataset.detect", ""),
            (self.encode_button, "dataset.encode", tr("Embeddings…")), (self.label_button, "dataset.edit_labels", tr("Label…")),
            (self.quality_button, "dataset.quality", ""), (self.groups_button, "dataset.balance", tr("Groups…")),
            (self.divide_button, "dataset.divide", tr("Divide…")), (self.export_button, "dataset.export", ""),
            (self.empty_new, "file.new", ""), (self.empty_open, "file.open", ""), (self.empty_import, "dataset.import", ""),
            (self.empty_samples, "dataset.samples", ""), (self.empty_fetch, "dataset.fetch", ""), (self.missing_button, "dataset.relink", ""),
        ):  # fmt: skip
            bind_button(button, book, number, text)
        add_menu(self.grid, book, self.name, MENUS["grid"])

    def translate_selected(self) -> None:
        project, images = self.session.project, self.grid.selected_ids()
        if project is not None and images:
            out = project.new_export("synthetic", "translated")
            preset = {"input": str(project.folder), "where": [ids_condition(images)], "out": str(out)}
            self.session.ask("translate", preset)

    def encode_selected(self) -> None:
        self.session.ask("encode", {"where": [ids_condition(self.grid.selected_ids())]})

    def export_shown(self) -> None:
        """Ask how to export the selected images, or those that the filter shows; without either, all."""
        chosen = self.grid.selected_ids() if self.isVisible() else []
        if not chosen and len(self.view.ids) != self.view.counts.get("images", 0):
            chosen = self.view.ids.tolist()
        self.session.ask("export", {"where": [ids_condition(chosen)] if chosen else None})

    def open_current(self) -> None:
        """Show the photograph of the current cell."""
        self._open_photograph(int(self.grid.grid_model.ids[self.grid.currentIndex().row()]))

    def forget(self) -> None:
        """Show nothing of the project that was open before."""
        self.view = presenter.View()
        self.groups.chosen = EVERYTHING
        self._like = None
        self.missing_button.hide()
        self.grid.set_originals()
        self.grid.set_project(self.session.project)
        self.grid.show_ids(None, "image", presenter.NONE)
        self._show()

    def refresh(self) -> None:
        """Read everything again: counts, groups and the list."""
        self.update_shown(Change.everything())

    def update_shown(self, change: Change) -> None:
        """Read what was touched; the list only where it rests on that, so that scrolling and selection stay."""
        project = self.session.project
        self._unread |= change  # a newer request drops this one's result, and so asks for its part too
        if project is None:
            self.forget()
            return
        self.grid.set_project(project)
        wish, before, unread = self._wish(), self.view, self._unread
        listed = bool(unread.within(presenter.list_rests_on(wish)))
        self.session.background.read(
            "dataset",
            lambda: presenter.look_again(project, wish, before, unread),
            lambda view: self._arrived(view, unread, listed),
        )

    def _wish(self) -> presenter.Wish:
        return presenter.Wish(self._filter(), self.order.currentData(), self._like)

    def _filter(self) -> Filter:
        kind, first, second = self.groups.chosen
        base = Filter(text=self.search.text().strip(), state=self.state.currentData())
        if kind == "group":
            base = replace(base, group=first, identity=second)
        wanted = self.filters.apply(base)
        return (
            replace(wanted, in_set=first) if kind == "set" else replace(wanted, tag=first) if kind == "tag" else wanted
        )

    def _arrived(self, view: presenter.View, change: Change, listed: bool) -> None:
        if self.session.project is None:
            return
        self.reading = False
        self._unread = Change()
        listed = listed and view.wish == self._wish()  # else the filter was changed meanwhile, and its list comes
        if not listed:
            view.ids, view.wish, view.partly_of_age = self.view.ids, self.view.wish, self.view.partly_of_age
        tree_changed = view.tree() != self.view.tree()
        self.view = view
        self.grid.cells.groups = [name for name, _, _ in view.groups if name is not None]
        self.filters.fill(view)
        self._fill_faces()
        if tree_changed:
            self.groups.fill(view)
        if listed:
            self.grid.show_ids(self.session.project, "image", view.ids)
        elif cells := change.within(_IN_CELLS):
            self.grid.grid_model.refresh(cells.images())
        self._show()

    def _fill_faces(self) -> None:
        """List whose faces can be shown, with how many there are."""
        self.faces.clear()
        for one in self.view.searches:
            self.faces.addItem(
                tr("Faces of {detector} ({faces:,})", detector=one.detector, faces=one.faces), one.detector
            )
        self.faces.setCurrentIndex(self.faces.findData(self.view.counts.get("detector")))
        self.faces.setVisible(bool(self.view.searches))

    def _show_faces(self) -> None:
        """Show the chosen detector's faces; no result changes by that."""
        project, detector = self.session.project, self.faces.currentData()
        if project is not None and detector != self.view.counts.get("detector"):
            show_faces_of(self.session, detector)

    def _on_missing(self) -> None:
        """Mark what is missing, and offer to find it."""
        self.grid.set_originals(self.session.originals.badges)
        self.missing_button.setVisible(len(self.session.originals.missing) > 0)
        if self.state.currentData() == "missing":
            self._reload()
        self._say_counts()

    def _reload(self) -> None:
        """The filter or the order changed: only the grid is read again."""
        project = self.session.project
        if project is None:
            return
        wish = self._wish()
        active = self.filters.active()
        self.filters_button.setText(tr("More filters ({active})", active=active) if active else tr("More filters"))

        labels = None if self._unread else self.view.labels  # those that a change is about to replace tell nothing

        def arrived(found: tuple[Ids, int]) -> None:
            if labels is None or labels is self.view.labels:
                (self.view.ids, self.view.partly_of_age), self.view.wish = found, wish
                self.grid.show_ids(self.session.project, "image", self.view.ids)
                self._say_counts()
            else:  # they were replaced meanwhile
                self._reload()

        self.session.background.read(
            "dataset ids", lambda: (presenter.ids(project, wish, labels), partly_of_age(project, wish.wanted)), arrived
        )

    def _show(self) -> None:
        images = self.view.counts.get("images", 0) or self.view.counts.get("hidden", 0)
        self.pages.setCurrentWidget(self.grid_page if images else self.empty_page)
        if not self.has_project():
            self.empty_title.setText(tr("No project is open"))
            self.empty_text.setText(
                tr("Create or open a project, or drop a project folder here. Everything stays on this machine.")
            )
        elif self.reading:
            self.empty_title.setText(tr("Reading the project …"))
            self.empty_text.setText("")
        else:
            self.empty_title.setText(tr("This project has no images yet"))
            self.empty_text.setText(
                tr(
                    "Import a folder of face images (or drop it here). FairDesk shows what it found before it writes "
                    "anything, and never changes your originals."
                )
            )
        for button in (self.empty_new, self.empty_open):
            button.setVisible(not self.has_project())
        for button in (self.empty_import, self.empty_samples, self.empty_fetch):
            button.setVisible(self.has_project() and not self.reading)
        self._say_counts()

    def _say_counts(self) -> None:
        missing, now = self.session.originals.missing, self.session.originals.changed
        self.counts.setText(
            presenter.headline(self.view, self.grid.selected_count(), missing, now, self.session.originals.lost_shown)
        )
        self.counts.setToolTip(presenter.explanation(self.view, missing, now))
        self.session.told_state()

    def _picked(self) -> None:
        if self.groups.chosen[0] == "view":
            self._apply_view(dict(self.view.views)[self.groups.chosen[1]])
        self._reload()

    def _apply_view(self, wanted: Filter) -> None:
        """Show a saved view's filter in every control."""
        self.filters.show_filter(wanted)
        for widget, show in (
            (self.search, lambda: self.search.setText(wanted.text)),
            (self.state, lambda: self.state.setCurrentIndex(self.state.findData(wanted.state))),
        ):
            widget.blockSignals(True)
            show()
            widget.blockSignals(False)
        if wanted.group is not None or wanted.identity is not None:
            self.groups.chosen = ("group", wanted.group, wanted.identity)

    async def _save_view(self) -> None:
        dialog = NameDialog(
            tr("Name of the view. It stores the filter, not the images."),
            ([name for name, _ in self.view.views], []),
            self,
            with_group=False,
        )
        if await async_glue.finished(dialog):
            name, wanted = dialog.name.text().strip(), self._filter()
            self.session.edit(lambda project: save_view(project, name, wanted), tr("Saved the view {view}", view=name))

    def _set_like(self, like: tuple[int, str] | None) -> None:
        self._like = like
        self.like_button.setVisible(like is not None)
        self._reload()

    def sort_by_likeness(self) -> None:
        project, row = self.session.project, self.grid.currentIndex().row()
        vectors = presenter.likeness(self.view.counts.get("vectors", []), self.view.counts.get("detector", ""))
        if project is None or row < 0 or vectors is None:
            return
        image, recipe = int(self.grid.grid_model.ids[row]), vectors.recipe
        item = self.grid.grid_model.item(row)
        title = item.title if item else ""

        def found(_ids: Ids) -> None:
            self.like_button.setText(
                tr(
                    "✕  Similar to {image} ({encoder}, {detector})",
                    image=title,
                    encoder=vectors.named,
                    detector=recipe.detector,
                )
            )
            self._set_like((image, recipe.hash))
            self.grid.scrollToTop()

        self.session.background.read("like", lambda: more_like(project, image, recipe.hash, self.view.ids), found)

    async def label_selected(self, first: str = "identity") -> None:
        images, project = self.grid.selected_array(), self.session.project
        if not len(images) or project is None:
            return
        names, groups = self._names()
        tags = [tag for tag, _ in self.view.every_tag]
        genders = self.view.genders or ["female", "male"]
        known = {"identity": names, "group": groups, "gender": genders, "add": tags, "remove": tags}
        dialog = LabelDialog(images, known, first, self, project)
        if await async_glue.finished(dialog):
            edit = dialog.edit()
            self.session.edit(
                lambda project: edit_labels(project, images, edit),
                lambda n: tr_n("Labelled {n:,} image", "Labelled {n:,} images", n),
            )

    async def open_quality(self) -> None:
        if not self.view.measured:
            self.session.ask("quality")
            return
        from fairdesk.gui.dialogs.quality_dialog import QualityDialog

        await async_glue.finished(QualityDialog(self.session, self))

    async def open_groups(self) -> None:
        from fairdesk.gui.dialogs.groups_dialog import GroupsDialog

        await async_glue.finished(GroupsDialog(self.session, self))

    async def show_confusion(self) -> None:
        project = self.session.project
        if project is None:
            return
        from fairdesk.gui.dialogs.matrix_dialog import MatrixDialog
        from fairdesk.project.predictions import agreement

        found = agreement(project, project.shown_detector())
        await async_glue.finished(
            MatrixDialog(found, self.view.counts.get("without_face", 0), self.session.theme, self)
        )

    def import_folder(self) -> None:
        """Ask for a folder and import it."""
        async_glue.start(self._import(None))

    def import_dropped(self, folder: Path, layout: str = "auto") -> None:
        """Import a folder that was dropped on the window."""
        async_glue.start(self._import(folder, layout))

    async def _import(self, folder: Path | None, layout: str = "auto") -> None:
        from fairdesk.gui.dialogs.import_dialog import ImportDialog

        dialog = ImportDialog(self.session, folder, self, layout=layout)
        if await async_glue.finished(dialog) and dialog.values is not None:
            self.session.run("import", dialog.values)

    async def draw_samples(self) -> None:
        assert self.session.project is not None
        self.session.ask("samples", {"out": str(self.session.project.folder.parent / "sample faces")})

    async def fetch_public_set(self) -> None:
        assert self.session.project is not None
        self.session.ask("fetch", {"out": str(self.session.project.folder.parent / "public faces")})

    async def name_selected(self) -> None:
        images = self.grid.selected_ids()
        project = self.session.project
        if not images or project is None:
            return
        faces = largest_faces(project, project.shown_detector(), images)
        question = tr_n("Identity of this image:", "Identity of these {n:,} images:", len(images))
        dialog = asked_name(self, project, question, self.view.labels, faces)
        if not await async_glue.finished(dialog):
            return
        if (who := await settled_name(self, project, dialog, faces)) is not None:
            name, group = who
            self.session.edit(
                lambda project: set_identity(project, faces, name, group),
                lambda n: tr_n("{n:,} face is now {name}", "{n:,} faces are now {name}", n, name=name),
            )

    def _names(self) -> tuple[list[str], list[str]]:
        names = sorted({name for found in self.view.identities.values() for name, _ in found})
        return names, [group for group, _, _ in self.view.groups if group]

    def hide_selected(self, hide: bool) -> None:
        images = self.grid.selected_array()
        if len(images):
            self.session.edit(
                lambda project: hide_images(project, images, hide=hide),
                lambda n: (
                    tr_n("Hid {n:,} image", "Hid {n:,} images", n)
                    if hide
                    else tr_n("Showed {n:,} image", "Showed {n:,} images", n)
                ),
            )

    async def show_unreadable(self) -> None:
        from fairdesk.gui.dialogs.table_dialog import TableDialog
        from fairdesk.project.originals import unreadable

        if (project := self.session.project) is not None:
            title = tr("Files that could not be imported")
            await async_glue.finished(TableDialog(title, (tr("File"), tr("Why")), unreadable(project), self))

    @Slot(int)
    def _open_photograph(self, number: int) -> None:
        row = self.grid.grid_model.row_of(number)
        if row is not None:
            photograph = Photograph(self.grid.grid_model, row, self)
            photograph.shown.connect(lambda shown: self.grid.select_ids([shown]))
            photograph.open()

    def show_target(self, target: dict[str, Any]) -> None:
        """Select the images or faces an undone step was about."""
        if target.get("images") and self.session.project is not None:
            self.grid.select_ids(target["images"])
        if target.get("faces") and self.session.project is not None:
            self.grid.select_ids(list(images_of_faces(self.session.project, target["faces"]).values()))
