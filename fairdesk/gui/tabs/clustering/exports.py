"""What leaves the Clustering tab: a mosaic of a cluster, the clusters as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairdesk.clustering.files.cluster_files import write_clusters
from fairdesk.clustering.params import written_numbers
from fairdesk.gui import async_glue
from fairdesk.gui.session import Notice
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab


def export_mosaic(tab: ClusteringTab) -> None:
    """Ask how the selected faces, or else all of the selected cluster, become a mosaic."""
    chosen, version, project = tab.clusters.selected(), tab.view.version, tab.session.project
    faces = tab.grid.selected_ids()
    if version is None or project is None:
        return
    if len(faces) > 1:
        out = project.exports("mosaics", f"{version.id}-faces.png")
        tab.session.ask("mosaic", {"cluster": None, "faces": written_numbers(faces), "out": str(out)})
    elif len(chosen) == 1:
        label = chosen[0].label
        out = project.exports("mosaics", f"{version.id}-{label}.png")
        tab.session.ask("mosaic", {"cluster": str(label), "faces": None, "version": version.id, "out": str(out)})


async def export_clusters(tab: ClusteringTab) -> None:
    """Ask where the version's clusters go, and write them there."""
    version, project = tab.view.version, tab.session.project
    if version is None or project is None:
        return
    path = await async_glue.choose_file(
        tab, tr("Export the clusters"), tr("JSON (*.json);;CSV (*.csv);;Parquet (*.parquet)"), save="json"
    )
    if path:

        def told(count: int) -> None:
            text = tr_n("Wrote {n:,} image to {path}", "Wrote {n:,} images to {path}", count, path=path)
            tab.session.told.emit(Notice(text))

        tab.session.background.read("export clusters", lambda: write_clusters(project, version.id, Path(path)), told)
