"""Merging clusters in the tab: many, or against what somebody said, only after a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk import counted
from fairdesk.clustering import store
from fairdesk.clustering.store import Cluster
from fairdesk.clustering.verdicts import saying
from fairdesk.clustering.verdicts.edits import broken_by_merge
from fairdesk.clustering.verdicts.lost_names import lost_names
from fairdesk.gui import async_glue
from fairdesk.project import Project
from fairdesk.project.verdicts import Verdict
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab

MANY = 10  # clusters: more are merged only after a question
TOLD = 5  # verdicts that a question lists


def merge_into(tab: ClusteringTab, keep: Cluster, others: list[int]) -> None:
    """Merge clusters into one, after a question where they are many or a verdict says that they are not one person."""
    project, version = tab.session.project, tab.view.version
    if project is None or version is None:
        return
    background = tab.session.background  # in the order of edits: a verdict just given counts
    background.edit(
        lambda: broken_by_merge(project, version.id, keep.id, others),
        lambda broken: async_glue.start(_asked(tab, keep, others, broken)),
        tab.session.tell_error,
    )


async def _asked(tab: ClusteringTab, keep: Cluster, others: list[int], broken: list[Verdict]) -> None:
    lines = []
    if broken:
        lines += [
            tr_n(
                "An earlier verdict says that these are different people. Merging replaces it, or contradicts it where it is not yours:",
                "Earlier verdicts say that these are different people. Merging replaces them, or contradicts those that are not yours:",
                len(broken),
            ),
            *(one.title for one in broken[:TOLD]),
        ]
        if len(broken) > TOLD:
            lines.append(tr_n("And {n:,} more.", "And {n:,} more.", len(broken) - TOLD))
    if len(others) >= MANY:
        faces = sum(one.faces for one in tab.view.clusters if one.id in {keep.id, *others})
        lines.append(
            tr(
                "Merge {count} with {faces} into {keep}? They are then said to be one person.",
                count=counted.clusters(len(others) + 1),
                faces=counted.faces(faces),
                keep=keep.told,
            )
        )
    merge = tr("Merge anyway") if broken else tr("Merge")
    if lines and await async_glue.ask(tab, tr("Merge"), "\n".join(lines), [merge], harmful=True) != merge:
        return
    tab.select_next(keep.id)
    going = [one for one in tab.view.clusters if one.id in set(others)]

    def merge_them(project: Project) -> tuple[int, list[str]]:
        before = [(one, store.faces_of(project, one.id)) for one in going]
        moved, lines = saying.correct(project, lambda _: store.merge_clusters(project, keep.id, others))
        return moved, [*lost_names(project, keep, before), *lines]

    tab.session.edit(
        merge_them,
        lambda done: "\n".join(
            [
                tr(
                    "Merged {count} into {keep}: {moved} moved",
                    count=counted.clusters(len(others) + 1),
                    keep=keep.told,
                    moved=counted.faces(done[0]),
                ),
                *done[1],
            ]
        ),
    )
