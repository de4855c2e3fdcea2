"""Quality: the spread of a measure, a threshold to drag, and the faces at the cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from fairdesk.dataset.quality_examples import at_the_cut
from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.face_grid.view import FaceGrid
from fairdesk.gui.widgets.plot_export import new_plot, retheme, save_plot
from fairdesk.project import Project
from fairdesk.project.image_queries import Ids
from fairdesk.project.images import HideReason, hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.quality import MEASURES, Limit, outside, values
from fairdesk.words import tr, tr_n

# Where a limit starts: below or above this share of the images.
_START = {"sharpness": (0.05, None), "side": (0.05, None), "share": (0.05, None), "clipped": (None, 0.95),
          "brightness": (0.05, 0.95), "contrast": (0.05, None), "yaw": (0.05, 0.95), "roll": (0.05, 0.95), "faces": (None, None)}  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """One measure's values, and what lies outside of the limits."""

    found: npt.NDArray[np.float64]
    bad: list[int]


class QualityDialog(QDialog):
    """Choose a measure, drag its limits, see who falls out, hide or tag them."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(
            tr("Quality of the faces that {detector} found", detector=session.project.shown_detector())
            if session.project
            else tr("Quality")
        )
        self._session = session
        self.limits: dict[str, Limit] = {}
        self._bad: list[int] = []
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(60)
        self._delay.timeout.connect(self._moved)
        self.measure = QComboBox()
        for name, text in MEASURES.items():
            self.measure.addItem(tr(text), name)
        self.plot = new_plot("", "", tr("images"))
        retheme(self.plot, session.theme)
        self.bars = pg.BarGraphItem(x=[0], height=[0], width=1, brush=session.theme.tokens["accent"], pen=None)
        self.plot.addItem(self.bars)
        text = session.theme.tokens["text"]
        kept = pg.mkColor(session.theme.tokens["accent"])
        kept.setAlpha(28)
        self.region = pg.LinearRegionItem(
            brush=pg.mkBrush(kept),
            hoverBrush=pg.mkBrush(kept),
            pen=pg.mkPen(text, width=2),
            hoverPen=pg.mkPen(text, width=4),
        )
        self.plot.addItem(self.region)
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.low_title, self.high_title = QLabel(), QLabel()
        self.low_grid, self.high_grid = FaceGrid(), FaceGrid()
        self.hide_button, self.tag_button = QPushButton(tr("Hide them")), QPushButton(tr("Tag them…"))
        self.reset_button, self.save_button = QPushButton(tr("No limits")), QPushButton(tr("Save plot…"))
        close = QPushButton(tr("Close"))
        self._build(close)
        self.measure.currentIndexChanged.connect(lambda _n: self._load())
        self.region.sigRegionChanged.connect(lambda: self._delay.start())
        self.hide_button.clicked.connect(self._hide)
        self.tag_button.clicked.connect(lambda: async_glue.start(self._tag()))
        self.reset_button.clicked.connect(self._reset)
        self.save_button.clicked.connect(lambda: async_glue.start(save_plot(self, self.plot)))
        close.clicked.connect(self.accept)
        for grid in (self.low_grid, self.high_grid):
            self.finished.connect(lambda _result, grid=grid: grid.close_threads())
        self.resize(980, 720)
        self._load()

    def _build(self, close: QPushButton) -> None:
        top = QHBoxLayout()
        top.addWidget(QLabel(tr("Measure")))
        top.addWidget(self.measure, 1)
        top.addWidget(self.reset_button)
        top.addWidget(self.save_button)
        rows = QWidget()
        below = QVBoxLayout(rows)
        below.setContentsMargins(0, 0, 0, 0)
        for title, grid in ((self.low_title, self.low_grid), (self.high_title, self.high_grid)):
            grid.set_side(80)
            grid.setMinimumHeight(124)
            grid.empty_text = tr("No limit on this side.")
            below.addWidget(title)
            below.addWidget(grid)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.plot)
        split.addWidget(rows)
        split.setSizes([300, 300])
        buttons = QHBoxLayout()
        buttons.addWidget(self.told, 1)
        for button in (self.hide_button, self.tag_button, close):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(split, 1)
        layout.addLayout(buttons)

    @property
    def _project(self) -> Project:
        project = self._session.project
        assert project is not None
        return project

    def _load(self) -> None:
        project, name = self._project, self.measure.currentData()
        others = [limit for key, limit in self.limits.items() if key != name]
        shown = project.shown_detector()
        self._session.background.read(
            "quality", lambda: Spread(values(project, name, shown)[1], outside(project, others, shown)), self._show
        )

    @Slot(object)
    def _show(self, spread: Spread) -> None:
        name, found = self.measure.currentData(), spread.found
        self.plot.setLabel("bottom", tr(MEASURES[name]))
        if not len(found):
            self.told.setText(tr("No image has this measure."))
            self.bars.setOpts(x=[0], height=[0], width=1)
            self.region.hide()
            return
        bins = min(60, max(10, round(len(found) ** 0.5)))
        counts, edges = np.histogram(found, bins=bins)
        self.bars.setOpts(x=(edges[:-1] + edges[1:]) / 2, height=counts, width=np.diff(edges) * 0.94)
        low, high = float(edges[0]), float(edges[-1])
        margin = (high - low) * 0.02 or 0.5
        self._ends = (low - margin, high + margin)
        kept = self.limits.get(name)
        start = (
            [kept.low, kept.high]
            if kept
            else [None if q is None else float(np.quantile(found, q)) for q in _START[name]]
        )
        self.region.blockSignals(True)
        self.region.setBounds(self._ends)
        self.region.setRegion([self._ends[n] if value is None else value for n, value in enumerate(start)])
        self.region.blockSignals(False)
        self.region.show()
        self.plot.setXRange(*self._ends, padding=0.02)
        self.plot.setYRange(0, float(counts.max()), padding=0.05)
        self._moved()

    def _limit(self) -> Limit | None:
        low, high = self.region.getRegion()
        tiny = (self._ends[1] - self._ends[0]) * 1e-3
        first = float(low) if low > self._ends[0] + tiny else None
        last = float(high) if high < self._ends[1] - tiny else None
        return None if first is None and last is None else Limit(self.measure.currentData(), first, last)

    def _moved(self) -> None:
        if not self.region.isVisible():
            return
        name, limit = self.measure.currentData(), self._limit()
        self.limits.pop(name, None)
        if limit is not None:
            self.limits[name] = limit
        project, limits = self._project, list(self.limits.values())
        ends = (limit.low, limit.high) if limit else (None, None)

        shown = project.shown_detector()

        def read() -> tuple[list[int], list[Ids]]:
            return outside(project, limits, shown), [at_the_cut(project, name, end, shown) for end in ends]

        self._session.background.read("quality cut", read, self._cut)

    @Slot(object)
    def _cut(self, found: tuple[list[int], list[Ids]]) -> None:
        self._bad, examples = found
        limit = self.limits.get(self.measure.currentData())
        for grid, title, ids, end, lower in zip(
            (self.low_grid, self.high_grid), (self.low_title, self.high_title), examples,
            (limit.low if limit else None, limit.high if limit else None), (True, False), strict=True,
        ):  # fmt: skip
            grid.set_project(self._project)
            grid.show_ids(self._project, "image", ids)
            grid.setVisible(end is not None)
            if end is None:
                title.setText(tr("No lower limit") if lower else tr("No upper limit"))
            elif lower:
                title.setText(tr("At the lower limit ({limit:.4g}), in order", limit=end))
            else:
                title.setText(tr("At the upper limit ({limit:.4g}), in order", limit=end))
        words = ", ".join(one.words() for one in self.limits.values())
        self.told.setText(
            tr_n("{n:,} image fails {limits}.", "{n:,} images fail {limits}.", len(self._bad), limits=words)
            if words
            else tr("No limits are set.")
        )
        for button in (self.hide_button, self.tag_button):
            button.setEnabled(bool(self._bad))

    def _reset(self) -> None:
        self.limits.clear()
        self.region.setRegion(self._ends)

    def _hide(self) -> None:
        images = list(self._bad)
        self._session.edit(
            lambda project: hide_images(project, images, HideReason.QUALITY),
            lambda n: tr_n("Hid {n:,} image of low quality", "Hid {n:,} images of low quality", n),
        )
        self.accept()

    async def _tag(self) -> None:
        dialog = NameDialog(tr("Tag for these images:"), ([], []), self, value=tr("low quality"), with_group=False)
        if await async_glue.finished(dialog):
            images, tag = list(self._bad), dialog.name.text().strip()
            self._session.edit(
                lambda project: edit_labels(project, images, Edit(add_tags=(tag,))),
                lambda n: tr_n("Tagged {n:,} image {tag}", "Tagged {n:,} images {tag}", n, tag=tag),
            )
            self.accept()
