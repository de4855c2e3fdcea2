"""What is done with the pair lists of the Metrics tab: one is frozen, imported, looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairdesk.gui import async_glue
from fairdesk.project.sets import freeze
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.metrics.tab import MetricsTab


def freeze_list(tab: MetricsTab) -> None:
    """Freeze the list that is chosen, or let it be written again."""
    source = tab.chosen_list()
    if source is not None:
        on = not source.frozen
        told = tr("{list} is frozen", list=source.name) if on else tr("{list} is no longer frozen", list=source.name)
        tab.session.edit(lambda project: freeze(project, source.name, on=on), told)


async def import_list(tab: MetricsTab) -> None:
    """Ask for a list from elsewhere."""
    path = await async_glue.choose_file(
        tab, tr("Import a pair list"), tr("Pair lists (*.txt *.csv *.tsv *.parquet *.bin *.mat);;All files (*)")
    )
    if path:
        tab.session.ask("pairs", {"from_list": path})


async def look_at_list(tab: MetricsTab) -> None:
    """Show the pairs of the list that is chosen."""
    source = tab.chosen_list()
    if source is not None:
        from fairdesk.gui.dialogs.pair_list_dialog import PairListDialog

        await async_glue.finished(PairListDialog(tab.session, Path(source.path), tab.window()))
