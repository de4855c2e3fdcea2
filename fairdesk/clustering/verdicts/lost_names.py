"""Names that a merge of clusters takes away, and the identities that faces keep beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from fairdesk import counted
from fairdesk.clustering.records import UNCLUSTERED, Cluster
from fairdesk.clustering.store import clusters, homes_of
from fairdesk.clustering.verdicts.saying import correct
from fairdesk.project import Project
from fairdesk.project.identities import identities_with_images
from fairdesk.words import tr, tr_n

_TOLD = 3  # identities
Output = TypeVar("Output")


def lost_names(project: Project, keep: Cluster, gone: Sequence[tuple[Cluster, list[int]]]) -> list[str]:
    """Say which name a merged cluster has, which names are gone, and which other identities faces keep.

    Parameters
    ----------
    keep
        The cluster that others were merged into.
    gone
        These, each with the faces that it had.

    Returns
    -------
    list of str
        Lines; none where no cluster lost a name and all of its faces are called what the merged cluster is called.
    """
    kept = keep.name or keep.identity
    names = [one.name or one.identity for one, _ in gone if one.label != UNCLUSTERED]
    dropped = [name for name in dict.fromkeys(names) if name and name != kept]
    lines = []
    if dropped:
        lines.append(
            tr_n(
                "The merged cluster is called {keep}; the name {names} is dropped.",
                "The merged cluster is called {keep}; the names {names} are dropped.",
                len(dropped),
                keep=keep.told,
                names=_first_of(dropped),
            )
        )
    if dropped or kept:
        lines += _identities(project, [face for _, faces in gone for face in faces], keep)
    return lines


def correct_faces(
    project: Project, version: int, faces: Sequence[int], work: Callable[[Project], Output]
) -> tuple[Output, list[str]]:
    """Correct by hand where some faces of a version are, as `saying.correct`; the lines say which names of clusters are gone too."""
    named = [one for one in _clusters_of(project, version, faces) if one.name or one.identity]
    done, lines = correct(project, work)
    left = {one.who for one in clusters(project, version)} if named else set()
    gone = [one.told for one in named if one.who not in left]
    if not gone:
        return done, lines
    return done, [
        tr_n(
            "The name {names} is gone: no face is left of its cluster.",
            "The names {names} are gone: no face is left of their clusters.",
            len(gone),
            names=_first_of(gone),
        ),
        *lines,
    ]


def _clusters_of(project: Project, version: int, faces: Sequence[int]) -> list[Cluster]:
    homes = list(set(homes_of(project, version, faces).values()))
    return [one for one in clusters(project, version, homes) if one.label != UNCLUSTERED]


def _identities(project: Project, faces: list[int], keep: Cluster) -> list[str]:
    """Say how many images of some faces have another identity than the cluster: another name, or that name in another group."""
    rows = [
        one
        for one in identities_with_images(project, faces)
        if (one.name != keep.name if keep.name else (one.name, one.group) != (keep.identity, keep.group))
    ]
    lines = [
        tr_n(
            "{images} keeps the identity {name} in {group}.",
            "{images} keep the identity {name} in {group}.",
            count,
            images=counted.images(count),
            name=name,
            group=tr("no group") if group is None else tr("group {group}", group=group),
        )
        for name, group, count in rows[:_TOLD]
    ]
    more = len(rows) - _TOLD
    if more > 0:
        lines.append(
            tr_n(
                "And images of {n:,} other identity keep theirs.",
                "And images of {n:,} other identities keep theirs.",
                more,
            )
        )
    if lines:
        lines.append(tr("Assign identity says who all faces of the cluster are."))
    return lines


def _first_of(names: list[str]) -> str:
    return ", ".join(names[:_TOLD]) + (", …" if len(names) > _TOLD else "")
