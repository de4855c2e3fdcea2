"""Names of clusters in the window: renaming, saying who it is, and moving faces to a cluster by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from fairdesk.clustering import store
from fairdesk.clustering.naming import Naming, foresee, name_cluster, suggested_name
from fairdesk.clustering.store import UNCLUSTERED, Cluster
from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.alike_names import ask_group, ask_who
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.clustering.cluster_choice import ClusterChoice
from fairdesk.project.faces import commonest_group
from fairdesk.project.identities import NamedImages
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab


def _one(tab: ClusteringTab) -> Cluster | None:
    chosen = tab.clusters.selected()
    return chosen[0] if len(chosen) == 1 and chosen[0].label != UNCLUSTERED else None


async def rename_cluster(tab: ClusteringTab) -> None:
    """Ask for a title of the selected cluster."""
    cluster = _one(tab)
    if cluster is None:
        return
    dialog = NameDialog(tr("Name of the cluster:"), (tab.view.names, []), tab, value=cluster.title, with_group=False)
    dialog.name.selectAll()  # typing replaces it
    if await async_glue.finished(dialog):
        name = dialog.name.text().strip()
        tab.session.edit(
            lambda project: store.rename_cluster(project, cluster.id, name), tr("Renamed to {name}", name=name)
        )


def assign_identity(tab: ClusteringTab) -> None:
    """Ask who the selected cluster is; the name that most of its faces have is filled in."""
    cluster, project = _one(tab), tab.session.project
    if cluster is None or project is None:
        return
    known = cluster.identity or cluster.name or ""

    def look() -> tuple[str, str | None]:
        usual = commonest_group(project, store.faces_of(project, cluster.id))
        return known or suggested_name(project, cluster.id), usual

    tab.session.background.read(
        "suggested name", look, lambda found: async_glue.start(_assign(tab, cluster, found[0], "", found[1]))
    )


async def _assign(tab: ClusteringTab, cluster: Cluster, suggested: str, in_group: str, usual: str | None) -> None:
    question = tr_n(
        "Who is this? The face of {cluster} gets the name.",
        "Who is this? All {n:,} faces of {cluster} get the name.",
        cluster.faces,
        cluster=cluster.told,
    )
    known = tab.view.names, tab.view.groups
    dialog = NameDialog(question, known, tab, value=suggested, people=tab.view.people, usual=usual)
    dialog.group.setCurrentText(in_group)
    dialog.name.selectAll()
    if not await async_glue.finished(dialog):
        return
    name, group, typed = dialog.name.text().strip(), dialog.group_value(), dialog.group.currentText()

    def give(wanted: Naming) -> None:
        tab.session.edit(
            lambda project: name_cluster(project, wanted),
            lambda done: tr_n("{n:,} face is now {name}", "{n:,} faces are now {name}", done.faces, name=done.identity),
            same=lambda done: done.text(),
        )

    def ask_again() -> None:
        async_glue.start(_assign(tab, cluster, name, typed, usual))

    ask_before_naming(tab.session, tab, cluster.id, name, group, give, ask_again)


def ask_before_naming(
    session: Session,
    parent: QWidget,
    cluster: int,
    name: str,
    group: str | None,
    give: Callable[[Naming], None],
    refused: Callable[[], None] | None = None,
    *,
    agreed: bool = False,
    apart: bool = False,
    settled: bool = False,
) -> None:
    """Give a cluster a name by `give`, after a question where it joins other images, changes a group, or makes a namesake.

    `agreed`: that it joins them, somebody has said already; `apart`: that it is another person of the name; `settled`: that it is
    another group than those that are called nearly so. Where the question is dismissed, `refused` is called.
    """
    project = session.project
    if project is not None:
        session.background.read(
            ("naming", cluster),  # Enter twice in a row asks once
            lambda: foresee(project, cluster, name, group),
            lambda wanted: async_glue.start(
                _agreed(session, parent, wanted, give, refused, agreed=agreed, apart=apart, settled=settled)
            ),
        )


async def _agreed(
    session: Session,
    parent: QWidget,
    wanted: Naming,
    give: Callable[[Naming], None],
    refused: Callable[[], None] | None,
    *,
    agreed: bool,
    apart: bool,
    settled: bool,
) -> None:
    if wanted.group is not None and wanted.like_group and not settled:
        group = await ask_group(parent, wanted.group, wanted.like_group)
        if group is not None:
            ask_before_naming(session, parent, wanted.cluster, wanted.name, group, give, refused, settled=True)
        elif refused is not None:
            refused()
        return
    nearest = next((one for one in wanted.alike if one.group == wanted.group), None)
    known = () if apart else wanted.namesakes or wanted.alike
    if known:
        one = await ask_who(parent, wanted.name, known, nearest)
        if isinstance(one, NamedImages):
            ask_before_naming(session, parent, wanted.cluster, one.name, one.group or "", give, refused, agreed=True)
            return
        if one is None:
            if refused is not None:
                refused()
            return
    question = wanted.question() if wanted.leaving or not agreed else None
    if question is None:
        give(wanted)
        return
    joins = bool(wanted.joins and not wanted.own)
    first = tr("Join") if joins else tr("Name them")
    separate = tr("A new {name} in {group}", name=wanted.name, group=wanted.usual or tr("no group"))
    buttons = [first, separate] if joins and wanted.usual != wanted.group else [first]
    detail = tr("Another person of the same name needs another name, or another group.") if joins else ""
    harmful = joins and bool(wanted.leaving)
    said = await async_glue.ask(parent, tr("Name"), question, buttons, detail, harmful=harmful)
    if said == first:
        give(wanted)
    elif said == separate:
        ask_before_naming(session, parent, wanted.cluster, wanted.name, wanted.usual or "", give, refused, apart=True)
    elif refused is not None:
        refused()


async def move_faces_to(tab: ClusteringTab) -> None:
    """Ask to which cluster the selected faces go."""
    faces = tab.grid.selected_ids()
    question = tr_n("Move {n:,} face to which cluster?", "Move {n:,} faces to which cluster?", len(faces))
    dialog = ClusterChoice(question, tab.view.clusters, tab)
    if faces and await async_glue.finished(dialog) and dialog.chosen is not None:
        tab.move_to(faces, dialog.chosen)
