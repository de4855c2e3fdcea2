"""Images that are removed for good: what is asked before, and what is told after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.gui import async_glue
from fairdesk.gui.session import Notice
from fairdesk.project.image_queries import items
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.dataset.results import PurgeResult
    from fairdesk.gui.tabs.dataset.tab import DatasetTab


async def purge_selected(tab: DatasetTab) -> None:
    """Ask, and remove the selected images for good."""
    from fairdesk.dataset.purge import purge

    images, project = tab.grid.selected_ids(), tab.session.project
    if not images or project is None:
        return
    names = sorted({i.identity for i in items(project, "image", images).values() if i.identity})
    answer = await async_glue.ask(
        tab, tr("Purge"), tr_n("Permanently remove {n:,} image from the project?", "Permanently remove {n:,} images from the project?", len(images)), [tr("Remove permanently")],
        tr("Their rows, embeddings, thumbnails and the whole history of the project go, and lists and reports that name them. "
        "This cannot be undone. The original files are not touched."), harmful=True,
    )  # fmt: skip
    if answer == tr("Remove permanently"):
        tab.session.background.edit(lambda: purge(project, images, names), lambda result: _tell(tab, result))


def _tell(tab: DatasetTab, result: PurgeResult) -> None:
    from fairdesk.dataset.results import not_followed

    text = result.summary
    if result.outside:
        text += " " + tr_n(
            "{n} file outside of the project still names them: {files}",
            "{n} files outside of the project still name them: {files}",
            len(result.outside),
            files=", ".join(result.outside[:3]),
        )
    text += " " + not_followed()
    tab.session.told.emit(Notice(text))
    tab.session.look()
