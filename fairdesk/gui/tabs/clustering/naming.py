"""Names of clusters in the window: renaming, saying who it is, and moving faces to a cluster by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtWidgets import QWidget

from fairdesk.clustering import store
from fairdesk.clustering.naming import Naming, foresee, name_cluster, suggested_name
from fairdesk.clustering.store import UNCLUSTERED, Cluster
from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.alike_names import ask_group, ask_tied, ask_who
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.clustering.cluster_choice import ClusterChoice
from fairdesk.project.faces import commonest_group
from fairdesk.project.group_changes import Tie, tie
from fairdesk.project.identities import NamedImages
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab


class Said(NamedTuple):
    """What somebody has answered already before a cluster gets a name."""

    tie: bool = True  # which group it is, where several are tied: no question where a group was chosen
    new_group: bool = False  # that it is another group than those that are called nearly so
    joins: bool = False  # that it joins the images of the name
    apart: bool = False  # that it is another person of the name
    changes: bool = False  # that groups change
    renames: bool = False  # that faces of others get the name


NOTHING = Said()


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

    def look() -> tuple[str, str | None, Tie | None]:
        faces = store.faces_of(project, cluster.id)
        name = known or suggested_name(project, cluster.id)
        return name, commonest_group(project, faces), tie(project, faces, name)

    tab.session.background.read(
        "suggested name", look, lambda found: async_glue.start(_assign(tab, cluster, found[0], "", *found[1:]))
    )


async def _assign(
    tab: ClusteringTab, cluster: Cluster, suggested: str, in_group: str, usual: str | None, tied: Tie | None
) -> None:
    question = tr_n(
        "Who is this? The face of {cluster} gets the name.",
        "Who is this? All {n:,} faces of {cluster} get the name.",
        cluster.faces,
        cluster=cluster.told,
    )
    known = tab.view.names, tab.view.groups
    dialog = NameDialog(question, known, tab, value=suggested, people=tab.view.people, usual=usual, tied=tied)
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
        async_glue.start(_assign(tab, cluster, name, typed, usual, tied))

    ask_before_naming(tab.session, tab, cluster.id, name, group, give, ask_again)


def ask_before_naming(
    session: Session,
    parent: QWidget,
    cluster: int,
    name: str,
    group: str | None,
    give: Callable[[Naming], None],
    refused: Callable[[], None] | None = None,
    said: Said = NOTHING,
) -> None:
    """Give a cluster a name by `give`, after a question where it joins other images, renames faces of others, changes a group, or makes a namesake.

    Where the question is dismissed, `refused` is called.
    """
    project = session.project
    if project is not None:
        session.background.read(
            ("naming", cluster),  # Enter twice in a row asks once
            lambda: foresee(project, cluster, name, group),
            lambda wanted: async_glue.start(
                _agreed(session, parent, wanted, give, refused, said if group is not None else said._replace(tie=False))
            ),
        )


async def _agreed(
    session: Session,
    parent: QWidget,
    wanted: Naming,
    give: Callable[[Naming], None],
    refused: Callable[[], None] | None,
    said: Said,
) -> None:
    def again(name: str, group: str, said: Said) -> None:
        ask_before_naming(session, parent, wanted.cluster, name, group, give, refused, said)

    def dismissed() -> None:
        if refused is not None:
            refused()

    if wanted.tied is not None and not said.tie:
        group = await ask_tied(parent, wanted.name, wanted.tied)
        dismissed() if group is None else again(wanted.name, group, said._replace(tie=True, changes=True))
        return
    if wanted.group is not None and wanted.like_group and not said.new_group:
        group = await ask_group(parent, wanted.group, wanted.like_group)
        dismissed() if group is None else again(wanted.name, group, said._replace(new_group=True))
        return
    nearest = next((one for one in wanted.alike if one.group == wanted.group), None)
    known = () if said.apart else wanted.namesakes or wanted.alike
    if known:
        one = await ask_who(parent, wanted.name, known, nearest)
        if isinstance(one, NamedImages):
            there = one.group == wanted.group
            again(one.name, one.group or "", said._replace(joins=True, changes=said.changes and there))
            return
        if one is None:
            dismissed()
            return
    asks_to_join = not said.joins or (bool(wanted.leaving) and not said.changes)
    joining = asks_to_join and bool(wanted.joins) and not wanted.own
    question = wanted.question(joins=asks_to_join, changes=joining or not said.changes, renames=not said.renames)
    if question is None:
        give(wanted)
        return
    joins = bool(wanted.joins and not wanted.own)
    first = tr("Join") if joins else tr("Name them")
    other = mark("{name} in {group}") if wanted.usual_known else mark("A new {name} in {group}")
    separate = tr(other, name=wanted.name, group=wanted.usual or tr("no group"))
    buttons = [first, separate] if joins and wanted.usual != wanted.group else [first]
    detail = tr("Another person of the same name needs another name, or another group.") if joins else ""
    harmful = joins and bool(wanted.leaving)
    pressed = await async_glue.ask(parent, tr("Name"), question, buttons, detail, harmful=harmful)
    if pressed == first:
        give(wanted)
    elif pressed == separate:
        again(wanted.name, wanted.usual or "", Said(tie=True, apart=True, renames=True))
    else:
        dismissed()


async def move_faces_to(tab: ClusteringTab) -> None:
    """Ask to which cluster the selected faces go."""
    faces = tab.grid.selected_ids()
    question = tr_n("Move {n:,} face to which cluster?", "Move {n:,} faces to which cluster?", len(faces))
    dialog = ClusterChoice(question, tab.view.clusters, tab)
    if faces and await async_glue.finished(dialog) and dialog.chosen is not None:
        tab.move_to(faces, dialog.chosen)
