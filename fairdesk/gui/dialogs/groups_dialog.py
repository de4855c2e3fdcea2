"""Groups and balance: how many images and identities each group has, and what a plan would make of it."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from fairdesk.dataset.group_balance import told_unnamed
from fairdesk.dataset.params import BalanceParams
from fairdesk.dataset.results import BalanceResult, GroupPlan
from fairdesk.figures.style import group_style
from fairdesk.gui import async_glue
from fairdesk.gui.jobs.preview import PreviewRun, told
from fairdesk.gui.jobs.state import DONE, FAILED, JobState
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.parameter_form.form import ParameterForm
from fairdesk.gui.widgets.plot_export import new_plot, retheme, save_plot
from fairdesk.images.written_files import safe_name
from fairdesk.project.identities import GroupCount, group_counts
from fairdesk.project.quality import by_group
from fairdesk.words import tr, tr_n


class GroupsDialog(QDialog):
    """Charts of the groups now (pale) and after the plan (full), the plan's form, and one button for each lack."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Groups and balance"))
        self._session = session
        self._job: str | None = None  # the balance that is being applied
        self.planning = PreviewRun(session, self)
        self.planning.ended.connect(self._on_plan)
        self._groups: list[tuple[str, int, int]] = []
        self.images, self.identities = new_plot(tr("Images"), "", ""), new_plot(tr("Identities"), "", "")
        self.sharpness, self.side = (
            new_plot(tr("Median sharpness"), "", ""),
            new_plot(tr("Median face, pixels"), "", ""),
        )
        self.plots = (self.images, self.identities, self.sharpness, self.side)
        kept = session.settings.form("balance")
        self.form = ParameterForm(BalanceParams, {k: v for k, v in kept.items() if k != "dry_run"}, hide=("dry_run",))
        self._unnamed: list[str] = []  # what is not counted
        self.told = QLabel(self._nothing_planned())
        self.told.setWordWrap(True)
        self.plan_button, self.run_button, self.save_button = (
            QPushButton(tr("Plan")),
            QPushButton(tr("Apply")),
            QPushButton(tr("Save plot…")),
        )
        self.run_button.setProperty("primary", True)
        self.run_button.setEnabled(False)
        self.lacks = QVBoxLayout()
        close = QPushButton(tr("Close"))
        self._build(close)
        self.form.changed.connect(self._changed)
        self.plan_button.clicked.connect(lambda: self._start(dry_run=True))
        self.run_button.clicked.connect(lambda: self._start(dry_run=False))
        self.save_button.clicked.connect(lambda: async_glue.start(save_plot(self, self.images)))
        close.clicked.connect(self.reject)
        session.jobs.updated.connect(self._on_job)
        self._read()
        self._changed()

    def _build(self, close: QPushButton) -> None:
        charts = QWidget()
        left = QVBoxLayout(charts)
        left.setContentsMargins(0, 0, 0, 0)
        for pair in (self.plots[:2], self.plots[2:]):
            row = QHBoxLayout()
            for plot in pair:
                retheme(plot, self._session.theme)
                plot.setMinimumSize(260, 190)
                plot.setMouseEnabled(x=False, y=False)
                row.addWidget(plot)
            left.addLayout(row)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.form)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        side = QVBoxLayout()
        side.addWidget(area, 2)
        side.addWidget(self.planning)
        side.addWidget(self.told)
        side.addLayout(self.lacks)
        buttons = QHBoxLayout()
        buttons.addWidget(self.save_button)
        buttons.addStretch()
        for button in (close, self.plan_button, self.run_button):
            buttons.addWidget(button)
        body = QHBoxLayout()
        body.addWidget(charts, 3)
        body.addLayout(side, 2)
        layout = QVBoxLayout(self)
        layout.addLayout(body, 1)
        layout.addLayout(buttons)
        self.resize(1120, 680)

    def _read(self) -> None:
        project = self._session.project
        if project is not None:
            self._session.background.read(
                "groups",
                lambda: (
                    group_counts(project),
                    group_counts(project, named=True),
                    by_group(project, project.shown_detector()),
                ),
                self._arrived,
            )

    @Slot(object)
    def _arrived(self, found: tuple[list[GroupCount], list[GroupCount], dict[str, tuple[float, float]]]) -> None:
        every, named, quality = found
        self._groups = [(name, images, people) for name, images, people in named if name is not None]
        self._unnamed = [
            told_unnamed(one.name, one.images - counted.images)
            for one, counted in zip(every, named, strict=True)
            if one.name is not None and one.images > counted.images
        ]
        if self.form.problem() is None:
            self.told.setText(self._nothing_planned())
        self._draw(None)
        names = [name for name, _, _ in self._groups]
        for plot, place in ((self.sharpness, 0), (self.side, 1)):
            plot.setVisible(bool(quality))
            self._bars(plot, names, [quality.get(name, (0.0, 0.0))[place] for name in names])

    def _nothing_planned(self) -> str:
        told = tr("Plan a balance to preview it. Nothing changes until you apply it.")
        return "\n".join([told, *self._unnamed])

    def _draw(self, plan: dict[str, GroupPlan] | None) -> None:
        names = [name for name, _, _ in self._groups]
        now = [[images for _, images, _ in self._groups], [people for _, _, people in self._groups]]
        for plot, key, before in ((self.images, "images", now[0]), (self.identities, "identities", now[1])):
            if plan is None:
                self._bars(plot, names, before)
                continue
            kept = [getattr(plan[n], f"{key}_kept") if n in plan else b for n, b in zip(names, before, strict=True)]
            added = [getattr(plan[n], f"{key}_added") if n in plan else 0 for n in names]
            self._bars(plot, names, kept, before, added)

    def _bars(
        self,
        plot: pg.PlotWidget,
        names: list[str],
        solid: Sequence[float],
        pale: Sequence[float] | None = None,
        added: Sequence[int] | None = None,
    ) -> None:
        """Draw a bar a group; `pale` behind it is what was there, `added` on top of it what comes in."""
        plot.clear()
        for place, value in enumerate(solid):
            colour = pg.mkColor(group_style(place)[0])
            faint = pg.mkColor(colour)
            faint.setAlpha(70)
            if pale is not None:
                plot.addItem(
                    pg.BarGraphItem(
                        x=[place],
                        height=[pale[place]],
                        width=0.8,
                        brush=faint,
                        pen=pg.mkPen(colour, style=pg.QtCore.Qt.PenStyle.DotLine),
                    )
                )
            plot.addItem(pg.BarGraphItem(x=[place], height=[value], width=0.6, brush=colour, pen=None))
            top = value + (added[place] if added else 0)
            if added and added[place]:
                plot.addItem(
                    pg.BarGraphItem(
                        x=[place],
                        y0=[value],
                        height=[added[place]],
                        width=0.6,
                        brush=pg.mkBrush(colour, style=pg.QtCore.Qt.BrushStyle.Dense4Pattern),
                        pen=pg.mkPen(colour),
                    )
                )
            label = pg.TextItem(f"{top:,.0f}", color=self._session.theme.tokens["text"], anchor=(0.5, 1))
            label.setPos(place, max(top, pale[place] if pale else 0))
            plot.addItem(label)
        plot.getPlotItem().getAxis("bottom").setTicks([list(enumerate(names))])
        highest = max([*solid, *(pale or []), *[s + a for s, a in zip(solid, added or [], strict=False)], 1])
        plot.setYRange(0, highest * 1.15, padding=0)
        plot.setXRange(-0.6, max(len(names), 1) - 0.4, padding=0)

    def _changed(self) -> None:
        self.planning.drop()
        problem = self.form.problem()
        self.plan_button.setEnabled(problem is None)
        self.run_button.setEnabled(False)
        self.told.setText(problem or self._nothing_planned())
        self._draw(None)  # a plan for other values is none
        self._clear_lacks()

    def _start(self, *, dry_run: bool) -> None:
        values = self.form.params().model_dump(mode="json", by_alias=True)
        self._session.settings.set_form("balance", self.form.params().model_dump(mode="json"))
        self.plan_button.setEnabled(False)
        self.run_button.setEnabled(False)
        if dry_run:
            self.told.setText("")
            self.planning.start("balance", values | {"dry_run": True})
        else:
            self.told.setText(tr("Applying the plan …"))
            self._job = self._session.run("balance", values | {"dry_run": False})

    @Slot(object)
    def _on_plan(self, job: JobState) -> None:
        self.plan_button.setEnabled(self.form.problem() is None)
        result = job.typed_result()
        if not isinstance(result, BalanceResult):
            self.told.setText(told(job))
            return
        self.told.setText(result.summary)
        self._draw(result.plan)
        self.run_button.setEnabled(bool(result.hidden or result.added))
        self._offer(result)

    @Slot(object)
    def _on_job(self, job: JobState) -> None:
        if job.id != self._job:
            return
        if not job.finished:
            self.told.setText(tr("Applying the plan: {line}", line=job.line()))
            return
        self._job = None
        self.plan_button.setEnabled(True)
        if job.state == DONE:
            self.accept()
        else:
            self.told.setText(job.message if job.state == FAILED else job.line())

    def _clear_lacks(self) -> None:
        while self.lacks.count():
            item = self.lacks.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()

    def _offer(self, result: BalanceResult) -> None:
        """A button for each group that still lacks faces: have Generation make them, marked synthetic."""
        self._clear_lacks()
        for group, count in result.lacking.items():
            button = QPushButton(
                tr_n("Generate {n:,} face for {group}…", "Generate {n:,} faces for {group}…", count, group=group)
                if result.by == "images"
                else tr_n(
                    "Generate {n:,} identity for {group}…", "Generate {n:,} identities for {group}…", count, group=group
                )
            )
            button.clicked.connect(lambda _on=False, group=group, count=count: self._make(group, count, result.by))
            self.lacks.addWidget(button)

    def _make(self, group: str, count: int, by: str) -> None:
        project = self._session.project
        assert project is not None
        out = project.new_export("synthetic", tr("for {safe_name}", safe_name=safe_name(group)))
        each = 5
        images = count if by == "images" else count * each
        per_identity = None if by == "images" else each
        preset = {"images": images, "per_identity": per_identity, "group": group, "label": None, "out": str(out)}
        self._session.ask("generate", preset)
        self.reject()
