"""What stands where no scores are shown yet: what is missing, and the button that goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from fairdesk.gui import async_glue
from fairdesk.gui.tabs.metrics.opening import open_scores
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.metrics.tab import MetricsTab


class Step(NamedTuple):
    """A title, a line below it, and a button, where there is something to do."""

    title: str
    text: str = ""
    button: str = ""
    run: Callable[[], None] | None = None


def next_step(tab: MetricsTab, *, drawing: bool) -> Step:
    """Return what to do next; `drawing`: scores are being evaluated."""
    view = tab.view
    if tab.session.project is None:
        return Step(
            tr("No project is open"),
            tr("Open or create a project from the File menu, or open any score file."),
            tr("Open scores…"),
            lambda: async_glue.start(open_scores(tab)),
        )
    if tab.reading:
        return Step(tr("Reading the project …"))
    if not view.identities:
        return Step(
            tr("There are no identities yet"),
            tr("Pairs need identities. Import folders that name them, or turn clusters into identities."),
        )
    if not any(s.kind == "list" for s in view.sources):
        return Step(
            tr("No pair list yet"),
            tr(
                "A benchmark compares pairs of images: genuine pairs of one person, impostor pairs of two. "
                "A published list (LFW, RFW, BFW, CFP, a table …) is imported from the Metrics menu."
            ),
            tr("Create a pair list…"),
            lambda: tab.session.ask("pairs"),
        )
    if not any(s.kind == "scores" for s in view.sources):
        return Step(
            tr("The list has no scores yet"),
            tr("Scoring compares the embeddings of the two faces of every pair."),
            tr("Score a list…"),
            tab.ask_score,
        )
    if drawing:
        return Step(tr("Working out the error rates …"))
    return Step(tr("Select scores on the left"), tr("Their error rates and curves appear here."))
