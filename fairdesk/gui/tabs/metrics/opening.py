"""Asks which file of scores the Metrics tab opens, and what the columns of a table are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairdesk.gui import async_glue
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.dataset.tables import Table
    from fairdesk.gui.tabs.metrics.tab import MetricsTab


async def open_scores(tab: MetricsTab) -> None:
    """Ask for a file of scores and show it."""
    path = await async_glue.choose_file(
        tab, tr("Open scores"), tr("Scores (*.npz *.csv *.tsv *.parquet *.txt);;All files (*)")
    )
    if path:
        tab.open_file(Path(path))


async def ask_columns(tab: MetricsTab, table: Table) -> None:
    """Ask what the columns of a table are, then show its scores."""
    from fairdesk.gui.dialogs.score_columns_dialog import ScoreColumnsDialog

    dialog = ScoreColumnsDialog(table, tab)
    if await async_glue.finished(dialog):
        tab.show_scores(table.path, dialog.columns())
