"""What can be done in the Metrics tab: menus, shortcuts and the command palette are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.gui.actions import ActionSpec
from fairdesk.gui.async_glue import start
from fairdesk.gui.dialogs.vectors_dialog import show_vectors
from fairdesk.gui.tabs.metrics.asking import ask_for_report, ask_to_normalise, compare_models
from fairdesk.gui.tabs.metrics.lists import freeze_list, import_list, look_at_list
from fairdesk.gui.tabs.metrics.opening import open_scores
from fairdesk.gui.tabs.metrics.saving import save_shown_plot, save_shown_scores, save_shown_table
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.metrics.tab import MetricsTab


MENUS = {  # on the right button, by list or grid
    "sources": (
        "metrics.look",
        "metrics.import_list",
        "metrics.score",
        "metrics.freeze",
        "",
        "metrics.compare",
        "metrics.normalise",
        "metrics.left_out",
        "metrics.report",
        "metrics.plot",
        "metrics.table",
        "metrics.scores_csv",
    ),
}


def actions(tab: MetricsTab) -> list[ActionSpec]:
    """Return the tab's actions."""
    people = lambda: tab.view.identities > 0
    lists = lambda: any(s.kind == "list" for s in tab.view.sources)
    shown = lambda: tab.shown is not None
    seen = lambda: tab.shown is not None or tab.search.path is not None
    one_list = tr("Not yet: select a pair list on the left first.")
    first = tr("Not yet: select scores on the left, or open a file of scores, first.")
    return [
        ActionSpec(
            "metrics.pairs",
            tr("Create &pair list…"),
            lambda: tab.session.ask("pairs"),
            tr("&Metrics"),
            icon="list",
            shortcut="Ctrl+L",
            enabled=people,
            grey=tr("Not yet: import images whose people are named first."),
        ),
        ActionSpec(
            "metrics.import_list",
            tr("&Import a pair list…"),
            lambda: start(import_list(tab)),
            tr("&Metrics"),
            icon="import",
            enabled=lambda: tab.view.images > 0,
            grey=tr("Not yet: import images first."),
            tip=tr("A list of any format: LFW, RFW, BFW, CFP, AgeDB, CALFW, CPLFW, InsightFace, text, CSV, Parquet"),
        ),
        ActionSpec(
            "metrics.look",
            tr("Loo&k at the pairs…"),
            lambda: start(look_at_list(tab)),
            tr("&Metrics"),
            icon="face",
            enabled=lambda: tab.chosen_list() is not None,
            grey=one_list,
            tip=tr("Each pair's two faces, by label and group"),
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.score",
            tr("&Score a list…"),
            tab.ask_score,
            tr("&Metrics"),
            icon="encode",
            enabled=lists,
            grey=tr("Not yet: create or import a pair list first."),
        ),
        ActionSpec(
            "metrics.vectors",
            tr("Faces and &embeddings…"),
            lambda: start(show_vectors(tab.session, tab)),
            tr("&Metrics"),
            icon="face",
            enabled=lambda: tab.view.images > 0,
            grey=tr("Not yet: import images first."),
            tip=tr("Which faces and embeddings exist, and which are shown and used"),
        ),
        ActionSpec(
            "metrics.freeze",
            tr("&Freeze or unfreeze the list"),
            lambda: freeze_list(tab),
            tr("&Metrics"),
            enabled=lambda: tab.chosen_list() is not None,
            grey=one_list,
            tip=tr("A frozen list is not overwritten"),
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.open",
            tr("&Open scores…"),
            lambda: start(open_scores(tab)),
            tr("&Metrics"),
            icon="import",
            shortcut="Ctrl+Shift+O",
            tip=tr("Evaluate any score file"),
        ),
        ActionSpec(
            "metrics.compare",
            tr("Co&mpare two models…"),
            lambda: start(compare_models(tab)),
            tr("&Metrics"),
            icon="chart",
            enabled=shown,
            grey=first,
            tip=tr("These scores against another model's over the same list, with intervals of every difference"),
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.normalise",
            tr("&Normalise by group…"),
            lambda: ask_to_normalise(tab),
            tr("&Metrics"),
            icon="split",
            enabled=shown,
            grey=first,
            tip=tr("Learn a normalisation on some subjects and apply it to the others"),
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.left_out",
            tr("Comparisons left o&ut…"),
            tab.left_out.show,
            tr("&Metrics"),
            icon="list",
            enabled=lambda: tab.shown is not None and bool(tab.shown.result.left_out),
            tip=tr("Each comparison that is in no rate, or in no group's, and why"),
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.report",
            tr("Export &report…"),
            lambda: ask_for_report(tab),
            tr("&Metrics"),
            icon="export",
            enabled=seen,
            grey=first,
            tip=tr(
                "HTML, PDF, tables and plots of the scores that are shown; without a project it is written beside them"
            ),
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.enlarge",
            tr("Lar&ger plots, or as before"),
            tab.enlarge,
            tr("&Metrics"),
            icon="chart",
            shortcut="F11",
            enabled=seen,
            tip=tr("The plots take the place of the tables and the lists; plots of many groups can be scrolled too"),
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.plot",
            tr("Save p&lot…"),
            lambda: start(save_shown_plot(tab)),
            tr("&Metrics"),
            icon="chart",
            enabled=seen,
            grey=first,
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.table",
            tr("Save &table…"),
            lambda: start(save_shown_table(tab)),
            tr("&Metrics"),
            icon="table",
            enabled=seen,
            grey=first,
            tab=tab.name,
        ),
        ActionSpec(
            "metrics.scores_csv",
            tr("Save scores as &CSV…"),
            lambda: start(save_shown_scores(tab)),
            tr("&Metrics"),
            icon="export",
            enabled=shown,
            grey=first,
            tab=tab.name,
        ),
    ]
