"""The Training tab: train recognisers, compare runs, and the curves of any tool's logs, live while they grow."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QSlider,
    QSplitter,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fairdesk.errors import RequestError
from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.dialogs.notes_dialog import NotesDialog
from fairdesk.gui.forms import load_form
from fairdesk.gui.jobs.state import JobState
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tabs.base import Tab, add_menu, bind_button
from fairdesk.gui.tabs.training.actions import MENUS, actions
from fairdesk.gui.tabs.training.run_list import RunList
from fairdesk.gui.widgets.find_line import FindLine
from fairdesk.gui.widgets.flow_row import FlowRow
from fairdesk.images.written_files import write_text
from fairdesk.project.changes import Change, Kind
from fairdesk.runs.folder import METRICS, SCALARS, RunFolder, next_run
from fairdesk.runs.resumption import resume_preset
from fairdesk.runs.run_records import Run, batches_per_epoch, checkpoints, import_run, list_runs, seconds, write_notes
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.gui.widgets.run_curves import RunCurves
    from fairdesk.runs.training_logs import Curves

Axis = Callable[[np.ndarray[Any, np.dtype[np.float64]]], np.ndarray[Any, np.dtype[np.float64]]]

WATCH_MS = 1000
_AXES = {"step": mark("Step"), "epoch": mark("Epoch"), "time": mark("Time")}
_HIDDEN = ("LearningRate", "Speed", "XNorm", "accuracy")  # of another scale, as TARs: not ticked at first


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (item.child(i) for i in range(item.childCount()))
    return [leaf for leaf in found if leaf is not None]


_PARTS = {METRICS: mark("evaluated"), SCALARS: mark("losses")}  # files of a run


def _source(path: Path) -> str:
    """A log's name; the run's where it lies in one."""
    return path.parent.name if path.name in _PARTS else path.name


def _title(path: Path) -> str:
    """A log's name; the run's and which part of it."""
    return f"{_source(path)}: {tr(_PARTS[path.name])}" if path.name in _PARTS else path.name


def _is_rate(path: Path, name: str) -> bool:
    """Whether a series is drawn below: what was evaluated of a run, or rates in another program's log."""
    from fairdesk.runs.training_logs import is_evaluated

    return path.name == METRICS or (path.name != SCALARS and is_evaluated(name))


class TrainingTab(Tab):
    """Logs on the left with their series to tick, the curves on the right."""

    name = "training"
    tab_title = mark("Training")
    shows = frozenset({Kind.RUNS})
    train_button: QPushButton
    open_button: QPushButton
    smoothing: QSlider
    logarithmic: QCheckBox
    plot_button: QPushButton
    table_button: QPushButton
    about: QLabel
    pages: QStackedWidget
    empty_page: QWidget
    title: QLabel
    text: QLabel
    empty_button: QPushButton
    empty_train: QPushButton
    splitter: QSplitter
    side: QSplitter
    logs: QTreeWidget
    host_layout: QVBoxLayout
    axis: QComboBox
    marked: QCheckBox
    compare_button: QPushButton
    readout: QLabel
    hint: QLabel

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "training_tab.ui", (FlowRow,))
        self.curves: RunCurves | None = None
        self._runs: dict[Path, Run] = {}
        self._listed: set[tuple[str, bool, bool]] = set()  # jobs, and how far they were when their runs were listed
        self.run_list = RunList()
        self.run_list.ticked.connect(lambda path, on: self.open_run(path) if on else self._close_run(path))
        self.run_list.itemSelectionChanged.connect(session.told_state)
        self.find_line = FindLine((self.run_list, self.logs), tr("Find a run or a series"))
        runs = QWidget()
        column = QVBoxLayout(runs)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.find_line)
        column.addWidget(self.run_list)
        self.side.insertWidget(0, runs)
        for axis, text in _AXES.items():
            self.axis.addItem(tr(text), axis)
        self.axis.currentTextChanged.connect(lambda _text: self._draw())
        self.marked.toggled.connect(lambda _on: self._draw())
        self.read_logs: dict[Path, Curves] = {}
        self._seen: dict[Path, tuple[int, int]] = {}
        self._followed: set[tuple[str, Path]] = set()  # jobs, and tables of theirs that were opened
        session.jobs.updated.connect(self._on_job)
        self.title.setText(tr("Train a recogniser, or plot any training log"))
        self.text.setText(
            tr(
                "Train a face recogniser on this project and follow the error rates of every group on unseen identities. Or open the "
                "log of another program: InsightFace's training.log, PyTorch-GAN, pytorch-CycleGAN-and-pix2pix, StyleGAN's stats.jsonl, or "
                "any CSV with a step column. A growing log is followed live."
            )
        )
        self.logs.setHeaderLabels([tr("Log and series"), tr("Last")])
        self.splitter.setSizes([280, 900])
        self.splitter.setStretchFactor(1, 1)
        self.smoothing.valueChanged.connect(lambda _v: self._draw())
        self.logarithmic.toggled.connect(lambda _on: self._draw())
        self.logs.itemChanged.connect(lambda _i, column: self._draw() if column == 0 else None)
        session.theme.changed.connect(self._draw)
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_MS)
        self._watch.timeout.connect(self._look)
        self.pages.setCurrentWidget(self.empty_page)

    def specs(self) -> list[ActionSpec]:
        """The tab's actions."""
        return actions(self)

    def place_actions(self, book: ActionBook) -> None:
        """Put actions on the tab's buttons."""
        for button, number in (
            (self.open_button, "training.open"), (self.plot_button, "training.plot"), (self.table_button, "training.table"),
            (self.compare_button, "training.compare"), (self.empty_button, "training.open"), (self.train_button, "training.train"), (self.empty_train, "training.train"),
        ):  # fmt: skip
            bind_button(button, book, number)
        add_menu(self.run_list, book, self.name, MENUS["run_list"])
        add_menu(self.logs, book, self.name, MENUS["logs"])

    async def open_logs(self) -> None:
        path = await async_glue.choose_file(
            self, tr("Open a training log"), tr("Logs (*.log *.txt *.jsonl *.csv);;All files (*)")
        )
        if path:
            self.open_log(Path(path))

    def runs_home(self) -> Path:
        assert self.session.project is not None
        return self.session.project.folder / "runs"

    def train_recogniser(self) -> None:
        project = self.session.project
        if project is not None:
            out = next_run(project.folder, "arcface")
            self.session.ask(
                "train-arcface", {"data": str(project.folder), "where": None, "out": str(out), "resume": False}
            )

    async def _choose_run(self) -> RunFolder | None:
        folder = await async_glue.choose_folder(self, tr("Choose a run's folder"))
        return RunFolder.open(Path(folder)) if folder else None

    async def choose_run(self) -> None:
        try:
            run = await self._choose_run()
        except RequestError as error:
            self.session.tell_error(error)
            return
        if run is not None:
            self.open_run(run.path)

    async def resume_run(self) -> None:
        selected = self.run_list.selectedItems()
        try:
            run = RunFolder.open(self.run_list.chosen()[0]) if len(selected) == 1 else await self._choose_run()
        except RequestError as error:
            self.session.tell_error(error)
            return
        if run is not None and self.session.jobs.training_at(run.path) is not None:
            text = tr("{run} is training already. Follow it here, or stop it in the Jobs panel.", run=run.path.name)
            self.session.told.emit(Notice(text, "error"))
        elif run is not None and run.config.get("kind") == "recogniser":
            self.session.ask("train-arcface", resume_preset(run))
        elif run is not None:
            self.session.told.emit(
                Notice(tr("{file} is not a recogniser. Resume it in the Generation tab.", file=run.path.name), "error")
            )

    def open_run(self, folder: Path) -> None:
        """Show the losses and what was evaluated of a run."""
        for name in _PARTS:
            if (folder / name).exists():
                self.open_log(folder / name)

    def _close_run(self, folder: Path) -> None:
        for name in _PARTS:
            self.read_logs.pop(folder / name, None)
            self._seen.pop(folder / name, None)
        for row in reversed(range(self.logs.topLevelItemCount())):
            if self._path(row).parent == folder:
                self.logs.takeTopLevelItem(row)
        self._draw()
        self.session.told_state()

    def forget(self) -> None:
        """Show nothing of the project that was open before."""
        self._show_runs([])

    def refresh(self) -> None:
        """List the project's runs."""
        if self.session.project is None:
            self._show_runs([])
            return
        home = self.runs_home()
        self.session.background.read("runs", lambda: list_runs(home)[0], self._show_runs)

    def _show_runs(self, runs: list[Run]) -> None:
        self._runs = {run.path: run for run in runs}
        self.run_list.show_runs(runs, {path.parent for path in self.read_logs})
        self.pages.setCurrentWidget(self.splitter if self.read_logs or runs else self.empty_page)
        self.session.told_state()

    def compare_runs(self) -> None:
        from fairdesk.gui.dialogs.compare_dialog import CompareDialog

        runs = [self._runs[path] for path in self.run_list.chosen() if path in self._runs]
        # the oldest first: it is what the others are measured against
        self.comparison = CompareDialog(sorted(runs, key=lambda run: run.created), self.session.theme, self)
        async_glue.start(async_glue.finished(self.comparison))

    async def edit_notes(self) -> None:
        run = self._runs[self.run_list.chosen()[0]]
        self.notes = NotesDialog(run, self)
        tags_and_note: list[tuple[tuple[str, ...], str]] = []
        self.notes.accepted.connect(
            lambda: tags_and_note.append((self.notes.tags(), self.notes.note_edit.toPlainText()))
        )
        await async_glue.finished(self.notes)
        for tags, note in tags_and_note:
            write_notes(run.path, tags, note)
            self.refresh()

    async def import_run(self) -> None:
        folder = await async_glue.choose_folder(self, tr("Choose the folder of a run trained on another machine"))
        if folder:
            home = self.runs_home()
            self.session.background.edit(lambda: import_run(Path(folder), home), self._imported)

    def _imported(self, path: Path) -> None:
        self.session.told.emit(Notice(tr("Imported {file}", file=path.name)))
        self.refresh()
        self.open_run(path)

    @Slot(object)
    def _on_job(self, job: JobState) -> None:
        """List a recogniser that trains, ticked, and follow its curves from its first batch on."""
        if job.spec.kind != "train-arcface":
            return
        folder = Path(str(job.spec.params.get("out", "")))
        here = [folder / name for name in _PARTS if (folder / name).exists()]
        begun = (job.id, job.finished, bool(here))
        if begun not in self._listed and (here or job.finished):
            self._listed.add(begun)
            self._on_changed(Change.of(Kind.RUNS))
        for path in here:
            if (job.id, path) not in self._followed:  # once: a person may close it
                self._followed.add((job.id, path))
                self.open_log(path)

    def open_log(self, path: Path) -> None:
        """Read a log and follow it."""
        from fairdesk.runs.training_logs import read_log

        self.session.background.read(("log", path), lambda: read_log(path), lambda curves: self._arrived(path, curves))

    def _arrived(self, path: Path, curves: Curves) -> None:
        self.read_logs[path] = curves
        stat = path.stat()
        self._seen[path] = (stat.st_size, stat.st_mtime_ns)
        self._watch.start()
        self.logs.blockSignals(True)
        head = next((self._head(i) for i in range(self.logs.topLevelItemCount()) if self._path(i) == path), None)
        if head is None:
            head = QTreeWidgetItem([_title(path), ""])
            head.setData(0, Qt.ItemDataRole.UserRole, str(path))
            head.setToolTip(0, str(path))
            titles = [self._head(row).text(0) for row in range(self.logs.topLevelItemCount())]
            self.logs.insertTopLevelItem(bisect(titles, head.text(0)), head)
            head.setExpanded(True)
        have = {leaf.text(0): leaf for leaf in _children(head)}
        for name, points in curves.series.items():
            leaf = have.get(name)
            if leaf is None:
                leaf = QTreeWidgetItem([name, ""])
                ticked = not name.endswith(_HIDDEN) and "TAR@" not in name
                leaf.setCheckState(0, Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
                head.addChild(leaf)
            leaf.setText(1, f"{points[-1][1]:.4g}")
        self.logs.blockSignals(False)
        self.logs.resizeColumnToContents(0)
        self.run_list.show_runs(list(self._runs.values()), {path.parent for path in self.read_logs})
        self.pages.setCurrentWidget(self.splitter)
        self._draw()
        self.session.told_state()

    def _head(self, row: int) -> QTreeWidgetItem:
        item = self.logs.topLevelItem(row)
        assert item is not None
        return item

    def _path(self, row: int) -> Path:
        return Path(str(self._head(row).data(0, Qt.ItemDataRole.UserRole)))

    def _look(self) -> None:
        """Read again what has grown."""
        if not self.isVisible():
            return
        for path, seen in self._seen.items():
            try:
                stat = path.stat()
            except OSError:
                continue
            if (stat.st_size, stat.st_mtime_ns) != seen:
                self.open_log(path)

    def _ticked(self) -> list[tuple[Path, str]]:
        out = []
        for row in range(self.logs.topLevelItemCount()):
            head = self._head(row)
            out += [
                (self._path(row), leaf.text(0))
                for leaf in _children(head)
                if leaf.checkState(0) == Qt.CheckState.Checked
            ]
        return out

    def _draw(self) -> None:
        if not self.read_logs and self.curves is None:
            return
        if self.curves is None:
            from fairdesk.gui.widgets.run_curves import RunCurves

            self.curves = RunCurves(self.session.theme)
            self.curves.hovered.connect(self.readout.setText)
            self.host_layout.addWidget(self.curves)
        from fairdesk.gui.widgets.run_curves import Line

        wanted = self.axis.currentData()
        several = len({_source(path) for path in self.read_logs}) > 1
        lines, marks, without = [], [], set()
        for path, name in self._ticked():
            points = self.read_logs[path].series.get(name)
            if not points:
                continue
            x = np.array([step for step, _ in points])
            place = self._axis_of(path.parent, wanted)
            if place is None:
                without.add(_title(path))
            label = f"{_source(path)}: {name}" if several else name
            values = [value for _, value in points]
            lines.append(
                Line(_source(path), name, label, x if place is None else place(x), values, _is_rate(path, name))
            )
        for run in {path.parent for path, _ in self._ticked()} if self.marked.isChecked() else ():
            place = self._axis_of(run, wanted)
            for name, step in checkpoints(run):
                steps = np.array([float(step)])
                marks.append((f"{run.name}: {name}", float((steps if place is None else place(steps))[0])))
        axes = {curves.axis for curves in self.read_logs.values()}
        axis = (
            tr(axes.pop() if len(axes) == 1 else "step")
            if wanted == "step"
            else {"epoch": tr("epoch"), "time": tr("minutes of training")}[wanted]
        )
        weight = self.smoothing.value() / 100
        self.curves.setVisible(bool(lines))
        self.hint.setVisible(not lines)
        self.curves.draw(lines, axis, weight=weight, logarithmic=self.logarithmic.isChecked(), marks=marks)
        told = []
        for path, curves in self.read_logs.items():
            line = f"{_title(path)}: {tr(curves.kind)}"
            if curves.broken:
                line += ", " + tr_n("{n:,} line could not be read", "{n:,} lines could not be read", curves.broken)
            if curves.other:
                line += ", " + tr_n("{n:,} line without figures", "{n:,} lines without figures", curves.other)
            line = " ".join([line, *curves.notes])
            if path.name not in _PARTS or curves.broken or curves.notes:
                told.append(line)
        if without:
            names = ", ".join(sorted(without))
            told.append(
                tr("over steps, as no epoch is known: {logs}", logs=names)
                if wanted == "epoch"
                else tr("over steps, as no time is known: {logs}", logs=names)
            )
        self.about.setText("  ·  ".join(told))

    def _axis_of(self, folder: Path, wanted: str) -> Axis | None:
        """Return how steps become the wanted axis, or None where they stay steps."""
        run = self._runs.get(folder)
        if wanted == "step" or run is None:
            return None if wanted != "step" else (lambda x: x)
        if wanted == "epoch":
            each = batches_per_epoch(run)
            return None if each is None else lambda x: x / each
        steps, passed = seconds(folder)
        return (lambda x: np.interp(x, steps, passed) / 60) if steps else None

    async def save_plot(self) -> None:
        if self.curves is not None:
            from fairdesk.gui.widgets.plot_export import save_plot

            shown = [plot for plot in (self.curves.losses, self.curves.rates) if plot.isVisible()]
            path = await save_plot(self, *shown)
            if path:
                self.session.told.emit(Notice(tr("Saved {path}", path=path)))

    async def save_points(self) -> None:
        from fairdesk.runs.curve_export import curves_csv

        path = await async_glue.choose_file(self, tr("Save the points"), tr("CSV (*.csv)"), save="csv")
        if path:
            texts = [curves_csv(curves) for curves in self.read_logs.values()]
            write_text(Path(path), "".join(texts))
            self.session.told.emit(Notice(tr("Saved {path}", path=path)))

    def close_logs(self) -> None:
        self._watch.stop()
        self.read_logs.clear()
        self._seen.clear()
        self.logs.clear()
        self._draw()
        self._show_runs(list(self._runs.values()))
