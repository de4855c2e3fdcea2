"""The Metrics tab: pair lists, scores, curves and the table of error rates by group."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.forms import load_form
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tabs.base import Tab, add_menu, bind_button
from fairdesk.gui.tabs.metrics import presenter
from fairdesk.gui.tabs.metrics.actions import MENUS, actions
from fairdesk.gui.tabs.metrics.tables import cell, fill, hold_intervals, items_of, set_header
from fairdesk.gui.widgets.flow_row import FlowRow
from fairdesk.images.written_files import write_text
from fairdesk.metrics.params import EvaluateParams
from fairdesk.project.changes import Change, Kind
from fairdesk.project.sets import freeze
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.gui.widgets.curve_plots import RatePlot

_AT = {
    "fmr=1e-3": mark("FMR 0.1 %"),
    "fmr=1e-2": mark("FMR 1 %"),
    "fmr=1e-4": mark("FMR 0.01 %"),
    "eer": mark("EER"),
    "threshold": mark("this threshold"),
}
_SOURCES = {"all": mark("all"), "within-group": mark("within-group")}


class MetricsTab(Tab):
    """Lists and scores on the left, what they say on the right."""

    name = "metrics"
    tab_title = mark("Metrics")
    shows = frozenset({Kind.IMAGES, Kind.LABELS, Kind.LISTS, Kind.SCORES, Kind.VECTORS})

    pairs_button: QPushButton
    score_button: QPushButton
    open_button: QPushButton
    report_button: QPushButton
    plot_button: QPushButton
    table_button: QPushButton
    banner: QFrame
    banner_text: QLabel
    splitter: QSplitter
    vertical: QSplitter
    sources: QTreeWidget
    pages: QStackedWidget
    empty_page: QWidget
    result_page: QWidget
    empty_title: QLabel
    empty_text: QLabel
    empty_button: QPushButton
    headline: QLabel
    at: QComboBox
    value: QDoubleSpinBox
    source: QComboBox
    distance: QCheckBox
    hover: QLabel
    figures: QTabWidget
    tables: QTabWidget
    common_page: QWidget
    own_page: QWidget
    fairness_page: QWidget
    differences_page: QWidget
    table: QTableWidget
    own: QTableWidget
    fairness: QTableWidget
    differences: QTableWidget

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "metrics_tab.ui", (FlowRow,))
        self.view = presenter.View()
        self._drawing = False  # the intervals of what is shown are being worked out
        self._asked = 0  # evaluations so far: only the newest goes on
        self.shown: presenter.Evaluation | None = None
        self.scores: Path | None = None
        self._stale: str | None = None
        self._next: Callable[[], None] | None = None  # what the button of the empty page does
        self.splitter.setSizes([260, 900])
        self.splitter.setStretchFactor(1, 1)
        self.vertical.setSizes([380, 320])
        self.sources.setHeaderLabels([tr("Pair lists and scores")])
        for rule, text in _AT.items():
            self.at.addItem(tr(text), rule)
        self.value.setVisible(False)
        self._offer_sources(["all", "within-group"])
        for table, header in (
            (self.table, presenter.HEADER), (self.own, presenter.own_header()),
            (self.fairness, presenter.FAIRNESS_HEADER), (self.differences, presenter.DIFFERENCES_HEADER),
        ):  # fmt: skip
            set_header(table, header)
        self.fairness.setToolTip(
            tr(
                "If groups were equal: where the figure would lie in 95 % of studies, with the subjects' groups permuted"
            )
        )
        self.differences.setToolTip(tr("Bold: the interval leaves zero out. Many comparisons find some by chance"))
        self.own.setToolTip(tr("Each row at its own thresholds. In brackets: below resolution, too few impostor pairs"))
        self.plots: dict[str, RatePlot] = {}
        self.sources.currentItemChanged.connect(self._on_source)
        self.sources.itemDoubleClicked.connect(lambda *_: async_glue.start(self.look_at_list()))
        self.at.currentIndexChanged.connect(lambda _row: self._on_rule(self.at.currentData()))
        self.value.editingFinished.connect(self._evaluate)
        self.source.currentTextChanged.connect(lambda _t: self._evaluate())
        self.distance.toggled.connect(lambda _on: self._evaluate())
        self.empty_button.clicked.connect(self._next_step)
        session.theme.changed.connect(lambda: self._fill_table(self.shown) if self.shown is not None else None)
        self.banner.hide()
        self.pages.setCurrentWidget(self.empty_page)

    def _offer_sources(self, rules: list[str]) -> None:
        """Offer whose impostors the threshold is taken from."""
        self.source.clear()
        for rule in rules:
            self.source.addItem(tr(_SOURCES[rule]) if rule in _SOURCES else rule, rule)

    def _make_plots(self) -> None:
        """Make the plots on first use: importing pyqtgraph would slow the window's start."""
        from fairdesk.gui.widgets.curve_plots import RatePlot

        for name, title in (
            ("scores", tr("Scores")),
            ("roc", tr("ROC")),
            ("det", tr("DET")),
            ("rates", tr("FMR and FNMR")),
        ):
            plot = RatePlot(self.session.theme, name)
            plot.hovered.connect(self.hover.setText)
            self.plots[name] = plot
            self.figures.addTab(plot, title)

    def specs(self) -> list[ActionSpec]:
        """The tab's actions."""
        return actions(self)

    def place_actions(self, book: ActionBook) -> None:
        """Put actions on the tab's buttons."""
        for button, number in (
            (self.pairs_button, "metrics.pairs"), (self.score_button, "metrics.score"), (self.open_button, "metrics.open"),
            (self.report_button, "metrics.report"), (self.plot_button, "metrics.plot"), (self.table_button, "metrics.table"),
        ):  # fmt: skip
            bind_button(button, book, number)
        add_menu(self.sources, book, self.name, MENUS["sources"])

    def update_shown(self, change: Change) -> None:
        """Read again, unless there are only more vectors: all that is shown of them is whether there are any."""
        if set(change.touched) != {Kind.VECTORS} or not self.view.vectors:
            self.refresh()

    def forget(self) -> None:
        """Show nothing of the project that was open before."""
        self.scores = self.shown = self._stale = None
        self._drawing = False
        self._asked += 1  # nobody waits for what is being evaluated
        self._fill(presenter.View())

    def refresh(self) -> None:
        """Read lists and scores again."""
        project = self.session.project
        if project is None:
            self.forget()
        else:
            self.session.background.read("metrics", lambda: presenter.look(project), self._arrived)

    @Slot(object)
    def _arrived(self, view: presenter.View) -> None:
        self.reading = False
        self._fill(view)

    def _fill(self, view: presenter.View) -> None:
        before = {(s.kind, s.id) for s in self.view.sources}
        self.view = view
        current = self.sources.currentItem()
        kept = current.data(0, Qt.ItemDataRole.UserRole) if current is not None else None
        self.sources.blockSignals(True)
        self.sources.clear()
        chosen = None
        for kind, title in (("list", tr("Pair lists")), ("scores", tr("Scores"))):
            head = QTreeWidgetItem([title])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.sources.addTopLevelItem(head)
            for source in (s for s in view.sources if s.kind == kind):
                named = f"{source.name}  ({source.vectors})" if source.vectors else source.name
                leaf = QTreeWidgetItem([tr("{source}  (out of date)", source=named) if source.stale else named])
                leaf.setToolTip(
                    0,
                    f"{source.path}\n{source.about}"
                    + ("\n" + tr("Out of date: {stale}", stale=source.stale) if source.stale else ""),
                )
                leaf.setData(0, Qt.ItemDataRole.UserRole, source)
                head.addChild(leaf)
                new = before and (source.kind, source.id) not in before
                same = isinstance(kept, presenter.Source) and (kept.kind, kept.id) == (source.kind, source.id)
                if (
                    (new and kind == "scores")
                    or (chosen is None and same)
                    or (chosen is None and kept is None and kind == "scores")
                ):
                    chosen = leaf
            head.setExpanded(True)
        self.sources.blockSignals(False)
        if chosen is not None:
            self.sources.setCurrentItem(chosen)
        self._show()

    def _show(self) -> None:
        self.pages.setCurrentWidget(self.result_page if self.shown is not None else self.empty_page)
        self.banner.setVisible(self._stale is not None)
        self.banner_text.setText(
            tr("These scores are out of date: {stale}. Recreate the list and score it again.", stale=self._stale)
            if self._stale
            else ""
        )
        view, button, self._next = self.view, "", None
        if self.session.project is None:
            title = tr("No project is open")
            text = tr("Open or create a project from the File menu, or open any score file.")
            button, self._next = tr("Open scores…"), lambda: async_glue.start(self.open_scores())
        elif self.reading:
            title, text = tr("Reading the project …"), ""
        elif not view.identities:
            title = tr("There are no identities yet")
            text = tr("Pairs need identities. Import folders that name them, or turn clusters into identities.")
        elif not any(s.kind == "list" for s in view.sources):
            title, button = tr("No pair list yet"), tr("Create a pair list…")
            self._next = lambda: self.session.ask("pairs")
            text = tr(
                "A benchmark compares pairs of images: genuine pairs of one person, impostor pairs of two. "
                "A published list (LFW, RFW, BFW, CFP, a table …) is imported from the Metrics menu."
            )
        elif not any(s.kind == "scores" for s in view.sources):
            title, button, self._next = tr("The list has no scores yet"), tr("Score a list…"), self.ask_score
            text = tr("Scoring compares the embeddings of the two faces of every pair.")
        elif self._drawing:
            title, text = tr("Working out the error rates …"), ""
        else:
            title, text = tr("Select scores on the left"), tr("Their error rates and curves appear here.")
        self.empty_title.setText(title)
        self.empty_text.setText(text)
        self.empty_button.setText(button)
        self.empty_button.setVisible(bool(button))
        self.session.told_state()

    def _next_step(self) -> None:
        if self._next is not None:
            self._next()

    def chosen_list(self) -> presenter.Source | None:
        item = self.sources.currentItem()
        source = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        return source if isinstance(source, presenter.Source) and source.kind == "list" else None

    def freeze_list(self) -> None:
        source = self.chosen_list()
        if source is not None:
            on = not source.frozen
            told = (
                tr("{list} is frozen", list=source.name) if on else tr("{list} is no longer frozen", list=source.name)
            )
            self.session.edit(lambda project: freeze(project, source.name, on=on), told)

    async def import_list(self) -> None:
        path = await async_glue.choose_file(
            self, tr("Import a pair list"), tr("Pair lists (*.txt *.csv *.tsv *.parquet *.bin *.mat);;All files (*)")
        )
        if path:
            self.session.ask("pairs", {"from_list": path})

    async def look_at_list(self) -> None:
        source = self.chosen_list()
        if source is not None:
            from fairdesk.gui.dialogs.pair_list_dialog import PairListDialog

            await async_glue.finished(PairListDialog(self.session, Path(source.path), self.window()))

    def ask_score(self) -> None:
        item = self.sources.currentItem()
        source = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        lists = [s for s in self.view.sources if s.kind == "list"]
        chosen = (
            source if isinstance(source, presenter.Source) and source.kind == "list" else lists[0] if lists else None
        )
        if chosen is not None:
            self.session.ask("score", {"pairs": chosen.path})

    @Slot(QTreeWidgetItem, QTreeWidgetItem)
    def _on_source(self, item: QTreeWidgetItem | None, _before: object) -> None:
        source = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        if isinstance(source, presenter.Source) and source.kind == "scores":
            self._stale = source.stale
            self.show_scores(Path(source.path))

    def show_scores(self, path: Path) -> None:
        """Evaluate and show a score file."""
        if path != self.scores:
            self.scores = path
            self.source.blockSignals(True)
            self.source.setCurrentIndex(0)
            self.source.blockSignals(False)
        self._evaluate()

    def _on_rule(self, rule: str) -> None:
        self.value.setVisible(rule == "threshold")
        if rule == "threshold" and self.shown is not None and self.shown.result.eer_threshold is not None:
            self.value.blockSignals(True)
            self.value.setValue(float(self.shown.result.eer_threshold))
            self.value.blockSignals(False)
        self._evaluate()

    def _params(self) -> EvaluateParams | None:
        if self.scores is None:
            return None
        at = self.at.currentData()
        return EvaluateParams.model_validate(
            {
                "scores": self.scores, "at": f"threshold={self.value.value()!r}" if at == "threshold" else at,
                "threshold_from": self.source.currentData() or "all", "distance": self.distance.isChecked(),
            }
        )  # fmt: skip

    def _evaluate(self) -> None:
        """Show the rates at once, and the intervals when their draws are made."""
        params = self._params()
        if params is None:
            return
        self._asked += 1
        asked = self._asked

        def check() -> None:
            if asked != self._asked:
                raise presenter.SupersededError

        def rates(found: presenter.Evaluation) -> None:
            if not found.subjects:  # there is nothing to draw
                self._evaluated(found)
                return
            self._show_evaluation(found)
            for table in (self.table, self.own):
                hold_intervals(table)
            read("evaluate", lambda: presenter.work_out(params, check), self._evaluated, self._failed)

        quick, read = params.model_copy(update={"bootstrap": 0}), self.session.background.read
        read("evaluate", lambda: presenter.work_out(quick, check), rates, self._failed)
        self._drawing = True

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, presenter.SupersededError):
            return
        self._drawing = False
        self.shown = None
        self._show()
        self.session.tell_error(error)

    @Slot(object)
    def _evaluated(self, found: presenter.Evaluation) -> None:
        self._drawing = False
        self._show_evaluation(found)

    def _show_evaluation(self, found: presenter.Evaluation) -> None:
        self.shown = found
        if not self.plots:
            self._make_plots()
        text = presenter.headline(found.result)
        fairness = presenter.fairness_line(found.result)
        self.headline.setTextFormat(Qt.TextFormat.RichText)  # what is not its own is escaped there
        self.headline.setText(text + (f"<br>{fairness}" if fairness else ""))
        threshold = None if found.result.groups is None else found.result.groups.threshold
        for plot in self.plots.values():
            plot.show_curves(found.curves, found.groups, found.bins, threshold, distance=found.distance)
        self._fill_table(found)
        wanted = ["all", "within-group", *(f"group:{name}" for name in found.groups)] if found.groups else ["all"]
        if [self.source.itemData(i) for i in range(self.source.count())] != wanted:
            kept = self.source.currentData()
            self.source.blockSignals(True)
            self._offer_sources(wanted)
            self.source.setCurrentIndex(max(0, self.source.findData(kept)))
            self.source.blockSignals(False)
        self._show()

    def _fill_table(self, found: presenter.Evaluation) -> None:
        rows = presenter.table(found.result)
        self.tables.setTabVisible(0, bool(rows))
        fairness, differences = presenter.fairness_table(found.result), presenter.differences_table(found.result)
        fill(self.fairness, [cells for cells, _ in fairness])
        for y, (_, why) in enumerate(fairness):
            for item in items_of(self.fairness, y):
                item.setToolTip(why)
        fill(self.differences, [cells for cells, _ in differences], left=3)
        for y, (_, sure) in enumerate(differences):
            for item in items_of(self.differences, y):
                font = item.font()
                font.setBold(sure)
                item.setFont(font)
        self.tables.setTabVisible(2, bool(fairness))
        self.tables.setTabVisible(3, bool(differences))
        own = presenter.own_table(found.result)
        fill(self.own, own)
        self.table.setRowCount(len(rows))
        weak = QColor(self.session.theme.tokens["warn"])
        for y, (cells, few) in enumerate(rows):
            for x, text in enumerate(cells):
                item = cell(text, left=x == 0)
                if x in few:
                    item.setForeground(weak)
                    item.setToolTip(
                        tr("Rests on fewer than 30 errors: weaker than ±30 % at 90 % confidence (rule of 30)")
                    )
                self.table.setItem(y, x, item)
        self.table.resizeColumnsToContents()

    async def open_scores(self) -> None:
        path = await async_glue.choose_file(self, tr("Open scores"), tr("Scores (*.npz *.csv *.txt);;All files (*)"))
        if path:
            self.sources.clearSelection()
            self._stale = None
            self.show_scores(Path(path))

    def normalise_scores(self) -> None:
        project = self.session.project
        if project is not None and self.scores is not None:
            out = project.exports("scores", f"{self.scores.stem}-normalised.npz")
            self.session.ask(
                "normalise", {"scores": str(self.scores), "out": str(out), "distance": self.distance.isChecked()}
            )

    def write_report(self) -> None:
        params, project = self._params(), self.session.project
        if params is not None and project is not None and self.shown is not None:
            out = project.exports("reports", params.scores.stem)
            preset = params.model_dump(mode="json") | {"out": str(out), "by": "group" if self.shown.groups else "none"}
            self.session.ask("evaluate", preset)

    async def save_plot(self) -> None:
        plot = next((p for p in self.plots.values() if p is self.figures.currentWidget()), None)
        if plot is not None:
            from fairdesk.gui.widgets.plot_export import save_plot

            path = await save_plot(self, plot.plot)
            if path:
                self.session.told.emit(Notice(tr("Saved {path}", path=path)))

    async def save_table(self) -> None:
        from fairdesk.metrics.evaluation_table import table_csv

        path = await async_glue.choose_file(self, tr("Save the table"), tr("CSV (*.csv)"), save="csv")
        if path and self.shown is not None:
            write_text(Path(path), table_csv(self.shown.result))
            self.session.told.emit(Notice(tr("Saved {path}", path=path)))

    async def save_scores(self) -> None:
        from fairdesk.metrics.score_files import export_csv

        path = await async_glue.choose_file(self, tr("Save the scores"), tr("CSV (*.csv)"), save="csv")
        source = self.scores
        if path and source is not None:
            self.session.background.read(
                "save scores", lambda: export_csv(source, Path(path)),
                lambda n: self.session.told.emit(Notice(tr_n("Saved {n:,} score to {path}", "Saved {n:,} scores to {path}", n, path=path))),
            )  # fmt: skip
