"""The main window: five tabs, the jobs dock, menus, and what happens when it closes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QMenu,
    QMenuBar,
    QStatusBar,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
)

from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.forms import load_form
from fairdesk.gui.help.menu import Help
from fairdesk.gui.jobs.dock import JobsPanel
from fairdesk.gui.jobs.follow_up import FollowUp
from fairdesk.gui.jobs.state import JobState
from fairdesk.gui.notices import Toasts, past_notices
from fairdesk.gui.originals_watch import CHANGED_MS
from fairdesk.gui.palette import CommandPalette
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tab_pages import TITLES, TabPages
from fairdesk.gui.tabs.base import Tab
from fairdesk.gui.theme import window_icon
from fairdesk.jobs.registry import job_kind
from fairdesk.project import Project
from fairdesk.project.project import CATALOG, SUFFIX
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab
    from fairdesk.gui.tabs.dataset.tab import DatasetTab
    from fairdesk.gui.tabs.generation.tab import GenerationTab
    from fairdesk.gui.tabs.metrics.tab import MetricsTab
    from fairdesk.gui.tabs.training.tab import TrainingTab


def _can_import(path: Path) -> bool:
    from fairdesk.dataset.table_files import is_table
    from fairdesk.images.image_sources import is_archive

    return path.is_dir() or is_archive(path) or (is_table(path) and path.is_file())


_MENUS = (mark("&File"), mark("&Edit"), mark("&Dataset"), mark("&Prepare folders"), mark("&Clustering"),
          mark("&Generation"), mark("&Training"), mark("&Metrics"), mark("&View"), mark("&Help"))  # fmt: skip


class MainWindow(QMainWindow):
    """FairDesk's window. It is shown with the one tab that is seen; the others are made by `make_tabs`, or when asked for."""

    tabs: QTabWidget
    menu_bar: QMenuBar
    status: QStatusBar
    central_layout: QVBoxLayout

    drawn = Signal()  # once, when it was drawn for the first time

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._was_drawn = False
        load_form(self, "main_window.ui")
        self.session = session
        self._may_close = False
        self._asking = False
        self._jobs_seen: set[str] = set()
        self.setAcceptDrops(True)
        self.setWindowIcon(window_icon())
        self.pages = TabPages(self.tabs, session, self._added)
        self.tabs.tabBar().setDrawBase(False)
        self.panel = JobsPanel(session)
        self.dock = QDockWidget(tr("Jobs"), self)
        self.dock.setObjectName("jobs_dock")
        self.dock.setWidget(self.panel)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.toasts = Toasts(self, self.central_layout)
        self.follow_up = FollowUp(self, session, import_made=lambda made: self.dataset.import_dropped(made))
        self.busy = QLabel()
        self.status.addPermanentWidget(self.busy)
        self.bell = QToolButton()
        self.bell.setToolTip(tr("All notices of this session, with their times"))
        self.bell.clicked.connect(self._show_notices)
        self.toasts.changed.connect(self._count_notices)
        self.status.addPermanentWidget(self.bell)
        self._count_notices()
        self.book = ActionBook(self, session.theme)
        self.help = Help(self, self)
        self._recent = QMenu(tr("Open &recent"), self)
        self._menus = {title: self.menu_bar.addMenu(title) for title in map(tr, _MENUS)}
        for menu in self._menus.values():
            menu.setToolTipsVisible(True)  # they say what a grey entry waits for
        session.told.connect(self._on_notice)
        session.no_longer.connect(self.toasts.replace)
        session.left.connect(self.toasts.clear)
        session.job_asked.connect(self._on_asked)
        session.show_target.connect(self._on_target)
        session.log_asked.connect(self._on_log)
        session.project_changed.connect(self._on_project)
        session.jobs.updated.connect(self._on_job)
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.timeout.connect(self._refresh_actions)
        session.stepping_changed.connect(self._refresh_steps)
        session.state_changed.connect(lambda: self._refresh_timer.start(0))
        session.catalogue_changed.connect(lambda _change: self._refresh_timer.start(0))
        self._restore()
        self._make_actions()
        self.tabs.currentChanged.connect(self._on_tab)
        self._on_project(None)

    @property
    def dataset(self) -> DatasetTab:
        """The Dataset tab."""
        return cast("DatasetTab", self.pages.tab("dataset"))

    @property
    def clustering(self) -> ClusteringTab:
        """The Clustering tab."""
        return cast("ClusteringTab", self.pages.tab("clustering"))

    @property
    def generation(self) -> GenerationTab:
        """The Generation tab."""
        return cast("GenerationTab", self.pages.tab("generation"))

    @property
    def training(self) -> TrainingTab:
        """The Training tab."""
        return cast("TrainingTab", self.pages.tab("training"))

    @property
    def metrics(self) -> MetricsTab:
        """The Metrics tab."""
        return cast("MetricsTab", self.pages.tab("metrics"))

    @property
    def all_tabs(self) -> list[Tab]:
        """All five."""
        return self.pages.every()

    def make_tabs(self) -> None:
        """Make the tabs that are not there yet, and their actions."""
        self.pages.every()

    def _added(self, tab: Tab) -> None:
        """A tab was made: its actions go to the menus."""
        self._add_actions(tab.specs())
        tab.place_actions(self.book)
        if tab.name == "dataset":
            self.dataset.grid.set_side(self.session.settings.number("side", 112))
        self._refresh_timer.start(0)

    def _make_actions(self) -> None:
        """Make all actions, and the menus from them."""
        start = async_glue.start
        has = lambda: self.session.project is not None
        specs = [
            ActionSpec("file.new", tr("&New project…"), lambda: start(self._new()), tr("&File"), "new", "Ctrl+N"),
            ActionSpec("file.open", tr("&Open project…"), lambda: start(self._open()), tr("&File"), "folder", "Ctrl+O"),
            ActionSpec("file.close", tr("&Close project"), self._close_project, tr("&File"), "close", "Ctrl+W", has),
            ActionSpec("file.quit", tr("&Quit"), self._quit, tr("&File"), "", "Ctrl+Q"),
            ActionSpec("edit.undo", tr("&Undo"), self._undo, tr("&Edit"), "undo", "Ctrl+Z", self._can_undo),
            ActionSpec("edit.redo", tr("&Redo"), self._redo, tr("&Edit"), "redo", "Ctrl+Shift+Z", self._can_redo, also="Ctrl+Y"),
            ActionSpec("edit.find", tr("&Find"), lambda: self.pages.shown().start_finding(), tr("&Edit"), "search", "Ctrl+F", lambda: self.pages.shown().can_find(), tr("Find in what the tab lists"), also="/"),
            ActionSpec("edit.history", tr("&History…"), lambda: start(self._history()), tr("&Edit"), "list", "Ctrl+H", has),
        ]  # fmt: skip
        specs += [
            ActionSpec("view.palette", tr("&Commands…"), self.show_palette, tr("&View"), "search", "Ctrl+Shift+P"),
            *(
                ActionSpec(f"view.tab_{name}", tr(title), lambda place=place: self.tabs.setCurrentIndex(place),  # type: ignore[misc]
                           tr("&View"), "", f"Ctrl+{place + 1}")
                for place, (name, title) in enumerate(TITLES.items())
            ),
            ActionSpec("view.jobs", tr("&Jobs"), lambda: self.dock.setVisible(not self.dock.isVisible()), tr("&View"), "", "Ctrl+J"),
            ActionSpec("view.light", tr("&Light theme"), lambda: self._set_theme("light"), tr("&View")),
            ActionSpec("view.dark", tr("&Dark theme"), lambda: self._set_theme("dark"), tr("&View")),
            ActionSpec("view.system", tr("&System theme"), lambda: self._set_theme("system"), tr("&View")),
            ActionSpec("view.notices", tr("Past &notices…"), self._show_notices, tr("&View"), "list", "Ctrl+Shift+N"),
            *self.help.specs(),
        ]  # fmt: skip
        self._add_actions(specs)
        self._recent.aboutToShow.connect(self._fill_recent)

    def _add_actions(self, specs: list[ActionSpec]) -> None:
        for spec in specs:
            self._menus[spec.menu].addAction(self.book.add(spec))
            if spec.id == "file.open":
                self._menus[spec.menu].addMenu(self._recent)

    def _undo(self) -> None:
        """Take back the newest of the tab's own choices and the project's edits."""
        own = self.pages.shown().steps
        (self.session.undo if own.undo_text() is None else own.undo)()

    def _redo(self) -> None:
        """Make again what was taken back last, of the tab's own choices and the project's edits."""
        own = self.pages.shown().steps
        (self.session.redo if own.redo_text() is None else own.redo)()

    def _can_undo(self) -> bool:
        project, text = self.session.project, self.pages.shown().steps.undo_text()
        if text is None and project and (step := project.journal.next_undo()):
            text = step.text
        self.book.actions["edit.undo"].setText(tr("&Undo: {step}", step=text) if text else tr("&Undo"))
        return text is not None or self.session.stepping

    def _can_redo(self) -> bool:
        project, text = self.session.project, self.pages.shown().steps.redo_text()
        if text is None and project and (step := project.journal.next_redo()):
            text = step.text
        self.book.actions["edit.redo"].setText(tr("&Redo: {step}", step=text) if text else tr("&Redo"))
        return text is not None or self.session.stepping

    @Slot()
    def _refresh_steps(self) -> None:
        """Enable Undo and Redo at once: a person may press the other key before the first has ended."""
        self.book.actions["edit.undo"].setEnabled(self._can_undo())
        self.book.actions["edit.redo"].setEnabled(self._can_redo())

    @Slot()
    def _refresh_actions(self) -> None:
        self.book.refresh(self.tab_name())

    def tab_name(self) -> str:
        """Return the name of the tab that is shown."""
        return self.pages.shown().name

    def show_tab(self, name: str) -> None:
        """Show a tab by its name; others' names change nothing."""
        self.pages.show(name)

    def refresh_actions(self) -> None:
        """Enable what can be done now."""
        self._refresh_actions()

    def _show_notices(self) -> None:
        async_glue.start(async_glue.finished(past_notices(self.toasts.history, self)))

    @Slot()
    def _count_notices(self) -> None:
        errors = self.toasts.unread
        self.bell.setText(tr_n("{n} unread error", "{n} unread errors", errors) if errors else tr("Notices"))

    @Slot(int)
    def _on_tab(self, _index: int) -> None:
        self.pages.shown().refresh_if_shown()
        self._refresh_actions()

    @Slot(object)
    def _on_project(self, project: Project | None) -> None:
        self.setWindowTitle(f"{project.folder.name.removesuffix(SUFFIX)} – FairDesk" if project else "FairDesk")
        self.status.showMessage(str(project.folder) if project else tr("No project is open"))
        self.pages.shown().refresh_if_shown()
        self._refresh_actions()

    @Slot(object)
    def _on_notice(self, notice: Notice) -> None:
        self.toasts.show(notice)

    @Slot(str, object)
    def _on_asked(self, kind: str, preset: dict[str, Any]) -> None:
        if kind == "import" and set(preset) == {"folder"}:
            self.dataset.import_dropped(Path(preset["folder"]))  # scanned first
        else:
            async_glue.start(self._ask_job(kind, preset))

    async def _ask_job(self, kind: str, preset: dict[str, Any]) -> None:
        from fairdesk.gui.dialogs.job_dialog import JobDialog

        asked = job_kind(kind)
        other = bool(asked.without and preset.get(asked.without))
        hide = (asked.instead, *asked.of_instead, *(asked.without_those if other else (asked.without,)))
        dialog = JobDialog(self.session, kind, preset, self, hide=hide)
        if await async_glue.finished(dialog):
            self.session.run(dialog.kind.name, dialog.values)

    @Slot(object)
    def _on_log(self, path: Path) -> None:
        self.training.open_log(path)
        self.tabs.setCurrentWidget(self.training)

    @Slot(object)
    def _on_target(self, target: dict[str, Any]) -> None:
        name, here = target.get("tab"), self.tabs.currentWidget()
        if isinstance(here, Tab) and here.stays():
            return
        if name in TITLES:
            self.pages.tab(name).show_target(target)
            self.pages.show(name)

    @Slot(object)
    def _on_job(self, job: JobState) -> None:
        active = self.session.jobs.active
        if not (job.finished or job.preview or job.id in self._jobs_seen):
            self._jobs_seen.add(job.id)
            self.dock.show()
        self.busy.setText(f"{active[0].title}: {active[0].line()}" if active else "")
        self.follow_up.hear(job)

    def show_palette(self) -> None:
        """Open the command palette at the top of the window."""
        self._refresh_actions()
        palette = CommandPalette(self.book, self)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        corner = self.mapToGlobal(self.rect().topLeft())
        palette.move(corner.x() + (self.width() - palette.width()) // 2, corner.y() + 60)
        palette.show()
        palette.search.setFocus()

    def _set_theme(self, name: str) -> None:
        self.session.settings.set_theme(name)
        self.session.theme.apply(name)

    async def _new(self) -> None:
        path = await async_glue.choose_file(
            self, tr("Name the new project"), tr("FairDesk project (*{suffix})", suffix=SUFFIX), save=SUFFIX[1:]
        )
        if path and await self._leave():
            self.session.open(Path(path), new=True)

    async def _open(self) -> None:
        path = await async_glue.choose_folder(self, tr("Open a project folder"))
        if path:
            await self._open_path(Path(path))

    async def _open_path(self, path: Path) -> None:
        if await self._leave():
            self.session.open(path)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.session.settings.recent():
            self._recent.addAction(str(path)).triggered.connect(
                lambda _on=False, path=path: async_glue.start(self._open_path(path))
            )
        if self._recent.isEmpty():
            self._recent.addAction(tr("None yet")).setEnabled(False)

    def _quit(self) -> None:
        self.close()

    def _close_project(self) -> None:
        async_glue.start(self._leave_and_close())

    async def _leave_and_close(self) -> None:
        if await self._leave():
            self.session.close_project()

    async def _leave(self) -> bool:
        """Before a project is left: running jobs need it, so they are stopped, or it stays."""
        return await self._ask_about_jobs() is not None

    async def _ask_about_jobs(self) -> bool | None:
        """Ask what becomes of running and waiting jobs; True keeps the running ones, None: nothing is closed."""
        jobs = self.session.jobs
        waiting = jobs.waiting
        running = [job for job in jobs.active if job not in waiting]
        if not running and not waiting:
            return False
        if not running:
            return True  # what waits is kept
        names, keep = ", ".join(job.title for job in running), tr("Keep running")
        title = tr_n("A job is running", "Jobs are running", len(running))
        about = tr("Kept jobs continue without the window and are found again when the project is opened.")
        buttons = [keep, tr_n("Stop it", "Stop them", len(running))]
        if waiting:
            buttons[1:] = [
                tr_n("Stop it, keep the queue", "Stop them, keep the queue", len(running)),
                tr_n("Stop it, empty the queue", "Stop them, empty the queue", len(running)),
            ]
            about += " " + tr("The queue ({n} waiting) continues when the project is opened again.", n=len(waiting))
        answer = await async_glue.ask(self, title, tr("Still running: {jobs}.", jobs=names), buttons, about)
        if answer is None or answer == keep:
            return None if answer is None else True
        for job in [*(waiting if len(buttons) > 2 and answer == buttons[-1] else []), *running]:
            jobs.stop(job.id)
        return False

    async def _history(self) -> None:
        import time

        from fairdesk.gui.dialogs.table_dialog import TableDialog

        project = self.session.project
        if project is not None:
            rows = [
                (
                    time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(step.created)),
                    step.text,
                    tr("undone") if step.undone else "",
                )
                for step in reversed(project.journal.history())
            ]
            await async_glue.finished(TableDialog(tr("History"), (tr("When"), tr("What"), ""), rows, self))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Look for originals again when a person comes back from another program: there they may have been moved."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.session.originals.look_soon(CHANGED_MS)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(_can_import(Path(url.toLocalFile())) for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        found = [Path(url.toLocalFile()) for url in event.mimeData().urls()]
        found = [path for path in found if _can_import(path)]
        if found:
            event.acceptProposedAction()
            self.open_or_import(found[0])

    def open_or_import(self, folder: Path) -> None:
        """Open a project folder, or import any other folder, archive or table into the open project."""
        if (folder / CATALOG).exists():
            async_glue.start(self._open_path(folder))
        elif self.session.project is not None:
            self.tabs.setCurrentWidget(self.dataset)
            self.dataset.import_dropped(folder)
        else:
            button = Notice(
                tr("Create a project first, then import {folder}.", folder=folder.name),
                action=tr("New project…"),
                run=lambda: async_glue.start(self._new()),
            )
            self._on_notice(button)

    def _restore(self) -> None:
        settings = self.session.settings
        geometry, state = settings.bytes("geometry"), settings.bytes("state")
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(QSize(1360, 860).boundedTo(self.screen().availableSize()))
        if state is None or not self.restoreState(state):
            self.dock.setVisible(self.width() >= 1200)  # where there is little room, it comes with the first job
        self.tabs.setCurrentIndex(settings.number("tab", 0))

    def _keep_layout(self) -> None:
        settings = self.session.settings
        settings.set_bytes("geometry", self.saveGeometry())
        settings.set_bytes("state", self.saveState())
        self.pages.keep_layout()
        settings.set_number("side", self.dataset.grid.cells.side)
        settings.set_number("tab", self.tabs.currentIndex())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._was_drawn:
            self._was_drawn = True
            QTimer.singleShot(0, self.drawn.emit)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self._may_close and self.session.jobs.active:
            event.ignore()
            if not self._asking:
                self._asking = True
                async_glue.start(self._ask_close())
            return
        self.shut_down(keep_jobs=False)
        event.accept()

    async def _ask_close(self) -> None:
        keep = await self._ask_about_jobs()
        self._asking = False
        if keep is not None:
            self.shut_down(keep_jobs=keep)
            self._may_close = True
            self.close()

    def shut_down(self, *, keep_jobs: bool) -> None:
        """Keep the layout and end all threads; may be called twice."""
        if getattr(self, "_down", False):
            return
        self._down = True
        self._refresh_timer.stop()
        self.help.close()
        self._keep_layout()
        for grid in (self.dataset.grid, self.clustering.grid):
            grid.close_threads()
        self.session.close(keep_jobs=keep_jobs)
