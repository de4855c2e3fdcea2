"""The dendrogram below the grid: of the version shown, where it was made by a hierarchical method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.clustering.measured_in import axis_title
from fairdesk.gui.widgets.dendrogram import Tree, read_tree

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab


def show_tree(tab: ClusteringTab, shown: bool) -> None:
    """Show or hide it; it is read off the window's thread."""
    tab.tree.setVisible(shown)
    version, project = tab.view.version, tab.session.project
    if not shown or version is None or project is None:
        return
    path = project.folder / "exports" / "dendrograms" / f"{version.id}.npz"
    count = sum(1 for cluster in tab.view.clusters if cluster.label >= 0)

    title = axis_title(version.params.get("linkage", "ward"), version.params.get("pca", 0.95))

    def draw(tree: Tree | None) -> None:
        tab.tree.show_tree(tree, tab.session.theme, title)

    tab.session.background.read("dendrogram", lambda: read_tree(path, count), draw)
