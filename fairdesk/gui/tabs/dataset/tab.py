"""The Dataset tab: bring faces in and see every one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from fairdesk.dataset.identities import hide_images, set_identity
from fairdesk.dataset.purging import purge
from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.dialogs.import_dialog import ImportDialog
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.dialogs.photograph import Photograph
from fairdesk.gui.forms import load_form
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tabs.base import Tab, bind_button
from fairdesk.gui.tabs.dataset import presenter
from fairdesk.gui.widgets.face_grid.view import FaceGrid
from fairdesk.project.queries import Filter, items

_STATES = {
    "All images": "any", "With a face": "with face", "Without a face": "without face", "Without a name": "unnamed",
    "Marked synthetic": "synthetic", "Hidden": "hidden",
}  # fmt: skip
_ORDERS = {"In order of import": "added", "By identity": "identity", "By path": "name"}


class DatasetTab(Tab):
    """Groups and identities on the left, all images in the grid."""

    name = "dataset"

    import_button: QPushButton
    detect_button: QPushButton
    encode_button: QPushButton
    name_button: QPushButton
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
    groups: QTreeWidget
    grid: FaceGrid

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "dataset_tab.ui", (FaceGrid,))
        self._view = presenter.View()
        self._importing: str | None = None
        self._chosen: tuple[str | None, str | None] = (None, None)
        self.splitter.setSizes([230, 900])
        self.splitter.setStretchFactor(1, 1)
        self.state.addItems(list(_STATES))
        self.order.addItems(list(_ORDERS))
        self.groups.setHeaderLabels(["Group and identity", "Images"])
        self.groups.setRootIsDecorated(True)
        self.groups.setUniformRowHeights(True)
        self.grid.empty_text = "No image matches. Clear the search or choose another group."
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(120)
        self._delay.timeout.connect(self._reload)
        self.search.textChanged.connect(lambda _text: self._delay.start())
        self.state.currentTextChanged.connect(lambda _text: self._reload())
        self.order.currentTextChanged.connect(lambda _text: self._reload())
        self.groups.currentItemChanged.connect(self._on_group)
        self.grid.opened.connect(self._open_photograph)
        self.grid.selection_changed.connect(lambda _n: self._say_counts())
        self.pages.setCurrentWidget(self.empty_page)

    def specs(self) -> list[ActionSpec]:
        """The tab's actions."""
        has, images = self.has_project, lambda: self._view.counts.get("images", 0) > 0
        return [
            ActionSpec("dataset.import", "&Import…", self.import_folder, "&Dataset", "import", "Ctrl+I", has),
            ActionSpec("dataset.samples", "Draw &sample faces…", lambda: async_glue.start(self._samples()), "&Dataset", "draw", "", has,
                       "Draw faces that belong to nobody, to try things on"),
            ActionSpec("dataset.fetch", "&Download a public face set…", lambda: async_glue.start(self._fetch()), "&Dataset", "download", "", has,
                       "Fetch LFW or Olivetti through scikit-learn; asks the network"),
            ActionSpec("dataset.detect", "&Find faces…", lambda: self.session.ask("detect"), "&Dataset", "face", "Ctrl+F", images),
            ActionSpec("dataset.encode", "&Encode faces…", lambda: self.session.ask("encode"), "&Dataset", "encode", "Ctrl+E", images),
            ActionSpec("dataset.label", "&Label faces…", lambda: self.session.ask("label"), "&Dataset", "table", "", images, "Predict race, gender and age with deepface, or read labels from a CSV"),
            ActionSpec("dataset.name", "&Name selected…", lambda: async_glue.start(self._name()), "&Dataset", "identity", "I",
                       lambda: images() and self.grid.selected_count() > 0, "Say who the selected faces are", self.name),
            ActionSpec("dataset.unreadable", "Show &unreadable files", lambda: async_glue.start(self._unreadable()), "&Dataset", "list", "",
                       lambda: self._view.counts.get("unreadable", 0) > 0),
            ActionSpec("dataset.purge", "P&urge selected…", lambda: async_glue.start(self._purge()), "&Dataset", "close", "", lambda: images() and self.grid.selected_count() > 0, "Remove images wholly, for consent withdrawn; cannot be undone", self.name),
            ActionSpec("dataset.hide", "&Hide selected", lambda: self._hide(True), "&Dataset", "out", "H", lambda: images() and self.grid.selected_count() > 0 and self.state.currentText() != "Hidden", "Hide images from lists, clusterings and counts; can be undone", self.name),
            ActionSpec("dataset.show", "Show selected a&gain", lambda: self._hide(False), "&Dataset", "undo", "", lambda: self.grid.selected_count() > 0 and self.state.currentText() == "Hidden", "", self.name),
            ActionSpec("dataset.duplicates", "Find du&plicates…", lambda: self.session.ask("duplicates"), "&Dataset", "mosaic", "", images, "The same image twice, near-duplicates, near-identical vectors"),
            ActionSpec("dataset.balance", "&Balance groups…", lambda: self.session.ask("balance"), "&Dataset", "chart", "", images, "Equal groups, or given shares, with the least loss of identities"),
            ActionSpec("dataset.relink", "Find &moved originals…", lambda: self.session.ask("relink"), "&Dataset", "folder", "", images),
            *(
                ActionSpec(f"dataset.{kind}", text, lambda kind=kind: self.session.ask(kind), "&Prepare folders", icon, "", has, tip)  # type: ignore[misc]
                for kind, text, icon, tip in (
                    ("sample", "Take a &sample…", "mosaic", "Random images, or whole identities of each group"),
                    ("split", "S&plit into sets…", "split", "Training, validation and test sets that share no identity"),
                    ("flatten", "&Flatten…", "list", "group/identity/image becomes group/identity_image"),
                    ("resize", "&Resize…", "move", "Every image to one size, structure kept"),
                    ("leaks", "Check for &leaks…", "search", "What two sets share: identities, files, near-duplicates"),
                )
            ),
            ActionSpec("dataset.vectors", "Export &vectors…", lambda: self.session.ask("vectors"), "&Dataset", "export", "",
                       lambda: bool(self._view.counts.get("encoders"))),
            ActionSpec("dataset.search", "&Search", self.search.setFocus, "&Dataset", "search", "/", images, "", self.name),
        ]  # fmt: skip

    def place_actions(self, book: ActionBook) -> None:
        """Put actions on the tab's buttons."""
        for button, number in (
            (self.import_button, "dataset.import"), (self.detect_button, "dataset.detect"),
            (self.encode_button, "dataset.encode"), (self.name_button, "dataset.name"),
            (self.empty_new, "file.new"), (self.empty_open, "file.open"), (self.empty_import, "dataset.import"), (self.empty_samples, "dataset.samples"), (self.empty_fetch, "dataset.fetch"),
        ):  # fmt: skip
            bind_button(button, book, number)

    def refresh(self) -> None:
        """Read counts and groups again, then the grid."""
        project = self.session.project
        if project is None:
            self._view = presenter.View()
            self.grid.set_project(None)
            self.grid.show_ids(None, "image", presenter.NONE)
            self._show()
            return
        self.grid.set_project(project)
        self.session.background.read(
            "dataset", lambda: presenter.look(project, self._filter(), self._order()), self._arrived
        )

    def _filter(self) -> Filter:
        group, identity = self._chosen
        return Filter(group, identity, self.search.text().strip(), _STATES[self.state.currentText()])  # type: ignore[arg-type]

    def _order(self) -> str:
        return _ORDERS[self.order.currentText()]

    @Slot(object)
    def _arrived(self, view: presenter.View) -> None:
        if self.session.project is None:
            return
        tree_changed = view.groups != self._view.groups or view.identities != self._view.identities
        self._view = view
        self.grid.cells.groups = [name for name, _, _ in view.groups if name is not None]
        if tree_changed:
            self._fill_tree()
        self.grid.show_ids(self.session.project, "image", view.ids)
        self._show()

    def _reload(self) -> None:
        if self.session.project is not None:
            self.refresh()

    def _show(self) -> None:
        images = self._view.counts.get("images", 0)
        self.pages.setCurrentWidget(self.grid_page if images else self.empty_page)
        if not self.has_project():
            self.empty_title.setText("No project is open")
            self.empty_text.setText(
                "Make a new project or open one, or drop a project folder here. Everything stays on this machine."
            )
        else:
            self.empty_title.setText("This project has no images yet")
            self.empty_text.setText(
                "Import a folder of face images (or drop it here). FairDesk shows what it understood before it writes "
                "anything, and never changes your originals."
            )
        for button in (self.empty_new, self.empty_open):
            button.setVisible(not self.has_project())
        for button in (self.empty_import, self.empty_samples, self.empty_fetch):
            button.setVisible(self.has_project())
        self._say_counts()

    def _say_counts(self) -> None:
        self.counts.setText(presenter.headline(self._view, self.grid.selected_count()))
        self.session.told_state()

    def _fill_tree(self) -> None:
        tree = self.groups
        tree.blockSignals(True)
        tree.clear()
        everything = QTreeWidgetItem(["All", f"{self._view.counts['images']:,}"])
        everything.setData(0, Qt.ItemDataRole.UserRole, (None, None))
        tree.addTopLevelItem(everything)
        current = everything
        for group, images, _ in self._view.groups:
            node = QTreeWidgetItem([group or "No group", f"{images:,}"])
            node.setData(0, Qt.ItemDataRole.UserRole, (group, None))
            for name, count in self._view.identities.get(group, []):
                leaf = QTreeWidgetItem([name, f"{count:,}"])
                leaf.setData(0, Qt.ItemDataRole.UserRole, (group, name))
                node.addChild(leaf)
                if (group, name) == self._chosen:
                    current = leaf
            tree.addTopLevelItem(node)
            if (group, None) == self._chosen and group is not None:
                current = node
        tree.setCurrentItem(current)
        tree.resizeColumnToContents(1)
        tree.setColumnWidth(0, 150)
        tree.blockSignals(False)

    @Slot(QTreeWidgetItem, QTreeWidgetItem)
    def _on_group(self, item: QTreeWidgetItem | None, _before: object) -> None:
        if item is not None:
            group, identity = item.data(0, Qt.ItemDataRole.UserRole)
            self._chosen = (group, identity)
            self._reload()

    def import_folder(self) -> None:
        """Ask for a folder and import it."""
        async_glue.start(self._import(None))

    def import_dropped(self, folder: Path) -> None:
        """Import a folder that was dropped on the window."""
        async_glue.start(self._import(folder))

    async def _import(self, folder: Path | None) -> None:
        dialog = ImportDialog(self.session, folder, self)
        if await async_glue.finished(dialog) and dialog.values is not None:
            self.session.run("import", dialog.values)

    async def _samples(self) -> None:
        assert self.session.project is not None
        self.session.ask("samples", {"out": str(self.session.project.folder.parent / "sample faces")})

    async def _fetch(self) -> None:
        assert self.session.project is not None
        self.session.ask("fetch", {"out": str(self.session.project.folder.parent / "public faces")})

    async def _name(self) -> None:
        images = self.grid.selected_ids()
        project = self.session.project
        if not images or project is None:
            return
        dialog = NameDialog(f"Who is on these {len(images):,} images?", self._names(), self)
        if await async_glue.finished(dialog):
            name, group = dialog.name.text().strip(), dialog.group.currentText().strip() or None
            self.session.edit(
                lambda project: set_identity(project, presenter.main_faces(project, images), name, group),
                lambda n: f"{n:,} faces are now {name}",
            )

    def _names(self) -> tuple[list[str], list[str]]:
        names = sorted({name for found in self._view.identities.values() for name, _ in found})
        return names, [group for group, _, _ in self._view.groups if group]

    def _hide(self, hide: bool) -> None:
        images = self.grid.selected_ids()
        word = "Hid" if hide else "Showed"
        if images:
            self.session.edit(lambda project: hide_images(project, images, hide=hide), lambda n: f"{word} {n:,} images")

    async def _purge(self) -> None:
        images, project = self.grid.selected_ids(), self.session.project
        if not images or project is None:
            return
        names = sorted({i.identity for i in items(project, "image", images).values() if i.identity})
        answer = await async_glue.ask(
            self, "Purge", f"Remove {len(images):,} images from the project for good?", ["Remove for good"],
            "Their rows, vectors, thumbnails and the whole history of the project go, and lists and reports that name them. "
            "This cannot be undone. The original files are not touched.",
        )  # fmt: skip
        if answer == "Remove for good":
            self.session.background.edit(lambda: purge(project, images, names), self._purged)

    def _purged(self, result: dict[str, Any]) -> None:
        text = result["summary"]
        if result["outside"]:
            text += f" {len(result['outside'])} files outside of the project still name them: {', '.join(result['outside'][:3])}"
        self.session.told.emit(Notice(text))
        self.session.catalogue_changed.emit()

    async def _unreadable(self) -> None:
        from fairdesk.gui.dialogs.table_dialog import TableDialog
        from fairdesk.project.queries import unreadable

        project = self.session.project
        if project is not None:
            await async_glue.finished(
                TableDialog("Files that could not be read", ("File", "Why"), unreadable(project), self)
            )

    @Slot(int)
    def _open_photograph(self, number: int) -> None:
        row = self.grid.grid_model.row_of(number)
        if row is not None:
            Photograph(self.grid.grid_model, row, self).open()

    def show_target(self, target: dict[str, Any]) -> None:
        """Select the faces an undone step was about."""
        if target.get("faces") and self.session.project is not None:
            self.grid.select_ids(presenter.images_of(self.session.project, target["faces"]))
