"""What is asked of the scores that the Metrics tab shows: a report, what is left out, normalising, two models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairdesk.gui import async_glue
from fairdesk.gui.tabs.metrics.presenter import vectors_line
from fairdesk.metrics.report.earlier import folder_for

if TYPE_CHECKING:
    from fairdesk.gui.tabs.metrics.tab import MetricsTab


def ask_for_report(tab: MetricsTab) -> None:
    """Ask for the report of the scores, or of the search, that are shown."""
    search = tab.search
    if search.path is not None and search.result is not None:
        by = "none" if search.result.groups is None else "group"
        out = folder_for(_place(tab, "reports", search.path, "-report"), search.path)
        asked = {"scores": str(search.path), "by": by, "distance": search.distance.isChecked(), "out": str(out)}
        tab.session.ask("identify", asked)
        return
    params = tab.asked()
    if params is not None:
        out = folder_for(_place(tab, "reports", params.scores, "-report"), params.scores)
        tab.session.ask("evaluate", params.model_dump(mode="json") | {"out": str(out)})


def ask_to_normalise(tab: MetricsTab) -> None:
    """Ask how the scores that are shown are normalised."""
    params = tab.asked()
    if params is not None:
        kept = params.model_dump(mode="json", include={"scores", "columns", "distance", "labels_of"})
        out = _place(tab, "scores", params.scores, "-normalised.npz")
        tab.session.ask("normalise", kept | {"out": str(out)})


def _place(tab: MetricsTab, kind: str, scores: Path, ending: str) -> Path:
    """Return where to write: in the project, or without one beside the scores."""
    project = tab.session.project
    if project is None:
        return scores.with_name(scores.stem + ending)
    return project.exports(kind, scores.stem + ending.removesuffix("-report"))


async def compare_models(tab: MetricsTab) -> None:
    """Compare the scores that are shown with another model's over the same list."""
    from fairdesk.gui.dialogs.models_dialog import ModelsDialog

    params, shown = tab.asked(), tab.shown
    if params is None or shown is None:
        return
    if tab.session.project is not None:  # the second file may name images where the first does not
        params = params.model_copy(update={"labels_of": tab.session.project.folder})
    scores = [one for one in tab.view.sources if one.kind == "scores" and Path(one.path) != params.scores]
    others = [(Path(one.path), one.vectors) for one in scores]
    dialog = ModelsDialog(tab.session, params, vectors_line(dict(shown.result)), others, tab)
    await async_glue.finished(dialog)
    if dialog.wanted is not None:
        first, second = dialog.wanted.first, dialog.wanted.second
        both = first.with_name(f"{first.stem}-{second.stem}{first.suffix}")
        out = folder_for(_place(tab, "reports", both, "-report"), first, second)
        tab.session.ask("compare-scores", dialog.wanted.model_dump(mode="json") | {"out": str(out)})
