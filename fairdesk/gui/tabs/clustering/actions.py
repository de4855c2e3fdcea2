"""What can be done in the Clustering tab: menus, shortcuts and the command palette are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.clustering.store import UNCLUSTERED
from fairdesk.gui.actions import ActionSpec
from fairdesk.gui.async_glue import start
from fairdesk.gui.dialogs.clusterings_dialog import show_clusterings
from fairdesk.gui.dialogs.vectors_dialog import show_vectors
from fairdesk.gui.dialogs.verdicts_dialog import show_verdicts
from fairdesk.gui.tabs.clustering.exports import export_clusters, export_mosaic
from fairdesk.gui.tabs.clustering.naming import assign_identity, move_faces_to, rename_cluster
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab


MENUS = {  # on the right button, by list or grid
    "clusters": (
        "clustering.rename",
        "clustering.identity",
        "clustering.merge",
        "clustering.different",
        "clustering.nearest",
        "",
        "clustering.mosaic",
        "clustering.export",
    ),
    "grid": (
        "clustering.confirm",
        "clustering.reject",
        "clustering.ignore",
        "",
        "clustering.split",
        "clustering.out",
        "clustering.move",
        "",
        "clustering.mosaic",
    ),
}


def actions(tab: ClusteringTab) -> list[ActionSpec]:
    """Return the tab's actions."""
    some = lambda: tab.view.version is not None and not tab.reviewing
    faces = lambda: some() and tab.grid.selected_count() > 0
    one = lambda: some() and len(tab.clusters.selected()) == 1
    real = lambda: one() and tab.clusters.selected()[0].label != UNCLUSTERED
    two = lambda: some() and len(tab.clusters.selected()) >= 2
    real_two = lambda: some() and [c.label != UNCLUSTERED for c in tab.clusters.selected()] == [True, True]
    vectors = lambda: bool(tab.view.vectors)
    return [
        ActionSpec(
            "clustering.cluster",
            tr("&Cluster…"),
            lambda: tab.session.ask("cluster"),
            tr("&Clustering"),
            icon="cluster",
            shortcut="Ctrl+K",
            enabled=vectors,
        ),
        ActionSpec(
            "clustering.choose",
            tr("C&hoose parameters…"),
            tab.choose_parameters,
            tr("&Clustering"),
            icon="chart",
            enabled=lambda: vectors() and not tab.reviewing,
            tip=tr("See what each distance comes to, and where to cut the tree, before clustering"),
        ),
        ActionSpec(
            "clustering.review",
            tr("Revie&w…"),
            tab.open_review,
            tr("&Clustering"),
            icon="search",
            shortcut="R",
            enabled=lambda: some() and vectors(),
            tip=tr("Answer the questions that put most faces right, one key each"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.vectors",
            tr("F&aces and embeddings…"),
            lambda: start(show_vectors(tab.session, tab)),
            tr("&Clustering"),
            icon="face",
            enabled=lambda: tab.view.images,
            tip=tr("Which faces and embeddings exist, and which are shown and used"),
        ),
        ActionSpec(
            "clustering.load",
            tr("Import clus&ters…"),
            lambda: tab.session.ask("load-clusters"),
            tr("&Clustering"),
            icon="import",
            enabled=vectors,
        ),
        ActionSpec(
            "clustering.rename",
            tr("&Rename…"),
            lambda: start(rename_cluster(tab)),
            tr("&Clustering"),
            icon="name",
            shortcut="F2",
            enabled=real,
            tip=tr("Rename the cluster"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.merge",
            tr("&Merge"),
            tab.merge,
            tr("&Clustering"),
            icon="merge",
            shortcut="M",
            enabled=two,
            tip=tr("Merge the selected clusters"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.split",
            tr("&Split off"),
            tab.split,
            tr("&Clustering"),
            icon="split",
            shortcut="S",
            enabled=faces,
            tip=tr("Move the selected faces into a new cluster"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.out",
            tr("Remove from cl&uster"),
            tab.take_out,
            tr("&Clustering"),
            icon="out",
            shortcut="U",
            enabled=faces,
            tip=tr("Remove the selected faces from their cluster (they become unclustered)"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.move",
            tr("Mo&ve to…"),
            lambda: start(move_faces_to(tab)),
            tr("&Clustering"),
            icon="move",
            shortcut="V",
            enabled=faces,
            tip=tr("Move the selected faces to another cluster"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.identity",
            tr("Assign &identity…"),
            lambda: assign_identity(tab),
            tr("&Clustering"),
            icon="identity",
            shortcut="N",
            enabled=real,
            tip=tr("Assign one identity to all faces of the cluster"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.confirm",
            tr("Co&nfirm"),
            lambda: tab.judge("confirm"),
            tr("&Clustering"),
            icon="check",
            shortcut="C",
            enabled=lambda: faces() and real(),
            tip=tr("The selected faces are this cluster's person: kept for good, and honoured by every clustering"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.reject",
            tr("Not this &person"),
            lambda: tab.judge("not"),
            tr("&Clustering"),
            icon="close",
            shortcut="X",
            enabled=lambda: faces() and real(),
            tip=tr("The selected faces are not this cluster's person: they leave it, and no clustering puts them back"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.ignore",
            tr("I&gnore"),
            lambda: tab.judge("ignore"),
            tr("&Clustering"),
            icon="stop",
            shortcut="G",
            enabled=faces,
            tip=tr("The selected faces are of no interest: later clusterings leave them out"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.different",
            tr("&Different people"),
            tab.say_different,
            tr("&Clustering"),
            icon="split",
            shortcut="D",
            enabled=real_two,
            tip=tr("The two selected clusters are two people: no clustering joins them"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.nearest",
            tr("Nearest c&lusters first"),
            tab.show_nearest,
            tr("&Clustering"),
            icon="list",
            shortcut="B",
            enabled=lambda: real() and vectors(),
            tip=tr("List the clusters most like the selected one first; select some and merge with M"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.map",
            tr("Map"),
            tab.map_button.toggle,
            tr("&Clustering"),
            icon="map",
            shortcut="P",
            enabled=lambda: some() and vectors(),
            tip=tr("Show or hide the map, on which faces that look alike lie near each other"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.clusterings",
            tr("Clusterings…"),
            lambda: start(show_clusterings(tab.session, tab, tab.show_version)),
            tr("&Clustering"),
            icon="list",
            shortcut="W",
            enabled=some,
            tip=tr("All clusterings: compare two, note something, go back to one"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.verdicts",
            tr("Verdicts…"),
            lambda: start(show_verdicts(tab.session, tab)),
            tr("&Clustering"),
            icon="table",
            enabled=lambda: tab.has_project() and not tab.reviewing,
            tip=tr("All verdicts: who said what and when; remove, write and read them"),
        ),
        ActionSpec(
            "clustering.mosaic",
            tr("Export a m&osaic…"),
            lambda: export_mosaic(tab),
            tr("&Clustering"),
            icon="mosaic",
            enabled=lambda: one() or (some() and tab.grid.selected_count() > 1),
            tip=tr("A picture of the selected faces, or of all of the cluster"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.export",
            tr("&Export clusters…"),
            lambda: start(export_clusters(tab)),
            tr("&Clustering"),
            icon="export",
            enabled=some,
            tip=tr("Write the clusters as JSON, CSV or Parquet"),
            tab=tab.name,
        ),
        ActionSpec(
            "clustering.folders",
            tr("Export identity &folders…"),
            lambda: tab.session.ask("identity-folders"),
            tr("&Clustering"),
            icon="folder",
            enabled=some,
        ),
    ]
