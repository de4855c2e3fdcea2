"""The Generation tab: train a GAN, watch its sample grids, make faces with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.forms import load_form
from fairdesk.gui.jobs.state import DONE, JobState
from fairdesk.gui.pictures import read_image
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tabs.base import Tab, add_menu, bind_button
from fairdesk.gui.tabs.generation.actions import MENUS, actions
from fairdesk.gui.tabs.generation.curves_pane import CurvesPane
from fairdesk.gui.widgets.find_line import FindLine
from fairdesk.gui.widgets.flow_row import FlowRow
from fairdesk.jobs.results import NextStep
from fairdesk.project import Project
from fairdesk.project.changes import Kind
from fairdesk.runs.folder import LAST, SCALARS, RunFolder, next_run, runs_below
from fairdesk.runs.resumption import resume_preset
from fairdesk.words import mark, tr, tr_n


def new_film(run: Path, name: str) -> Path:
    """Return where an animation of a run goes: a file that is not there yet."""
    number = 1
    while (out := run / (f"{name}.gif" if number == 1 else f"{name}-{number}.gif")).exists():
        number += 1
    return out


class GenerationTab(Tab):
    """The project's runs on the left; the sample grid of the chosen one, with a slider through time."""

    name = "generation"
    tab_title = mark("Generation")
    shows = frozenset({Kind.RUNS})
    train_button: QPushButton
    resume_button: QPushButton
    generate_button: QPushButton
    translate_button: QPushButton
    curves_button: QPushButton
    sample_button: QPushButton
    film_button: QPushButton
    explore_button: QPushButton
    review_button: QPushButton
    about: QLabel
    pages: QStackedWidget
    empty_page: QWidget
    title: QLabel
    text: QLabel
    empty_button: QPushButton
    use_button: QPushButton
    splitter: QSplitter
    runs: QListWidget
    picture: QLabel
    time: QSlider
    caption: QLabel

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "generation_tab.ui", (FlowRow,))
        self.show_previews: list[Path] = []
        self._shown_run: Path | None = None
        self._told: set[str] = set()  # reviews that were told about
        self._known: set[str] = set()  # runs that were there at the last look
        self._known_home: Path | None = None
        self.curves = CurvesPane(session)
        self.find_line = FindLine((self.runs,), tr("Find a run"))
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.find_line)
        column.addWidget(self.runs)
        self.splitter.insertWidget(0, left)
        self.splitter.addWidget(self.curves)
        self.splitter.setSizes([180, 560, 400])
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setStretchFactor(2, 2)
        self.title.setText(tr("No training run yet"))
        self.text.setText(
            tr(
                "Train a GAN, DCGAN or StyleGAN2 on a folder of faces, or on this project's images, then generate faces or identities with it; or "
                "train a CycleGAN on two folders and translate faces. Another program's generator (StyleGAN2 or 3, DCGAN, ONNX) works too. Every "
                "generated file is marked synthetic, and is reviewed before it enters the project."
            )
        )
        self.runs.currentItemChanged.connect(lambda *_: self._show_run())
        self.time.valueChanged.connect(self._show_preview)
        self.picture.installEventFilter(self)
        session.jobs.updated.connect(self._on_job)
        session.review_asked.connect(lambda job: async_glue.start(self._look(job)))
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(500)
        self._refresh.timeout.connect(self.refresh)
        self.pages.setCurrentWidget(self.empty_page)

    def specs(self) -> list[ActionSpec]:
        """The tab's actions."""
        return actions(self)

    def place_actions(self, book: ActionBook) -> None:
        """Put actions on the tab's buttons."""
        for button, number in (
            (self.train_button, "generation.train"), (self.resume_button, "generation.resume"),
            (self.generate_button, "generation.make"), (self.curves_button, "generation.curves"),
            (self.sample_button, "generation.sample"), (self.film_button, "generation.film"), (self.explore_button, "generation.explore"), (self.review_button, "generation.review"),
            (self.translate_button, "generation.translate"), (self.empty_button, "generation.train"), (self.use_button, "generation.make"),
        ):  # fmt: skip
            bind_button(button, book, number)
        add_menu(self.runs, book, self.name, MENUS["runs"])

    def runs_home(self) -> Path | None:
        return None if self.session.project is None else self.session.project.folder / "runs"

    def run_folder(self) -> RunFolder | None:
        """The chosen run."""
        item = self.runs.currentItem()
        return None if item is None else RunFolder(Path(str(item.data(Qt.ItemDataRole.UserRole))))

    def _family(self) -> str:
        run = self.run_folder()
        return "" if run is None else str(run.config.get("params", {}).get("family", ""))

    def refresh(self) -> None:
        """Look for runs and their newest sample grids."""
        home, project = self.runs_home(), self.session.project
        every = [] if project is None else runs_below(project.folder)
        found = [(path, config) for path, config in every if config.get("kind") != "recogniser"]
        item = self.runs.currentItem()
        kept = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        paths = {str(path) for path, _ in found}
        new = paths - self._known if self._known_home == home else set()  # one that was just begun is shown
        kept = next(iter(new)) if len(new) == 1 else kept
        self._known, self._known_home = paths, home
        self.runs.blockSignals(True)
        self.runs.clear()
        for path, config in found:
            one = QListWidgetItem(f"{path.name}  ·  {config.get('params', {}).get('family', '')}")
            one.setData(Qt.ItemDataRole.UserRole, str(path))
            self.runs.addItem(one)
            if str(path) == kept:
                self.runs.setCurrentItem(one)
        if found and self.runs.currentItem() is None:
            self.runs.setCurrentRow(0)
        self.runs.blockSignals(False)
        self.pages.setCurrentWidget(self.splitter if found else self.empty_page)
        for button in (self.empty_button, self.use_button):
            button.setVisible(self.has_project())
        self._show_run()
        self.session.told_state()

    def _show_run(self) -> None:
        run = self.run_folder()
        at_end = self.time.value() >= self.time.maximum() or run is None or run.path != self._shown_run
        self._shown_run = None if run is None else run.path
        self.show_previews = run.previews() if run is not None else []
        self.time.setRange(0, max(0, len(self.show_previews) - 1))
        self.time.setVisible(len(self.show_previews) > 1)
        if at_end:
            self.time.setValue(self.time.maximum())
        if run is not None:
            params = run.config.get("params", {})
            size = params.get("image_size") or (256 if params.get("family") == "cyclegan" else 64)
            self.about.setText(
                tr(
                    "{family}, {size} pixels, seed {seed}",
                    family=params.get("family", ""),
                    size=size,
                    seed=params.get("seed", ""),
                )
            )
        self.curves.show_run(None if run is None else run.path)
        self._show_preview()
        self.session.told_state()

    def _show_preview(self) -> None:
        if not self.show_previews:
            self.picture.clear()
            self.caption.setText(tr("The first sample grid appears while it trains.") if self.run_folder() else "")
            return
        path = self.show_previews[min(self.time.value(), len(self.show_previews) - 1)]
        pixmap = QPixmap.fromImage(read_image(str(path))[0])
        size = self.picture.size()
        how = Qt.TransformationMode.SmoothTransformation
        self.picture.setPixmap(pixmap.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, how))
        run, same = self.run_folder(), tr("latents")
        if run is not None and self._family() == "cyclegan":
            same = tr("images, which are also trained on: A, A to B, B, B to A")
            if run.config.get("shown_only"):
                same = tr("images, which are not trained on: A, A to B, B, B to A")
        self.caption.setText(
            tr_n(
                "after {n:,} batch, always of the same {what}",
                "after {n:,} batches, always of the same {what}",
                int(path.stem),
                what=same,
            )
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Fit the sample grid to its place, also where only the splitter or the curves beside it have moved."""
        if watched is self.picture and event.type() == QEvent.Type.Resize:
            self._show_preview()
        return super().eventFilter(watched, event)

    def train_gan(self) -> None:
        project = self.session.project
        if project is not None:
            out = next_run(project.folder, "gan")
            self.session.ask(
                "train-dcgan",
                {"data": str(project.folder), "where": None, "where_b": None, "out": str(out), "resume": False},
            )

    def resume_run(self) -> None:
        run = self.run_folder()
        if run is not None:
            self.session.ask(f"train-{self._family()}", resume_preset(run))

    def _maker(self) -> RunFolder | None:
        """The chosen run, if it makes faces."""
        run = self.run_folder()
        return run if run is not None and run.checkpoint(LAST).exists() and self._family() != "cyclegan" else None

    def generate_faces(self) -> None:
        project, run = self.session.project, self._maker()
        assert project is not None
        preset = {
            "label": None,
            "group": None,
            "out": str(project.new_export("synthetic", run.path.name if run else "made")),
        }
        self.session.ask("generate", preset | ({"run": str(run.path)} if run else {}))

    def translate_images(self) -> None:
        assert self.session.project is not None
        self.session.ask("translate", self.translation(self.session.project))

    def translation(self, project: Project) -> dict[str, Any]:
        """What a form to translate starts with: the chosen run's generators, if it is a CycleGAN, and a new folder."""
        run, preset = self.run_folder(), {"where": None, "out": str(project.new_export("synthetic", "translated"))}
        if run is not None and self._family() == "cyclegan":
            preset |= {"g_ab": str(run.path), "g_ba": str(run.path)}
        return preset

    def _training_job(self) -> JobState | None:
        run = self.run_folder()
        return None if run is None else self.session.jobs.training_at(run.path)

    def is_training(self) -> bool:
        return self._training_job() is not None

    def ask_now(self, what: str) -> None:
        job = self._training_job()
        if job is not None:
            self.session.jobs.ask(job.id, what)

    async def explore_latent(self) -> None:
        from fairdesk.gui.dialogs.explorer_dialog import ExplorerDialog, choose_generator

        run = self._maker()
        chosen = run.path if run is not None else await choose_generator(self)
        while chosen is not None:
            dialog = ExplorerDialog(chosen, self)
            await async_glue.finished(dialog)
            chosen = dialog.another

    def interpolate_faces(self) -> None:
        project, run = self.session.project, self._maker()
        assert project is not None
        preset: dict[str, Any] = {
            "label": None,
            "out": str(new_film(run.path if run else project.exports("synthetic"), "walk")),
        }
        self.session.ask("interpolate", preset | ({"run": str(run.path)} if run else {}))

    def export_animation(self) -> None:
        run = self.run_folder()
        if run is not None:
            self.session.ask("animate", {"run": str(run.path), "out": str(new_film(run.path, "samples"))})

    def assess_run(self) -> None:
        assert self.session.project is not None
        self.session.ask("assess", {"real": str(self.session.project.folder)})

    def _is_new_review(self, job: JobState) -> bool:
        result = job.typed_result()
        checked = job.state == DONE and result is not None and NextStep.SHOW_REVIEW in result.next_steps()
        return checked and self.session.ended_now(job) and job.id not in self._told

    def _reviewed(self, job: JobState) -> None:
        result = job.typed_result()
        assert result is not None
        self.session.told.emit(
            Notice(result.summary, action=NextStep.SHOW_REVIEW.value, run=lambda: self.session.review_asked.emit(job))
        )

    async def _look(self, job: JobState) -> None:
        from fairdesk.generation.results import ReviewResult
        from fairdesk.gui.dialogs.review_dialog import VERDICTS, ReviewDialog

        result = job.typed_result()
        assert isinstance(result, ReviewResult)
        dialog = ReviewDialog(result, job.folder / VERDICTS, self.session.theme, self)
        if await async_glue.finished(dialog):
            self.session.run("review", {"made": result.made, "only": dialog.accepted_paths()})

    def show_curves(self) -> None:
        run = self.run_folder()
        if run is not None:
            self.session.log_asked.emit(run.path / SCALARS)

    @Slot(object)
    def _on_job(self, job: JobState) -> None:
        if self._is_new_review(job):
            self._told.add(job.id)
            self._reviewed(job)
        if job.trains and self.isVisible() and not self._refresh.isActive():
            self._refresh.start()
