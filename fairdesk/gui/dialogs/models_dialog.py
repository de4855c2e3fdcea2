"""Two models over the same list: every figure's difference, and whether the second treats groups more alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from fairdesk.dataset.tables import Table
from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.score_columns_dialog import ScoreColumnsDialog
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.elided_label import ElidedLabel
from fairdesk.gui.widgets.name_shortening import shortened
from fairdesk.gui.widgets.table_view import TableView
from fairdesk.images.written_files import write_text
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.comparison.job import compare_scores
from fairdesk.metrics.comparison.results import CompareScoresResult, better_name, normalised_lines
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams
from fairdesk.metrics.report.option_words import named_controls
from fairdesk.metrics.report.search_tables import answer_line, difference_table
from fairdesk.metrics.report.table_files import as_csv
from fairdesk.metrics.report.tables import reworded
from fairdesk.metrics.scores.score_columns import has_columns, table_to_ask_about
from fairdesk.words import tr

_LEAST_NAME = 12  # letters of a name in the box of the second model
_MOST_NAME = 180  # pixels of a name in a sentence or a cell
_MOST_LINES = 6


def _lines(result: CompareScoresResult, note: str) -> list[str]:
    """Return what stands below the table."""
    return [
        *result.conditions(), note, tr("Intervals: {interval}", interval=result.interval), *normalised_lines(result),
    ]  # fmt: skip


class ModelsDialog(QDialog):
    """The first model's scores are those shown; the second's are chosen here."""

    def __init__(
        self, session: Session, first: EvaluateParams, about: str, others: list[tuple[Path, str]], parent: QWidget
    ) -> None:
        """`first` says how the first model's scores are evaluated, `about` which embeddings they are of.

        `others` are score files of the project, each with its embeddings.
        """
        super().__init__(parent)
        self._session, self._first = session, first
        self.found: CompareScoresResult | None = None
        self._shown: CompareScoresParams | None = None  # how it was compared
        self._columns: dict[
            Path, str
        ] = {}  # of tables that do not say themselves what they are, and differ from the first
        self.setWindowTitle(tr("Compare two models"))
        self.second = QComboBox()
        self.second.setAccessibleName(tr("Scores of the second model"))
        self.second.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.second.setMinimumContentsLength(_LEAST_NAME)
        for path, vectors in others:
            self._offer(path, vectors)
        self.distance = QCheckBox(tr("The second are distances"))
        self.distance.setChecked(first.distance)
        browse = QPushButton(tr("Other file…"))
        self.answer, self.more = ElidedLabel(), ElidedLabel(breaks=True)
        self.more.setProperty("role", "muted")
        self.view = TableView(session.theme)
        self.save, close = QPushButton(tr("Save as CSV…")), QPushButton(tr("Close"))
        self.report = QPushButton(tr("Export report…"))
        self.report.setToolTip(tr("HTML, PDF, plots and tables of this comparison, in English or Spanish"))
        self.wanted: CompareScoresParams | None = None  # the report that was asked for
        self._allow(False)
        top, buttons = QHBoxLayout(), QHBoxLayout()
        named = f"{first.scores.stem}  ({about})" if about else first.scores.stem
        self.against = ElidedLabel()
        self.against.setText(named)
        top.addWidget(self.against, 1)
        top.addWidget(QLabel(tr("against")))
        top.addWidget(self.second, 1)
        top.addWidget(browse)
        top.addWidget(self.distance)
        buttons.addStretch()
        buttons.addWidget(self.save)
        buttons.addWidget(self.report)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.answer)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.more)
        layout.addLayout(buttons)
        browse.clicked.connect(lambda: async_glue.start(self._browse()))
        self.save.clicked.connect(lambda: async_glue.start(self._save()))
        self.report.clicked.connect(self._want_report)
        close.clicked.connect(self.reject)
        self.second.currentIndexChanged.connect(lambda _row: self.compare())
        self.distance.toggled.connect(lambda _on: self.compare())
        self.resize(max(860, min(1000, parent.width())), 560)
        self.compare()

    def _offer(self, path: Path, vectors: str) -> None:
        """Offer a file of scores, with the embeddings that it rests on."""
        self.second.addItem(f"{path.stem}  ({vectors})" if vectors else path.stem, path)
        self.second.setItemData(self.second.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)

    def compare(self) -> None:
        """Compare with the scores that are chosen."""
        path = self.second.currentData()
        if path is None:
            self._say(self.answer, tr("Choose the scores of a second model over the same list."))
            return
        first = self._first
        params = CompareScoresParams(
            first=first.scores, second=path, by="group" if first.by == "none" else first.by,
            at=first.at, threshold_from=first.threshold_from, alpha=first.alpha,
            distance=first.distance, second_distance=self.distance.isChecked(), labels_of=first.labels_of,
            columns=first.columns, second_columns=self._columns.get(path),
        )  # fmt: skip
        self._say(self.answer, tr("Comparing …"))
        self._session.background.read(
            ("compare models", id(self)),
            lambda: compare_scores(params, QuietContext(), needed=False),
            lambda result: self._show(params, result),
            self._failed,
        )

    def _allow(self, there: bool) -> None:
        """Let a comparison that is there be saved and reported."""
        for button in (self.save, self.report):
            button.setEnabled(there)

    def _want_report(self) -> None:
        """Ask for the report of what is shown, and close: its form is the window's."""
        self.wanted = self._shown
        self.accept()

    def _show(self, params: CompareScoresParams, result: CompareScoresResult) -> None:
        self.found = result
        self._shown = params.model_copy(
            update={
                "distance": result.distances_first, "second_distance": result.distances_second,
                "labels_of": None if result.corrections is None else params.labels_of,
            }
        )  # fmt: skip
        self._allow(True)
        said, table = self._with_short_names(result), reworded(difference_table(result), named_controls)
        for row, one in zip(table.rows, said.differences, strict=True):
            row[-1] = replace(row[-1], text=better_name(one, said), tip=row[-1].text)
        self.view.show_table(table)
        self._say(self.answer, answer_line(said), answer_line(result))
        self.distance.blockSignals(True)
        self.distance.setChecked(result.distances_second)  # as the file says, where it does
        self.distance.blockSignals(False)
        self._say(self.more, *(named_controls("\n".join(_lines(one, table.note))) for one in (said, result)))

    def _with_short_names(self, result: CompareScoresResult) -> CompareScoresResult:
        """Return the result with the models' names as short as they have room for; different ones stay different."""
        names, metrics = [result.first, result.second], self.fontMetrics()
        first, second = shortened(
            names, lambda name: metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, _MOST_NAME)
        )
        return result.model_copy(update={"first": first, "second": second})

    def _say(self, label: ElidedLabel, text: str, whole: str = "") -> None:
        """Show a text in as many lines as leave the table its place; the tip has it with names in full."""
        label.setText(text)
        label.whole = whole if whole != text else ""
        label.update()
        self._fit()

    def _fit(self) -> None:
        for label in (self.answer, self.more):
            label.set_lines(min(label.lines_wanted(), _MOST_LINES))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _failed(self, error: BaseException) -> None:
        self._say(self.answer, named_controls(str(error)))
        self._allow(False)

    async def _browse(self) -> None:
        path = await async_glue.choose_file(
            self, tr("Open scores"), tr("Scores (*.npz *.csv *.tsv *.parquet *.txt);;All files (*)")
        )
        if path:
            self.open_file(Path(path))

    def open_file(self, path: Path) -> None:
        """Compare with a file; where its columns are neither known nor those of the first, ask what they are."""
        self._session.background.read(
            ("columns", id(self)),
            lambda: None if has_columns(path, self._first.named_columns()) else table_to_ask_about(path),
            lambda table: self._choose(path) if table is None else async_glue.start(self._ask_columns(table)),
            self._failed,
        )

    async def _ask_columns(self, table: Table) -> None:
        dialog = ScoreColumnsDialog(table, self)
        if await async_glue.finished(dialog):
            self._columns[table.path] = dialog.columns()
            self._choose(table.path)

    def _choose(self, path: Path) -> None:
        kept = self.second.findData(path)
        if kept < 0:
            self._offer(path, "")
        self.second.setCurrentIndex(self.second.count() - 1 if kept < 0 else kept)
        if kept >= 0:
            self.compare()  # its columns may be others now

    async def _save(self) -> None:
        path = await async_glue.choose_file(self, tr("Save the table"), tr("CSV (*.csv)"), save="csv")
        if path and self.found is not None:
            write_text(Path(path), as_csv(reworded(difference_table(self.found), named_controls)))
