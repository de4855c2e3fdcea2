"""The Training tab: the curves of other tools' logs, several at once, live while they grow.

Training itself comes later, and the tab says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QCheckBox,
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
from fairdesk.figures.style import group_style
from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.forms import load_form
from fairdesk.gui.jobs.state import JobState
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tabs.base import Tab, bind_button
from fairdesk.images.places import write_text
from fairdesk.runs.exporting import curves_csv
from fairdesk.runs.folder import METRICS, SCALARS, RunFolder
from fairdesk.runs.logs import Curves, read_log, smooth

if TYPE_CHECKING:
    import pyqtgraph as pg

WATCH_MS = 1000
_HIDDEN = ("LearningRate", "Speed", "XNorm", "accuracy")  # of another scale: not ticked at first


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (item.child(i) for i in range(item.childCount()))
    return [leaf for leaf in found if leaf is not None]


def _title(path: Path) -> str:
    """A log's name; the run's where it lies in one."""
    return f"{path.parent.name}: {path.stem}" if path.name in (SCALARS, METRICS) else path.name


class TrainingTab(Tab):
    """Logs on the left with their series to tick, the curves on the right."""

    name = "training"
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
    logs: QTreeWidget
    host_layout: QVBoxLayout

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "training_tab.ui")
        self.plot: pg.PlotWidget | None = None
        self.rates: pg.PlotWidget | None = None  # what was evaluated: EER, FID
        self._read: dict[Path, Curves] = {}
        self._seen: dict[Path, tuple[int, int]] = {}
        self._followed: set[str] = set()  # jobs whose curves were opened
        session.jobs.updated.connect(self._on_job)
        self.title.setText("Train a recogniser, or read the curves of any training")
        self.text.setText(
            "Train a face recogniser on this project and watch the error rates of every group on people it has not seen. Or open the "
            "log of another program: InsightFace's training.log, PyTorch-GAN, pytorch-CycleGAN-and-pix2pix, StyleGAN's stats.jsonl, or "
            "any CSV with a step column. A log that still grows is followed."
        )
        self.logs.setHeaderLabels(["Log and series", "Last"])
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
        start, shown = async_glue.start, lambda: bool(self._read)
        return [
            ActionSpec("training.train", "Train a &recogniser…", self._train, "&Training", "play", "Ctrl+R", self.has_project, "ArcFace and its kin, with mitigation by group"),
            ActionSpec("training.resume", "Go &on with a run…", lambda: start(self._resume()), "&Training", "again", "", self.has_project, "Train a stopped recogniser further"),
            ActionSpec("training.run", "Open a &run…", lambda: start(self._open_run()), "&Training", "folder", "", self.has_project, "The curves of a run of this program: losses and error rates"),
            ActionSpec("training.export", "&Export a network…", lambda: self.session.ask("export-model", {"run": str(self._home())}), "&Training", "export", "", self.has_project, "ONNX, checked against torch, or safetensors"),
            ActionSpec("training.open", "&Open a log…", lambda: start(self._open()), "&Training", "chart", "Ctrl+T"),
            ActionSpec("training.plot", "Save &plot…", lambda: start(self._save_plot()), "&Training", "export", "", shown, "", self.name),
            ActionSpec("training.table", "Save &points…", lambda: start(self._save_points()), "&Training", "table", "", shown, "", self.name),
            ActionSpec("training.close", "&Close all logs", self._close, "&Training", "close", "", shown, "", self.name),
        ]  # fmt: skip

    def place_actions(self, book: ActionBook) -> None:
        """Put actions on the tab's buttons."""
        for button, number in (
            (self.open_button, "training.open"), (self.plot_button, "training.plot"), (self.table_button, "training.table"),
            (self.empty_button, "training.open"), (self.train_button, "training.train"), (self.empty_train, "training.train"),
        ):  # fmt: skip
            bind_button(button, book, number)

    async def _open(self) -> None:
        path = await async_glue.choose_file(
            self, "Open a training log", "Logs (*.log *.txt *.jsonl *.csv);;All files (*)"
        )
        if path:
            self.open_log(Path(path))

    def _home(self) -> Path:
        assert self.session.project is not None
        return self.session.project.folder / "runs"

    def _train(self) -> None:
        project = self.session.project
        if project is not None:
            number = 1
            while (out := self._home() / f"arcface-{number:02d}").exists():
                number += 1
            self.session.ask("train-arcface", {"data": str(project.folder), "out": str(out), "resume": False})

    async def _choose_run(self) -> RunFolder | None:
        folder = await async_glue.choose_folder(self, "Choose a run's folder")
        return RunFolder.open(Path(folder)) if folder else None

    async def _open_run(self) -> None:
        try:
            run = await self._choose_run()
        except RequestError as error:
            self.session.tell_error(error)
            return
        if run is not None:
            self.open_run(run.path)

    async def _resume(self) -> None:
        try:
            run = await self._choose_run()
        except RequestError as error:
            self.session.tell_error(error)
            return
        if run is not None and run.config.get("kind") == "recogniser":
            self.session.ask("train-arcface", {**run.config.get("params", {}), "out": str(run.path), "resume": True})
        elif run is not None:
            self.session.told.emit(
                Notice(f"{run.path.name} is no recogniser. Go on with it in the Generation tab.", "error")
            )

    def open_run(self, folder: Path) -> None:
        """Show the losses and what was evaluated of a run."""
        for name in (METRICS, SCALARS):
            if (folder / name).exists():
                self.open_log(folder / name)

    @Slot(object)
    def _on_job(self, job: JobState) -> None:
        """Follow the curves of a recogniser that trains."""
        if job.spec.kind != "train-arcface" or job.id in self._followed:
            return
        folder = Path(str(job.spec.params.get("out", "")))
        if (folder / SCALARS).exists() and (job.finished or (folder / METRICS).exists()):
            self._followed.add(job.id)
            self.open_run(folder)

    def open_log(self, path: Path) -> None:
        """Read a log and follow it."""
        self.session.background.read(("log", path), lambda: read_log(path), lambda curves: self._arrived(path, curves))

    def _arrived(self, path: Path, curves: Curves) -> None:
        self._read[path] = curves
        stat = path.stat()
        self._seen[path] = (stat.st_size, stat.st_mtime_ns)
        self._watch.start()
        self.logs.blockSignals(True)
        head = next((self._head(i) for i in range(self.logs.topLevelItemCount()) if self._path(i) == path), None)
        if head is None:
            head = QTreeWidgetItem([_title(path), ""])
            head.setData(0, Qt.ItemDataRole.UserRole, str(path))
            head.setToolTip(0, str(path))
            self.logs.addTopLevelItem(head)
            head.setExpanded(True)
        have = {leaf.text(0): leaf for leaf in _children(head)}
        for name, points in curves.series.items():
            leaf = have.get(name)
            if leaf is None:
                leaf = QTreeWidgetItem([name, ""])
                ticked = not name.endswith(_HIDDEN)
                leaf.setCheckState(0, Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
                head.addChild(leaf)
            leaf.setText(1, f"{points[-1][1]:.4g}")
        self.logs.blockSignals(False)
        self.logs.resizeColumnToContents(0)
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
        if not self._read:
            return
        import pyqtgraph as pg

        from fairdesk.gui.widgets.plots import new_plot, retheme

        if self.plot is None or self.rates is None:
            self.plot, self.rates = new_plot("", "step", "value"), new_plot("", "step", "evaluated")
            for one in (self.plot, self.rates):
                one.addLegend(offset=(-10, 10))
                self.host_layout.addWidget(one)
            self.rates.setXLink(self.plot)
        for one in (self.plot, self.rates):
            retheme(one, self.session.theme)
            one.clear()
            one.getPlotItem().legend.setLabelTextColor(self.session.theme.tokens["text"])
            one.setLogMode(x=False, y=self.logarithmic.isChecked())
        weight = self.smoothing.value() / 100
        several = len({path.parent for path in self._read}) > 1 or len(self._read) > 2
        self.rates.setVisible(any(path.name == METRICS for path, _ in self._ticked()))
        for number, (path, name) in enumerate(self._ticked()):
            points = self._read[path].series.get(name)
            if not points:
                continue
            # losses and error rates are of other scales: what was evaluated has a plot of its own, on the same steps
            plot = self.rates if path.name == METRICS else self.plot
            colour, _, _ = group_style(number)
            steps = np.array([step for step, _ in points])
            values = [value for _, value in points]
            label = f"{_title(path)}: {name}" if several else name
            if weight:
                faint = pg.mkColor(colour)
                faint.setAlpha(70)
                self._line(plot, steps, values, pg.mkPen(faint, width=1), None)
                self._line(plot, steps, smooth(values, weight), pg.mkPen(colour, width=1), label)
            else:
                self._line(plot, steps, values, pg.mkPen(colour, width=1), label)
        axes = {curves.axis for curves in self._read.values()}
        self.plot.setLabel("bottom", axes.pop() if len(axes) == 1 else "step")
        told = []
        for path, curves in self._read.items():
            broken = f", {curves.broken:,} lines could not be read" if curves.broken else ""
            told.append(f"{_title(path)}: {curves.kind}{broken}")
        self.about.setText("  ·  ".join(told))

    @staticmethod
    def _line(
        plot: pg.PlotWidget,
        steps: np.ndarray[tuple[int], np.dtype[np.float64]],
        values: list[float],
        pen: object,
        name: str | None,
    ) -> None:
        curve = plot.plot(steps, np.array(values), pen=pen, name=name, connect="finite")
        curve.setDownsampling(auto=True, method="peak")
        curve.setClipToView(True)

    async def _save_plot(self) -> None:
        if self.plot is not None:
            from fairdesk.gui.widgets.plots import save_plot

            path = await save_plot(self.plot, self)
            if path:
                self.session.told.emit(Notice(f"Saved {path}"))

    async def _save_points(self) -> None:
        path = await async_glue.choose_file(self, "Save the points", "CSV (*.csv)", save="csv")
        if path:
            texts = [curves_csv(curves) for curves in self._read.values()]
            write_text(Path(path), "".join(texts))
            self.session.told.emit(Notice(f"Saved {path}"))

    def _close(self) -> None:
        self._watch.stop()
        self._read.clear()
        self._seen.clear()
        self.logs.clear()
        self.about.setText("")
        self.pages.setCurrentWidget(self.empty_page)
        self.session.told_state()
