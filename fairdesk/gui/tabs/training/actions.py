"""What can be done in the Training tab: menus, shortcuts and the command palette are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.gui.actions import ActionSpec
from fairdesk.gui.async_glue import start
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.training.tab import TrainingTab


MENUS = {  # on the right button, by list or grid
    "run_list": ("training.resume", "training.compare", "training.notes", "", "training.export"),
    "logs": ("training.plot", "training.table", "", "training.close"),
}


def actions(tab: TrainingTab) -> list[ActionSpec]:
    """Return the tab's actions."""
    shown = lambda: bool(tab.read_logs)
    several_runs = lambda: len(tab.run_list.chosen()) > 1
    one_run = lambda: len(tab.run_list.chosen()) == 1
    return [
        ActionSpec(
            "training.train",
            tr("&Train a recogniser…"),
            tab.train_recogniser,
            tr("&Training"),
            icon="play",
            shortcut="Ctrl+R",
            enabled=tab.has_project,
            tip=tr("ArcFace and related losses, with mitigation by group"),
        ),
        ActionSpec(
            "training.resume",
            tr("Res&ume a run…"),
            lambda: start(tab.resume_run()),
            tr("&Training"),
            icon="again",
            enabled=tab.has_project,
            tip=tr("Resume training a stopped recogniser"),
        ),
        ActionSpec(
            "training.run",
            tr("Open a &run…"),
            lambda: start(tab.choose_run()),
            tr("&Training"),
            icon="folder",
            enabled=tab.has_project,
            tip=tr("Losses and error rates of a FairDesk run"),
        ),
        ActionSpec(
            "training.compare",
            tr("&Compare runs…"),
            tab.compare_runs,
            tr("&Training"),
            icon="table",
            enabled=several_runs,
            tip=tr("Error rates by group, differing parameters, and the effect of each"),
            tab=tab.name,
        ),
        ActionSpec(
            "training.notes",
            tr("Tags and &notes…"),
            lambda: start(tab.edit_notes()),
            tr("&Training"),
            icon="name",
            enabled=one_run,
            tip=tr("Tags and a note about the chosen run"),
            tab=tab.name,
        ),
        ActionSpec(
            "training.import",
            tr("&Import run…"),
            lambda: start(tab.import_run()),
            tr("&Training"),
            icon="download",
            enabled=tab.has_project,
            tip=tr("Copy a run trained on another machine into this project"),
        ),
        ActionSpec(
            "training.export",
            tr("&Export a network…"),
            lambda: tab.session.ask("export-model", {"run": str(tab.runs_home())}),
            tr("&Training"),
            icon="export",
            enabled=tab.has_project,
            tip=tr("ONNX (verified against PyTorch) or safetensors"),
        ),
        ActionSpec(
            "training.open",
            tr("&Open a log…"),
            lambda: start(tab.open_logs()),
            tr("&Training"),
            icon="chart",
            shortcut="Ctrl+T",
        ),
        ActionSpec(
            "training.plot",
            tr("Save &plot…"),
            lambda: start(tab.save_plot()),
            tr("&Training"),
            icon="export",
            enabled=shown,
            tab=tab.name,
        ),
        ActionSpec(
            "training.table",
            tr("&Save points…"),
            lambda: start(tab.save_points()),
            tr("&Training"),
            icon="table",
            enabled=shown,
            tab=tab.name,
        ),
        ActionSpec(
            "training.close",
            tr("Close &all logs"),
            tab.close_logs,
            tr("&Training"),
            icon="close",
            enabled=shown,
            tab=tab.name,
        ),
    ]
