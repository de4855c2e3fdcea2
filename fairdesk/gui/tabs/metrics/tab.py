"""The Metrics tab: pair lists, scores, curves and the table of error rates by group."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui import async_glue
from fairdesk.gui.actions import ActionBook, ActionSpec
from fairdesk.gui.forms import load_form
from fairdesk.gui.session import Notice, Session
from fairdesk.gui.tabs.base import Tab, add_menu, bind_button
from fairdesk.gui.tabs.metrics import presenter
from fairdesk.gui.tabs.metrics.actions import MENUS, actions
from fairdesk.gui.tabs.metrics.empty_page import next_step
from fairdesk.gui.tabs.metrics.freshness import Remedy, told_change
from fairdesk.gui.tabs.metrics.left_out_list import LeftOutList
from fairdesk.gui.tabs.metrics.lists import look_at_list
from fairdesk.gui.tabs.metrics.offered import offer_number, offer_sources, offer_ways, quietly, show_polarity
from fairdesk.gui.tabs.metrics.opening import ask_columns
from fairdesk.gui.tabs.metrics.pair_viewer import PairViewer
from fairdesk.gui.tabs.metrics.result_plots import ResultPlots
from fairdesk.gui.tabs.metrics.result_tables import ResultTables
from fairdesk.gui.tabs.metrics.saving import save_shown_table
from fairdesk.gui.tabs.metrics.search_page import SearchPage
from fairdesk.gui.tabs.metrics.source_tree import SourceTree
from fairdesk.gui.tabs.metrics.threshold_steps import ThresholdSteps
from fairdesk.gui.widgets.find_line import FindLine
from fairdesk.gui.widgets.flow_row import FlowRow
from fairdesk.gui.widgets.threshold_field import ThresholdField
from fairdesk.metrics.pairs_behind.pair_query import PairQuery
from fairdesk.project.changes import Change, Kind
from fairdesk.words import mark, tr

if TYPE_CHECKING:
    from fairdesk.metrics.params import EvaluateParams
    from fairdesk.metrics.results import EvaluateResult


class MetricsTab(Tab):
    """Lists and scores on the left, what they say on the right."""

    name = "metrics"
    tab_title = mark("Metrics")
    shows = frozenset({Kind.IMAGES, Kind.HIDDEN, Kind.LABELS, Kind.LISTS, Kind.SCORES, Kind.VECTORS})

    pairs_button: QPushButton
    score_button: QPushButton
    open_button: QPushButton
    report_button: QPushButton
    plot_button: QPushButton
    table_button: QPushButton
    top: FlowRow
    banner: QFrame
    banner_text: QLabel
    banner_button: QPushButton
    splitter: QSplitter
    vertical: QSplitter
    sources: SourceTree
    pages: QStackedWidget
    empty_page: QWidget
    result_page: QWidget
    empty_title: QLabel
    empty_text: QLabel
    empty_button: QPushButton
    headline: QLabel
    at: QComboBox
    value: ThresholdField
    value_why: QLabel
    steps: ThresholdSteps
    source: QComboBox
    by: QComboBox
    by_label: QLabel
    distance: QCheckBox
    insightface: QCheckBox
    figures: ResultPlots
    tables: ResultTables

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "metrics_tab.ui", (FlowRow, ResultPlots, ResultTables, SourceTree, ThresholdField))
        self.view, self.steps = presenter.View(), ThresholdSteps(self)
        self._drawing = False  # the intervals of what is shown are being worked out
        self._asked = 0  # evaluations so far: only the newest goes on
        self.shown: presenter.Evaluation | None = None
        self.scores: Path | None = None
        self.columns: str | None = None  # of a table that does not say itself what they are
        self._remedy: Remedy | None = None  # what brings the scores that are shown up to date
        # files that were said to hold distances; one that says itself what it holds is followed
        self._distances: set[Path] = set()
        self._next: Callable[[], None] | None = None  # what the button of the empty page does
        self.find_line = FindLine((self.sources,), tr("Find a list or scores"))
        self._lists = left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.find_line)
        column.addWidget(self.sources)
        self.splitter.insertWidget(0, left)
        self.splitter.setSizes([260, 900])
        self.splitter.setStretchFactor(1, 1)
        self.vertical.setSizes([380, 320])
        for rule, text in presenter.RULES.items():
            self.at.addItem(tr(text), rule)
        offer_sources(self.source, ())
        self.steps.begin()
        self.pairs = PairViewer(session, self)
        self.left_out = LeftOutList(self)
        self.search = SearchPage(session)
        self.pages.addWidget(self.search)
        self.search.arrived.connect(self._on_search)
        self.search.failed.connect(self._failed)
        self.tables.use_theme(session.theme)
        self.tables.pairs_asked.connect(self.show_pairs)
        self.tables.nothing_behind.connect(lambda: self.pairs.say_what_lacks(self.shown))
        self.tables.list_asked.connect(self.left_out.show)
        for tables in (self.tables, self.search.tables):
            tables.save_asked.connect(lambda: async_glue.start(save_shown_table(self)))
        self.figures.pairs_asked.connect(self.show_pairs)
        self.figures.threshold_moved.connect(self._on_drag)
        self.figures.threshold_settled.connect(self._on_dropped)
        for plots in (self.figures, self.search):
            plots.saved.connect(lambda path: session.told.emit(Notice(tr("Saved {path}", path=path))))
            plots.enlarge_asked.connect(self.enlarge)
        self.sources.currentItemChanged.connect(lambda *_: self._on_source())
        self.sources.look_asked.connect(lambda: async_glue.start(look_at_list(self)))
        self.at.currentIndexChanged.connect(lambda _row: self._on_rule(self.at.currentData()))
        self.value.settled.connect(self._evaluate)
        self.value.judged.connect(self._say_refused)
        self.value.lineEdit().textEdited.connect(lambda _text: self.steps.typed())
        self.source.currentTextChanged.connect(lambda _t: self._evaluate())
        self.by.currentTextChanged.connect(lambda _t: self._on_by())
        self.distance.toggled.connect(self._on_distance)
        self.insightface.toggled.connect(lambda _on: self._evaluate())
        self.empty_button.clicked.connect(self._next_step)
        session.theme.changed.connect(lambda: self._fill_table(self.shown) if self.shown is not None else None)
        in_turn = (
            self.table_button, self.banner_button, self.find_line, self.sources, self.at, self.value, self.source, self.by,
            self.distance, self.insightface, self.figures, self.tables,
        )  # fmt: skip
        for one, following in pairwise(in_turn):  # the list was put in its place after all others
            self.setTabOrder(one, following)
        self.banner_button.clicked.connect(self._refresh_scores)
        self.banner.hide()
        self.pages.setCurrentWidget(self.empty_page)

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
        if self.shown is not None and {Kind.LABELS, Kind.HIDDEN, Kind.IMAGES, Kind.SCORES} & set(change.touched):
            self._evaluate()  # figures follow what people correct

    def stays(self) -> bool:
        """Stay while the pairs behind a number are looked at: what is corrected there is undone there."""
        return self.pairs.dialog is not None or self.left_out.dialog is not None

    def forget(self) -> None:
        """Show nothing of the project that was open before."""
        self.sources.forget()
        self.search.forget()
        self._let_go()
        self.steps.forget()
        self._fill(presenter.View())

    def _let_go(self) -> None:
        """Show no scores."""
        self.steps.leave()
        self.scores = self.shown = None
        self._close_dialogs()
        self._drawing = False
        self._asked += 1  # nobody waits for what is being evaluated

    def _close_dialogs(self) -> None:
        """Show nothing of the scores that were shown before."""
        self.pairs.close()
        self.left_out.close()

    def refresh(self) -> None:
        """Read lists and scores again."""
        project = self.session.project
        if project is None:
            self._fill(presenter.View())  # a file of scores may be shown without a project
        else:
            self.session.background.read("metrics", lambda: presenter.look(project), self._arrived)

    @Slot(object)
    def _arrived(self, view: presenter.View) -> None:
        self.reading = False
        self._fill(view)

    def _fill(self, view: presenter.View) -> None:
        gone = self.scores
        if gone is not None and self.view.scores_at(gone) and not view.scores_at(gone):
            self._let_go()  # they were undone
            self.steps.drop(gone)
        self.view = view
        self.sources.show_sources(view.sources)
        self._show()

    def _show(self) -> None:
        result = self.result_page if self.shown is not None else self.empty_page
        self.pages.setCurrentWidget(result if self.search.path is None else self.search)
        if self.pages.currentWidget() is self.empty_page and self._lists.isHidden():
            self.enlarge()  # nothing is shown that could be larger
        self._show_banner()
        step = next_step(self, drawing=self._drawing)
        self._next = step.run
        self.empty_title.setText(step.title)
        self.empty_text.setText(step.text)
        self.empty_button.setText(step.button)
        self.empty_button.setVisible(bool(step.button))
        self.session.told_state()

    def _show_banner(self) -> None:
        """Say what the figures that are shown do not have, with the button that brings them up to date."""
        found = self.shown
        source = None if found is None else self.view.scores_at(found.path)
        text = told_change(source.change, follows=found.follows) if found is not None and source is not None else ""
        self._remedy = source.remedy if text and source is not None else None
        self.banner.setVisible(bool(text))
        self.banner_text.setText(text)
        self.banner_button.setVisible(self._remedy is not None)
        if self._remedy is not None:
            self.banner_button.setText(self._remedy.text)

    def _refresh_scores(self) -> None:
        if self._remedy is not None and self._remedy.kind:
            self.session.ask(self._remedy.kind, self._remedy.preset)
        elif self._remedy is not None:
            self.show_scores(Path(self._remedy.preset["scores"]))

    def _next_step(self) -> None:
        if self._next is not None:
            self._next()

    def enlarge(self) -> None:
        """Give the plots the place of everything but the rules, or give it back."""
        larger = not self._lists.isHidden()
        others = (self.tables, self.search.tables, self.headline, self.search.headline, self._lists, self.top)
        for widget in others:
            widget.setVisible(not larger)
        seen = self.search.plot if self.search.path is not None else self.figures.current()
        if larger and seen is not None:
            seen.setFocus()  # what had it may be hidden: Esc is to be heard here

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Give back the place of tables and lists on Esc."""
        if event.key() == Qt.Key.Key_Escape and self._lists.isHidden():
            self.enlarge()
        else:
            super().keyPressEvent(event)

    def chosen_list(self) -> presenter.Source | None:
        source = self.sources.chosen()
        return source if source is not None and source.kind == "list" else None

    def ask_score(self) -> None:
        chosen = self.chosen_list() or next((one for one in self.view.sources if one.kind == "list"), None)
        if chosen is not None:
            self.session.ask("score", {"pairs": chosen.path})

    @Slot()
    def _on_source(self) -> None:
        source = self.sources.chosen()
        if source is not None and source.kind == "scores":
            self.show_scores(Path(source.path))
        self.session.told_state()

    def show_scores(self, path: Path, columns: str | None = None) -> None:
        """Evaluate and show a score file; `columns` say what is what in a table that does not."""
        self.sources.follow(path)
        if path != self.scores or columns is not None:
            self._close_dialogs()
            self.steps.enter(path)
            self.scores, self.columns = path, columns
        self._evaluate()

    def _on_rule(self, rule: str) -> None:
        offer_number(self.value, self.source, given=rule == "threshold")
        known = self.shown if self.shown is not None and self.shown.path == self.scores else None
        if rule == "threshold" and known is not None and (now := presenter.threshold_of(known.result)) is not None:
            self.steps.put_line(now)  # where it is now: this file's own until another number is typed
        self._evaluate()

    @Slot(str)
    def _say_refused(self, why: str) -> None:
        """Say below the rules why what is typed is no threshold; it is said as long as it stands there."""
        self.value_why.setText(why)
        self.value_why.setVisible(bool(why))

    def params(self) -> EvaluateParams | None:
        """Return how the scores that are chosen are evaluated now."""
        from fairdesk.metrics.params import EvaluateParams

        if self.scores is None:
            return None
        at = self.at.currentData()
        return EvaluateParams.model_validate(
            {
                "scores": self.scores, "columns": self.columns, "at": f"threshold={self.value.value()!r}" if at == "threshold" else at,
                "by": self.by.currentData() or "none", "threshold_from": "all" if at == "threshold" else self.source.currentData() or "all", "distance": self.scores in self._distances,
                "insightface": self.insightface.isChecked(),
                "labels_of": None if self.session.project is None else self.session.project.folder,
            }
        )  # fmt: skip

    def asked(self) -> EvaluateParams | None:
        """Return how the scores that are shown are evaluated, with what was found of them; None where none are shown."""
        params, shown = self.params(), self.shown
        if params is None or shown is None or params.scores != shown.path:
            return None
        return params.model_copy(
            update={"by": shown.params.by, "distance": shown.distance, "labels_of": presenter.labels_for(shown)}
        )

    def _evaluate(self) -> None:
        """Show the rates at once, and the intervals when their draws are made."""
        params = self.params()
        if params is None:
            return
        self.steps.note()
        self._asked += 1
        asked = self._asked

        def check() -> None:
            if asked != self._asked:
                raise presenter.SupersededError

        def rates(found: presenter.Evaluation) -> None:
            if asked != self._asked:
                return
            self._show_evaluation(found)
            self.tables.hold_intervals()
            read("evaluate", lambda: presenter.work_out(params, check), self._evaluated, self._failed)

        quick, read = params.model_copy(update={"bootstrap": 0}), self.session.background.read
        read("evaluate", lambda: presenter.work_out(quick, check), rates, self._failed)
        self._drawing = True

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, presenter.SupersededError):
            return
        self._drawing = False
        self.session.tell_error(error)
        if self.scores is not None and self._take_from_all():  # of a group that a correction may have emptied
            self._evaluate()
            return
        self.shown = None
        self._show()

    @Slot(object)
    def _evaluated(self, found: presenter.Evaluation) -> None:
        if self.scores is None:
            return  # they were undone meanwhile
        self._drawing = False
        self._show_evaluation(found)
        self.pairs.read_again(found)
        self.left_out.read_again()

    def _show_evaluation(self, found: presenter.Evaluation) -> None:
        other = self.shown is None or self.shown.path != found.path
        self.shown = found
        self.search.forget()
        self.figures.make(self.session.theme)
        if other:
            self.figures.show_all_curves()
        if found.bins is not None:
            self.value.fit(*found.bins[0][[0, -1]].tolist())
        self._show_headline(found.result)
        self._fill_table(found)
        self.figures.show_result(presenter.shown_curves(found), found.result.groups)
        show_polarity(self.distance, found)
        offer_ways(self.by, self.by_label, found.ways)
        offer_sources(self.source, found.groups)
        self._show()

    def _on_by(self) -> None:
        """Evaluate by other groups: one that the threshold was taken from is none of these."""
        self._take_from_all()
        self._evaluate()

    def _take_from_all(self) -> bool:
        """Take the threshold from all pairs, where it is a group's; return whether it was."""
        if not str(self.source.currentData()).startswith("group:"):
            return False
        with quietly(self.source):
            self.source.setCurrentIndex(0)
        return True

    def _on_distance(self, on: bool) -> None:
        if self.scores is not None:
            (self._distances.add if on else self._distances.discard)(self.scores)
        self._evaluate()

    def _show_headline(self, result: EvaluateResult) -> None:
        text, line = presenter.headline(result), presenter.threshold_line(result)
        if self.shown is not None:
            text = f"<b>{escape(self.shown.path.name)}</b>  ·  {text}"
        self.headline.setTextFormat(Qt.TextFormat.RichText)  # what is not its own is escaped there
        self.headline.setText(text + (f"<br>{line}" if line else ""))

    def _fill_table(self, found: presenter.Evaluation) -> None:
        from fairdesk.metrics.report.result_tables import tables_of

        self.tables.show_tables(tables_of(found.result, drawing=self._drawing), presenter.ORDER)

    @Slot(float)
    def _on_drag(self, threshold: float) -> None:
        """Follow the threshold's line: everything but intervals, which take draws."""
        from fairdesk.metrics.report.result_tables import tables_of

        found = self.shown
        if found is None:
            return
        self._say_threshold(threshold)
        moved = found.live.at(threshold)
        self.figures.follow(threshold, found.live.rates(threshold), moved.groups)
        for table in tables_of(moved, following=True, drawing=self._drawing):
            if table.name in self.tables.pages:
                self.tables.fill(table, widths=False)
        self.tables.hold_intervals()
        self._show_headline(moved)

    @Slot(float)
    def _on_dropped(self, threshold: float) -> None:
        """Evaluate at the threshold where the line was let go."""
        if self.shown is None or self.shown.path != self.scores:
            return  # of the file before: it is shown until this one is evaluated
        self._say_threshold(threshold)
        self._evaluate()

    def _say_threshold(self, threshold: float) -> None:
        """Say above the plots that the threshold is where the line is."""
        if self.shown is None or self.shown.path != self.scores:
            return
        self.steps.put_line(threshold)

    @Slot(object)
    def show_pairs(self, query: PairQuery) -> None:
        """Show the comparisons behind a number."""
        self.pairs.show(query, self.shown)

    def open_file(self, path: Path) -> None:
        """Show a score file: comparisons, or a one-to-many search."""
        from fairdesk.metrics.identification.files import holds_search

        if holds_search(path):
            self._asked += 1  # nobody waits for what is being evaluated
            self.sources.follow(path)
            self.search.read(path)
            return
        from fairdesk.metrics.scores.score_columns import table_to_ask_about

        self.session.background.read(
            "columns",
            lambda: table_to_ask_about(path),
            lambda table: self.show_scores(path) if table is None else async_glue.start(ask_columns(self, table)),
            self._failed,
        )

    @Slot()
    def _on_search(self) -> None:
        self._let_go()
        self._show()
