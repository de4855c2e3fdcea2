"""The dialog that starts a job: its form, what is wrong with it, and the same as a command."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from fairdesk.dataset.sets import set_names
from fairdesk.gui.dialogs.leaks_dialog import LeaksDialog
from fairdesk.gui.forms import load_form
from fairdesk.gui.jobs.preview import PreviewRun, told
from fairdesk.gui.jobs.state import JobState
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.parameter_form import ParameterForm
from fairdesk.jobs.commands import command
from fairdesk.jobs.registry import job_kind
from fairdesk.project.conditions import known_conditions
from fairdesk.runs.folder import runs_below


def _runs(project: Path, *, translators: bool, all_kinds: bool) -> list[str]:
    """Return the project's runs that fit a field, the newest first."""
    return [
        str(path)
        for path, config in runs_below(project)
        if all_kinds
        or (config.get("kind") == "gan" and (config.get("params", {}).get("family") == "cyclegan") == translators)
    ]


class JobDialog(QDialog):
    """One job's parameters. `values` after it was accepted."""

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

    def __init__(
        self, session: Session, kind: str, preset: dict[str, Any], parent: QWidget, *, hide: tuple[str, ...] = ()
    ) -> None:
        super().__init__(parent)
        load_form(self, "job_dialog.ui")
        self._session, self._kind = session, job_kind(kind)
        model = self._kind.model()
        kept = session.settings.form(kind)
        defaults = {
            name: kept[name]
            for name in model.model_fields
            if name in kept and name not in ("out", "folder", "where", "where_b")
        }
        hide = (*hide, "dry_run") if "dry_run" in model.model_fields else hide
        choices = {}
        if "only_set" in model.model_fields and session.project is not None:
            choices["only_set"] = [name for name, _, _ in set_names(session.project)]
        if session.project is not None:
            for name in {"where", "where_b"} & model.model_fields.keys():
                choices[name] = [shlex.quote(word) for word in known_conditions(session.project)]
            for name in {"run", "g_ab", "g_ba"} & model.model_fields.keys():
                choices[name] = _runs(
                    session.project.folder, translators=name != "run", all_kinds=kind == "export-model"
                )
        self.form = ParameterForm(model, {**defaults, **preset}, hide=hide, choices=choices)
        self.setWindowTitle(self._kind.title)
        self.title.setText(self._kind.title)
        self.about.setText((model.__doc__ or "").strip().splitlines()[0])
        self.run_button.setText(self._kind.title)
        self.area.setWidget(self.form)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.form.changed.connect(self._check)
        self.run_button.clicked.connect(self._run)
        self.cancel_button.clicked.connect(self.reject)
        self.previewing = PreviewRun(session, self)
        self.previewing.ended.connect(self._on_preview)
        form = self.layout()
        assert isinstance(form, QVBoxLayout)
        form.insertWidget(form.indexOf(self.preview), self.previewing)
        self.preview_button.setVisible("dry_run" in model.model_fields)
        self.preview_button.clicked.connect(self._preview)
        self._leaks: dict[str, Any] = {}
        self.pairs_button.hide()
        self.pairs_button.clicked.connect(lambda: LeaksDialog(self._leaks, self).open())
        self._check()
        self.resize(560, min(720, 240 + 62 * len(self.form.editors)))

    def _preview(self) -> None:
        self.preview.setText("")
        self.preview_button.setEnabled(False)
        self.previewing.start(self._kind.name, self.values | {"dry_run": True})

    @Slot(object)
    def _on_preview(self, job: JobState) -> None:
        self.preview_button.setEnabled(self.form.problem() is None)
        self.preview.setText(f"Would write:\n{job.result.get('summary', '')}" if job.result is not None else told(job))
        self._leaks = (job.result or {}).get("leaks") or {}
        self.pairs_button.setVisible(self._leaks.get("clean") is False)

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

    def _command(self) -> str:
        project = self._session.project.folder.name if self._session.project else "PROJECT"
        return "As a command: " + command(self._kind, self.form.params(), project)

    def _run(self) -> None:
        self._session.settings.set_form(self._kind.name, self.form.params().model_dump(mode="json"))
        self.accept()

    @property
    def values(self) -> dict[str, Any]:
        """The validated parameters as plain values."""
        return self.form.params().model_dump(mode="json", by_alias=True)
