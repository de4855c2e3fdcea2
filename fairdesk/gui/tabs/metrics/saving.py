"""What the Metrics tab writes: plots, tables, scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairdesk.gui import async_glue
from fairdesk.gui.session import Notice
from fairdesk.images.written_files import need_ending, write_text
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.gui.tabs.metrics.tab import MetricsTab


def _told(tab: MetricsTab, path: str) -> None:
    tab.session.told.emit(Notice(tr("Saved {path}", path=path)))


async def save_shown_plot(tab: MetricsTab) -> None:
    """Save the plot that is seen."""
    plot = tab.figures.current() if tab.search.path is None else tab.search.plot
    if plot is not None:
        from fairdesk.gui.widgets.plot_export import save_plot

        path = await save_plot(tab, plot)
        if path:
            _told(tab, path)


async def save_shown_table(tab: MetricsTab) -> None:
    """Save the table that is seen, as CSV or LaTeX."""
    from fairdesk.metrics.report.table_files import as_csv, as_latex

    table = (tab.tables if tab.search.path is None else tab.search.tables).current()
    if table is None:
        return
    path = await async_glue.choose_file(tab, tr("Save the table"), tr("CSV (*.csv);;LaTeX (*.tex)"), save="csv")
    if path:
        need_ending(Path(path), (".csv", ".tex"))
        write_text(Path(path), as_latex(table) if path.lower().endswith(".tex") else as_csv(table))
        _told(tab, path)


async def save_shown_scores(tab: MetricsTab) -> None:
    """Save the scores as CSV."""
    from fairdesk.metrics.scores.score_files import export_csv

    path = await async_glue.choose_file(tab, tr("Save the scores"), tr("CSV (*.csv)"), save="csv")
    params = tab.params()
    if path and params is not None:
        need_ending(Path(path), (".csv",))
        tab.session.background.read(
            "save scores",
            lambda: export_csv(params.scores, Path(path), params.named_columns()),
            lambda n: tab.session.told.emit(
                Notice(tr_n("Saved {n:,} score to {path}", "Saved {n:,} scores to {path}", n, path=path))
            ),
        )
