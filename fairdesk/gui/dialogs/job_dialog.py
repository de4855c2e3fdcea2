"""The dialog that starts a job: its form, what is wrong with it, and the same as a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from fairdesk.dataset.results import DividedResult
from fairdesk.dataset.table_files import read_head
from fairdesk.dataset.tables import Table
from fairdesk.gui.dialogs.leaks_dialog import LeaksDialog
from fairdesk.gui.dialogs.offers import offers_of
from fairdesk.gui.dialogs.presets import PresetBar
from fairdesk.gui.forms import load_form
from fairdesk.gui.jobs.preview import PreviewRun, told
from fairdesk.gui.jobs.state import JobState
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.column_map import ColumnMap
from fairdesk.gui.widgets.parameter_form.form import ParameterForm
from fairdesk.gui.widgets.parameter_form.numbers import ChoiceBox
from fairdesk.jobs.commands import command
from fairdesk.jobs.fields import ColumnsOf, said
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.params import JobParams
from fairdesk.jobs.registry import choices_of, job_kind
from fairdesk.metrics.pair_lists.tables import first_rows
from fairdesk.words import tr

_NOT_KEPT = ("out", "folder", "old", "new", "where", "where_b", "detector")  # belong to one request
_WIDTH = 620
_WITH_COLUMNS = 690  # high, where a table's columns are shown
_FACTS_MS = 250  # after the last change


def columns_field(model: type[JobParams]) -> tuple[str, ColumnsOf] | None:
    """Return the field of a model that says what a table's columns are, and which table."""
    found = ((name, said(field, ColumnsOf)) for name, field in model.model_fields.items())
    return next(((name, one) for name, one in found if one is not None), None)


def columns_given(words: Any) -> dict[str, str]:
    """Return columns by field from FIELD=COLUMN words."""
    return dict(word.partition("=")[::2] for word in words or ())


class JobDialog(QDialog):
    """One job's parameters. `kind` and `values` after it was accepted."""

    title: QLabel
    about: QLabel
    area: QScrollArea
    problem: QLabel
    command: QLabel
    run_button: QPushButton
    cancel_button: QPushButton
    preview_button: QPushButton
    pairs_button: QPushButton
    preview: QLabel
    outer: QVBoxLayout

    def __init__(
        self, session: Session, kind: str, preset: dict[str, Any], parent: QWidget, *, hide: tuple[str, ...] = ()
    ) -> None:
        super().__init__(parent)
        load_form(self, "job_dialog.ui")
        self._session, self._preset, self._hide = session, preset, hide
        self._leaking: DividedResult | None = None
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.run_button.clicked.connect(self._run)
        self.cancel_button.clicked.connect(self.reject)
        self.previewing = PreviewRun(session, self)
        self.previewing.ended.connect(self._on_preview)
        self.outer.insertWidget(self.outer.indexOf(self.preview), self.previewing)
        self.preview_button.clicked.connect(self._preview)
        self.pairs_button.clicked.connect(self._show_pairs)
        self.presets = PresetBar(session.settings)
        self.presets.chosen.connect(self._use_preset)
        self.presets.asked.connect(lambda: self.presets.keep(self.form.values()))
        top = QHBoxLayout()
        self._over = False
        self.choice = ChoiceBox([])
        top.addWidget(QLabel(tr("Network")))
        top.addWidget(self.choice, 1)
        self._choice_row = QWidget()
        self._choice_row.setLayout(top)
        top.setContentsMargins(0, 0, 0, 0)
        self.outer.insertWidget(2, self._choice_row)
        self.outer.insertWidget(3, self.presets)
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.outer.insertWidget(5, self.facts)
        self.columns: ColumnMap | None = None
        self._looked_at: Path | None = None
        self._table: Path | None = None  # whose columns are offered
        self._facts_soon = QTimer(self)
        self._facts_soon.setSingleShot(True)
        self._facts_soon.timeout.connect(self._look_up_facts)
        self._kinds = choices_of(job_kind(kind))
        for one in self._kinds:
            self.choice.addItem(tr(one.short or one.title), one.name)
        self._choice_row.setVisible(len(self._kinds) > 1)
        self.kind: JobKind = job_kind(kind)
        self.choice.setCurrentIndex(self._kinds.index(self.kind))
        self._show_kind(preset)
        self.choice.currentIndexChanged.connect(self._choose)
        screen = self.screen().availableGeometry()
        height = min(240 + 62 * len(self.form.editors), 720, parent.height(), screen.height() - 60)
        self.resize(min(_WIDTH, screen.width() - 40), max(360, height))

    def _show_kind(self, values: dict[str, Any]) -> None:
        """Make the form of the kind that is chosen, with what was used last and the values given."""
        model = self.kind.params
        kept = self._session.settings.form(self.kind.name)
        last = {name: kept[name] for name in model.model_fields if name in kept and name not in _NOT_KEPT}
        previews = "dry_run" in model.model_fields
        hide = (*self._hide, "dry_run") if previews else self._hide
        mapped = columns_field(model)
        hide = (*hide, mapped[0]) if mapped is not None else hide
        given = {name: value for name, value in values.items() if name in model.model_fields}
        self.form = ParameterForm(model, {**last, **given}, hide=hide, offered=offers_of(model, self._session.project))
        title = tr(self.kind.without_title if self._without(values) else self.kind.title)
        self.setWindowTitle(title)
        self.facts.setVisible(bool(self.kind.facts))
        self.title.setText(title)
        self.about.setText(self.kind.about)
        self.run_button.setText(title)
        self.preview_button.setVisible(previews)
        self.presets.show_kind(self.kind.name)
        self.area.setWidget(self.form)
        self._show_columns_of(mapped)
        self.form.changed.connect(self._check)
        self._check()

    def _without(self, values: dict[str, Any]) -> bool:
        """Whether the form is the other one of its kind: a list that is imported, not made."""
        return bool(self.kind.without_title and values.get(self.kind.without))

    def _show_columns_of(self, mapped: tuple[str, ColumnsOf] | None) -> None:
        """Have a place for the columns of the table that the form names, if it names one."""
        if self.columns is not None:
            self.columns.deleteLater()
        self.columns, self._table, self._looked_at = None, None, None
        if mapped is not None:
            self.columns = ColumnMap(mapped[1].what)
            self.columns.hide()
            self.columns.changed.connect(lambda: self.form.set_hidden(mapped[0], self._columns_words()))
            self.outer.insertWidget(self.outer.indexOf(self.area) + 1, self.columns)

    def _columns_words(self) -> list[str] | None:
        return self.columns.words() if self.columns is not None and self._table is not None else None

    def _find_table(self) -> None:
        """Offer the columns of the table that is given now; a file that is none has none to offer."""
        mapped = columns_field(self.kind.params)
        if mapped is None or self.columns is None:
            return
        name = self.form.values().get(mapped[1].field)
        path = Path(str(name)).expanduser() if name else None
        path = path if path is not None and path.is_file() else None
        if path == self._looked_at:
            return
        self._looked_at = path
        given = columns_given(self.form.values().get(mapped[0]))
        read = first_rows if mapped[1].what == "pairs" else read_head
        if path is None:
            self._show_table(path, None, {})
        else:
            self._session.background.read(
                ("columns", id(self)), lambda: read(path), lambda table: self._show_table(path, table, given),
                lambda _error: self._show_table(path, None, {}),
            )  # fmt: skip

    def _show_table(self, path: Path | None, table: Table | None, given: dict[str, str]) -> None:
        if self._over or self.columns is None or path != self._looked_at:
            return
        self._table = None if table is None else path
        self.columns.setVisible(table is not None)
        if table is not None:
            self.columns.show_table(table, given)
            room = self.screen().availableGeometry().height() - 60
            self.resize(self.width(), min(room, max(self.height(), _WITH_COLUMNS)))
        elif (mapped := columns_field(self.kind.params)) is not None:
            self.form.set_hidden(mapped[0], None)

    def _choose(self, place: int) -> None:
        values = self.form.values()
        self.kind = self._kinds[place]
        taken_over = {name: values[name] for name in ("data", "where", "out", "epochs", "seed") if name in values}
        self._show_kind(self._preset | taken_over)

    def _use_preset(self, values: object) -> None:
        assert isinstance(values, dict)
        shown = self.form.values()
        self.form.set_values(values | {name: shown[name] for name in _NOT_KEPT if name in shown})

    def _preview(self) -> None:
        self.preview.setText("")
        self.preview_button.setEnabled(False)
        self.previewing.start(self.kind.name, self.values | {"dry_run": True})

    @Slot(object)
    def _on_preview(self, job: JobState) -> None:
        self.preview_button.setEnabled(self.form.problem() is None)
        result = job.typed_result()
        text = tr("Would write:\n{summary}", summary=result.summary) if result is not None else told(job)
        caution = None if result is None else result.caution()
        self.preview.setText(f"{caution}\n\n{text}" if caution else text)
        self._leaking = result if isinstance(result, DividedResult) else None
        leaks = self._leaking.leaks if self._leaking is not None else None
        self.pairs_button.setVisible(leaks is not None and not leaks.clean)

    def _show_pairs(self) -> None:
        if self._leaking is not None and self._leaking.leaks is not None:
            LeaksDialog(self._leaking.leaks, self).open()

    def _check(self) -> None:
        self.previewing.drop()  # it was about other values
        self.preview.setText("")
        self.pairs_button.hide()
        self._find_table()
        problem = self.form.problem()
        self.problem.setText(problem or "")
        self.problem.setVisible(problem is not None)
        self.run_button.setEnabled(problem is None)
        self.preview_button.setEnabled(problem is None)
        self.command.setText("" if problem else self._command())
        self.command.setVisible(problem is None)

        if self.kind.facts:
            self._facts_soon.start(_FACTS_MS)

    def _look_up_facts(self) -> None:
        """Read what the project has for these values, off this thread."""
        project = self._session.project
        if project is None or self.form.problem() is not None:
            self.facts.setText("")
            return
        kind, params = self.kind, self.form.params()
        self._session.background.read(
            ("facts", id(self)),
            lambda: kind.facts_of(project, params),
            self._show_facts,
            lambda _error: self._show_facts(""),  # what was true of other values is not said of these
        )

    def _show_facts(self, text: str) -> None:
        if not self._over and self.isVisible():
            self.facts.setText(text)

    def done(self, result: int) -> None:
        """Close it; what is still being looked up arrives too late."""
        self._over = True
        super().done(result)

    def _command(self) -> str:
        project = self._session.project.folder.name if self._session.project else "PROJECT"
        return tr("As a command: {command}", command=command(self.kind, self.form.params(), project))

    def _run(self) -> None:
        self._session.settings.set_form(self.kind.name, self.form.params().model_dump(mode="json"))
        self.accept()

    @property
    def values(self) -> dict[str, Any]:
        """The validated parameters as plain values."""
        return self.form.params().model_dump(mode="json", by_alias=True)
