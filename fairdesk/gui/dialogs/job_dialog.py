"""The dialog that starts a job: its form, what is wrong with it, and the same as a command."""

from __future__ import annotations

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
from fairdesk.gui.dialogs.leaks_dialog import LeaksDialog
from fairdesk.gui.dialogs.offers import offers_of
from fairdesk.gui.dialogs.presets import PresetBar
from fairdesk.gui.forms import load_form
from fairdesk.gui.jobs.preview import PreviewRun, told
from fairdesk.gui.jobs.state import JobState
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.parameter_form.form import ParameterForm
from fairdesk.gui.widgets.parameter_form.numbers import ChoiceBox
from fairdesk.jobs.commands import command
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.registry import choices_of, job_kind
from fairdesk.words import tr

_NOT_KEPT = ("out", "folder", "where", "where_b", "detector")  # belong to one request
_WIDTH = 620
_FACTS_MS = 250  # after the last change


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
        given = {name: value for name, value in values.items() if name in model.model_fields}
        self.form = ParameterForm(model, {**last, **given}, hide=hide, offered=offers_of(model, self._session.project))
        self.setWindowTitle(tr(self.kind.title))
        self.facts.setVisible(bool(self.kind.facts))
        self.title.setText(tr(self.kind.title))
        self.about.setText(self.kind.about)
        self.run_button.setText(tr(self.kind.title))
        self.preview_button.setVisible(previews)
        self.presets.show_kind(self.kind.name)
        self.area.setWidget(self.form)
        self.form.changed.connect(self._check)
        self._check()

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
